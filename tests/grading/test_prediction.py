"""What a wrong prediction is told, and that the right value is not among it."""

from __future__ import annotations

import numpy as np
import pytest

from course_pkg.grading.failure import CheckFailed
from course_pkg.grading.prediction import check_prediction

ENTRIES = ("W_a", "W_b", "W_c")
SLOPES = [-0.105, -0.223, 0.0953]


def failure(*arguments, **named):
    with pytest.raises(CheckFailed) as caught:
        check_prediction(*arguments, **named)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("got", "expected", "line"),
    [
        (0.69, 0.6906, "Right: h: 0.6906."),
        (np.float32(0.6906), np.float64(0.6906), "Right: h: 0.6906."),
        (np.array([0.6906, 0.0]), (0.6906, -0.0), "Right: h: 0.6906, 0."),
        ([1, 24], np.array([1.0, 24.0]), "Right: h: 1, 24."),
        ("explodes", "explodes", "Right: h: explodes."),
        (np.array(["up", "down"]), ["up", "down"], "Right: h: up, down."),
    ],
)
def test_a_right_prediction_is_shown(got, expected, line, capsys):
    check_prediction("h", got, expected, tolerance=1e-3)
    assert capsys.readouterr().out == line + "\n"


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (0.7, "h is too high."),
        (0.5, "h is too low."),
        (0.0, "h is too low."),
        (-0.6906, "h has the wrong sign."),
        (np.nan, "h is nan, which is no number one can predict."),
        (np.inf, "h is inf, which is no number one can predict."),
        (np.array(70), "h is too high."),
    ],
)
def test_a_wrong_number_is_higher_or_lower(got, says):
    assert failure("h", got, 0.6906) == [says]
    assert "0.69" not in says


def test_of_several_numbers_the_right_ones_are_named_and_the_first_wrong_one():
    assert failure("slopes", [-0.2, -0.223, 0.9], SLOPES, entries=ENTRIES) == [
        "slopes: W_a is too low.",
        "  right: W_b",
    ]
    assert failure("slopes", [1, 2, 3], SLOPES) == [
        "slopes: number 1 has the wrong sign.",
        "  right: none yet",
    ]


def test_a_word_is_said_to_be_another_one():
    assert failure("fate", "vanishes", "explodes") == ["fate is not 'vanishes'."]
    fates = ["vanishes", "vanishes", "explodes"]
    mistakes = {"Its powers grow first.": ["vanishes", "explodes", "explodes"]}
    got = ("vanishes", "explodes", "explodes")
    assert failure("fates", got, fates, entries=ENTRIES, mistakes=mistakes) == [
        "fates: W_b is not 'explodes'.",
        "  right: W_a, W_c",
        "  hint: Its powers grow first.",
    ]


def test_a_known_mistake_gets_its_hint_and_a_rounded_answer_another():
    mistakes = {"The signs.": np.negative(SLOPES)}
    lines = failure("slopes", np.negative(SLOPES), SLOPES, mistakes=mistakes)
    assert lines[-1] == "  hint: The signs."
    lines = failure("h", 0.691, 0.6906, tolerance=1e-4)
    assert lines == [
        "h is too high.",
        "  hint: Near it is. Carry more digits on the way, and round at the end.",
    ]
    assert len(failure("h", 0.7, 0.6906, tolerance=1e-4)) == 1


@pytest.mark.parametrize(
    ("got", "expected", "says"),
    [
        (None, 0.5, r"h: expected shape \(\), got None\. Is there a return\?"),
        ([0.5], 0.25, r"h: expected shape \(\), got \(1,\)\.$"),
        (0.25, SLOPES, r"h: expected shape \(3,\), got \(\)\.$"),
        ([0.25] * 2, SLOPES, r"h: expected shape \(3,\), got \(2,\)\.$"),
        ("0.25", 0.5, "h: expected numbers, got str: '0.25'"),
        (np.ma.array(SLOPES, mask=[0, 1, 0]), SLOPES, "a masked array that hides 1 of 3"),
        (None, "up", r"h: expected an answer, got None\. Is there a return\?"),
        (["up"], "up", r"h: expected one word, got \['up'\]"),
        ("up", ["up", "down"], "h: expected 2 words, got 'up'"),
        (["up"], ["up", "down"], r"h: expected 2 words, got \['up'\]"),
        (3, "up", "h is not 3"),
    ],
)
def test_an_answer_of_another_kind_is_refused_without_the_value(got, expected, says):
    with pytest.raises(CheckFailed, match=says) as caught:
        check_prediction("h", got, expected)
    assert "0.22" not in str(caught.value)
    assert "down" not in str(caught.value)
