"""Pictures of an LSTM: the cell in four drawings, and a gate over the text that is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, FancyBboxPatch

from course_pkg.checks import check_number, check_size
from course_pkg.plots.diagrams import _arrow, _canvas
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, RED
from course_pkg.reference.checks import check_array

NEEDED = 4  # drawings, until the cell is whole
KEEP, WRITE, SHOW = 2, 3, 4  # the drawing in which a gate joins in


def lstm_cell(parts: int = NEEDED) -> Figure:
    """Draw one step of an LSTM: the path of the cell above, the maps below.

    Narrow enough for a phone.

    Parameters
    ----------
    parts : int
        1 draws the carousel, to which the candidate is added; 2 puts a forget gate before it, 3 an
        input gate before what is added, 4 an output gate before what is shown.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError, ValueError
        If ``parts`` is no integer from 1 to 4.
    """
    if check_size("parts", parts) > NEEDED:
        raise ValueError(f"parts: expected at most {NEEDED}, got {parts}")
    fig, ax = plt.subplots(figsize=(3.5, 2.75))
    _canvas(ax, (-0.75, 5.2), (-1.6, 2.95))
    top, end = 2.1, 4.6

    # The path of the cell: one product, one sum, nothing else.
    _arrow(ax, (0.0, top), (1.78, top), INK)
    _arrow(ax, (2.22, top), (end, top), INK)
    _operation(ax, (2.0, top), "+", INK, "add")
    ax.text(-0.1, top, "$c_{t-1}$", ha="right", va="center")
    ax.text(end + 0.1, top, "$c_t$", ha="left", va="center")

    _map(ax, 2.4, "$g_t$", "tanh", INK)
    if parts >= KEEP:
        _map(ax, 0.6, "$f_t$", "sigmoid", RED)
        _arrow(ax, (0.6, 0.34), (0.6, top - 0.22), RED)
        _operation(ax, (0.6, top), "×", RED, "keep")
    if parts >= WRITE:
        _map(ax, 1.55, "$i_t$", "sigmoid", BLUE)
        _arrow(ax, (1.62, 0.34), (1.9, 0.88), BLUE)
        _arrow(ax, (2.34, 0.34), (2.1, 0.88), INK)
        _arrow(ax, (2.0, 1.28), (2.0, top - 0.22), INK)
        _operation(ax, (2.0, 1.06), "×", BLUE)
        ax.text(2.3, 1.06, "write", color=BLUE, fontsize=9, va="center")
    else:
        _arrow(ax, (2.38, 0.34), (2.06, top - 0.22), INK)
    if parts >= SHOW:
        shown = 4.05
        _map(ax, 3.25, "$o_t$", "sigmoid", GREEN)
        _arrow(ax, (shown, top), (shown, 1.32), INK)
        ax.text(shown, 1.14, "tanh", ha="center", va="center", fontsize=9)
        _arrow(ax, (shown, 0.96), (shown, 0.22), INK)
        _arrow(ax, (3.61, 0.0), (shown - 0.22, 0.0), GREEN)
        _operation(ax, (shown, 0.0), "×", GREEN)
        ax.text(shown + 0.16, 0.42, "show", color=GREEN, fontsize=9, va="center")
        _arrow(ax, (shown + 0.22, 0.0), (end, 0.0), INK)
        ax.text(end + 0.1, 0.0, "$h_t$", ha="left", va="center")

    last = 3.25 if parts >= SHOW else 2.4
    ax.plot([0.0, last], [-0.95, -0.95], "-", color=GREY, linewidth=1.5)
    ax.text(-0.1, -1.32, "$x_t,\\; h_{t-1}$", ha="left", va="center")
    return fig


def _operation(ax: Axes, at: tuple[float, float], sign: str, color: str, word: str = "") -> None:
    """Draw a product or a sum as a circle, with a word above."""
    ax.add_patch(Circle(at, 0.2, facecolor="white", edgecolor=color, linewidth=1.6))
    ax.text(*at, sign, ha="center", va="center", color=color, fontsize=12)
    ax.text(at[0], at[1] + 0.36, word, ha="center", color=color, fontsize=9)


def _map(ax: Axes, x: float, name: str, squashed_by: str, color: str) -> None:
    """Draw a map of the two vectors below, and what squashes it."""
    _arrow(ax, (x, -0.95), (x, -0.33))
    ax.add_patch(
        FancyBboxPatch(
            (x - 0.31, -0.27),
            0.62,
            0.54,
            boxstyle="round,pad=0.04",
            facecolor="white",
            edgecolor=color,
            linewidth=1.6,
        )
    )
    ax.text(x, 0.1, name, ha="center", va="center", color=color, fontsize=11)
    ax.text(x, -0.16, squashed_by, ha="center", va="center", color=GREY, fontsize=6.5)


def over_text(
    ax: Axes, lines: Sequence[str], values: npt.NDArray[Any], *, limits: tuple[float, float]
) -> AxesImage:
    """Write a text on a grid, each character on a ground that shows a number.

    Parameters
    ----------
    ax : Axes
    lines : sequence of str
        The text, line by line.
    values : ndarray, (N,)
        One number per character of all lines, one after the other.
    limits : pair of float
        The ends of the colour scale.

    Returns
    -------
    AxesImage
        For a colour bar.

    Raises
    ------
    TypeError, ValueError
        If ``lines`` are no sequence of strings or hold no text, ``values`` is no array with one
        number per character, or the limits are not finite and in order.
    """
    if isinstance(lines, str) or not all(isinstance(line, str) for line in lines):
        raise TypeError(f"lines: expected a list of strings, got {lines!r}")
    check_array("values", values)
    low = check_number("limits[0]", limits[0], "(-inf, inf)")
    high = check_number("limits[1]", limits[1], f"({low}, inf)")
    characters = sum(map(len, lines))
    if characters == 0:
        raise ValueError("lines: expected at least one character, got none")
    if values.shape != (characters,):
        raise ValueError(f"values: expected shape ({characters},), got {values.shape}")
    grid = np.full((len(lines), max(map(len, lines))), np.nan)
    start = 0
    for row, line in enumerate(lines):
        grid[row, : len(line)] = values[start : start + len(line)]
        for column, character in enumerate(line):
            on_dark = grid[row, column] < (low + high) / 2
            ax.text(
                column,
                row,
                character,
                ha="center",
                va="center",
                color="white" if on_dark else INK,
                family="DejaVu Sans Mono",
                fontsize=9,
            )
        start += len(line)
    image = ax.imshow(grid, vmin=low, vmax=high, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    return image
