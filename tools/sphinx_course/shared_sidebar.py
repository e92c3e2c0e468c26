"""Makes the list of pages beside listings of source code once a folder, not once a listing.

The list takes longer to make than all the rest of such a page, and there are hundreds of them.
None of them stands in the list itself, so those of one folder have the same one, links included.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LISTINGS = "_modules/"


def share(make: Callable[..., str], kept: dict[Any, str], folder: str) -> Callable[..., str]:
    """Return a function that makes a list of pages, or finds the one made for its folder."""

    def toctree(**options: Any) -> str:
        key = (folder, *sorted(options.items()))
        if key not in kept:
            kept[key] = make(**options)
        return kept[key]

    return toctree


def share_list(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give a listing the list of pages that another one of its folder has."""
    if pagename.startswith(LISTINGS):
        kept = app.env.temp_data.setdefault("shared_sidebar", {})
        context["toctree"] = share(context["toctree"], kept, posixpath.dirname(pagename))


def setup(app: Sphinx) -> None:
    """Connect to the writing of every page."""
    app.connect("html-page-context", share_list)
