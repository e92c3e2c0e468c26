"""A chapter's exercises as their source has them: what is given, what is asked, what is checked."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from course_pkg.checks import check_count

Kind = Literal["given", "answer", "check", "words"]

STUB = "# YOUR CODE HERE\nraise NotImplementedError"
TEXT_STUB = "YOUR ANSWER HERE"
SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION[ \t]*\n.*?^[ \t]*### END SOLUTION[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
SEED = re.compile(r"\bdefault_rng\((\d+)\)")
NUMBER = re.compile(r"\bexercise=(\d+)")
HEADING = re.compile(r"^## Exercise (\d+)\. *(.*)$", re.MULTILINE)


class Cell(NamedTuple):
    """A cell that the course knows."""

    kind: Kind
    name: str  # nbgrader's grade_id
    id: str
    source: str
    exercise: int  # 0: of none, as the set-up
    points: float = 0.0


class Assignment(NamedTuple):
    """The exercises of a chapter."""

    name: str  # of the file, without its ending: 04-lstm
    cells: tuple[Cell, ...]
    titles: dict[int, str]

    def _points_of(self, *kinds: Kind) -> dict[int, float]:
        found: dict[int, float] = {}
        for cell in self.cells:
            if cell.kind in kinds:
                found[cell.exercise] = found.get(cell.exercise, 0.0) + cell.points
        return found

    def points(self) -> dict[int, float]:
        """Return the points of each exercise that a check gives."""
        return self._points_of("check")

    def by_hand(self) -> dict[int, float]:
        """Return the points of each exercise that a person gives."""
        return self._points_of("words")

    def points_in_all(self) -> dict[int, float]:
        """Return the points of each exercise, whoever gives them."""
        return self._points_of("check", "words")


def source_of(cell: dict[str, Any]) -> str:
    r"""Return a cell's source, which a file may hold as one text or as a list of lines.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> source_of({"source": ["x = 1\n", "y = 2"]})
    'x = 1\ny = 2'
    """
    source = cell.get("source", "")
    lines = [source] if isinstance(source, str) else source
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError("source: expected a text, or a list of lines")
    return "".join(lines)


def stub_of(source: str) -> str:
    r"""Return an answer cell as it is handed out: a stub where the solution stands.

    Examples
    --------
    >>> print(stub_of("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"))
    def f():
        # YOUR CODE HERE
        raise NotImplementedError
    """

    def stub(found: re.Match[str]) -> str:
        return "".join(f"{found[1]}{line}\n" for line in STUB.splitlines())

    return SOLUTION.sub(stub, source).rstrip("\n")


def functions_in(source: str) -> frozenset[str]:
    r"""Return the functions and classes that a cell defines; none if it is no Python.

    Examples
    --------
    >>> sorted(functions_in("x = 1\ndef f(): ...\nclass A: ..."))
    ['A', 'f']
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in body if isinstance(node, kinds))


def _kind(cell: dict[str, Any], marks: dict[str, Any]) -> Kind | None:
    if marks.get("solution"):
        return "answer" if cell["cell_type"] == "code" else "words"
    if marks.get("grade"):
        return "check"
    return "given" if marks.get("locked") else None


def _cells(cells: Iterable[dict[str, Any]]) -> list[Cell]:
    """Return the cells that the course knows; an answer belongs to the next check's exercise."""
    found: list[Cell] = []
    heading = 0
    for cell in cells:
        source, marks = source_of(cell), cell.get("metadata", {}).get("nbgrader", {})
        for number in HEADING.finditer(source) if cell["cell_type"] == "markdown" else ():
            heading = int(number[1])
        kind = _kind(cell, marks)
        if kind is None:
            continue
        said = NUMBER.search(source) if kind == "check" else None
        exercise = int(said[1]) if said else heading
        points = float(marks.get("points", 0))
        name = str(marks["grade_id"])
        found.append(Cell(kind, name, str(cell.get("id", "")), source, exercise, points))
    return found


def with_seed(source: str, seed: int) -> str:
    """Return a set-up cell that draws its numbers from another seed.

    Raises
    ------
    ValueError
        If it draws none.

    Examples
    --------
    >>> with_seed("rng = np.random.default_rng(4)", 17)
    'rng = np.random.default_rng(17)'
    """
    text, count = SEED.subn(f"default_rng({check_count('seed', seed)})", source, count=1)
    if not count:
        raise ValueError("seed: this chapter's set-up draws no numbers")
    return text


def load_assignment(path: Path, *, seed: int | None = None) -> Assignment:
    """Read the exercises of a chapter from their source, a notebook in ``solutions/``.

    Parameters
    ----------
    path : Path
        The notebook with statements, solutions and hidden tests.
    seed : int, optional
        Draws the numbers of the set-up cell anew; the checks compute with them.

    Returns
    -------
    Assignment

    Raises
    ------
    ValueError
        If the file is no such notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
        known = _cells(cells)
        texts = [source_of(cell) for cell in cells if cell["cell_type"] == "markdown"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"source: expected a notebook of solutions/, got {path}: {error}"
        ) from None
    if not any(cell.kind == "check" for cell in known):
        raise ValueError(f"source: expected a notebook with checks, as in solutions/, got {path}")
    if seed is not None:
        known = [
            cell._replace(source=with_seed(cell.source, seed)) if cell.name == "setup" else cell
            for cell in known
        ]
    titles = {int(m[1]): m[2].strip() for text in texts for m in HEADING.finditer(text)}
    return Assignment(path.stem, tuple(known), titles)
