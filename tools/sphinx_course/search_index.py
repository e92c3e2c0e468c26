"""Lets the search find equations by their numbers and Chinese terms, and mends its index.

Both are added as titles of places in a page: "Equation 2.3", "(2.3)", and a term of the glossary.
What the reader's browser does with the index is in ``book/site/search.js``.

In a site that was built again, Sphinx goes on from the index of the build before. It keeps words
that no page holds any more, and loses the index entries of the pages that it does not write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.index_entries import split_index_msg

CHINESE = re.compile(r'<span lang="zh[^"]*">([^<]+)</span>')
HAS_CHINESE = re.compile("[\u4e00-\u9fff]")
NUMBER = re.compile(r"(Equation [\d.]+|\([\d.]+\))")


def equations_of(env: BuildEnvironment, page: str) -> list[tuple[str, str]]:
    """Return two titles for each numbered equation of a page, and its place."""
    numbers = env.toc_fignumbers.get(page, {}).get("displaymath", {})
    found = []
    for place, number in numbers.items():
        text = ".".join(map(str, number))
        found += [(f"Equation {text}", place), (f"({text})", place)]
    return found


def chinese_of(env: BuildEnvironment, page: str) -> list[tuple[str, str]]:
    """Return the Chinese names of the terms that a page explains, and their places."""
    terms: dict[tuple[str, str], tuple[str, str]] = env.domaindata["std"]["objects"]
    if page not in {place[0] for (kind, _), place in terms.items() if kind == "term"}:
        return []
    found = []
    for item in env.get_doctree(page).findall(nodes.definition_list_item):
        term, definition = item[0], item[-1]
        if term["ids"]:
            found += [(word, term["ids"][0]) for word in CHINESE.findall(definition.astext())]
    return found


def entries_of(env: BuildEnvironment, page: str) -> list[tuple[str, str, str]]:
    """Return a page's index entries as Sphinx's search keeps them: words, place, whether main."""
    found: set[tuple[str, str, str]] = set()
    for kind, value, target, main, _ in env.domaindata["index"]["entries"].get(page, ()):
        try:
            words = split_index_msg(kind, value)
        except ValueError:
            continue
        found |= {(word, target or "", main) for word in words}
    return sorted(found)


def mend(app: Sphinx) -> Iterable[tuple[str, dict[str, Any], str]]:
    """Do it when all pages are written; the index is, soon after."""
    indexer = getattr(app.builder, "indexer", None)
    if indexer is None:
        return ()
    for words in (indexer._mapping, indexer._title_mapping):
        for word in [word for word, pages in words.items() if not pages]:
            del words[word]
    pages = sorted(indexer._titles)
    indexer._index_entries = {page: entries_of(app.env, page) for page in pages}
    for page in pages:
        known = [
            (title, place)
            for title, place in indexer._all_titles[page]
            # A page's own title has its number in the results: it is there under that name.
            if (place or title == indexer._titles[page])
            and not NUMBER.fullmatch(title)
            and not HAS_CHINESE.search(title)
        ]
        further = [*equations_of(app.env, page), *chinese_of(app.env, page)]
        indexer._all_titles[page] = [*known, *further]
    return ()


def setup(app: Sphinx) -> None:
    """Sphinx asks for further pages at the right time."""
    app.connect("html-collect-pages", mend)
