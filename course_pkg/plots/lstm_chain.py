"""Steps of an LSTM in a row: the carousel runs through, and the gradient comes back along it."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from course_pkg.plots.diagrams import _arrow, _canvas, _node
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, RED

GAP = 2.0  # from one step to the next
CELL, BACK = 1.6, 2.25  # the heights of the cell's path, and of the gradient above it


def lstm_chain(T: int = 3) -> Figure:
    """Draw T steps of an LSTM, and above them the gradient that comes back along the cell.

    The gradient is red and points to the left: along the cell one product at each step, below it,
    dashed, the path through the states and their matrix.

    Parameters
    ----------
    T : int
        Number of steps to draw, at least 2.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If T is below 2.
    """
    if T < 2:
        raise ValueError(f"T: expected at least 2 steps, got {T}")
    fig, ax = plt.subplots(figsize=(4.8, 3.4))
    _canvas(ax, (-1.55, GAP * (T - 1) + 1.65), (-1.3, 3.0))
    for t in range(T):
        _one_step(ax, GAP * t, t + 1)
        x = GAP * t
        # The path of the cell, from the sum of the step before to the product of this one ...
        _arrow(ax, (x - GAP + 0.3 if t else x - 1.05, CELL), (x - 0.58, CELL), INK)
        _arrow(ax, (x - 0.22, CELL), (x - 0.08, CELL), INK)
        # ... and the gradient, the other way.
        _arrow(ax, (x + 0.1, BACK), (x - GAP + 0.2 if t else x - 1.05, BACK), RED)
        ax.text(x - 0.4, BACK + 0.14, f"$\\times f_{t + 1}$", color=RED, ha="center")
        if t:
            _arrow(ax, (x - GAP + 0.68, 0.62), (x - 0.62, 0.24))
            ax.text(x - 0.98, 0.56, f"$h_{t}$", fontsize=10, ha="center")
            _arrow(ax, (x - 0.62, 0.04), (x - GAP + 0.6, 0.42), RED)
            ax.patches[-1].set_linestyle("--")
            ax.text(x - 0.9, -0.24, "$W_{hh}^{\\top}$", color=RED, fontsize=9, ha="center")
    last = GAP * (T - 1)
    _arrow(ax, (last + 0.3, CELL), (last + 1.1, CELL), INK)
    _arrow(ax, (last + 0.68, 0.62), (last + 1.1, 0.62))
    ax.text(last + 1.15, 0.62, f"$h_{T}$", va="center")
    ax.text(last + 1.15, CELL, f"$c_{T}$", va="center")
    _arrow(ax, (last + 1.1, BACK), (last + 0.2, BACK), RED)
    ax.text(last + 1.15, BACK, f"$\\delta c_{T}$", color=RED, va="center")
    ax.text(-1.1, CELL, "$c_0$", ha="right", va="center")
    ax.text(-1.1, BACK, "$\\delta c_0$", color=RED, ha="right", va="center")
    return fig


def _one_step(ax: Axes, x: float, number: int) -> None:
    """Draw what one step does to the cell: its maps, its product, its sum, and what it shows."""
    _node(ax, (x - 0.25, -0.95), f"$x_{number}$", BLUE, box=True)
    _arrow(ax, (x - 0.25, -0.7), (x - 0.25, -0.1), BLUE)
    ax.add_patch(
        FancyBboxPatch(
            (x - 0.57, -0.05),
            0.84,
            0.38,
            boxstyle="round,pad=0.03",
            facecolor="white",
            edgecolor=GREY,
            linewidth=1.4,
        )
    )
    ax.text(x - 0.15, 0.14, "$f\\; i\\,g\\; o$", ha="center", va="center", fontsize=10)
    _arrow(ax, (x - 0.4, 0.38), (x - 0.4, CELL - 0.2), RED)
    _arrow(ax, (x + 0.1, 0.38), (x + 0.1, CELL - 0.2), BLUE)
    ax.plot([x + 0.3, x + 0.5], [0.16, 0.46], "-", color=GREEN, linewidth=1.5)
    _arrow(ax, (x + 0.5, CELL), (x + 0.5, 0.82), INK)
    # It squashes the cell on its way to the output gate's product, as in the drawing of one step.
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    ax.text(x + 0.5, 1.24, "tanh", ha="center", va="center", fontsize=9, bbox=ground)
    for at, sign, color in (
        ((x - 0.4, CELL), "×", RED),
        ((x + 0.1, CELL), "+", INK),
        ((x + 0.5, 0.62), "×", GREEN),
    ):
        ax.add_patch(Circle(at, 0.18, facecolor="white", edgecolor=color, linewidth=1.5, zorder=3))
        ax.text(*at, sign, ha="center", va="center", color=color, fontsize=11, zorder=4)
