"""Copy MathJax out of the installed package ``sphinx-mathjax-offline`` into the site.

That package is a Sphinx extension too, but loading it would put all 20 MB of MathJax into the
site. Only what a page can ask for is copied.
"""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path

from sphinx.application import Sphinx

PACKAGE = "sphinx-mathjax-offline"
NEEDED = (
    "tex-chtml.js",  # reads TeX, writes HTML and, for screen readers, MathML
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",  # loaded only when a formula needs one, for example \boldsymbol
)


def source_folder() -> Path:
    """Return the folder that holds MathJax."""
    return Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/static/mathjax")))


def copy_mathjax(app: Sphinx) -> None:
    """Copy what is needed, where it is not there yet."""
    if app.builder.format != "html":
        return
    source = source_folder()
    target = Path(app.outdir) / "_static" / Path(app.config.mathjax_path).parent
    for name in NEEDED:
        if (target / name).exists():
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        else:
            shutil.copyfile(source / name, target / name)


def setup(app: Sphinx) -> None:
    """Copy before the pages are written: Sphinx puts a checksum of the script into each."""
    app.connect("builder-inited", copy_mathjax)
