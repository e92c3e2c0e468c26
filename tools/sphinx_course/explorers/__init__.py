"""The directive ``explorer``: an interactive figure that is computed when the site is built.

    ```{explorer} next-token
    :name: fig-next-token
    The caption.
    ```

``next-token`` is the module ``next_token`` of this folder, whose function ``explorer(root)``
returns an ``Explorer``: the numbers come from the tested package, the still picture and the
sentence below it stand in the page, and readers without JavaScript see these. ``root`` is the
project's folder, for recorded results. Only pages that hold an explorer load its script and style.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from sphinx_course import rewrite
from sphinx_course.explorers.explorer import Explorer

TAG = "<course-explorer>"


def load(name: str, root: Path) -> Explorer:
    """Return the interactive figure of this name, such as ``next-token``."""
    module = f"{__name__}.{name.replace('-', '_')}"
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        file = f"tools/sphinx_course/explorers/{name.replace('-', '_')}.py"
        raise ExtensionError(f"explorer {name!r}: there is no {file}") from None
    explorer: Explorer = found.explorer(root)
    return explorer


class ExplorerDirective(SphinxDirective):
    """``explorer``: takes the name of an interactive figure; the content is its caption."""

    required_arguments = 1
    has_content = True
    option_spec = {"name": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Return a figure with a caption, numbered like all others."""
        name = self.arguments[0]
        # Made from the code of the package, and of the experiment whose record it shows.
        rewrite.note_generated_page(self.env, "course_pkg", "experiments")
        if not self.content:
            raise ExtensionError(f"explorer {name!r}: expected a caption, found none")
        identifier = f"{name}-{self.env.new_serialno('explorer')}"
        element = load(name, Path(self.env.srcdir)).html(identifier)
        caption = nodes.caption()
        text = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, text)
        for paragraph in text.children:
            caption += paragraph.children
        figure = nodes.figure("", nodes.raw("", element, format="html"), caption)
        figure["classes"].append("explorer")
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]


def load_script(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load script and style on pages that hold an interactive figure."""
    if TAG in context.get("body", ""):
        app.add_js_file("explorer.js", loading_method="defer")
        app.add_css_file("explorer.css")


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("explorer", ExplorerDirective)
    app.connect("html-page-context", load_script)
