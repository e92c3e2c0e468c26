"""The table of grades, and the columns that Moodle and Canvas take back."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from course_pkg.classroom.assignment import Assignment
from course_pkg.classroom.grading import Result

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


def plain_cell(value: str) -> str:
    """Return a text that no spreadsheet computes.

    Examples
    --------
    >>> plain_cell("=1+1")
    "'=1+1"
    """
    return f"'{value}" if value.startswith(FORMULA) else value


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def grades(assignment: Assignment, results: Sequence[Result]) -> str:
    """Return the table of grades as CSV: a row for each student.

    Parameters
    ----------
    assignment : Assignment
        The exercises.
    results : sequence of Result
        In the order of the table.

    Returns
    -------
    str
        Columns: student, id, file, status, reason, points, out_of, by_hand, and one for each
        exercise, with its points in the head. Work that could not be graded has no points, which
        is not the same as 0. ``out_of`` counts the answers in words, and ``by_hand`` the points for
        them that a person has yet to give; an exercise that waits as a whole is left empty.
    """
    points = assignment.points_in_all()
    head = ["student", "id", "file", "status", "reason", "points", "out_of", "by_hand"]
    rows = [[*head, *(f"exercise {number} ({_number(most)})" for number, most in points.items())]]
    for result in results:
        earned: dict[int, float] = {}
        waiting = 0.0
        for mark in result.marks:
            if mark.state == "by hand":
                waiting += mark.out_of
            else:
                earned[mark.exercise] = earned.get(mark.exercise, 0.0) + mark.points
        graded = result.total() is not None
        rows.append(
            [
                *map(
                    plain_cell,
                    (result.student, result.id, result.file, result.status, result.reason),
                ),
                _number(result.total()),
                _number(sum(points.values())),
                _number(waiting) if graded else "",
                *(_number(earned.get(number)) for number in points),
            ]
        )
    return _written(rows)


def moodle(results: Sequence[Result]) -> str:
    """Return the columns of Moodle's grading worksheet as CSV.

    Parameters
    ----------
    results : sequence of Result

    Returns
    -------
    str
        Identifier, Full name, Grade, Feedback comments. Work that could not be graded has no grade.
    """
    rows = [["Identifier", "Full name", "Grade", "Feedback comments"]]
    for result in results:
        number = f"Participant {result.id}" if result.id else ""
        why = (
            "" if result.status == "graded" else result.reason
        )  # notes on repairs are not for them
        rows.append([number, plain_cell(result.student), _number(result.total()), plain_cell(why)])
    return _written(rows)


def canvas(assignment: Assignment, results: Sequence[Result]) -> str:
    """Return the columns of Canvas' gradebook as CSV.

    Parameters
    ----------
    assignment : Assignment
        The exercises: their name is the column's, and Canvas asks which assignment it means.
    results : sequence of Result

    Returns
    -------
    str
        Student, ID, SIS User ID, SIS Login ID, Section, and the grade.
    """
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.name]]
    for result in results:
        rows.append([plain_cell(result.student), result.id, "", "", "", _number(result.total())])
    return _written(rows)
