"""Finding leaks: copies are found, whatever they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.sets.digits import load_digits
from course_pkg.data.sets.python_text import load_python_text
from course_pkg.data.splitting.leaks import shared_examples


@given(st.lists(st.text(max_size=3)), st.lists(st.text(max_size=3)))
def test_it_finds_what_a_search_by_hand_finds(first, second):
    expected = [(first.index(text), j) for j, text in enumerate(second) if text in first]
    assert shared_examples(first, second) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([], ["a"], []),
        ([1, 2, 2], [2, 3], [(1, 0)]),
        ([0.0], [-0.0], [(0, 0)]),
        (np.array([[True, False]]), np.array([[1, 0]]), [(0, 0)]),
        ([[1, 2], [3]], [[1], [3]], [(1, 1)]),  # of different lengths
        ([np.zeros((1, 4))], [np.zeros((2, 2))], []),  # of different shapes
        ([["to", "be"]], [["to", "be"], ["to"]], [(0, 0)]),
        (["1"], [1], []),  # text is no number
        ([2**53], [2**53 + 1], []),  # the same as floats
        ([[2**63 - 1, 1]], [[2**63 - 2, 1], [2**63 - 1, 1]], [(0, 1)]),
        ([np.array([-(2**63)])], [np.array([-(2.0**63)])], [(0, 0)]),
        ([np.uint64(2**63)], [2**63], [(0, 0)]),
    ],
)
def test_examples_of_all_kinds(first, second, expected):
    assert shared_examples(first, second) == expected


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(TypeError, match="examples: expected text or numbers, got object"):
        shared_examples([object()], [1])


def test_of_a_table_the_rows_are_compared():
    """A table gives the names of its columns when one goes through it."""
    pandas = pytest.importorskip("pandas")
    first = pandas.DataFrame({"a": [1, 2], "b": [3.5, 4]})
    second = pandas.DataFrame({"a": [2, 5], "b": [4, 6.5]})
    assert shared_examples(first, second) == [(1, 0)]
    assert shared_examples(first["a"], second["a"]) == [(1, 0)]


@pytest.mark.parametrize("examples", [{"a": 1, "b": 2}, {1, 2}])
def test_examples_without_an_order_of_rows_are_refused(examples):
    with pytest.raises(TypeError, match=r"second: expected examples in a row, got (dict|set)"):
        shared_examples(["a"], examples)


def test_the_data_sets_of_the_course_have_no_copies_across_their_parts():
    digits = load_digits()
    for later in (digits.valid, digits.test):
        assert shared_examples(digits.train.images, later.images) == []
    text = load_python_text()
    paragraphs = [
        [" ".join(paragraph.split()) for paragraph in part.split("\n\n") if paragraph.strip()]
        for part in (text.train, text.valid, text.test)
    ]
    assert shared_examples(paragraphs[0], paragraphs[1] + paragraphs[2]) == []
    assert shared_examples(paragraphs[1], paragraphs[2]) == []
