"""Links below the title of chapters and exercises that open the notebook in Colab or Binder.

The theme has such buttons too, but a bare link to Colab ends in an import that fails: there, the
package and the recorded results have to be fetched first. So these links stand in a fold that says
what to run. Without ``colab`` or ``binder`` in ``course_site`` of ``_config.yml`` there is no fold.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from docutils import nodes
from site_values import SiteValues
from sphinx.application import Sphinx

from sphinx_course.publishing import values_of

FOLDERS = ("book", "exercises")
FOLD = """
<details class="course-launch">
<summary>Open this page in {names}</summary>
{services}
</details>
"""
COLAB = """\
<p><a href="{link}">Open in Colab</a>, which needs a Google account. Add a cell at the top, and run
it first: it fetches the course and its package.</p>
<div class="highlight-ipython notranslate"><div class="highlight"><pre>{cell}</pre></div></div>
"""
BINDER = """\
<p><a href="{link}">Open in Binder</a>, which needs no account. It installs the course first, which
takes some minutes, and keeps nothing that you write.</p>
"""


def colab_cell(values: SiteValues, page: str) -> str:
    """Return what to run in Colab before a notebook's own cells, which read files beside it."""
    folder = page.partition("/")[0]
    return (
        f"!git clone --depth 1 --branch {values.branch} {values.repository} course\n"
        '%pip install --quiet "./course[data,metrics]"\n'
        f"%cd course/{folder}"
    )


def fold(values: SiteValues, page: str) -> str:
    """Return the fold for a page, or an empty text where no service is configured."""
    place = values.repository.removeprefix("https://github.com/")
    branch, file = quote(values.branch), f"{quote(page)}.ipynb"
    names, services = [], []
    if values.colab:
        names.append("Colab")
        link = f"https://colab.research.google.com/github/{place}/blob/{branch}/{file}"
        cell = escape(colab_cell(values, page), quote=False)
        services.append(COLAB.format(link=escape(link), cell=cell))
    if values.binder:
        names.append("Binder")
        branch = quote(values.branch, safe="")
        link = f"https://mybinder.org/v2/gh/{place}/{branch}?urlpath=lab/tree/{file}"
        services.append(BINDER.format(link=escape(link)))
    if not names:
        return ""
    return FOLD.format(names=" or ".join(names), services="".join(services))


def add_links(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put the fold below the title of a notebook that readers work with."""
    is_notebook = context.get("page_source_suffix") == ".ipynb"
    if is_notebook and pagename.partition("/")[0] in FOLDERS:
        title, end, rest = context["body"].partition("</h1>")
        context["body"] = title + end + fold(values_of(app.config), pagename) + rest


def setup(app: Sphinx) -> None:
    """Connect to the writing of every page."""
    app.connect("html-page-context", add_links)
