"""Say at the foot of each page what it is: licences, version, how to cite, where to report errors.

The link for errors stands there only if ``course_site`` in ``_config.yml`` says where they go.
"""

from __future__ import annotations

import re
import tomllib
from html import unescape
from typing import Any

from docutils import nodes
from notebook_files import ROOT
from sphinx.application import Sphinx
from sphinx.config import Config

from sphinx_course.publishing import values_of

TEMPLATE = "course-footer.html"
CITE = "book/how-to-cite"


def use_our_footer(app: Sphinx, config: Config) -> None:
    """Put our footer in the place of the theme's, which names authors and year alone."""
    config.html_theme_options["footer_content_items"] = [TEMPLATE]


def version() -> str:
    """Return the version of the course."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def fill_footer(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Hand the footer what it says."""
    title = unescape(re.sub(r"<[^>]*>", "", context.get("title") or ""))
    page = app.builder.get_target_uri(pagename)
    context["course_version"] = version()
    context["course_cite"] = CITE if CITE in app.env.found_docs else ""
    # Nobody can say where a page stands that is not there.
    report = values_of(app.config).report_address("" if pagename == "404" else page, title)
    context["course_report"] = report


def setup(app: Sphinx) -> None:
    """Register both."""
    app.connect("config-inited", use_our_footer)
    app.connect("html-page-context", fill_footer)
