"""Put each page beside itself as Markdown, and list them all in ``llms.txt``.

Both are for programs that read: a page's HTML is mostly menus, and its formulas are no TeX. The
list has the form of https://llmstxt.org; pages of solutions, if there are any, stand in its last
section, which such programs may leave out. The API's pages are made from docstrings, which are
plain text already; they are listed, and not written again.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from build_book import SOLUTIONS_PART
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from sphinx_course.footer import version
from sphinx_course.markdown import page_as_markdown
from sphinx_course.publishing import values_of

DOCSTRINGS = "book/api/"
LICENCE = "Text and figures: CC BY 4.0. Code: MIT."


def is_written(app: Sphinx, page: str) -> bool:
    """Whether this is a page that stands there as Markdown too."""
    return page in app.env.found_docs and not page.startswith(DOCSTRINGS)


def write_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Write one page, and link to it from the head of the other."""
    if doctree is None or app.builder.name != "html" or not is_written(app, pagename):
        return
    folder = posixpath.dirname(pagename)
    numbers = app.env.toc_fignumbers.get(pagename, {})

    def link(address: str) -> str:
        path, _, _ = address.partition("#")
        target = posixpath.normpath(posixpath.join(folder, path)).removesuffix(".html")
        return f"{path[:-5]}.md" if is_written(app, target) else address

    def number(kind: str, node: nodes.Element) -> str:
        names = [*node["ids"], f"equation-{node.get('label')}"]  # formulas are known by labels
        known = numbers.get(kind, {})
        return next((".".join(map(str, known[name])) for name in names if name in known), "")

    text = page_as_markdown(doctree, link, number)
    end = f"---\n\n{app.config.project}, version {version()}. {LICENCE}\n"
    if context.get("page_source_suffix") == ".ipynb":
        source = f"{'../' * pagename.count('/')}_sources/{context['sourcename']}"
        end += f"With all code, folded code too: [the notebook]({source}).\n"
    path = Path(app.outdir) / f"{pagename}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n{end}", encoding="utf-8")
    name = posixpath.basename(pagename)
    context["metatags"] = (
        context.get("metatags", "")
        + f'<link rel="alternate" type="text/markdown" title="Markdown" href="{name}.md" />\n'
    )


def summary(markdown: str) -> tuple[str, str]:
    """Return the title of a page, and the first sentences of its text."""
    title, _, rest = markdown.removeprefix("# ").partition("\n")
    words = (part for part in rest.split("\n\n") if re.match(r"\s*[\w*\[“(]", part))
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|\*\*", r"\1", next(words, ""))
    text = " ".join(text.split())
    if len(text) > 160:
        text = text[:157].rsplit(" ", 1)[0] + " ..."
    return title.strip(), text


def below(app: Sphinx, page: str) -> Iterator[str]:
    """Yield a page and those below it, in the order of the table of contents."""
    yield page
    for child in app.env.toctree_includes.get(page, ()):
        yield from below(app, child)


def write_list(app: Sphinx, error: Exception | None) -> None:
    """Write ``llms.txt``."""
    if error is not None or app.builder.name != "html":
        return
    root, out = app.config.root_doc, Path(app.outdir)
    address = values_of(app.config).address

    def line(page: str) -> str:
        if not is_written(app, page):
            return f"- [{app.env.titles[page].astext()}]({address}{page}.html)"
        title, about = summary((out / f"{page}.md").read_text(encoding="utf-8"))
        return f"- [{title}]({address}{page}.md)" + (f": {about}" if about else "")

    _, about = summary((out / f"{root}.md").read_text(encoding="utf-8"))
    parts = [f"# {app.config.project}", f"> {about}", f"Version {version()}. {LICENCE}", line(root)]
    for toctree in app.env.get_doctree(root).findall(addnodes.toctree):
        pages = [page for _, name in toctree["entries"] for page in below(app, name or root)]
        caption = toctree.get("caption") or "Pages"
        parts.append(f"## {'Optional' if caption == SOLUTIONS_PART else caption}")
        parts.append("\n".join(line(page) for page in pages if page in app.env.found_docs))
    (out / "llms.txt").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Write each page when the other is made, and the list when all are there."""
    app.connect("html-page-context", write_page)
    app.connect("build-finished", write_list)
