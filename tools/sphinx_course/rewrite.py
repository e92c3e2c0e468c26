"""Read what has changed, and then write every page again.

Equation numbers, titles and the chapter lists cross from page to page, and Sphinx follows only
some of these. Reading the pages is what takes time, writing is quick; and the build tool does
not start Sphinx at all when nothing has changed.

Sphinx tells by a file's time whether it has changed. A copied file can be new and carry an old
time, so the content is compared as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

GENERATED = "course_generated_pages"
DIGESTS = "course_digests"


def note_generated_page(env: BuildEnvironment) -> None:
    """Say that the page being read holds something made from other files."""
    pages: set[str] = getattr(env, GENERATED, set())
    setattr(env, GENERATED, pages | {env.docname})


def digest(env: BuildEnvironment, page: str) -> str:
    """Return a hash of the page's source and of the files it depends on."""
    total = hashlib.sha256()
    names = [env.doc2path(page), *sorted(env.dependencies.get(page, ()))]
    for path in (Path(env.srcdir, name) for name in names):
        total.update(path.read_bytes() if path.is_file() else b"")
    return total.hexdigest()


def pages_to_read(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    """Name the pages to read again: new content, or made from other files; and the start page."""
    before: dict[str, str] = getattr(env, DIGESTS, {})
    new = {page for page in env.found_docs if digest(env, page) != before.get(page)}
    return new | getattr(env, GENERATED, set()) | {env.config.root_doc}


def pages_to_write(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Name the pages to write again: all of them. Keep their digests for the next time."""
    setattr(env, DIGESTS, {page: digest(env, page) for page in env.found_docs})
    return sorted(env.found_docs)


def setup(app: Sphinx) -> None:
    """Connect both to Sphinx's questions."""
    app.connect("env-get-outdated", pages_to_read)
    app.connect("env-updated", pages_to_write)
