"""Mend what accessibility checks find in the pages' frame.

Some templates of the theme are replaced (see ``templates/``), a role is taken out that docutils
gives to lists of references although it does not give their entries the matching one, and the
title on paper is the one on the screen: the theme would leave out the number of the chapter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config


def prefer_our_templates(app: Sphinx, config: Config) -> None:
    """Put our folder before the theme's, which puts its own into the same list."""
    config.templates_path = [str(Path(__file__).parent / "templates"), *config.templates_path]


def mend_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Make the list of references a plain group of entries, and number the title on paper."""
    if "body" in context:
        context["body"] = context["body"].replace(
            '<div role="list" class="citation-list">', "<div>"
        )
    if "title" in context:
        context["pagetitle"] = context["title"]


def setup(app: Sphinx) -> None:
    """Run after the theme."""
    app.connect("config-inited", prefer_our_templates, priority=900)
    app.connect("html-page-context", mend_page, priority=900)
