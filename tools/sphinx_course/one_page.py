"""Keep, in a book on one page, which of its parts a link leads to.

Sphinx writes such a page with the ids that the parts have as pages of their own. Most chapters
have a ``summary``, and all links to one would lead to the first. Links therefore keep the name of
their part, ``#document-book/04-lstm#summary``, and ``tools/pdf_book`` makes the ids of all
parts different.
"""

from __future__ import annotations

from docutils.nodes import Node
from sphinx.application import Sphinx
from sphinx.builders.singlehtml import SingleFileHTMLBuilder


class OnePageBuilder(SingleFileHTMLBuilder):
    """As Sphinx's own, but with whole links."""

    def fix_refuris(self, tree: Node) -> None:
        """Leave the links as they are."""


def setup(app: Sphinx) -> None:
    """Take the place of Sphinx's builder."""
    app.add_builder(OnePageBuilder, override=True)
