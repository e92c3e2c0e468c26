"""The checks of the exercises, tried on wrong answers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from course_pkg.grading.failure import MOST_LINES, CheckFailed
from course_pkg.grading.feedback import check_array, check_equal, check_results, check_true

EXPECTED = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "answer",
    [
        EXPECTED,
        EXPECTED.tolist(),
        tuple(EXPECTED),
        EXPECTED.astype(np.float32),
        EXPECTED + 1e-12,
        torch.tensor(EXPECTED),
        np.ma.array(EXPECTED),
        [[Fraction(int(v)) for v in row] for row in EXPECTED],
        [[Decimal(int(v)) for v in row] for row in EXPECTED],
    ],
    ids=[
        "array",
        "list",
        "tuple",
        "float32",
        "within tolerance",
        "tensor",
        "masked, hides nothing",
        "fractions",
        "decimals",
    ],
)
def test_a_right_answer_is_told_so(answer, capsys):
    check_array("y", answer, EXPECTED)
    assert capsys.readouterr().out == "Right: y.\n"


WRONG = {
    "nothing returned": (None, r"y: expected shape \(2, 3\), got None. Is there a return\?"),
    "an ellipsis": (..., r"y: expected shape \(2, 3\), got Ellipsis"),
    "a tuple": ((EXPECTED, EXPECTED), "y: expected one array, got a tuple of 2"),
    "a tensor that requires a gradient": (
        torch.tensor(EXPECTED, requires_grad=True),
        r"y: expected an array, got Tensor\. .* with \.detach\(\)\.numpy\(\)",
    ),
    "a number": (1.0, r"expected shape \(2, 3\), got \(\)\.$"),
    "a word": ("hello", "y: expected numbers, got str: 'hello'"),
    "a set": ({1.0}, r"y: expected numbers, got set: \{1.0\}"),
    "a ragged list": ([[1, 2], [3]], r"\(2, 3\), got a list whose rows differ in length\.$"),
    "a ragged array of objects": (
        np.array([[1, 2], [3]], dtype=object),
        r"\(2, 3\), got a ndarray whose rows differ in length\.$",
    ),
    "an array of objects": (
        np.array([[1.0, None]]),
        r"y: expected numbers, got an array of objects \(dtype=object\): array\(\[\[1.0, None",
    ),
    "numbers and None": ([1.0, None], r"y: expected numbers, got list: \[1.0, None\]"),
    "complex numbers": (EXPECTED * 1j, "y: expected numbers, got ndarray: array"),
    "a masked array": (
        np.ma.array(EXPECTED, mask=EXPECTED == 4),
        r"y: expected plain numbers, got a masked array that hides 1 of 6 entries\. Fill them",
    ),
    "rows of which one is masked": (
        [EXPECTED[0], np.ma.array(EXPECTED[1], mask=[True, True, False])],
        "y: expected plain numbers, got a masked array that hides 2 of 3 entries",
    ),
    "a masked number": ([1.0, np.ma.masked], "got a masked array that hides 1 of 1 entries"),
    "axes exchanged": (EXPECTED.T, "expected shape .* The axes are there, in another order"),
    "flattened": (EXPECTED.ravel(), "expected shape .* The number of entries is right"),
    "one step only": (EXPECTED[0], "expected shape .* The first axis is missing"),
    "one row too many": (np.zeros((4, 3)), r"expected shape \(2, 3\), got \(4, 3\)\.$"),
    "another value": (
        EXPECTED + np.eye(2, 3),
        r"difference: 1, at index \(0, 0\): expected 0, got 1$",
    ),
    "infinity": (EXPECTED + np.inf, r"difference: inf, at index \(0, 0\): expected 0, got inf"),
    "NaN": (EXPECTED * np.nan, "largest difference: inf"),
    "NaN in one place": (
        np.where(EXPECTED == 4, np.nan, EXPECTED),
        r"at index \(1, 1\): expected 4, got nan$",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_answer_is_explained(case):
    answer, message = WRONG[case]
    with pytest.raises(CheckFailed, match=message) as caught:
        check_array("y", answer, EXPECTED)
    assert len(caught.value._render_traceback_()) <= MOST_LINES


def test_a_known_mistake_gets_its_hint_and_another_does_not():
    hints = {"Transposed?": EXPECTED[::-1], "Bias?": EXPECTED + 1}
    with pytest.raises(CheckFailed, match=r"hint: Bias\?"):
        check_array("y", EXPECTED + 1, EXPECTED, mistakes=hints)
    with pytest.raises(CheckFailed) as caught:
        check_array("y", EXPECTED + 2, EXPECTED, mistakes=hints)
    assert "hint" not in str(caught.value)


def test_a_mistake_of_another_shape_gets_its_hint_too():
    hints = {"Bias?": EXPECTED + 1, "All windows?": np.ones((4, 3))}
    with pytest.raises(CheckFailed, match=r"got \(4, 3\)\.\n  hint: All windows\?"):
        check_array("y", np.ones((4, 3)), EXPECTED, mistakes=hints)
    with pytest.raises(CheckFailed, match=r"got \(0, 3\)\.$"):
        check_array("y", np.ones((0, 3)), EXPECTED, mistakes=hints)


def test_the_rows_of_a_matrix_stand_below_each_other():
    with pytest.raises(CheckFailed) as caught:
        check_array("y", EXPECTED + 1, EXPECTED)
    lines = str(caught.value).splitlines()
    assert lines[2].index("[3.") == lines[1].index("[0.")


def test_of_a_large_answer_the_entries_around_the_largest_difference_are_shown():
    right = np.arange(60.0)
    wrong = right.copy()
    wrong[41], wrong[50] = -7, 0
    with pytest.raises(CheckFailed) as caught:
        check_array("y", wrong, right)
    assert str(caught.value).splitlines() == [
        "y: the shape (60,) is right, the values are not. Right are the first 41 of 60.",
        "  expected [46:54]: [46. 47. 48. 49. 50. 51. 52. 53.]",
        "  got      [46:54]: [46. 47. 48. 49.  0. 51. 52. 53.]",
        "  largest difference: 50, at index (50,): expected 50, got 0",
    ]


def test_of_a_large_array_the_row_of_the_largest_difference_is_shown():
    right = np.arange(24.0).reshape(3, 2, 4)
    wrong = right.copy()
    wrong[2, 1, 0] = 0
    with pytest.raises(CheckFailed) as caught:
        check_array("y", wrong, right)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("are not. Right are the first 2 of 3 along the first axis.")
    assert lines[1:3] == [
        "  expected [2, 1]: [20. 21. 22. 23.]",
        "  got      [2, 1]: [ 0. 21. 22. 23.]",
    ]


SHAPES = [(2, 8), (3, 8), (8,), (9,), (12, 1), (2, 1, 4), (1, 1, 1, 1), (5, 30), (1, 12), (40, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("size", [1.0, 1e-9, 1e9, np.nan, np.inf])
def test_a_message_has_eight_lines_at_most_and_shows_a_difference(shape, size):
    right = np.random.default_rng(0).normal(size=shape)
    wrong = right + size
    hints = {"A known one.": wrong}
    with pytest.raises(CheckFailed) as caught:
        check_array("y", wrong, right, mistakes=hints, tolerance=1e-12)
    lines = str(caught.value).splitlines()
    assert len(lines) <= MOST_LINES
    assert lines[-1] == "  hint: A known one." or size == 1e-9
    assert "expected" in lines[1]


def test_a_difference_that_is_not_seen_in_four_digits_is_printed():
    right = np.linspace(1, 2, 40)
    wrong = right.copy()
    wrong[30] += 1e-7
    with pytest.raises(CheckFailed) as caught:
        check_array("y", wrong, right)
    lines = str(caught.value).splitlines()
    assert lines[1].split("]: ")[1] == lines[2].split("]: ")[1]
    assert lines[3].endswith("at index (30,): expected 1.7692308, got 1.7692309")
    assert lines[4] == "  hint: The difference is small: single precision, or rounded?"
    with pytest.raises(CheckFailed, match=r"expected: 1\n  got: {6}1.0000001\n"):
        check_array("y", 1.0000001, 1.0)


def test_a_small_answer_that_is_wrong_is_not_called_rounded():
    for wrong in (0.0, 2e-6):
        with pytest.raises(CheckFailed) as caught:
            check_array("y", wrong, 1e-6)
        assert "hint" not in str(caught.value)


def test_a_rounded_answer_gets_the_hint_of_its_mistake():
    with pytest.raises(CheckFailed, match=r"hint: Bias\?"):
        check_array("y", EXPECTED + 0.333333, EXPECTED, mistakes={"Bias?": EXPECTED + 1 / 3})


def test_variants_that_differ_by_less_than_rounding_are_told_apart():
    hints = {"Inside?": EXPECTED + 2e-8, "Forgotten?": EXPECTED + 3e-8}
    for shift, hint in ((2e-8, "Inside"), (3e-8, "Forgotten"), (1e-8, "The difference is small")):
        with pytest.raises(CheckFailed, match=f"hint: {hint}"):
            check_array("y", EXPECTED + shift, EXPECTED, mistakes=hints)


def test_of_two_equal_mistakes_the_first_is_named():
    hints = {"One?": EXPECTED + 1 / 3, "Two?": EXPECTED + 1 / 3 + 1e-15}
    with pytest.raises(CheckFailed, match=r"hint: One\?"):
        check_array("y", EXPECTED + (1 / 3 + 1e-15), EXPECTED, mistakes=hints)


NOT_FINITE = [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("value", NOT_FINITE)
def test_where_nan_or_infinity_is_expected_it_is_right(value, capsys):
    check_array("one", value, value)
    check_array("some", [value, 2.0], [value, 2.0])
    check_equal("one", float(value), float(value))
    check_equal("some", [[value, "a"], 2], ((value, "a"), 2))
    assert capsys.readouterr().out.count("Right: ") == 4
    for wrong in (*NOT_FINITE, 2.0):
        if repr(wrong) != repr(value):
            with pytest.raises(CheckFailed):
                check_array("some", [wrong, 2.0], [value, 2.0])
            with pytest.raises(CheckFailed):
                check_equal("some", (wrong, 2.0), (value, 2.0))


def test_a_mistake_that_gives_nan_gets_its_hint():
    with pytest.raises(CheckFailed, match=r"hint: 0 / 0\?"):
        check_array("y", [np.nan, 1.0], [2.0, 1.0], mistakes={"0 / 0?": [np.nan, 1.0]})


ALIKE = [
    (3, 3),
    (3.0, 3),
    (np.int64(3), 3),
    (np.int32(3), 3),
    (np.array(3), 3),
    (torch.tensor(3), 3),
    (np.str_("a"), "a"),
    ([1, 2.0], (1, 2)),
    ((np.float32(0.5), None), (0.5, None)),
    ([[0.1, np.str_("b")], 8], ((0.1, "b"), 8)),
    (np.array([4, 8]), (4, 8)),
    (np.bool_(True), True),
    (Fraction(6, 2), 3),
    (Decimal(3), 3),
]


@pytest.mark.parametrize(("got", "expected"), ALIKE, ids=[repr(got) for got, _ in ALIKE])
def test_equal_compares_by_value(got, expected, capsys):
    check_equal("n", got, expected)
    assert capsys.readouterr().out == "Right: n.\n"


UNLIKE = [
    (4, 3, "n: expected 3, got 4."),
    (3.5, 3, "n: expected 3, got 3.5."),
    (np.float64(3.5), 3, "n: expected 3, got 3.5."),
    ("3", 3, "n: expected 3, got '3', which is a text, not a number."),
    (True, 1, "n: expected 1, got True, which is a truth value, not a number."),
    (1, True, "n: expected True, got 1, which is a number, not a truth value."),
    (None, 3, "n: expected 3, got None. Is there a return?"),
    (3, (3, 4), "n: expected (3, 4), got 3, which is a number, not a tuple."),
    ({3, 4}, (3, 4), "n: expected (3, 4), got {3, 4}, which is a set, not a tuple."),
    ([3], (3, 4), "n: expected (3, 4), got (3,)."),
    ((3, True), (3, 1), "n: expected (3, 1), got (3, True)."),
    ((0, 2), (None, 2), "n: expected (None, 2), got (0, 2)."),
    (float("nan"), 3, "n: expected 3, got nan."),
    (3, float("nan"), "n: expected nan, got 3."),
    ("x" * 300, "a", f"n: expected 'a', got '{'x' * 79} ...."),
    (
        list(range(30)),
        list(range(31)),
        "n: expected 31 entries, got 30. Those that are in both agree.",
    ),
    ([*range(7), 9, *range(8, 30)], list(range(30)), "n: expected 7 at index 7, got 9."),
    (
        [0, *range(30)],
        list(range(30)),
        "n: expected 1 at index 1, got 0. Expected 30 entries, got 31.",
    ),
    (
        np.ma.array([1, 2], mask=[True, False]),
        (None, 2),
        "n: expected plain numbers, got a masked array that hides 1 of 2 entries. Fill them, by "
        ".filled(...), or leave them out, by .compressed().",
    ),
    (
        {"a": [np.ma.masked]},
        3,
        "n: expected plain numbers, got a masked array that hides 1 of 1 entries. Fill them, by "
        ".filled(...), or leave them out, by .compressed().",
    ),
]


@pytest.mark.parametrize(
    ("got", "expected", "message"), UNLIKE, ids=[message for *_, message in UNLIKE]
)
def test_equal_says_why_not(got, expected, message):
    with pytest.raises(CheckFailed) as caught:
        check_equal("n", got, expected)
    assert str(caught.value) == message


def test_a_condition_that_does_not_hold_is_explained_by_its_sentence(capsys):
    for true in (True, np.bool_(True), np.ones(2).all()):
        check_true("b", true, "b does not hold.")
    assert capsys.readouterr().out == "Right: b.\n" * 3
    for false in (False, np.bool_(False)):
        with pytest.raises(CheckFailed, match=r"^b does not hold\.$"):
            check_true("b", false, "b does not hold.")
    for neither in (1, None, np.ones(2) > 0, "yes"):
        with pytest.raises(TypeError, match="condition: expected True or False"):
            check_true("b", neither, "b does not hold.")


def test_equal_gives_the_hint_of_a_known_mistake():
    hints = {"One bias or two?": 45, "Biases?": 40}
    with pytest.raises(CheckFailed, match=r"hint: Biases\?"):
        check_equal("n", 40, 50, mistakes=hints)
    with pytest.raises(CheckFailed) as caught:
        check_equal("n", 41, 50, mistakes=hints)
    assert "hint" not in str(caught.value)


def test_several_results_come_back_as_a_tuple():
    names = ("y", "h")
    for answer in ((1, 2), [1, 2]):
        assert check_results("run", answer, names) == (1, 2)
    for wrong, message in {
        None: "got None. Is there a return?",
        (1,): "got 1.",
        (1, 2, 3): "got 3.",
        "ab": "got one str.",
        3.0: "got one float.",
    }.items():
        with pytest.raises(CheckFailed) as caught:
            check_results("run", wrong, names)
        assert str(caught.value) == f"run: expected 2 values, (y, h), {message}"
    with pytest.raises(CheckFailed, match=r"got one ndarray"):
        check_results("run", np.ones(2), names)


def test_results_that_hide_entries_are_refused():
    hidden = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(CheckFailed, match="run: expected plain numbers, got a masked array"):
        check_results("run", (np.ones(2), hidden), ("y", "h"))
