"""A page for each student: points, and what the checks said. It holds no code, and no test.

One more is for whoever grades: the answers in words, exercise by exercise.
"""

from __future__ import annotations

import hashlib
import html
import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from course_pkg.classroom.assignment import Assignment
from course_pkg.classroom.grading import Mark, Result

TABLE = "written-points.csv"  # beside the page of answers
STYLE = """
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b2733; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem }
h3 { font-size: 1rem; margin: 1rem 0 .3rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem 1rem; background: #f2f4f7;
  border-left: .25rem solid #b45309; font: .9rem/1.5 ui-monospace, monospace }
.state { font-weight: 600 } .right { color: #166534 } .wrong { color: #9a3412 }
@media (prefers-color-scheme: dark) {
  body { color: #e6e9ee; background: #14181f } pre { background: #1e242d }
  .right { color: #86efac } .wrong { color: #fdba74 } }
"""
STATES = {
    "right": "Solved.",
    "part": "Solved in part.",
    "wrong": "Not right yet.",
    "blank": "Not answered.",
    "look": "Somebody has to look at this.",
    "read": "A person has read this.",
    "by hand": "A person reads this, and has not given its points yet:",
}


def file_name(result: Result) -> str:
    """Return the name of a student's page: safe on every platform, and never that of another.

    Examples
    --------
    >>> file_name(Result("Ann/Lee", "", "", "graded", ""))
    'Ann-Lee-324ddd.html'
    """
    plain = re.sub(r"[^\w.-]+", "-", result.student).strip("-.")[:60] or "student"
    mark = hashlib.sha256(f"{result.student}\n{result.id}".encode()).hexdigest()[:6]
    return f"{plain}-{mark}.html"


def _section(assignment: Assignment, mark: Mark) -> str:
    title = assignment.titles.get(mark.exercise, "")
    colour = "right" if mark.state in ("right", "read") else "wrong"
    in_words = mark.state in ("by hand", "read")
    given = "up to " if mark.state == "by hand" else f"{mark.points:g} of "
    lines = "" if mark.state == "right" else "\n".join(mark.lines)
    return (
        f"<h2>Exercise {mark.exercise}{', in words' * in_words}. {html.escape(title)}</h2>\n"
        f'<p><span class="state {colour}">{STATES[mark.state]}</span> '
        f"{given}{mark.out_of:g} points.</p>\n"
        + (f"<pre>{html.escape(lines)}</pre>\n" if lines else "")
    )


def _whole(title: str, body: str) -> str:
    title = html.escape(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )


def page(assignment: Assignment, result: Result) -> str:
    """Return the page of a student, as HTML that stands alone.

    Parameters
    ----------
    assignment : Assignment
        The exercises.
    result : Result
        What became of the student's work.

    Returns
    -------
    str
    """
    total = result.total()
    most = sum(assignment.points_in_all().values())
    summary = (
        f"This could not be graded: {html.escape(result.reason)}."
        if total is None
        else f"{total:g} of {most:g} points."
    )
    if waiting := sum(mark.out_of for mark in result.marks if mark.state == "by hand"):
        summary += f" Up to {waiting:g} of them wait for a person, who reads your answers in words."
    notes = "".join(f"<li>{html.escape(note)}</li>\n" for note in result.notes)
    title = f"{result.student}: exercises {assignment.name}"
    body = f"<p>{summary}</p>\n" + "".join(_section(assignment, mark) for mark in result.marks)
    return _whole(title, body + (f"<h2>Notes</h2>\n<ul>\n{notes}</ul>\n" if notes else ""))


def for_moodle(pages: Mapping[str, str], name: str) -> bytes:
    """Return the zip file from which Moodle takes feedback for many students at once.

    Moodle knows a student by the folder, which is called as in the zip file that it hands out.

    Parameters
    ----------
    pages : mapping
        A student's page, by Moodle's folder.
    name : str
        What each page is called.

    Returns
    -------
    bytes
        The same for the same pages.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        for folder, text in sorted(pages.items()):
            pack.writestr(zipfile.ZipInfo(f"{folder}/{name}"), text, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def answers(assignment: Assignment, results: Sequence[Result]) -> str:
    """Return a page with all answers in words, for whoever gives points to them.

    Parameters
    ----------
    assignment : Assignment
        The exercises.
    results : sequence of Result
        In the order of the students; what has points already shows them.

    Returns
    -------
    str
    """
    body = [f"<p>Points and comments go into the table {html.escape(TABLE)}.</p>\n"]
    for cell in (each for each in assignment.cells if each.kind == "words"):
        title = assignment.titles.get(cell.exercise, "")
        body.append(f"<h2>Exercise {cell.exercise}. {html.escape(title)} ({cell.name})</h2>\n")
        for result in results:
            for mark in (each for each in result.marks if each.name == cell.name):
                given = "waits" if mark.state == "by hand" else f"{mark.points:g}"
                comment = "".join(f"<p>{html.escape(line)}</p>\n" for line in mark.lines)
                body.append(
                    f"<h3>{html.escape(result.student)}: {given}, of {mark.out_of:g}</h3>\n"
                    f"<pre>{html.escape(mark.text)}</pre>\n{comment}"
                )
    return _whole(f"Answers in words, {assignment.name}", "".join(body))
