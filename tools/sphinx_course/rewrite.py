"""Read the pages that have changed, and write those that would come out differently.

Sphinx tells by a file's time whether it has changed. A copied file can be new and carry an old
time, so the content is compared instead: of the page's file, of the files Sphinx knows that it
depends on, and of the folders that it says it is made from (``note_generated_page``). A change in
any other file, such as a recorded run, may concern every page: all are read.

Titles, equation numbers and labels cross from page to page, and Sphinx follows only some of them.
What crosses is compared as a whole (see ``crossing.py``). If it is what it was, then only the
pages that were read are written, and else all.

Files are looked at once, before the pages are read. What somebody edits while the site is built is
new to the next build.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext import viewcode

from sphinx_course.crossing import what_crosses

# What the pages say lies here; MADE_FROM is read by the pages that say so.
SOURCES = ("book", "exercises", "solutions", "benchmarks", "CHANGELOG.md", "CITATION.cff")
MADE_FROM = ("course_pkg", "experiments")

GENERATED = "course_generated_pages"
DIGESTS = "course_digests"
CROSSING = "course_crossing"
LISTINGS = "course_listings"
OTHERS, STYLES = "other files", "styles and scripts"  # beside the pages' names


def note_generated_page(env: BuildEnvironment, *folders: str) -> None:
    """Say that the page being read is made from all files of these folders, too.

    Without folders it is made from what is no file of the course, and is read every time.
    """
    pages: dict[str, set[str]] = getattr(env, GENERATED, {})
    pages.setdefault(env.docname, set()).update(folders)
    setattr(env, GENERATED, pages)


def files_in(folder: Path) -> list[Path]:
    """Return the files in a folder, or the file of that name; caches are left out."""
    paths = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
    hidden = ("__pycache__", ".ipynb_checkpoints")
    return [path for path in paths if path.is_file() and not set(hidden) & set(path.parts)]


class Files:
    """What files hold, and folders: in one build, always what they held at the first look."""

    def __init__(self) -> None:
        self._contents: dict[Path, bytes] = {}
        self._folders: dict[Path, list[Path]] = {}

    def below(self, folder: Path) -> list[Path]:
        """Return the files in a folder."""
        if folder not in self._folders:
            self._folders[folder] = files_in(folder)
        return self._folders[folder]

    def total(self, paths: Iterable[Path]) -> str:
        """Return a hash over the names and contents of files."""
        digest = hashlib.sha256()
        for path in paths:
            if path not in self._contents:
                there = path.read_bytes() if path.is_file() else b""
                self._contents[path] = hashlib.sha256(there).digest()
            digest.update(path.as_posix().encode() + self._contents[path])
        return digest.hexdigest()


def digests(files: Files, env: BuildEnvironment) -> dict[str, str]:
    """Return a hash for each page, for styles and scripts, and for all other files together."""
    root, below, total = Path(env.srcdir), files.below, files.total
    generated: dict[str, set[str]] = getattr(env, GENERATED, {})
    found, pages = {}, set()
    for page in env.found_docs:
        pages.add(Path(env.doc2path(page)))
        parts = [Path(env.doc2path(page)), *(root / name for name in _dependencies(env, page))]
        for folder in sorted(generated.get(page, ())):
            parts += below(root / folder)
        found[page] = total(parts)
    styles = [path for name in env.config.html_static_path for path in below(root / name)]
    apart = pages | set(styles)
    others = [path for name in SOURCES for path in below(root / name) if path not in apart]
    return {**found, STYLES: total(styles), OTHERS: total(others)}


def _dependencies(env: BuildEnvironment, page: str) -> list[str]:
    # Pictures from notebooks are written while the page is read, and named after their content.
    return sorted(name for name in env.dependencies.get(page, ()) if "jupyter_execute" not in name)


def pages_to_read(
    files: Files,
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> Iterable[str]:
    """Name the pages to read again; the start page always, so that Sphinx does not stop here."""
    before: dict[str, str] = getattr(env, DIGESTS, {})
    for name in MADE_FROM:  # which pages are made from these, the first build does not know yet
        files.total(files.below(Path(env.srcdir, name)))
    now = digests(files, env)
    if now[OTHERS] != before.get(OTHERS):
        return set(env.found_docs)
    generated: dict[str, set[str]] = getattr(env, GENERATED, {})
    always = {page for page, folders in generated.items() if not folders}
    new = {page for page in env.found_docs if now[page] != before.get(page)}
    return new | always | {env.config.root_doc}


def pages_to_write(files: Files, app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Name the pages to write beside those that were read: all of them, or none.

    What has been compared is kept for the next time.
    """
    now = digests(files, env)
    crossing = hashlib.sha256(f"{now[STYLES]}\n{what_crosses(env)}".encode()).hexdigest()
    same = crossing == getattr(env, CROSSING, None)
    setattr(env, DIGESTS, now)
    setattr(env, CROSSING, crossing)
    _choose_listings(app, env, same)
    return [] if same else sorted(env.found_docs)


def _choose_listings(app: Sphinx, env: BuildEnvironment, same: bool) -> None:
    """Note of each listing of source code whether to write it; take away what has gone."""
    before: dict[str, tuple[str, bool]] = getattr(env, LISTINGS, {})
    now = {}
    for module, entry in getattr(env, "_viewcode_modules", {}).items():
        if entry:
            code, _, used, refname = entry
            text = repr((code, sorted(used.items()), refname))
            found = hashlib.sha256(text.encode()).hexdigest()
            now[module] = (found, not same or before.get(module, ("", True))[0] != found)
    for module in before.keys() - now.keys():
        Path(app.outdir, "_modules", *module.split(".")).with_suffix(".html").unlink(True)
    setattr(env, LISTINGS, now)


def is_listing_due(app: Sphinx, module: str) -> bool:
    """Say whether to write a listing; Sphinx would compare times, and miss a changed sidebar."""
    listings: dict[str, tuple[str, bool]] = getattr(app.env, LISTINGS, {})
    return listings.get(module, ("", True))[1]


def setup(app: Sphinx) -> None:
    """Connect both to Sphinx's questions, the second after all numbers have been given."""
    viewcode.should_generate_module_page = is_listing_due
    files = Files()
    app.connect("env-get-outdated", partial(pages_to_read, files))
    app.connect("env-get-updated", partial(pages_to_write, files), priority=900)
