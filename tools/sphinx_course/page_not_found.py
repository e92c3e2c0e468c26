"""Make the page for an unknown address out of ``book/404.md``.

The page must be ``404.html`` at the site's root, where hosts look for it, and in no table of
contents. So it is no page of the book: its text is rendered here, and sphinx-notfound-page
gives it the site's frame. Its links start at the root: see ``--url-prefix`` of the build tool.
"""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

SOURCE = "book/404.md"


def render(markdown: str, prefix: str) -> dict[str, str]:
    """Return title and body; a link to ``name.md`` becomes one to ``<prefix>book/name.html``."""
    title = re.match(r"# (.+)\n", markdown)
    if title is None:
        raise ExtensionError(f"{SOURCE}: expected the first line to be a title, '# ...'.")
    linked = re.sub(r"\]\((\S+?)\.(?:md|ipynb)\)", rf"]({prefix}book/\1.html)", markdown)
    return {"title": title[1], "body": MarkdownIt().render(linked)}


def set_context(app: Sphinx, config: Config) -> None:
    """Hand the rendered page to sphinx-notfound-page."""
    text = (Path(app.srcdir) / SOURCE).read_text(encoding="utf-8")
    config.notfound_context = render(text, config.notfound_urls_prefix)


def setup(app: Sphinx) -> None:
    """Set the context as soon as the configuration is known."""
    app.connect("config-inited", set_context)
