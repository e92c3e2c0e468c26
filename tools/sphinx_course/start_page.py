"""What the start page has alone: its style, and words that hold where exercises run in the page.

``only-with-run`` shows what stands in it on a site that was built so that exercises run in the
reader's browser, and nothing on any other one.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STYLE = "start.css"


class OnlyWithRun(SphinxDirective):
    """``only-with-run``: a part of a page that is true only of a site built with ``--run``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the content, or nothing."""
        if not self.config.course_run_files:  # of `run_in_page`
            return []
        parent = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parent)
        return parent.children


def load_style(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load the style on the start page, where the interactive figure has loaded its own before."""
    if pagename == app.config.root_doc:
        app.add_css_file(STYLE, priority=900)


def setup(app: Sphinx) -> None:
    """Register the directive, and the style after all others."""
    app.add_directive("only-with-run", OnlyWithRun)
    app.connect("html-page-context", load_style, priority=900)
