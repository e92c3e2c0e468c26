"""Colours and defaults of every figure.

The colours follow the palette of Okabe and Ito, which people with the common colour-vision
deficiencies can tell apart; the red is darker, so that it can be read as text. In grey, ink,
blue, red and orange stay apart. Red and green do not: a figure that uses both tells them apart
by place, label or dash as well. Figures have a white ground and dark ink; the site inverts them
in dark mode, all but heat maps.
"""

from __future__ import annotations

import matplotlib as mpl

from course_pkg.plots.inline import use_svg

INK = "#1b2733"
GREY = "#6b7680"
BLUE = "#0072b2"
RED = "#c8500a"
GREEN = "#009e73"
ORANGE = "#e69f00"


def use_style() -> None:
    """Set matplotlib's defaults for all figures that follow; a notebook stores them as SVG.

    Examples
    --------
    >>> use_style()
    >>> mpl.rcParams["axes.spines.top"]
    False
    """
    mpl.rcParams.update(
        {
            "figure.figsize": (7.2, 3.2),
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "font.family": "DejaVu Sans",  # ships with matplotlib: the same on every machine
            "font.size": 10.5,
            "mathtext.fontset": "dejavusans",
            "text.color": INK,
            "axes.edgecolor": GREY,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.prop_cycle": mpl.cycler(  # type: ignore[attr-defined, unused-ignore]
                color=[BLUE, RED, GREEN, ORANGE, INK],
                linestyle=["-", "--", "-.", ":", (0, (5, 1))],
            ),
            "grid.color": "#e3e7ea",
            "grid.linewidth": 0.8,
            "lines.linewidth": 1.8,
            "xtick.color": GREY,
            "ytick.color": GREY,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "legend.frameon": False,
            "image.cmap": "cividis",
            # Letters as outlines: a picture in a page cannot load a font. A fixed salt makes the
            # names of the parts, and so the file, the same in every run.
            "svg.fonttype": "path",
            "svg.hashsalt": "course",
        }
    )
    use_svg()
