"""Write listings with fewer elements: they are half of a page that shows much code.

Plain names, punctuation and spaces have the colour of the text around them, so an element for
each of them changes nothing but the size of the page.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PLAIN = re.compile(r'<span class="[npw]">([^<]*)</span>')


def unwrap_plain(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Leave the text of plain words without an element of its own."""
    if "body" in context:
        context["body"] = PLAIN.sub(r"\1", context["body"])


def setup(app: Sphinx) -> None:
    """Connect to the writing of every page."""
    app.connect("html-page-context", unwrap_plain)
