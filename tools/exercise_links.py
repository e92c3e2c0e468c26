"""The links of an exercise notebook: from each exercise to its solution, and to the next notebook.

They stand in `exercises/` alone. Each link to a solution is a line of its own, which is left out
where there are no solutions.
"""

from __future__ import annotations

import copy
import re
from itertools import pairwise
from pathlib import Path

from myst_parser.mdit_to_docutils.base import default_slugify
from nbformat import NotebookNode
from notebook_files import read

from course_pkg.classroom.assignment import HEADING
from course_pkg.classroom.links import TO_SOLUTION

ORDER = re.compile(r"^ *- file: exercises/(\S+)$", re.MULTILINE)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
NOT_IN_A_SLUG = re.compile(r"`|\$[^$]*\$")  # marks of code; formulas


def slug_of(heading: str) -> str:
    """Return what the site calls the place of a heading: exercise-3-repair-two-cells."""
    return str(default_slugify(NOT_IN_A_SLUG.sub("", heading).strip()))


def following(solutions: list[Path]) -> dict[str, Path]:
    """Return for each notebook the one after it, in the order of the table of contents."""
    named = {path.stem: path for path in solutions}
    contents = solutions[0].parents[1] / "_toc.yml" if solutions else Path()
    order = ORDER.findall(contents.read_text(encoding="utf-8")) if contents.is_file() else []
    if not set(named) <= set(order):
        order = list(named)
    there = [named[name] for name in order if name in named]
    return {one.name: other for one, other in pairwise(there)}


def title_of(notebook: NotebookNode) -> str:
    """Return the title of a notebook, such as Exercises: LSTM."""
    found = TITLE.search(notebook.cells[0].source)
    return found[1].strip() if found else "the next notebook"


def with_links(exercise: NotebookNode, name: str, following: Path | None) -> NotebookNode:
    """Return an exercise notebook with its links.

    Parameters
    ----------
    exercise : NotebookNode
        It stays as it is.
    name : str
        Its file name, which is that of its solution.
    following : Path, optional
        The notebook that comes next.
    """
    exercise = copy.deepcopy(exercise)
    for cell in exercise.cells:
        found = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if found:
            place = slug_of(found[0].removeprefix("##"))
            text, target = f"solution of exercise {found[1]}", f"../solutions/{name}#{place}"
            cell.source += "\n\n" + TO_SOLUTION.format(text=text, target=target)
    last = exercise.cells[-1]
    if last.cell_type == "markdown" and last.source.startswith("## What next"):
        if following is not None:
            last.source += (
                f"\n\nThe next notebook: [{title_of(read(following))}]({following.name})."
            )
        text = "the solutions of this notebook"
        last.source += "\n\n" + TO_SOLUTION.format(text=text, target=f"../solutions/{name}")
    return exercise
