"""Ships the icons that the pages show, not the 2,000 of the theme's font.

The font is cut down when the site is built, out of the theme's own file. A test looks whether it
holds every icon of every page.
"""

from __future__ import annotations

import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

ICONS = (
    "angle-left",
    "angle-right",
    "arrow-up",
    "bars",
    "chevron-down",
    "circle-half-stroke",
    "download",
    "expand",
    "file",
    "file-pdf",
    "list",
    "magnifying-glass",
    "moon",
    "sun",
    "xmark",
)
FONT = "_static/vendor/fontawesome/webfonts/fa-solid-900.woff2"
STYLE = "_static/styles/pydata-sphinx-theme.css"
# Nothing asks for these: the script that draws icons a second time, and maps for its developers.
UNUSED = ("_static/scripts/fontawesome.js", "_static/scripts/*.map", "_static/styles/*.map")


def code_of(icon: str, css: str) -> int:
    """Return the number of an icon's character, as the theme's style sheet gives it."""
    found = re.search(rf'\.fa-{icon}:before[^{{}}]*{{content:"\\([0-9a-f]+)"', css)
    if found is None:
        raise ValueError(f"icon: the theme's style sheet does not know {icon!r}")
    return int(found[1], 16)


def cut(font: Path, codes: list[int]) -> None:
    """Leave the characters with these numbers in a font, and nothing else."""
    options = subset.Options(flavor="woff2", layout_features=[], drop_tables=["FFTM"])
    whole = TTFont(font, recalcTimestamp=False)  # the same file at each build
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(whole)
    whole.flavor = "woff2"
    whole.save(font)


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Cut the font down, and take away what no page asks for."""
    site = Path(app.outdir)
    if error is not None or app.builder.name != "html" or not (site / FONT).exists():
        return
    css = (site / STYLE).read_text(encoding="utf-8")
    cut(site / FONT, [code_of(icon, css) for icon in ICONS])
    for pattern in UNUSED:
        for path in site.glob(pattern):
            path.unlink()


def setup(app: Sphinx) -> None:
    """Do it when the theme's files are in the site."""
    app.connect("build-finished", lighten)
