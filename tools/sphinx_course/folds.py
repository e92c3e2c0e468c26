"""Fold the code of a cell under a bar that says what is inside, closed and open alike.

The words come from the cell's metadata, ``mystnb.code_prompt_show``. MyST-NB would put other words
on the bar of an open fold, and has screen readers say "Toggle hidden content" for both.
"""

from __future__ import annotations

from html import escape
from typing import Any

from myst_nb.core.config import NbParserConfig
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from sphinx.application import Sphinx

UNNAMED = NbParserConfig().code_prompt_show.partition("{")[0]


def visit_fold(translator: Any, node: HideCodeCellNode) -> None:
    """Open the fold, and write its bar."""
    words = node["prompt_show"]
    if words.startswith(UNNAMED):
        visit_HideCellInput(translator, node)
        return
    classes = " ".join(["admonition", "hide", *node["classes"]])
    bar = f'<summary><p class="admonition-title">{escape(words)}</p></summary>'
    translator.body.append(f'<details class="{classes}">{bar}\n')


def setup(app: Sphinx) -> None:
    """Write the folds of MyST-NB this way."""
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_HideCellInput))
