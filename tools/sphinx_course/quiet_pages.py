"""Keep out of the pages what a strict content security policy would have to forbid or to list.

These are the handlers that the theme writes into its buttons, for which ``course.js`` has
listeners; the script that tells a page its own name, which is another one on each page and serves
a list of versions that this site has not; and scripts that stand in a page twice.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

HANDLERS = {"toggleFullScreen()": "full-screen", "window.print()": "print"}
HANDLER = re.compile(r'\bonclick="({})"'.format("|".join(map(re.escape, HANDLERS))))
OWN_NAME = "DOCUMENTATION_OPTIONS.pagename ="


def without_handlers(page: str) -> str:
    """Say in an attribute what a button does, in the place of a script."""
    return HANDLER.sub(lambda found: f'data-does="{HANDLERS[found[1]]}"', page)


def replace_handlers(app: Sphinx) -> None:
    """Pass on each page as it is made; the theme's templates cannot be told otherwise."""
    templates = getattr(app.builder, "templates", None)
    if templates is None:
        return  # this builder writes no pages
    render = templates.render

    def render_quietly(template: str, context: dict[str, Any]) -> str:
        return without_handlers(render(template, context))

    templates.render = render_quietly


def drop_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Leave out the page's own name, and what stands there already."""
    seen: set[str] = set()
    kept = []
    for script in context.get("script_files", ()):
        body = getattr(script, "attributes", {}).get("body") or ""
        if body and (body in seen or body.startswith(OWN_NAME)):
            continue
        seen.add(body)
        kept.append(script)
    context["script_files"] = kept


def setup(app: Sphinx) -> None:
    """Run after the theme."""
    app.connect("builder-inited", replace_handlers)
    app.connect("html-page-context", drop_scripts, priority=900)
