"""Cite as Elman (1990) and (Elman, 1990), as the field does: with round brackets."""

from __future__ import annotations

from dataclasses import dataclass, field

from pybtex import plugin
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def round_brackets() -> BracketStyle:
    """Return the style of the brackets."""
    return BracketStyle(left="(", right=")")


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Author and year, the year or both in round brackets."""

    bracket_parenthetical: BracketStyle = field(default_factory=round_brackets)
    bracket_textual: BracketStyle = field(default_factory=round_brackets)
    bracket_author: BracketStyle = field(default_factory=round_brackets)
    bracket_label: BracketStyle = field(default_factory=round_brackets)
    bracket_year: BracketStyle = field(default_factory=round_brackets)


def keep_backends() -> None:
    """Let pybtex find at once what it would look for among all packages at every citation."""
    group = "pybtex.backends"
    for name in ("docutils", "plaintext"):
        plugin.register_plugin(group, name, plugin.find_plugin(group, name), force=True)


def setup(app: Sphinx) -> None:
    """Give the style a name that ``_config.yml`` can use."""
    keep_backends()
    register_plugin("sphinxcontrib.bibtex.style.referencing", "author_year_round", RoundAuthorYear)
