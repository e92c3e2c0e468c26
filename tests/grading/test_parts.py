"""The parts of a check: points for each, and the first that fails is explained."""

import pytest

from course_pkg.grading import run_check as module
from course_pkg.grading.failure import CheckFailed
from course_pkg.grading.parts import part, points_earned
from course_pkg.grading.run_check import remember, run_check


def expected(value, wanted):
    if value != wanted:
        raise CheckFailed(f"expected {wanted}, got {value}.")


def verdict(double, square):
    """Return the failure of a check of two parts, if it fails, and the points."""
    space = {"__name__": "__main__", "double": double, "square": square}
    space |= {"part": part, "expected": expected, "remember": remember, "run_check": run_check}
    cell = (
        "def numbers_check():\n"
        "    with part('the double', points=1):\n"
        "        expected(double(3), 6)\n"
        "    with part('the square', points=2):\n"
        "        expected(square(3), 9)\n"
    )
    exec("def unsolved(value):\n    raise NotImplementedError", space)
    if double == "unsolved":
        space["double"] = space["unsolved"]
    exec("remember(globals())", space)
    exec(cell, space)
    try:
        value = run_check(space["numbers_check"], exercise=4)
    except Exception as failure:
        return failure, points_earned()
    return value, points_earned()


def twice(x):
    return 2 * x


def squared(x):
    return x * x


def raises(error):
    def function(_x):
        raise error

    return function


def test_all_parts_right_solves_the_exercise(capsys):
    assert verdict(twice, squared) == (None, 3)
    assert capsys.readouterr().out.endswith("Exercise 4 solved.\n")


@pytest.mark.parametrize(
    ("double", "square", "points", "said"),
    [
        (twice, twice, 1, "expected 9, got 6.\n1 of 3 points: right so far is the double."),
        (squared, squared, 2, "expected 6, got 9.\n2 of 3 points: right so far is the square."),
        (squared, twice, 0, "expected 6, got 9."),
        (
            "unsolved",
            squared,
            2,
            "Exercise 4 is not solved yet: replace `raise NotImplementedError` in "
            "`unsolved`.\n2 of 3 points: right so far is the square.",
        ),
    ],
)
def test_a_part_that_fails_stops_no_other(double, square, points, said, capsys):
    failure, earned = verdict(double, square)
    assert (str(failure), earned) == (said, points)
    assert "solved." not in capsys.readouterr().out


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), SystemExit(0)])
def test_an_answer_that_raises_costs_its_own_part(error):
    failure, earned = verdict(raises(error), squared)
    assert earned == 2
    assert "2 of 3 points" in "\n".join([str(failure), *getattr(failure, "__notes__", [])])


def test_ctrl_c_stops_the_check_at_once():
    with pytest.raises(KeyboardInterrupt):
        verdict(twice, raises(KeyboardInterrupt()))
    assert points_earned() == 1


def test_points_of_the_last_check_are_not_those_of_the_next():
    verdict(twice, squared)
    with pytest.raises(CheckFailed, match="set-up"):
        run_check(_no_notebook, exercise=1)
    assert points_earned() == 0


@pytest.fixture
def _nbgrader(monkeypatch):
    monkeypatch.setattr(module, "AS_VALUE", True)


@pytest.mark.usefixtures("_nbgrader")
def test_where_nbgrader_grades_points_are_a_value_and_the_failure_is_printed(capsys):
    assert verdict(twice, twice) == (1, 1)
    assert capsys.readouterr().out == (
        "Not yet. expected 9, got 6.\n1 of 3 points: right so far is the double.\n"
    )
    assert verdict(raises(ZeroDivisionError("by zero")), squared) == (2, 2)
    assert capsys.readouterr().out == (
        "Not yet. The check cannot go on with your answer. ZeroDivisionError: by zero\n"
        "2 of 3 points: right so far is the square.\n"
    )


@pytest.mark.usefixtures("_nbgrader")
def test_there_too_all_right_is_no_value_and_all_wrong_is_an_error():
    assert verdict(twice, squared) == (None, 3)  # nbgrader gives all points
    failure, earned = verdict(squared, twice)
    assert isinstance(failure, CheckFailed)
    assert earned == 0


def test_a_failure_knows_its_points_and_what_fails_beside_the_parts_fails_as_a_whole():
    failure, _ = verdict(twice, twice)
    assert failure.points == 1
    space = {"__name__": "__main__", "part": part, "run_check": run_check, "remember": remember}
    exec("remember(globals())", space)
    exec("def check():\n    with part('one', points=2): pass\n    assert 0, 'no'", space)
    with pytest.raises(CheckFailed, match=r"^no$") as caught:
        run_check(space["check"], exercise=1)
    assert caught.value.points == points_earned() == 0


def _no_notebook():
    """Stand for a check in a notebook whose set-up was not run."""


@pytest.mark.parametrize("points", [0, -1, float("nan")])
def test_a_part_is_worth_something(points):
    with pytest.raises(ValueError, match="points: expected a number above 0, got"):
        part("nothing", points=points)
