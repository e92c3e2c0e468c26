"""`course_pkg.metrics.matches` by hand, and what its input has to be."""

import numpy as np
import pytest

from course_pkg.metrics.matches import exact_match, token_accuracy


def test_by_hand():
    hypotheses = ["1987-03-03", "1987-03-04", "1987-3-3", ""]
    references = ["1987-03-03", "1987-04-03", "1987-03-03", "1987-03-03"]
    assert exact_match(hypotheses, references) == 1 / 4
    # all 10; two digits differ; "1987-" and then "3-3" against "03-03", of which the first is 0;
    # nothing of 10
    assert token_accuracy(hypotheses, references) == (10 + 8 + 5 + 0) / 40


def test_a_string_a_list_a_tuple_and_an_array_are_the_same_sequence():
    ids = [3, 1, 2]
    others = [ids, tuple(ids), np.array(ids), np.array(ids, np.int32)]
    assert exact_match(others, [ids] * 4) == 1.0
    assert token_accuracy(others, [ids] * 4) == 1.0
    assert exact_match(["abc"], [["a", "b", "c"]]) == 1.0


def test_what_is_too_long_is_no_better_than_what_is_too_short():
    assert exact_match(["ab", "abc"], ["abc", "ab"]) == 0.0
    assert token_accuracy(["abcd"], ["ab"]) == token_accuracy(["ab"], ["abcd"]) == 0.5


def test_nothing_written_where_nothing_is_right():
    assert exact_match([""], [""]) == 1.0
    with pytest.raises(ValueError, match="references: expected at least one token, got empty"):
        token_accuracy([""], [""])


@pytest.mark.parametrize("measure", [exact_match, token_accuracy])
@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "message"),
    [
        ("abc", "abc", TypeError, "hypotheses: expected a list of sequences, got str"),
        (["abc"], "abc", TypeError, "references: expected a list of sequences, got str"),
        ([], [], ValueError, "references: expected at least one, got none"),
        (["a", "b"], ["a"], ValueError, "hypotheses: expected 1 of them, one for each of refe"),
        (["a"], [None], TypeError, r"references\[0\]: expected a string, .* got NoneType"),
        (["a", 7], ["a", "b"], TypeError, r"hypotheses\[1\]: expected a string, .* got int"),
        ([np.zeros((2, 2))], ["a"], ValueError, r"hypotheses\[0\]: expected shape \(N,\), got"),
    ],
)
def test_messages(measure, hypotheses, references, error, message):
    with pytest.raises(error, match=message):
        measure(hypotheses, references)
