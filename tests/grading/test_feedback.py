"""The checks of the exercises, tried on wrong answers."""

from __future__ import annotations

import numpy as np
import pytest

from course_pkg.grading.feedback import check_array, check_equal

EXPECTED = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "answer",
    [EXPECTED, EXPECTED.tolist(), EXPECTED.astype(np.float32), EXPECTED + 1e-12],
    ids=["array", "list", "float32", "within tolerance"],
)
def test_a_right_answer_is_told_so(answer, capsys):
    check_array("y", answer, EXPECTED)
    assert capsys.readouterr().out == "Right: y.\n"


WRONG = {
    "nothing returned": (None, r"y: expected shape \(2, 3\), got None. Is there a return\?"),
    "an ellipsis": (..., r"y: expected shape \(2, 3\), got Ellipsis"),
    "a tuple": ((EXPECTED, EXPECTED), "y: expected one array, got a tuple of 2"),
    "a word": ("hello", "y: expected numbers, got str"),
    "a ragged list": ([[1, 2], [3]], "y: expected numbers, got list"),
    "axes exchanged": (EXPECTED.T, "expected shape .* The axes are there, in another order"),
    "flattened": (EXPECTED.ravel(), "expected shape .* The number of entries is right"),
    "one step only": (EXPECTED[0], "expected shape .* The first axis is missing"),
    "one row too many": (np.zeros((4, 3)), r"expected shape \(2, 3\), got \(4, 3\)\.$"),
    "another value": (EXPECTED + np.eye(2, 3), r"largest difference: 1, at index \(0, 0\)"),
    "NaN": (EXPECTED * np.nan, "largest difference: inf"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_answer_is_explained(case):
    answer, message = WRONG[case]
    with pytest.raises(AssertionError, match=message):
        check_array("y", answer, EXPECTED)


def test_a_known_mistake_gets_its_hint_and_another_does_not():
    hints = {"Transposed?": EXPECTED[::-1], "Bias?": EXPECTED + 1}
    with pytest.raises(AssertionError, match=r"hint: Bias\?"):
        check_array("y", EXPECTED + 1, EXPECTED, mistakes=hints)
    with pytest.raises(AssertionError) as caught:
        check_array("y", EXPECTED + 2, EXPECTED, mistakes=hints)
    assert "hint" not in str(caught.value)


def test_a_large_answer_is_shown_in_part():
    with pytest.raises(AssertionError, match=r"\.\.\.\]"):
        check_array("y", np.ones(100), np.zeros(100))


def test_equal_compares_type_and_value():
    check_equal("n", 3, 3)
    check_equal("n", np.int64(3), 3)
    for wrong in (4, 3.5, "3", None, True):
        with pytest.raises(AssertionError, match="n: expected 3, got"):
            check_equal("n", wrong, 3)


def test_equal_gives_the_hint_of_a_known_mistake():
    hints = {"One bias or two?": 45, "Biases?": 40}
    with pytest.raises(AssertionError, match=r"hint: Biases\?"):
        check_equal("n", 40, 50, mistakes=hints)
    with pytest.raises(AssertionError) as caught:
        check_equal("n", 41, 50, mistakes=hints)
    assert "hint" not in str(caught.value)
