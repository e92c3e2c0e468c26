"""Pictures of an LSTM: the cell as a diagram, and a gate over the text that is read."""

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

from course_pkg.checks import check_number
from course_pkg.plots.diagrams import _arrow, _canvas
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, RED
from course_pkg.reference.checks import check_array


def lstm_cell() -> Figure:
    """Draw one step of an LSTM: the cell's road above, the four maps below.

    Returns
    -------
    Figure
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.7))
    _canvas(ax, (-0.75, 8.15), (-1.75, 2.75))
    road = 2.1

    def operation(x: float, y: float, sign: str, color: str) -> None:
        ax.add_patch(Circle((x, y), 0.22, facecolor="white", edgecolor=color, linewidth=1.8))
        ax.text(x, y, sign, ha="center", va="center", color=color, fontsize=13)

    def box(x: float, y: float, name: str, below: str, color: str) -> None:
        ax.add_patch(
            FancyBboxPatch(
                (x - 0.36, y - 0.3),
                0.72,
                0.6,
                boxstyle="round,pad=0.04",
                facecolor="white",
                edgecolor=color,
                linewidth=1.6,
            )
        )
        ax.text(x, y + 0.11, name, ha="center", va="center", color=color, fontsize=12)
        ax.text(x, y - 0.17, below, ha="center", va="center", color=GREY, fontsize=8.5)

    # The road of the cell: one product, one sum, nothing else.
    _arrow(ax, (0.0, road), (1.28, road), INK)
    _arrow(ax, (1.72, road), (3.18, road), INK)
    _arrow(ax, (3.62, road), (7.3, road), INK)
    operation(1.5, road, "×", RED)
    operation(3.4, road, "+", INK)
    ax.text(-0.1, road, "$c_{t-1}$", ha="right", va="center", fontsize=12)
    ax.text(7.4, road, "$c_t$", ha="left", va="center", fontsize=12)
    ax.text(1.5, road + 0.42, "keep", ha="center", color=RED)
    ax.text(3.4, road + 0.42, "add", ha="center")

    for x, name, below, color in (
        (1.5, "$f_t$", "sigmoid", RED),
        (2.8, "$i_t$", "sigmoid", BLUE),
        (4.0, "$g_t$", "tanh", INK),
        (5.4, "$o_t$", "sigmoid", GREEN),
    ):
        box(x, 0.0, name, below, color)
        _arrow(ax, (x, -1.1), (x, -0.36))
    _arrow(ax, (1.5, 0.36), (1.5, road - 0.24), RED)
    operation(3.4, 1.05, "×", BLUE)
    _arrow(ax, (2.92, 0.36), (3.25, 0.87), BLUE)
    _arrow(ax, (3.88, 0.36), (3.55, 0.87), INK)
    _arrow(ax, (3.4, 1.28), (3.4, road - 0.24), INK)
    ax.text(3.7, 1.2, "write", color=BLUE)

    # What is shown of the cell.
    _arrow(ax, (6.4, road), (6.4, 1.5), INK)
    ax.text(6.4, 1.3, "tanh", ha="center", va="center", fontsize=10)
    _arrow(ax, (6.4, 1.1), (6.4, 0.24), INK)
    operation(6.4, 0.0, "×", GREEN)
    _arrow(ax, (5.8, 0.0), (6.16, 0.0), GREEN)
    _arrow(ax, (6.62, 0.0), (7.3, 0.0), INK)
    ax.text(6.62, 0.42, "show", color=GREEN)
    ax.text(7.4, 0.0, "$h_t$", ha="left", va="center", fontsize=12)

    ax.plot([0.0, 5.4], [-1.1, -1.1], color=GREY, linewidth=1.5)
    ax.text(-0.1, -1.1, "$x_t,\\; h_{t-1}$", ha="right", va="center", fontsize=12)
    ax.text(2.9, -1.45, "four affine maps of the same two vectors", ha="center", color=GREY)
    return fig


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
