"""Take ``og:url`` out of the pages' heads.

It has to be a full address, the site has no public one yet, and sphinxext.opengraph would write
half of one. Title, description and kind of page stay.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def drop_address(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Remove the tag, unless the configuration names a public address."""
    if not app.config.ogp_site_url:
        context["metatags"] = re.sub(
            r'<meta property="og:url"[^>]*>\s*', "", context.get("metatags", "")
        )


def setup(app: Sphinx) -> None:
    """Run after sphinxext.opengraph."""
    app.connect("html-page-context", drop_address, priority=900)
