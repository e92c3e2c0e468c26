"""Say on the bar of a folded check which exercise it is of, and fold the set-up of exercises.

Pages of exercises and of solutions alike. The notebooks themselves say it in the first line of a
check, which is what JupyterLab shows, and in the heading above the set-up.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from course_pkg.classroom.assignment import NUMBER, source_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLD = "hide-input"
SET_UP = "Set-up: run this first"
CHECK = "Check of exercise {number}"


def words_for(cell: dict[str, Any]) -> str:
    """Return what the bar of a cell says; nothing for a cell that is not folded here."""
    marks = cell["metadata"].get("nbgrader", {})
    if cell["cell_type"] != "code" or marks.get("solution"):
        return ""
    if marks.get("grade_id") == "setup":
        return SET_UP
    number = NUMBER.search(source_of(cell)) if marks.get("grade") else None
    return CHECK.format(number=number[1]) if number else ""


def with_bars(text: str) -> str:
    """Return the text of a notebook whose checks and set-up have a bar with words."""
    try:
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            if words := words_for(cell):
                metadata = cell["metadata"]
                metadata["tags"] = sorted({*metadata.get("tags", []), FOLD})
                metadata["mystnb"] = {**metadata.get("mystnb", {}), "code_prompt_show": words}
    except (ValueError, KeyError, TypeError, AttributeError):
        return text  # no notebook; the build will say so
    return json.dumps(notebook)


def _name_bars(app: Sphinx, docname: str, content: list[str]) -> None:
    if docname.startswith(("exercises/", "solutions/")):
        content[0] = with_bars(content[0])


def setup(app: Sphinx) -> None:
    """Let Sphinx read these pages this way, after all else was done to them."""
    app.connect("source-read", _name_bars, priority=600)
