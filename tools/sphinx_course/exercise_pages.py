"""The site shows an exercise as it is made, not what a learner has written in its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def as_made(path: Path) -> str | None:
    """Return the text of an exercise made anew from its solution, or None if the file will do.

    It will where nobody has written in it, nor run it, and where there is no solution.
    """
    from make_exercises import make_exercise
    from notebook_files import NotANotebookError, dumps, is_as_made, read

    solution = path.parents[1] / "solutions" / path.name
    if not solution.exists():
        return None
    try:
        exercise = read(path)
        if is_as_made(exercise) and not any(cell.get("outputs") for cell in exercise.cells):
            return None
    except NotANotebookError:
        pass
    return dumps(make_exercise(read(solution)))


def _show_as_made(app: Sphinx, docname: str, content: list[str]) -> None:
    if docname.startswith("exercises/"):
        content[0] = as_made(Path(app.env.doc2path(docname))) or content[0]


def setup(app: Sphinx) -> None:
    """Let Sphinx read the exercises this way."""
    app.connect("source-read", _show_as_made)
