"""How a notebook stores its figures: as SVG, the same bytes in every run.

Lines and words are sharp at every size, and a figure takes a few dozen kilobytes. What an SVG is
bad at, thousands of marks, is drawn as pixels inside it: the words around stay words.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from io import StringIO

from matplotlib.artist import Artist
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

LIMIT = 150_000  # characters of an SVG; with more, the marks become pixels
DPI = 200  # pixels an inch, where there are pixels
# Without the time and the version of matplotlib, which would make a new file of the same drawing.
NOTHING_ELSE = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def as_svg(fig: Figure) -> str:
    """Write a figure as SVG; colour maps over a mesh, and marks by the thousand, as pixels in it.

    Parameters
    ----------
    fig : Figure

    Returns
    -------
    str
        At most 150,000 characters, unless pixels take more.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> line = ax.plot([0, 1], [0, 1])
    >>> as_svg(fig).count("<image")
    0
    >>> line = ax.plot(range(9000), [i * i % 7 for i in range(9000)], "o")
    >>> as_svg(fig).count("<image")
    1
    >>> plt.close(fig)
    """
    marks = list(_marks(fig))
    for mark in marks:
        if isinstance(mark, QuadMesh):
            mark.set_rasterized(True)
    svg = _write(fig)
    if len(svg) > LIMIT:
        for mark in marks:
            mark.set_rasterized(True)
        svg = _write(fig)
    return svg


def _marks(fig: Figure) -> Iterator[Artist]:
    for ax in fig.axes:
        yield from (*ax.lines, *ax.collections, *ax.patches)


def _write(fig: Figure) -> str:
    text = StringIO()
    fig.savefig(text, format="svg", bbox_inches="tight", dpi=DPI, metadata=NOTHING_ELSE)
    return text.getvalue()


def use_svg() -> None:
    """Make SVG the format in which this notebook stores figures; elsewhere, do nothing."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()  # type: ignore[no-untyped-call, unused-ignore]
    if shell is None or shell.display_formatter is None:
        return
    from matplotlib_inline.config import InlineBackend

    import_module("matplotlib_inline.backend_inline")  # sets its own formats, so it comes first
    InlineBackend.instance(parent=shell).figure_formats = {"svg"}
    shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, as_svg)
