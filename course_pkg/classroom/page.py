"""A page for each student: points, and what the checks said. It holds no code, and no test."""

from __future__ import annotations

import hashlib
import html
import re

from course_pkg.classroom.assignment import Assignment
from course_pkg.classroom.grading import Mark, Result

STYLE = """
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b2733; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem }
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
    colour = "right" if mark.state == "right" else "wrong"
    in_words = mark.state == "by hand"
    given = "up to " if in_words else f"{mark.points:g} of "
    lines = "" if mark.state == "right" else "\n".join(mark.lines)
    return (
        f"<h2>Exercise {mark.exercise}{', in words' * in_words}. {html.escape(title)}</h2>\n"
        f'<p><span class="state {colour}">{STATES[mark.state]}</span> '
        f"{given}{mark.out_of:g} points.</p>\n"
        + (f"<pre>{html.escape(lines)}</pre>\n" if lines else "")
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
    most = sum(assignment.points().values())
    summary = (
        f"This could not be graded: {html.escape(result.reason)}."
        if total is None
        else f"{total:g} of {most:g} points by the checks."
    )
    if waiting := sum(mark.out_of for mark in result.marks if mark.state == "by hand"):
        summary += f" Up to {waiting:g} more wait for a person, who reads your answers in words."
    notes = "".join(f"<li>{html.escape(note)}</li>\n" for note in result.notes)
    name = html.escape(result.student)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: {html.escape(assignment.name)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{name}: exercises {html.escape(assignment.name)}</h1>\n<p>{summary}</p>\n"
        + "".join(_section(assignment, mark) for mark in result.marks)
        + (f"<h2>Notes</h2>\n<ul>\n{notes}</ul>\n" if notes else "")
        + "</body>\n</html>\n"
    )
