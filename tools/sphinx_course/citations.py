"""Find which function of the package cites which equation, by reading docstrings.

A docstring cites with a line ``Equation: eq-some-label`` (several labels: separated by commas).
The source is parsed, not imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LINE = re.compile(r"^(\s*)Equation: *([\w-]+(?: *, *[\w-]+)*)\.?\s*$")


class Citation(NamedTuple):
    """One docstring that cites one equation."""

    label: str
    name: str  # "course_pkg.reference.cells.rnn.step"


def labels_in(line: str) -> list[str]:
    """Return the labels that a line of a docstring cites.

    >>> labels_in("    Equation: eq-rnn-step, eq-rnn-readout")
    ['eq-rnn-step', 'eq-rnn-readout']
    """
    match = LINE.match(line)
    return re.split(r" *, *", match[2]) if match else []


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a module's file, given the folder the package lies in."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _documented(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """Yield name and docstring of a module, and of all functions and classes in it."""
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        yield name, ast.get_docstring(node) or ""
        for child in node.body:
            if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from _documented(child, f"{name}.{child.name}")


def citations(package: Path) -> list[Citation]:
    """Return every citation in a package, in the order of files and lines."""
    found = []
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        for name, docstring in _documented(tree, module_name(path, package.parent)):
            for line in docstring.splitlines():
                found += [Citation(label, name) for label in labels_in(line)]
    return found
