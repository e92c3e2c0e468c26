"""How this project stores a notebook: where they lie, what their metadata holds, how to write one.

The tools beside this file share it, so that two tools never write one notebook in two ways.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]

# No version numbers: they would change with every update of Python and say nothing to a reader.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


# A cell with this tag prints what differs from machine to machine: nbval does not compare it.
NOT_COMPARED = "nbval-ignore-output"
SEAL = "printed"

# In a generated notebook: a hash of its cells as they were made. JupyterLab keeps it.
COURSE, AS_MADE = "course", "cells_as_made"


# What nbformat raises for all that may stand in a file.
NOT_READ = (
    ValueError,
    AttributeError,
    KeyError,
    TypeError,
    RecursionError,
    nbformat.ValidationError,
)


class NotANotebookError(ValueError):
    """A file that holds no notebook of format 4; the message names it."""


def hash_of(value: object) -> str:
    """Return a short hash of what JSON can say."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def seal_of(cell: NotebookNode) -> str:
    """Return a hash of what a cell has printed, pictures left out."""
    printed = [
        out.get("text") or [out.get("data", {}).get(kind) for kind in ("text/plain", "text/html")]
        for out in cell.outputs
    ]
    return hash_of(printed)


def hash_of_cells(notebook: NotebookNode) -> str:
    """Return a hash of what the cells say: running and saving a notebook does not change it."""
    return hash_of([[cell.cell_type, cell.source] for cell in notebook.cells])


def _made_with(notebook: NotebookNode) -> str | None:
    """Return the hash that a generated notebook holds; other notebooks may hold anything there."""
    course = notebook.metadata.get(COURSE)
    made = course.get(AS_MADE) if isinstance(course, dict) else None
    return made if isinstance(made, str) else None


def version_of(notebook: NotebookNode) -> str:
    """Return the hash of the cells that this notebook was made with, whatever they say now."""
    return _made_with(notebook) or hash_of_cells(notebook)


def is_as_made(notebook: NotebookNode) -> bool:
    """Whether this is a generated notebook in which nobody has written anything."""
    return _made_with(notebook) == hash_of_cells(notebook)


def notebooks_in(*folders: str) -> list[Path]:
    """Return the notebooks directly in these folders of the project, in order of their names."""
    return [path for folder in folders for path in sorted((ROOT / folder).glob("*.ipynb"))]


def shown(path: Path) -> str:
    """Return a path as a reader of a message wants it: relative to the project where it can be."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read(path: Path) -> NotebookNode:
    """Read a notebook file as it is: nothing is repaired, so a cell without id has none.

    Raises
    ------
    NotANotebookError
        If the file holds no notebook of format 4.
    """
    try:
        # Some editors put a byte order mark first.
        notebook = nbformat.reader.reads(path.read_text(encoding="utf-8-sig"))
        hash_of_cells(notebook)  # every cell has a kind and a source
    except NOT_READ as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise NotANotebookError(f"{shown(path)}: this is no notebook ({reason}).") from None
    if notebook.nbformat != 4:
        raise NotANotebookError(
            f"{shown(path)}: expected a notebook of format 4, got {notebook.nbformat}."
        )
    return notebook


def dumps(notebook: NotebookNode) -> str:
    """Return the one text that stands for this notebook: sorted keys, one final newline."""
    return nbformat.writes(notebook, version=4) + "\n"


def write(path: Path, text: str) -> None:
    """Replace a file in one move, so that an interrupted run never leaves half a notebook."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
