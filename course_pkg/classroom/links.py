"""The links of an exercise to its solution and to other notebooks, where these are not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from course_pkg.classroom.assignment import source_of

# A line of its own, so that it can be left out: the text of the link, and where it leads.
TO_SOLUTION = "*When you have tried: [{text}]({target}).*"
_TO_SOLUTION = re.compile(
    r"\n*^\*When you have tried: \[[^\]\n]*\]\(\.\./solutions/[^)\n]*\)\.\*$", re.MULTILINE
)
_TO_PAGE = re.compile(r"\[([^\]\n]*)\]\(([^)\s#:]+\.(?:ipynb|md))(?:#[^)\s]*)?\)")


def without_solutions(text: str) -> str:
    r"""Return a text cell of an exercise without its lines that lead to the solutions.

    Examples
    --------
    >>> without_solutions(
    ...     "Write `f`.\n\n*When you have tried: [solution](../solutions/04-lstm.ipynb#one).*"
    ... )
    'Write `f`.'
    """
    return _TO_SOLUTION.sub("", text)


def without_dead_links(text: str, is_there: Callable[[str], bool]) -> str:
    """Return a text in which a link to a notebook or page that is not there is its words alone.

    Parameters
    ----------
    text : str
        Markdown.
    is_there : callable
        Whether a file is there, by its path as the link has it.

    Examples
    --------
    >>> text = "See [one](../book/01.ipynb), [two](../book/02.ipynb#why) or [a page](../book/a.md)."
    >>> without_dead_links(text, lambda path: path == "../book/01.ipynb")
    'See [one](../book/01.ipynb), two or a page.'
    """
    return _TO_PAGE.sub(lambda link: link[0] if is_there(link[2]) else link[1], text)


def change_texts(notebook: dict[str, Any], change: Callable[[str], str]) -> None:
    """Change the text cells of a notebook, which is JSON as it was read.

    Parameters
    ----------
    notebook : dict
        Changed in place; a cell that stays the same is not touched.
    change : callable
        What becomes of a text.

    Examples
    --------
    >>> notebook = {"cells": [{"cell_type": "markdown", "source": ["a ", "b"]}]}
    >>> change_texts(notebook, str.upper)
    >>> notebook["cells"][0]["source"]
    ['A B']
    """
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            before = source_of(cell)
            after = change(before)
            if after != before:
                cell["source"] = after.splitlines(keepends=True)
