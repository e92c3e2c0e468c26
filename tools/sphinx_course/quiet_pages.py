"""Keep out of the pages what a strict content security policy would have to forbid.

These are the handlers that the theme writes into its buttons; ``course.js`` has listeners in their
place. (Scripts inside a page are left out by ``lean_head``, where nothing needs them.)
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

HANDLERS = {"toggleFullScreen()": "full-screen", "window.print()": "print"}
HANDLER = re.compile(r'\bonclick="({})"'.format("|".join(map(re.escape, HANDLERS))))


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


def setup(app: Sphinx) -> None:
    """Be there before the first page is made."""
    app.connect("builder-inited", replace_handlers)
