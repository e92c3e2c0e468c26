"""The directive ``exercise-tables``: every exercise with its kind and its points.

Titles and points stand in the notebooks alone, so the tables cannot disagree with them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from sphinx_course.chapter_lists import ChapterList
from sphinx_course.chapters import Chapter, duration
from sphinx_course.rewrite import note_generated_page

IN_PARENTHESES = re.compile(r"(.+?) \(([^()]+)\)")  # Title (kind)
PROJECT = re.compile(r"exercises/(project-\d+-[\w-]+)")
PROJECT_TIME = re.compile(r"\*\*Time\.\*\*\D*(\d+)(?: to \d+)? (minutes|hours?)")
# What the words of a title say of the kind.
SAID = {
    "find": "find the bugs",
    "predict": "predict, then run",
    "deriv": "derivation",
    "experiment": "experiment",
    "project": "project",
    "open question": "open question",
}


class Exercise(NamedTuple):
    """A line of the table."""

    number: int
    title: str  # as it stands in the heading, the kind included
    name: str  # the title without the kind
    kind: str
    points: float  # that a check gives
    by_hand: float  # that a person gives


def kind_of(title: str) -> tuple[str, str]:
    """Return the title without what stands in parentheses at its end, and the kind.

    >>> kind_of("A counter, built by hand (challenge)")
    ('A counter, built by hand', 'challenge')
    >>> kind_of("Predict, then run (warm-up)")
    ('Predict, then run', 'predict, then run; warm-up')
    >>> kind_of("Beam search")
    ('Beam search', 'program')
    """
    found = IN_PARENTHESES.fullmatch(title)
    name, kind = found.groups() if found else (title, "")
    said = [said for word, said in SAID.items() if word in name.lower() and said not in kind]
    return name, "; ".join([*said[:1], *([kind] if kind else [])]) or "program"


def read_exercises(root: Path, stem: str) -> list[Exercise]:
    """Return the exercises of a chapter, from ``solutions/``, or without it from ``exercises/``.

    Raises
    ------
    ValueError
        If there is no such notebook, or an exercise gives no points.
    """
    from course_pkg.classroom.assignment import load_assignment

    folders = [folder for folder in ("solutions", "exercises") if (root / folder).is_dir()]
    paths = [root / folder / f"{stem}.ipynb" for folder in folders]
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        raise ValueError(f"{stem}: expected a notebook in solutions/ or exercises/, found none.")
    assignment = load_assignment(path)
    points, by_hand = assignment.points(), assignment.by_hand()
    found = []
    for number, title in sorted(assignment.titles.items()):
        given = points.get(number, 0.0), by_hand.get(number, 0.0)
        if not any(given):
            raise ValueError(f"{path.name}: exercise {number} gives no points.")
        found.append(Exercise(number, title, *kind_of(title), *given))
    return found


def said_points(points: float, by_hand: float) -> str:
    """Write points as a person would.

    >>> said_points(2, 0), said_points(2, 3), said_points(0, 5)
    ('2', '2 + 3 by hand', '5 by hand')
    """
    parts = [f"{points:g}"] * bool(points) + [f"{by_hand:g} by hand"] * bool(by_hand)
    return " + ".join(parts)


def table(opening: str, stem: str, exercises: list[Exercise]) -> str:
    """Write exercises as a table below its opening words, for a page anywhere in ``book/``."""
    page = f"/exercises/{stem}.ipynb"
    total = said_points(sum(e.points for e in exercises), sum(e.by_hand for e in exercises))
    rows = [
        f"{opening}, points: {total}",
        "",
        ":::{list-table}",
        ":header-rows: 1",
        ":class: exercise-table",
        ":widths: 55 27 18",
        "",
        "* - Exercise",
        "  - Kind",
        "  - Points",
    ]
    for exercise in exercises:
        anchor = default_slugify(f"Exercise {exercise.number}. {exercise.title}")
        rows += [
            f"* - {exercise.number}\\. [{exercise.name}]({page}#{anchor})",
            f"  - {exercise.kind}",
            f"  - {said_points(exercise.points, exercise.by_hand)}",
        ]
    return "\n".join([*rows, ":::", ""])


def chapter_table(root: Path, chapter: Chapter) -> str:
    """Write the table of a chapter's exercises."""
    opening = (
        f"**Chapter {chapter.number}, [{chapter.title}](/exercises/{chapter.stem}.ipynb)**:"
        f" {duration(chapter.minutes.exercises)}"
    )
    return table(opening, chapter.stem, read_exercises(root, chapter.stem))


def project_table(root: Path, stem: str) -> str:
    """Write the table of a project's milestones; its first cell has title and time.

    Raises
    ------
    ValueError
        If the first cell lacks one of them.
    """
    cells = json.loads((root / "exercises" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[0]["source"])
    title, time = re.match(r"# (.+)", text), PROJECT_TIME.search(text)
    if title is None or time is None:
        raise ValueError(f"{stem}: the first cell lacks '# Title' or '**Time.** About N hours'.")
    opening = f"**[{title[1]}](/exercises/{stem}.ipynb)**: about {time[1]} {time[2]}"
    return table(opening, stem, read_exercises(root, stem))


class ExerciseTables(ChapterList):
    """``exercise-tables``: a table for each published chapter, and for each project."""

    def markdown(self, chapters: list[Chapter]) -> str:
        """Return the tables."""
        note_generated_page(self.env, "course_pkg")  # its `classroom` reads the notebooks
        root = Path(self.env.srcdir)
        projects = filter(None, map(PROJECT.fullmatch, self.env.config.external_site_map))
        try:
            tables = [chapter_table(root, chapter) for chapter in chapters]
            tables += [project_table(root, found[1]) for found in projects]
        except ValueError as error:
            raise ExtensionError(str(error)) from error
        return "\n".join(tables)


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("exercise-tables", ExerciseTables)
