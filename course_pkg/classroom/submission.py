"""The cells of a notebook that somebody has handed in, read as data."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from course_pkg.classroom.assignment import source_of

MOST_BYTES = 50_000_000


class Handed(NamedTuple):
    """A cell as it was handed in."""

    is_code: bool
    name: str  # nbgrader's grade_id; "" if it has none
    id: str
    source: str


class NotGradableError(ValueError):
    """A file that is no notebook; the message says so in the words of the table."""


def _cell(cell: Any) -> Handed:
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return Handed(
        cell.get("cell_type") == "code",
        name if isinstance(name, str) else "",
        str(cell.get("id", "")),
        source_of(cell),
    )


def read_submission(content: bytes) -> list[Handed]:
    """Return the cells of a notebook; its outputs are not looked at.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    list of Handed

    Raises
    ------
    NotGradableError
        If it is no notebook of the fourth format.

    Examples
    --------
    >>> read_submission(b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}]}')
    [Handed(is_code=True, name='', id='', source='x = 1')]
    """
    if len(content) > MOST_BYTES:
        raise NotGradableError(f"larger than {MOST_BYTES // 1_000_000} MB")
    if not content.strip():
        raise NotGradableError("an empty file")
    if content[:2] == b"PK":
        raise NotGradableError("a zip file, not a notebook")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotGradableError("not a notebook: damaged, or cut off") from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise NotGradableError("not a notebook of the format 4")
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotGradableError("not a notebook: its cells are missing")
    try:
        return [_cell(cell) for cell in cells]
    except ValueError:
        raise NotGradableError("not a notebook: a cell without a text") from None
