"""A site of a few pages, built in seconds, with the real theme, styles and scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from notebook_files import ROOT
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils


def build_small_site(folder: Path, *extensions: str, **more: Any) -> Path:
    """Build the pages that lie in a folder, ``index.md`` among them, and return where they are.

    ``more`` are further settings.
    """
    settings = {
        "extensions": ["myst_nb", *extensions],
        "nb_execution_mode": "off",
        "html_theme": "sphinx_book_theme",
        "html_static_path": [str(ROOT / "book" / "site")],
        "html_css_files": ["course.css"],
        "html_js_files": [["course.js", {"defer": "defer"}]],
        "numfig": True,
        **more,
    }
    with patch_docutils(folder), docutils_namespace():  # two sites in one process
        app = Sphinx(
            folder,
            None,
            folder / "html",
            folder / "trees",
            "html",
            confoverrides=settings,
            status=None,
            warningiserror=True,
        )
        app.build()
    assert app.statuscode == 0
    return folder / "html"
