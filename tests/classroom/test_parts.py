"""A part that is right earns its points, whatever the rest is, and no answer can earn more."""

from __future__ import annotations

import csv
import io

import pytest

from course_pkg.classroom import page, table
from course_pkg.classroom.assignment import load_assignment
from course_pkg.classroom.grading import grade_work
from course_pkg.classroom.handed_in import Work
from course_pkg.classroom.judging import Limits
from tests.classroom.parts_made_up import CLASS, HOSTILE_CODE, handed_in, hostile, write_source

LIMITS = Limits(seconds=10)


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    return load_assignment(write_source(tmp_path_factory.mktemp("course")))


def grade(student, answer, assignment):
    return grade_work(Work(student, "", (("x.ipynb", handed_in(answer)),)), assignment, LIMITS)


@pytest.fixture(scope="module")
def graded(assignment):
    return {name: grade(name, answer, assignment) for name, (answer, _, _) in CLASS.items()}


@pytest.mark.parametrize("student", CLASS)
def test_each_part_earns_its_points(student, graded):
    (mark,) = graded[student].marks
    assert (mark.points, mark.state) == CLASS[student][1:], mark.lines
    assert graded[student].status == ("blank" if student == "blank" else "graded")


def test_the_table_has_the_points(graded, assignment):
    rows = csv.DictReader(io.StringIO(table.grades(assignment, list(graded.values()))))
    found = {row["student"]: (row["points"], row["exercise 1 (3)"]) for row in rows}
    assert found == {name: (str(points),) * 2 for name, (_, points, _) in CLASS.items()}


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("the double alone", ["square of 3: expected 9, got 6.", "1 of 3 points: right so far is"]),
        ("the double raises", ["ZeroDivisionError", "2 of 3 points: right so far is the square."]),
        ("the double unsolved", ["not solved yet", "right so far is the square."]),
    ],
)
def test_the_page_says_what_is_right_and_what_is_not(student, words, graded, assignment):
    text = page.page(assignment, graded[student])
    assert "Solved in part." in text
    assert f"{CLASS[student][1]} of 3 points." in text
    for each in words:
        assert each in text
    assert "HIDDEN" not in text


@pytest.mark.parametrize("name", HOSTILE_CODE)
def test_an_answer_cannot_raise_its_points(name, assignment):
    """It cannot even where no name in it gives it away; by its name, it waits for a person."""
    result = grade(name, hostile(HOSTILE_CODE[name]), assignment)
    (mark,) = result.marks
    assert mark.state in ("part", "wrong"), mark.lines
    assert result.total() <= 1
    plain = hostile(HOSTILE_CODE[name]).replace('"course_pkg.gra" + "ding', '"course_pkg.grading')
    looked_at = grade(name, f"from course_pkg.grading import parts\n{plain}", assignment)
    assert looked_at.total() == 0
    assert looked_at.status == "look" or looked_at.marks[0].state == "wrong"


def test_points_are_never_above_those_of_the_cell(assignment):
    """Of a check whose parts are worth more, which the rules refuse."""
    cells = [
        c._replace(source=c.source.replace("points=1", "points=50")) if c.kind == "check" else c
        for c in assignment.cells
    ]
    spoilt = assignment._replace(cells=tuple(cells))
    assert grade("one", CLASS["the double alone"][0], spoilt).total() == 3


def test_a_variable_of_nbgrader_does_not_reach_the_notebook(assignment, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert grade("one", CLASS["the square alone"][0], assignment).total() == 2
    assert grade("two", CLASS["neither"][0], assignment).total() == 0
