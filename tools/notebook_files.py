"""How this project stores a notebook: where they lie, what their metadata holds, how to write one.

The tools beside this file share it, so that two tools never write one notebook in two ways.
"""

from __future__ import annotations

import hashlib
import json
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


def seal_of(cell: NotebookNode) -> str:
    """Return a hash of what a cell has printed, pictures left out."""
    printed = [
        out.get("text") or [out.get("data", {}).get(kind) for kind in ("text/plain", "text/html")]
        for out in cell.outputs
    ]
    return hashlib.sha256(json.dumps(printed).encode()).hexdigest()[:16]


def notebooks_in(*folders: str) -> list[Path]:
    """Return the notebooks directly in these folders of the project, in order of their names."""
    return [path for folder in folders for path in sorted((ROOT / folder).glob("*.ipynb"))]


def shown(path: Path) -> str:
    """Return a path as a reader of a message wants it: relative to the project where it can be."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read(path: Path) -> NotebookNode:
    """Read a notebook file."""
    return nbformat.read(path, as_version=4)


def dumps(notebook: NotebookNode) -> str:
    """Return the one text that stands for this notebook: sorted keys, one final newline."""
    return nbformat.writes(notebook, version=4) + "\n"


def write(path: Path, text: str) -> None:
    """Replace a file in one move, so that an interrupted run never leaves half a notebook."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
