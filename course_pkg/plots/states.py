"""Pictures of hidden states: over time as a heat map, in the plane as a path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from course_pkg.checks import check_number
from course_pkg.plots.style import BLUE, INK
from course_pkg.reference.checks import check_array


def heatmap(
    ax: Axes,
    states: npt.NDArray[Any],
    *,
    columns: Sequence[str] | None = None,
    limit: float = 1.0,
) -> AxesImage:
    """Draw states as cells, one column per time step, one row per hidden unit.

    The colour map grows steadily in lightness, from negative to positive, so a grey copy shows
    the same. Draw a colour bar, and give the cell the class ``heat-map`` in its metadata
    (``mystnb.image.classes``): then the site does not invert the colours in dark mode.

    Parameters
    ----------
    ax : Axes
    states : ndarray, (T, H)
        The states of one sequence.
    columns : sequence of str, optional
        A label per time step, for example the tokens read; 1, 2, ... by default.
    limit : float
        The colour scale runs from ``-limit`` to ``limit``.

    Returns
    -------
    AxesImage
        For a colour bar.

    Raises
    ------
    TypeError, ValueError
        If ``states`` is no array with two axes and no size of 0, the number of labels is not T, or
        ``limit`` is not positive and finite.
    """
    check_array("states", states)
    limit = check_number("limit", limit, "(0, inf)")
    if states.ndim != 2 or 0 in states.shape:
        raise ValueError(f"states: expected shape (T, H), got {states.shape}")
    T, H = states.shape
    labels = [str(t + 1) for t in range(T)] if columns is None else list(columns)
    if len(labels) != T:
        raise ValueError(f"columns: expected {T} labels, got {len(labels)}")
    image = ax.imshow(states.T, vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    ax.set_xticks(range(T), labels)
    ax.set_yticks(range(H), [str(unit + 1) for unit in range(H)])
    ax.grid(False)
    ax.set_xlabel("time step")
    ax.set_ylabel("hidden unit")
    return image


def plane(ax: Axes, paths: npt.NDArray[Any], *, color: str = BLUE, alpha: float = 1.0) -> None:
    """Draw the paths of two-unit states in the plane, from an open to a filled dot.

    Parameters
    ----------
    ax : Axes
    paths : ndarray, (T, B, 2)
        One path per batch entry.
    color, alpha
        As in matplotlib.

    Raises
    ------
    TypeError, ValueError
        If ``paths`` is no array of shape (T, B, 2), with T and B at least 1.
    """
    check_array("paths", paths)
    if paths.ndim != 3 or paths.shape[2] != 2 or 0 in paths.shape:
        raise ValueError(f"paths: expected shape (T, B, 2), got {paths.shape}")
    for path in np.swapaxes(paths, 0, 1):  # (T, 2)
        ax.plot(path[:, 0], path[:, 1], "-", color=color, alpha=0.55 * alpha, linewidth=1)
        ax.plot(path[1:-1, 0], path[1:-1, 1], ".", color=color, alpha=alpha, markersize=4)
        ax.plot(*path[0], "o", color=color, markerfacecolor="white", markersize=6)
        ax.plot(*path[-1], "o", color=color, markersize=6)
    ax.set_xlim(-1.05, 1.05)
    ax.set_ylim(-1.05, 1.05)
    ax.set_aspect("equal")
    ax.set_xlabel("hidden unit 1")
    ax.set_ylabel("hidden unit 2")


def label_end(ax: Axes, x: float, y: float, text: str, color: str = INK) -> None:
    """Write a label beside the end of a line, instead of a legend."""
    ax.annotate(text, (x, y), xytext=(6, 0), textcoords="offset points", va="center", color=color)
