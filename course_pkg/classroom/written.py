"""Points that a person gives: a table to fill in, which is never written over.

Each answer in words has a row. Rows are added at the end, and what stands there stays as it is. A
row counts for the very text that was read: when a student hands in another one, it gets a new row.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from course_pkg.classroom.assignment import Assignment
from course_pkg.classroom.grading import Mark, Result
from course_pkg.classroom.sheet import Sheet, add_to, read_sheet
from course_pkg.classroom.table import plain_cell

COLUMNS = ("student", "id", "exercise", "cell", "text", "out_of", "points", "comment")
NEEDED = ("student", "cell", "points")
MOST_COMPLAINTS = 8


class Read(NamedTuple):
    """A row that somebody has filled in."""

    row: int  # as a spreadsheet counts, the head being 1
    student: str
    id: str
    cell: str
    text: str  # which text was read; "" if the row does not say
    points: float
    comment: str


def mark_of(text: str) -> str:
    """Return a short name of a text, in letters: a spreadsheet takes it for no number.

    Examples
    --------
    >>> mark_of("The table shows one seed.")
    'text-ojfudzju'
    """
    digest = hashlib.sha256(text.strip().encode("utf-8", "replace")).digest()
    return "text-" + "".join(chr(ord("a") + byte % 26) for byte in digest[:8])


def _same(name: str) -> str:
    """Return a name without what a spreadsheet may change in it."""
    return unicodedata.normalize("NFC", name).strip().removeprefix("'").lstrip("0").strip()


def _points(text: str, most: float) -> float:
    """Return the points that a cell holds.

    Examples
    --------
    >>> _points("2,5", 4.0)
    2.5
    """
    try:
        points = math.nan if "_" in text else float(text.replace(",", "."))  # 1_0 would be 10
    except ValueError:
        points = math.nan
    if not 0 <= points <= most:
        raise ValueError(f"expected a number from 0 to {most:g}, got {text!r}")
    return points


def _owner(row: dict[str, str], students: Iterable[tuple[str, str]]) -> tuple[str, str]:
    name, number = row["student"], row.get("id", "")
    found = [each for each in students if _same(each[0]) == _same(name)]
    if len(found) > 1:
        found = [each for each in found if _same(each[1]) == _same(number)]
    if not found:
        raise ValueError(f"column student: nobody called {name!r} has handed in")
    return found[0]


def filled_in(
    sheet: Sheet, assignment: Assignment, students: Sequence[tuple[str, str]], name: str = ""
) -> list[Read]:
    """Return the rows that have points.

    Parameters
    ----------
    sheet : Sheet
        The table.
    assignment : Assignment
        The exercises.
    students : sequence of (str, str)
        Name and number of everybody who has handed in.
    name : str
        What the table is called, for complaints.

    Raises
    ------
    ValueError
        If a row cannot be meant; the message names the row and the column of each.
    """
    most = {cell.name: cell.points for cell in assignment.cells if cell.kind == "words"}
    found: dict[tuple[str, ...], Read] = {}
    complaints = []
    for number, row in sheet.rows:
        if not row["points"]:
            continue
        try:
            student, id_ = _owner(row, students)
            if row["cell"] not in most:
                there = ", ".join(most) or "none"
                raise ValueError(
                    f"column cell: expected an answer in words, of which there are {there}; "
                    f"got {row['cell']!r}"
                )
            try:
                points = _points(row["points"], most[row["cell"]])
            except ValueError as error:
                raise ValueError(f"column points: {error}") from None
            read = Read(
                number, student, id_, row["cell"], row.get("text", ""), points,
                row.get("comment", ""),
            )  # fmt: skip
            before = found.setdefault((student, id_, read.cell, read.text), read)
            if before.points != points:
                raise ValueError(
                    f"column points: {row['points']!r} for an answer that row {before.row} gives "
                    f"{before.points:g}"
                )
        except ValueError as error:
            complaints.append(f"{name}, row {number}, {error}")
    if complaints:
        left = len(complaints) - MOST_COMPLAINTS
        more = [f"and {left} more rows"] if left > 0 else []
        raise ValueError("; ".join([*complaints[:MOST_COMPLAINTS], *more]))
    return list(found.values())


def with_points(results: Sequence[Result], read: Sequence[Read]) -> list[Result]:
    """Return the results with the points that a person has given to answers in words."""
    given = {(each.student, each.id, each.cell, each.text): each for each in read}

    def marked(result: Result, mark: Mark) -> Mark:
        if mark.state != "by hand":
            return mark
        for text in (mark_of(mark.text), ""):
            each = given.get((result.student, result.id, mark.name, text))
            if each:
                lines = [each.comment] if each.comment else []
                return replace(mark, state="read", points=each.points, lines=lines)
        return mark

    return [
        replace(result, marks=[marked(result, mark) for mark in result.marks]) for result in results
    ]


def outdated(results: Sequence[Result], read: Sequence[Read]) -> list[Read]:
    """Return the rows with points for a text that is handed in no more.

    Nothing is known of the answers in a notebook that cannot be graded: its rows are left out.
    """
    unread = {(result.student, result.id) for result in results if result.status == "not graded"}
    now = {
        (result.student, result.id, mark.name, mark_of(mark.text))
        for result in results
        for mark in result.marks
    }
    return [
        each
        for each in read
        if each.text and each[1:5] not in now and (each.student, each.id) not in unread
    ]


def read_points(path: Path) -> Sheet:
    """Return the table of points as it lies there; one with a head alone if there is none."""
    return read_sheet(path, COLUMNS, NEEDED)


def add_rows(path: Path, results: Sequence[Result]) -> None:
    """Add a row for each answer in words that has none.

    Parameters
    ----------
    path : Path
        The table; it is made if it is not there, and read anew if it is.
    results : sequence of Result
        As `with_points` returned them: what has points needs no row.
    """
    sheet = read_points(path)

    def whose(student: str, number: str) -> tuple[str, ...]:
        """Return what tells a student in this table, from which somebody may have cut the ids."""
        return (_same(student), _same(number)) if "id" in sheet.head else (_same(student),)

    there = {
        (*whose(row["student"], row.get("id", "")), row["cell"], row.get("text", ""))
        for _, row in sheet.rows
    }
    added = []
    for result in results:
        for mark in result.marks:
            key = (*whose(result.student, result.id), mark.name)
            text = mark_of(mark.text)
            if mark.state == "by hand" and not {(*key, text), (*key, "")} & there:
                added.append(
                    {
                        "student": plain_cell(result.student),
                        "id": result.id,
                        "exercise": str(mark.exercise),
                        "cell": mark.name,
                        "text": text,
                        "out_of": f"{mark.out_of:g}",
                    }
                )
    add_to(path, sheet, added)
