"""Makes the list of pages beside the text once for the site, and marks the present page in it.

The theme makes it anew for each page, which takes longer than all the rest of most pages. It is
the same list everywhere, but for the present page, the way to it, and where its links start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

NOWHERE = "no-page"  # at the root of the site, and in no list
PARTS = ("a", "ul", "li", "details")


def mark(link: Tag) -> None:
    """Mark a page in the list as the present one, as the theme does."""
    link["href"] = "#"
    for part in (link, *link.parents):
        classes = part.get("class") or []
        if part.name == "li":
            part["class"] = [*classes[:1], "current", "active", *classes[1:]]
            for fold in part("details", recursive=False):
                fold["open"] = "open"
        elif part.name in ("a", "ul"):
            part["class"] = ["current", *classes]


def made_for(soup: BeautifulSoup, page: str) -> str:
    """Return the list for a page, out of the one whose links start at the site's root."""
    before = [(tag, dict(tag.attrs)) for tag in soup(PARTS)]
    links = [link for link in soup("a", href=True) if "://" not in link["href"]]
    present = [link for link in links if link["href"] == page]
    for link in links:
        link["href"] = relative_uri(page, link["href"])
    for link in present[:1]:
        mark(link)
    made = str(soup)
    for tag, attributes in before:
        tag.attrs = attributes
    return made


def offer_list(
    kept: dict[tuple[Any, ...], BeautifulSoup],
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Offer the list to the page's template, under the name ``list_of_pages``."""

    def list_of_pages(**options: Any) -> str:
        theirs: Callable[..., BeautifulSoup] = context["generate_toctree_html"]
        if pagename == getattr(app.config, "notfound_pagename", "") or options.get("collapse"):
            return str(theirs(**options))  # the page for unknown addresses: links from the root
        key = tuple(sorted(options.items()))
        if key not in kept:
            own = context["toctree"]
            context["toctree"] = partial(app.builder._get_local_toctree, NOWHERE)
            kept[key] = theirs(**options)
            context["toctree"] = own
        return made_for(kept[key], app.builder.get_target_uri(pagename))

    context["list_of_pages"] = list_of_pages


def setup(app: Sphinx) -> None:
    """Run before the theme, which asks the templates whether they are empty."""
    app.connect("html-page-context", partial(offer_list, {}), priority=400)
