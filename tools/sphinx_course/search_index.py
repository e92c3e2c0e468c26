"""Mends the search index of a site that was built again.

Sphinx goes on from the index of the build before. It keeps words that no page holds any more, and
loses the index entries of the pages that it does not write.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.index_entries import split_index_msg


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
    return ()


def setup(app: Sphinx) -> None:
    """Sphinx asks for further pages at the right time."""
    app.connect("html-collect-pages", mend)
