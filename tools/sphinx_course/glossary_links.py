"""Let chapters link to terms of the glossary in a form that JupyterLab follows too.

In a chapter stands `[chain rule](glossary.md#term-chain-rule)`. JupyterLab opens the glossary;
Sphinx's own form, a role, would lead nowhere there. Here the links become roles when Sphinx reads
them, and so lead to the term itself. A link to a term that is not in the glossary stays, and stops
the build.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sphinx.application import Sphinx

# A notebook is read as the text of its file, where brackets are lists too.
LINK = re.compile(r"(?<!!)\[([^][`<>\"\n]+)\]\(glossary\.md#term-([a-z0-9-]+)\)")
TERM = re.compile(r"^(?=[^\s:`#])(.+)$", re.MULTILINE)
GLOSSARY = re.compile(r"^```\{glossary\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def slug_of(term: str) -> str:
    """Return what stands for a term in a link."""
    return re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def terms_of(glossary: str) -> dict[str, str]:
    """Return the terms of the glossary's page by their slugs."""
    lines = [line for body in GLOSSARY.findall(glossary) for line in TERM.findall(body)]
    return {slug_of(line): line.strip() for line in lines}


def with_roles(text: str, terms: dict[str, str]) -> str:
    """Write the links to terms as roles."""

    def role(found: re.Match[str]) -> str:
        words, slug = found.groups()
        return f"{{term}}`{words} <{terms[slug]}>`" if slug in terms else found[0]

    return LINK.sub(role, text)


@cache
def _terms(path: Path, _time: int) -> dict[str, str]:
    return terms_of(path.read_text(encoding="utf-8"))


def _write_roles(app: Sphinx, docname: str, content: list[str]) -> None:
    page = Path(app.srcdir) / "book" / "glossary.md"
    if docname.startswith("book/") and page.exists():
        linked = with_roles(content[0], _terms(page, page.stat().st_mtime_ns))
        if linked != content[0]:
            app.env.dependencies[docname].add("book/glossary.md")
            content[0] = linked


def setup(app: Sphinx) -> None:
    """Do it when a page is read."""
    app.connect("source-read", _write_roles)
