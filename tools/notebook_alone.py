"""Let each exercise notebook say where the package is had, for a reader who has nothing else.

    python tools/notebook_alone.py

A notebook that was downloaded from the site opens in any JupyterLab, and there its first code cell
may not find `course_pkg`. What it then says stands here, once, and this tool writes it into the
set-up cells of solutions/; `make exercises` takes it from there. The first cell says what the
reader's copy is called in work/; that too is written here.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from copy_exercises import name_in_work
from nbformat import NotebookNode
from notebook_files import dumps, notebooks_in, read, shown, write

HEAD = """\
try:
    import course_pkg  # noqa: F401
except ModuleNotFoundError:
    raise ImportError(
        "This notebook needs the package of the course. The course's site has it "
        "on the page 'Start on your own computer', as a file ending in .whl: put "
        'it beside this notebook, run `%pip install "FILE.whl[lab]"` in a cell, '
        "with its name for FILE, and restart the kernel. The same page has the "
        "whole course as a zip: unpack it, and type `make lab` in it."{chapter}
    ) from None
"""
CHAPTER = '\n        " Its chapter: book/{stem}.html of the site."'
SET_UP = "setup"  # the name of the cell, for nbgrader
OLD = re.compile(r"\Atry:\n    import course_pkg.*?\n    \) from None\n", re.DOTALL)


def set_up_cell(notebook: NotebookNode) -> NotebookNode:
    """Return the set-up cell of an exercise notebook."""
    found = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == SET_UP
    ]
    if len(found) != 1:
        raise ValueError(f"expected one cell with the name {SET_UP!r}, found {len(found)}")
    return found[0]


def with_head(source: str, stem: str) -> str:
    """Return the source of a set-up cell, with what it says in the place of what it said."""
    number = stem[:2].isdigit()  # a project has no chapter of its name
    head = HEAD.format(chapter=CHAPTER.format(stem=stem) if number else "")
    rest = OLD.sub("", source, count=1).lstrip("\n")
    return f"{head}\n{rest}"


def with_copy(text: str, path: Path) -> str:
    """Return the first text of an exercise notebook, with the name that its copy has in work/."""
    return text.replace(f"`work/{path.name}`", f"`work/{name_in_work(path)}`")


def main() -> int:
    """Write it into every solution notebook that says something else."""
    for path in notebooks_in("solutions"):
        notebook = read(path)
        before = dumps(notebook)
        cell = set_up_cell(notebook)
        cell.source = with_head(cell.source, path.stem)
        first = notebook.cells[0]
        first.source = with_copy(first.source, path)
        if dumps(notebook) != before:
            write(path, dumps(notebook))
            print(f"{shown(path)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
