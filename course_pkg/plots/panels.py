"""Several figures in one output: side by side on a wide screen, one below the other on a phone."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import dataclass
from html import escape

import matplotlib.pyplot as plt
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from course_pkg.plots.inline import as_svg

GREYS = ("Greys", "gray", "binary", "gist_gray", "gist_yarg")


@dataclass(frozen=True)
class Panels:
    """A row of pictures; shown as HTML by a notebook and by the site."""

    alts: tuple[str, ...]
    pictures: tuple[str, ...]  # SVG
    heat_maps: tuple[bool, ...]

    def __repr__(self) -> str:
        """Say how many there are."""
        return f"<{len(self.pictures)} panels>"

    def _repr_html_(self) -> str:
        # The styles stand here, because JupyterLab has no style sheet of ours.
        images = []
        for alt, svg, heat_map in zip(self.alts, self.pictures, self.heat_maps, strict=True):
            width, height = _size(svg)
            data = b64encode(svg.encode()).decode()
            mark = ' class="heat-map"' if heat_map else ""
            images.append(
                f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(alt)}" '
                f'width="{width}" height="{height}"{mark} '
                f'style="flex: 0 1 {width}px; min-width: min(100%, 16rem); height: auto">'
            )
        style = "display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: center"
        return f'<div class="panels" style="{style}">\n' + "\n".join(images) + "\n</div>"


def side_by_side(*panels: tuple[Figure, str]) -> Panels:
    """Show figures side by side where there is room, and one below the other on a phone.

    One figure with two plots keeps them side by side, and on a phone their words are too small.
    Make each panel a figure of its own, about 3.5 inches wide, so that it fits a phone as it is.
    The last line of the cell is the call; its metadata give name and caption of the whole.

    Parameters
    ----------
    *panels : (Figure, str)
        Each figure, and what one would see in it. The figures are closed, or the notebook would
        show them a second time.

    Returns
    -------
    Panels

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two panels, one is no figure with a text, or a text is empty.

    Examples
    --------
    >>> left, right = (plt.figure(figsize=(3.5, 3)) for _ in range(2))
    >>> side_by_side((left, "The loss falls."), (right, "The gradient stays."))
    <2 panels>
    """
    if len(panels) < 2:
        raise ValueError(f"panels: expected at least two figures, got {len(panels)}")
    for number, panel in enumerate(panels):
        match panel:
            case (Figure(), str(alt)):
                if not alt.strip():
                    raise ValueError(f"panels[{number}]: expected words on what one sees, got none")
            case _:
                raise TypeError(f"panels[{number}]: expected a figure and a text, got {panel!r}")
    made = Panels(
        tuple(" ".join(alt.split()) for _, alt in panels),
        tuple(as_svg(fig) for fig, _ in panels),
        tuple(shows_colour_map(fig) for fig, _ in panels),
    )
    for fig, _ in panels:
        plt.close(fig)
    return made


def shows_colour_map(fig: Figure) -> bool:
    """Whether colours of the figure stand for numbers, so that inverting them would mislead.

    A map from white to black does no harm: inverted, it runs from the ground of a dark page.
    """
    shown = [mark for ax in fig.axes for mark in (*ax.images, *ax.collections)]
    maps = [mark.get_cmap() for mark in shown if mark.get_array() is not None]
    return any(_is_coloured(colours) for colours in maps)


def _is_coloured(colours: Colormap) -> bool:
    return colours.name.removesuffix("_r") not in GREYS


def _size(svg: str) -> tuple[int, int]:
    """Return width and height of an SVG in pixels of the screen; a point is 4/3 of one."""
    root = ET.fromstring(svg)
    width, height = (float(root.get(side, "").removesuffix("pt")) for side in ("width", "height"))
    return round(width * 4 / 3), round(height * 4 / 3)
