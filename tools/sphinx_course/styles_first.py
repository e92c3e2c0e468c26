"""Puts two style sheets into the site before its pages are written, not after.

Sphinx writes a checksum of each style sheet into the pages, so that browsers notice a new one. Two
extensions copy theirs at the end: the first build would have no checksum, and the next one would.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx


def copy_styles(app: Sphinx) -> None:
    """Let the extensions copy now."""
    if app.builder.format != "html":
        return
    from myst_nb.sphinx_ext import add_global_html_resources
    from sphinx_proof import copy_asset_files

    Path(app.outdir, "_static").mkdir(parents=True, exist_ok=True)
    for copy, extension in (
        (add_global_html_resources, "myst_nb"),
        (copy_asset_files, "sphinx_proof"),
    ):
        if extension in app.extensions:
            copy(app, None)


def setup(app: Sphinx) -> None:
    """Do it as soon as it is known where the site goes."""
    app.connect("builder-inited", copy_styles)
