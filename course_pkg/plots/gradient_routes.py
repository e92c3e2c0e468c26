"""The two ways in which a gradient comes back to a state."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from course_pkg.plots.diagrams import _arrow, _canvas, _node
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, RED


def gradient_routes(T: int = 3, *, words: bool = False) -> Figure:
    """Draw an unrolled network with its losses, and the way back beside each way forward.

    Forward arrows are grey. Of the arrows back, the green ones come through a state's own output,
    the red ones from the next state.

    Parameters
    ----------
    T : int
        Number of steps to draw, at least 2.
    words : bool
        Say in words where a gradient comes from; by default the arrows have their formulas.

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
    gap = 2.1
    fig, ax = plt.subplots(figsize=(4.6, 3.6))
    _canvas(ax, (-1.95, gap * (T - 1) + 1.6), (-1.75, 2.75))
    for t in range(T):
        x, number = gap * t, t + 1
        _arrow(ax, (x, -0.98), (x, -0.36), GREY)
        _arrow(ax, (x - 0.1, 0.34), (x - 0.1, 0.94), GREY)
        _arrow(ax, (x - 0.1, 1.44), (x - 0.1, 1.98), GREY)
        _node(ax, (x, -1.22), f"$x_{number}$", BLUE, box=True)
        _node(ax, (x, 0.0), f"$h_{number}$", INK)
        _node(ax, (x, 1.19), f"$\\hat{{y}}_{number}$", GREEN, box=True)
        _node(ax, (x, 2.22), f"$\\ell_{number}$", GREY, box=True)
        # Back: from the loss of this step through its own output ...
        _arrow(ax, (x + 0.12, 1.98), (x + 0.12, 1.44), GREEN)
        _arrow(ax, (x + 0.12, 0.94), (x + 0.12, 0.33), GREEN)
        own = "own\nloss" if words else f"$e_{number}$"
        ax.text(x + 0.22, 0.64, own, color=GREEN, fontsize=9 if words else 11, va="center")
        # ... and from everything that follows, through the next state.
        before = x - gap
        _arrow(ax, (before + 0.35, 0.1), (x - 0.35, 0.1), GREY)
        _arrow(ax, (x - 0.35, -0.12), (before + 0.35, -0.12), RED)
        label = "from the\nnext state" if words else f"$W_{{hh}}^{{\\top}}\\,\\delta a_{number}$"
        size = 8.5 if words else 10
        ax.text(x - gap / 2, -0.26, label, color=RED, fontsize=size, ha="center", va="top")
    ax.text(-gap + 0.3, 0.0, "$h_0$", ha="right", va="center")
    ax.text(gap * (T - 1) + 0.45, 0.0, "nothing\ncomes back", color=GREY, fontsize=8.5, va="center")
    return fig
