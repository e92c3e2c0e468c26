"""The inside of a GRU, drawn by code."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from course_pkg.plots.style import BLUE, GREY, INK, RED

Point = tuple[float, float]


def _line(ax: Axes, *points: Point, color: str = GREY, dashed: bool = False) -> None:
    """Draw a line through points, with an arrow at its end."""
    style = "--" if dashed else "-"
    xs, ys = zip(*points, strict=True)
    ax.plot(xs[:-1], ys[:-1], style, color=color, linewidth=1.5)
    ax.add_patch(
        FancyArrowPatch(
            points[-2],
            points[-1],
            arrowstyle="-|>",
            mutation_scale=11,
            color=color,
            linewidth=1.5,
            linestyle=style,
            shrinkA=0,
            shrinkB=0,
        )
    )


def _box(ax: Axes, at: Point, text: str, color: str) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (at[0] - 0.42, at[1] - 0.24),
            0.84,
            0.48,
            boxstyle="round,pad=0.05",
            facecolor="white",
            edgecolor=color,
            linewidth=1.6,
        )
    )
    ax.text(*at, text, ha="center", va="center", color=INK, fontsize=10.5)


def _operation(ax: Axes, at: Point, text: str) -> None:
    ax.add_patch(Circle(at, 0.2, facecolor=INK, edgecolor=INK))
    ax.text(*at, text, ha="center", va="center", color="white", fontsize=11)


def gru_cell() -> Figure:
    """Draw one step of a GRU: the state's line, the candidate, and where the two gates act.

    Returns
    -------
    Figure
    """
    fig, ax = plt.subplots(figsize=(7.2, 3.6))
    top, middle, low = 2.4, 0.9, -0.9
    # The state goes straight through; only z scales it, and what is new is added.
    ax.text(-0.15, top, "$h_{t-1}$", ha="right", va="center")
    _line(ax, (0.0, top), (5.1, top), color=INK)
    _operation(ax, (5.3, top), r"$\times$")
    _line(ax, (5.5, top), (7.2, top), color=INK)
    _operation(ax, (7.4, top), "$+$")
    _line(ax, (7.6, top), (8.5, top), color=INK)
    ax.text(8.6, top, "$h_t$", ha="left", va="center")
    # The candidate.
    _line(ax, (0.6, top), (0.6, middle), (1.0, middle))
    _box(ax, (1.5, middle), "$W_{hn}$", GREY)
    _line(ax, (2.0, middle), (2.7, middle))
    ax.text(2.32, middle + 0.14, "$m_t$", ha="center", fontsize=10)
    _operation(ax, (2.9, middle), r"$\times$")
    _line(ax, (3.1, middle), (3.8, middle))
    _box(ax, (4.3, middle), "tanh", INK)
    _line(ax, (4.8, middle), (7.2, middle))
    ax.text(6.35, middle + 0.14, "candidate $n_t$", ha="center", fontsize=10)
    _operation(ax, (7.4, middle), r"$\times$")
    _line(ax, (7.4, middle + 0.2), (7.4, top - 0.2))
    # The gates, each of which reads input and state.
    ax.text(-0.15, low - 0.75, "$x_t$", ha="right", va="center")
    ax.plot([0.0, 5.3], [low - 0.75] * 2, color=BLUE, linewidth=1.5)
    for x, name, color in ((2.9, r"$r_t$: $\sigma$", BLUE), (5.3, r"$z_t$: $\sigma$", RED)):
        _line(ax, (x, low - 0.75), (x, low - 0.29), color=BLUE)
        _box(ax, (x, low), name, color)
    _line(ax, (4.3, low - 0.75), (4.3, middle - 0.29), color=BLUE)
    _line(ax, (0.6, middle), (0.6, low), (2.43, low))
    _line(ax, (0.6, low + 0.55), (4.65, low + 0.55), (4.65, low + 0.1), (4.83, low + 0.1))
    _line(ax, (2.9, low + 0.29), (2.9, middle - 0.2), color=BLUE, dashed=True)
    ax.text(2.98, 0.25, "resets", color=BLUE, fontsize=10)
    _line(ax, (5.3, low + 0.29), (5.3, top - 0.2), color=RED, dashed=True)
    ax.text(5.4, 1.65, "keeps $z_t$", color=RED, fontsize=10)
    _line(ax, (5.3, 0.2), (7.4, 0.2), (7.4, middle - 0.2), color=RED, dashed=True)
    ax.text(7.5, 0.4, "writes $1 - z_t$", color=RED, fontsize=10)
    # Dots where a line branches, so that a crossing is not taken for one.
    for at in ((0.6, top), (0.6, middle), (0.6, low + 0.55)):
        ax.plot(*at, "o", color=GREY, markersize=4)
    for x in (2.9, 4.3):
        ax.plot(x, low - 0.75, "o", color=BLUE, markersize=4)
    ax.plot(5.3, 0.2, "o", color=RED, markersize=4)
    ax.set_xlim(-0.9, 9.2)
    ax.set_ylim(-2.0, 2.9)
    ax.set_aspect("equal")
    ax.axis("off")
    return fig
