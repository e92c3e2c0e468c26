"""What the site carries of others: the licences beside it, and the directive ``third-party``.

Most comes out of installed packages, which hold their licence texts; these are copied into the
site, and the versions are read from the packages. Some of these packages carry works of others
without the text of their licence: those texts lie in the folder ``licences`` beside this file.
"""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from sphinx_course import run_licences
from sphinx_course.rewrite import note_generated_page

TEXTS = Path(__file__).parent / "licences"
FOLDER = "_static/third_party/licences"


class Part(NamedTuple):
    """A work of others in the site."""

    name: str
    what: str
    licence: str  # as SPDX writes it
    package: str  # the Python package that brings it
    own: bool = True  # it is that package; else its text is here, and its version in a file
    file: str = ""
    pattern: str = ""


THEME = "pydata_sphinx_theme/theme/pydata_sphinx_theme/static/scripts"
PARTS = (
    Part("STIX Two Math", "font of the formulas: a part of it", "OFL-1.1", "ziamath", False),
    Part("Sphinx Book Theme", "layout", "BSD-3-Clause", "sphinx-book-theme"),
    Part("PyData Sphinx Theme", "layout", "BSD-3-Clause", "pydata-sphinx-theme"),
    Part(
        "Bootstrap",
        "layout, in the PyData Sphinx Theme",
        "MIT",
        "pydata-sphinx-theme",
        False,
        f"{THEME}/bootstrap.js.LICENSE.txt",
        r"Bootstrap v([0-9.]+)",
    ),
    Part("Popper", "tips, in Bootstrap", "MIT", "pydata-sphinx-theme", False),
    Part("compare-versions", "in the PyData Sphinx Theme", "MIT", "pydata-sphinx-theme", False),
    Part(
        "Font Awesome",
        "icons, in the PyData Sphinx Theme",
        "CC-BY-4.0 AND OFL-1.1 AND MIT",
        "pydata-sphinx-theme",
        False,
        f"{THEME}/fontawesome.js.LICENSE.txt",
        r"Font Awesome Free ([0-9.]+)",
    ),
    Part("Sphinx", "search, basic styles", "BSD-2-Clause", "sphinx"),
    Part("Sphinx-Design", "cards, grids, unfolding", "MIT", "sphinx-design"),
    Part("Sphinx-copybutton", "copying code", "MIT", "sphinx-copybutton"),
    Part(
        "clipboard.js",
        "copying, in Sphinx-copybutton",
        "MIT",
        "sphinx-copybutton",
        False,
        "sphinx_copybutton/_static/clipboard.min.js",
        r"clipboard\.js v([0-9.]+)",
    ),
    Part("Sphinx-togglebutton", "unfolding", "MIT", "sphinx-togglebutton"),
    Part("Sphinx-proof", "theorems", "MIT", "sphinx-proof"),
    Part("MyST-NB", "notebooks", "BSD-3-Clause", "myst-nb"),
    Part("accessible-pygments", "colours of code", "BSD-3-Clause", "accessible-pygments"),
)


def file_name(part: Part) -> str:
    """Return the name of a part's licence text."""
    return re.sub(r"[^a-z0-9]+", "-", part.name.lower()) + ".txt"


def licence_text(part: Part) -> str:
    """Return the text of a part's licence."""
    if not part.own:
        return (TEXTS / file_name(part)).read_text(encoding="utf-8")
    for file in distribution(part.package).files or ():
        if ".dist-info" in str(file) and re.match("(LICEN[CS]E|COPYING)", file.name):
            return file.read_text(encoding="utf-8")
    raise ExtensionError(f"third-party: the package {part.package} holds no licence.")


def version(part: Part) -> str:
    """Return the version of a part, or an empty text where nothing tells it."""
    installed = distribution(part.package)
    if part.own:
        return installed.version
    if not part.file:
        return ""
    text = Path(str(installed.locate_file(part.file))).read_text(encoding="utf-8")
    found = re.search(part.pattern, text)
    if found is None:
        raise ExtensionError(f"third-party: {part.file} does not tell the version of {part.name}.")
    return found[1]


class ThirdParty(SphinxDirective):
    """A table of all parts, with links to their licences."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        note_generated_page(self.env)
        up = "../" * self.env.docname.count("/")
        lines = [":::{list-table}", ":header-rows: 1", "", "* - Work", "  - For", "  - Licence"]
        for part in PARTS:
            link = f'<a href="{up}{FOLDER}/{file_name(part)}">{part.licence}</a>'
            lines += [
                f"* - {part.name} {version(part)}".rstrip(),
                f"  - {part.what}",
                f"  - {link}",
            ]
        if self.config.course_run_files:
            lines += run_licences.rows(f"{up}{FOLDER}")
        parent = nodes.Element()
        source = self.get_source_info()[0]
        text = StringList([*lines, ":::"], source=source)
        self.state.nested_parse(text, self.content_offset, parent)
        return parent.children


def write_licences(app: Sphinx, error: Exception | None) -> None:
    """Put the texts beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        (folder / file_name(part)).write_text(licence_text(part), encoding="utf-8")
    if app.config.course_run_files:
        run_licences.write(folder, Path(app.config.course_run_files))


def setup(app: Sphinx) -> None:
    """Register the directive, and write the texts when the pages are there."""
    app.add_directive("third-party", ThirdParty)
    app.connect("build-finished", write_licences)
