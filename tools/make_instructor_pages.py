"""Write the page for instructors that is made from tests: ``tools/make_instructor_pages.py``.

It says how many wrong and right answers each check has been tried with. It is made from
``tests/exercises``, whose entries the tests run, so a number on the page is a number of tests that
pass. ``--check`` writes nothing, and fails if the page is not up to date.

The other tables for instructors are made when the site is built: see ``tools/sphinx_course``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from notebook_files import ROOT, notebooks_in, read, shown, write
from sphinx_course.chapters import read_chapter

sys.path.insert(0, str(ROOT))  # the package and the tests of this tree, wherever it lies

from course_pkg.classroom.assignment import Assignment, load_assignment

PAGE = ROOT / "book" / "instructors" / "strength-of-checks.md"
STEM = re.compile(r"(project-)?(\d+)")  # 04-lstm, project-1-series
COMMAND = "python tools/make_instructor_pages.py"


OPENING = """\
# Strength of the checks

<!-- Made by {command} from tests/exercises: change it there. -->

A check is worth as much as the wrong answers that it refuses. So the checks have been tried with
answers that learners give: a sign, a transpose, one step too many, the other convention, numbers
copied from the visible check. A check has to refuse each of them, with a message that names the
mistake. And it has to accept right answers that are written in another way than the published one.
Here is how many of each it has met.

Together: {wrong} wrong answers and {right} right ones, for {checks} checks. The tests of the course
run them all, hidden tests included, so the table holds for the version that you have.

What it does not say: a wrong answer that nobody has thought of may still pass. If you meet one, it
makes one line in `tests/exercises`. Answers in words have no check, and are not in the table."""


class Row(NamedTuple):
    """What one check has been tried with."""

    number: int
    title: str
    wrong: int  # answers that it has to refuse, each with a message that explains
    right: int  # answers that it has to accept, the published one not counted


def rows_of(assignment: Assignment, answers: list[tuple[str, str, object]]) -> list[Row]:
    """Return a row for each exercise that a check judges.

    Raises
    ------
    ValueError
        If an answer belongs to no such exercise.
    """
    from tests.exercises import RIGHT

    numbers = {cell.name: cell.exercise for cell in assignment.cells if cell.kind == "answer"}
    wrong: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for exercise, verdict, _ in answers:
        if exercise not in numbers:
            raise ValueError(f"{assignment.name}: there is no exercise {exercise!r} to answer.")
        (right if verdict == RIGHT else wrong)[numbers[exercise]] += 1
    return [
        Row(number, assignment.titles[number], wrong[number], right[number])
        for number in sorted(assignment.points())
    ]


def page(chapters: dict[str, tuple[str, list[Row]]]) -> str:
    """Return the page; ``chapters`` maps the name of a file to its title and its rows."""
    rows = [row for _, found in chapters.values() for row in found]
    lines = [
        OPENING.format(
            command=COMMAND,
            wrong=sum(row.wrong for row in rows),
            right=sum(row.right for row in rows),
            checks=len(rows),
        )
    ]
    for title, found in chapters.values():
        lines += [
            "",
            f"## {title}",
            "",
            "| Exercise | Wrong answers refused | Right answers accepted |",
            "|---|---:|---:|",
            *(f"| {row.number}. {row.title} | {row.wrong} | {row.right} |" for row in found),
        ]
    return "\n".join(lines) + "\n"


def made() -> str:
    """Return the page as it has to be now."""
    chapters = {}
    for path in notebooks_in("solutions"):
        kind, number = STEM.match(path.stem).groups()
        module = f"tests.exercises.{kind or 'chapter-'}{number}".replace("-", "_")
        answers = import_module(module).ANSWERS if find_spec(module) else []
        chapter = ROOT / "book" / path.name
        if chapter.exists():
            title = f"{int(number)}. {read_chapter(chapter).title.split(':')[0]}"
        else:
            title = read(path).cells[0].source.splitlines()[0].removeprefix("# ")
        chapters[path.stem] = (title, rows_of(load_assignment(path), answers))
    return page(chapters)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or say whether it is up to date; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    check = parser.parse_args(arguments).check
    text = made()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        print(f"{shown(PAGE)}: up to date")
        return 0
    if check:
        print(f"{shown(PAGE)}: out of date; run {COMMAND}", file=sys.stderr)
        return 1
    write(PAGE, text)
    print(f"{shown(PAGE)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
