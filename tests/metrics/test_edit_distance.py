"""`course_pkg.metrics.edit_distance` by hand, by definition, and by what makes it a distance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.metrics.edit_distance import edit_distance, error_rate

TEXTS = st.text("abc", max_size=8)


def by_definition(a, b):
    """Try all last steps, without a table."""
    if not a or not b:
        return len(a) + len(b)
    if a[-1] == b[-1]:
        return by_definition(a[:-1], b[:-1])
    steps = (a[:-1], b), (a, b[:-1]), (a[:-1], b[:-1])
    return 1 + min(by_definition(*rest) for rest in steps)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("abc", "abc", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("", "", 0),
        ("ab", "ba", 2),  # a swap is two exchanges
        ("abcdef", "bcdefa", 2),
        ("a", "bbbab", 4),
        ("ñandú", "nandu", 2),
        (["a", "cat"], ["the", "cat", "sat"], 2),
        ((1, 2, 3), [1, 3], 1),
        (np.array([1, 2, 3]), [3, 2, 1], 2),
    ],
)
def test_by_hand(a, b, distance):
    assert edit_distance(a, b) == edit_distance(b, a) == distance


@given(TEXTS, TEXTS)
def test_it_is_the_fewest_steps(a, b):
    assert edit_distance(a, b) == by_definition(a, b)


@given(TEXTS, TEXTS, TEXTS)
def test_a_detour_is_never_shorter(a, b, c):
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, b) == edit_distance(a[::-1], b[::-1]) <= max(len(a), len(b))


def test_a_rate_divides_sums_and_is_no_mean_of_rates():
    assert error_rate(["kitten", "ab"], ["sitting", "abc"]) == (3 + 1) / (7 + 3)
    assert error_rate([["a", "cat"]], [["the", "cat", "sat"]]) == 2 / 3
    assert error_rate(["aaaa", ""], ["a", ""]) == 3.0
    assert error_rate(["", "x"], ["ab", ""]) == 3 / 2


@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "message"),
    [
        ("ab", ["ab"], TypeError, "hypotheses: expected a list of sequences, got str"),
        ([], [], ValueError, "references: expected at least one, got none"),
        (["ab"], ["ab", "c"], ValueError, "hypotheses: expected 2 of them, one for each of refe"),
        (["ab"], [""], ValueError, "references: expected at least one token, got empty seq"),
        (["ab"], [3], TypeError, r"references\[0\]: expected a string, .* got int"),
    ],
)
def test_messages(hypotheses, references, error, message):
    with pytest.raises(error, match=message):
        error_rate(hypotheses, references)


def test_messages_of_a_pair():
    with pytest.raises(TypeError, match=r"^a: expected a string, a list, .* got set"):
        edit_distance({1}, [1])
    with pytest.raises(ValueError, match=r"^b: expected shape \(N,\), got \(1, 1\)"):
        edit_distance([1], np.zeros((1, 1)))
