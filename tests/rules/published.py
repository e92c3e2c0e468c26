"""What the rules look at: the notebooks and pages of the course, and where their text stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook_files import ROOT, notebooks_in, read, shown

BOOK = notebooks_in("book")
SOLUTIONS = notebooks_in("solutions")
BOOK_PAGES = sorted((ROOT / "book").rglob("*.md"))
MODULES = sorted((ROOT / "course_pkg").rglob("*.py"))


def each(paths: list[Path]) -> pytest.MarkDecorator:
    """Run a test once for each file, named by its path in the project."""
    return pytest.mark.parametrize("path", paths, ids=[shown(path) for path in paths])


def report(complaints: list[str]) -> None:
    """Fail with one line for each complaint."""
    if complaints:
        pytest.fail("\n" + "\n".join(complaints), pytrace=False)


def markdown_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield place and text of a page, or of each markdown cell of a notebook."""
    if path.suffix == ".md":
        yield shown(path), path.read_text(encoding="utf-8")
        return
    for number, cell in enumerate(read(path).cells, start=1):
        if cell.cell_type == "markdown":
            yield f"{shown(path)}, cell {number}", cell.source


CODE_FENCE = re.compile(r"^ *(`{3,}|~{3,})(?!\{)[^\n`]*\n.*?^ *\1`* *$", re.DOTALL | re.MULTILINE)


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield place and text of every docstring of the package, without importing it."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                if text:
                    yield f"{shown(path)}, {getattr(node, 'name', 'module')}", text


def without_code_blocks(markdown: str) -> str:
    """Return the text with its fenced code left out; directives such as ```{math} stay."""
    return CODE_FENCE.sub("", markdown)
