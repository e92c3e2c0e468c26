"""Three steps of a network of one unit, with its parameters as nodes; and a path counted twice."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from course_pkg.plots.diagrams import Point, _arrow, _canvas, _node
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, RED

GAP, UP = 1.95, 1.3  # from state to state; from the states to losses, inputs and copies
STEPS = 3
LAST = GAP * (STEPS - 1)


def scalar_graph() -> Figure:
    """Draw the graph of h_t = w h_(t-1) + u x_t: each step has a copy of both weights.

    Returns
    -------
    Figure
    """
    fig, ax = plt.subplots(figsize=(4.6, 4.4))
    _canvas(ax, (-2.0, LAST + 0.6), (-2.95, 2.95))
    for name, color, side in (("w", RED, 1), ("u", BLUE, -1)):
        shared = (LAST / 2 - GAP / 2, 2.65 * side)
        for t in range(STEPS):
            copy = (GAP * (t - 0.5), UP * side)
            ax.plot(*zip(shared, copy, strict=True), color=color, lw=1.2, ls=":", zorder=0)
            _into_state(ax, copy, t, color)
            _node(ax, copy, f"${name}^{{({t + 1})}}$", color, box=True)
        _node(ax, shared, f"${name}$", color, box=True)
    _states_and_losses(ax)
    for t in range(STEPS):
        _arrow(ax, (GAP * t, -UP + 0.25), (GAP * t, -0.36), BLUE)
        _node(ax, (GAP * t, -UP), f"$x_{t + 1}$", BLUE, box=True)
    return fig


def counted_twice() -> Figure:
    """Draw the path from the w of step 2 to the loss of step 3, and the two states it crosses.

    Returns
    -------
    Figure
    """
    fig, ax = plt.subplots(figsize=(4.6, 3.1))
    _canvas(ax, (-2.0, LAST + 0.75), (-1.75, 1.75))
    for t in range(STEPS):
        copy = (GAP * (t - 0.5), UP)
        _into_state(ax, copy, t, RED if t == 1 else GREY, 3.0 if t == 1 else 1.0)
        _node(ax, copy, f"$w^{{({t + 1})}}$", RED if t == 1 else GREY, box=True)
    _states_and_losses(ax)
    for start, end in (
        ((GAP + 0.35, 0.0), (LAST - 0.35, 0.0)),
        ((LAST, 0.36), (LAST, UP - 0.25)),
    ):
        ax.plot(*zip(start, end, strict=True), color=RED, lw=3.0, ls="-")
        _arrow(ax, start, end, RED)
    for number, t in ((1, 1), (2, 2)):
        at = GAP * t
        ax.add_patch(Circle((at, -0.68), 0.2, facecolor="white", edgecolor=RED, linewidth=1.6))
        ax.text(at, -0.69, f"{number}", color=RED, ha="center", va="center", fontsize=10)
        factors = rf"$\delta h_{t + 1} \cdot dh_{t + 1}/dw$"
        ax.text(at, -1.12, factors, color=RED, ha="center", va="center", fontsize=10)
    ax.text((GAP + LAST) / 2, -1.55, "both contain the red path", ha="center", va="center")
    return fig


def _into_state(ax: Axes, copy: Point, t: int, color: str, width: float = 0.0) -> None:
    """Draw the arrow from a copy of a weight to the state that it makes."""
    x, side = GAP * t, 1 if copy[1] > 0 else -1
    start, end = (copy[0] + 0.22, copy[1] - 0.27 * side), (x - 0.24, 0.28 * side)
    if width:
        ax.plot(*zip(start, end, strict=True), color=color, lw=width, ls="-")
    _arrow(ax, start, end, color)


def _states_and_losses(ax: Axes) -> None:
    """Draw h_0 to h_3, the arrows between them, and the loss above each state but h_0."""
    ax.text(-GAP + 0.42, 0.0, "$h_0$", ha="right", va="center")
    for t in range(STEPS):
        x = GAP * t
        _arrow(ax, (x - GAP + (0.35 if t else 0.5), 0.0), (x - 0.35, 0.0), GREY)
        _arrow(ax, (x, 0.36), (x, UP - 0.25), GREEN)
        _node(ax, (x, 0.0), f"$h_{t + 1}$", INK)
        _node(ax, (x, UP), rf"$\ell_{t + 1}$", GREEN, box=True)
