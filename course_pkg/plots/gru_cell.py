"""A GRU, drawn by code: one step in four drawings, and two steps with their gradient."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from course_pkg.checks import check_flag, check_size
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, RED

Point = tuple[float, float]
THIN, THICK = 1.2, 2.4
STAGES = 4


def _line(
    ax: Axes,
    *points: Point,
    color: str = GREY,
    width: float = THIN,
    dashed: bool = False,
) -> None:
    """Draw a line through points, with an arrow at its end."""
    style = "--" if dashed else "-"
    xs, ys = zip(*points, strict=True)
    ax.plot(xs[:-1], ys[:-1], style, color=color, linewidth=width)
    ax.add_patch(
        FancyArrowPatch(
            points[-2],
            points[-1],
            arrowstyle="-|>",
            mutation_scale=10,
            color=color,
            linewidth=width,
            linestyle=style,
            shrinkA=0,
            shrinkB=0,
        )
    )


def _box(
    ax: Axes, at: Point, text: str, color: str, *, half: float = 0.4, width: float = THIN
) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (at[0] - half, at[1] - 0.22),
            2 * half,
            0.44,
            boxstyle="round,pad=0.04",
            facecolor="white",
            edgecolor=color,
            linewidth=width,
            zorder=3,
        )
    )
    ax.text(*at, text, ha="center", va="center", color=INK, fontsize=10, zorder=4)


def _operation(ax: Axes, at: Point, text: str) -> None:
    ax.add_patch(Circle(at, 0.19, facecolor=INK, edgecolor=INK, zorder=3))
    ax.text(*at, text, ha="center", va="center", color="white", fontsize=10, zorder=4)


def _canvas(width: float, height: float, x: Point, y: Point) -> tuple[Figure, Axes]:
    fig, ax = plt.subplots(figsize=(width, height))
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    ax.set_aspect("equal")
    ax.axis("off")
    return fig, ax


def gru_cell(stage: int = STAGES) -> Figure:
    """Draw one step of a GRU, or what of it there is after the first stages.

    Narrow enough for a phone. What a stage adds is drawn thick.

    Parameters
    ----------
    stage : int
        1: exponential smoothing, with a number z. 2: z is computed from input and state. 3: a
        candidate in place of the input. 4: the reset gate, and the GRU is whole.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no such stage.
    """
    if not 1 <= check_size("stage", stage) <= STAGES:
        raise ValueError(f"stage: expected 1 to {STAGES}, got {stage}")
    fig, ax = _canvas(3.5, 3.1, (-0.75, 4.75), (-1.0, 3.85))
    state, between, candidate, reset, below = 3.2, 2.2, 1.1, 0.1, -0.7
    old, keep, write, hear = 0.3, 1.9, 3.7, 2.75  # the columns, from left to right

    def width(since: int) -> float:
        return THICK if stage == since else THIN

    # The state goes straight through; only z scales it, and what is new is added.
    ax.text(-0.08, state, "$h_{t-1}$", ha="right", va="center")
    for start, end in ((0.0, keep - 0.19), (keep + 0.19, write - 0.19), (write + 0.19, 4.3)):
        _line(ax, (start, state), (end, state), color=INK, width=width(1))
    ax.text(4.38, state, "$h_t$", ha="left", va="center")
    _operation(ax, (keep, state), r"$\times$")
    _operation(ax, (write, state), "$+$")
    _operation(ax, (write, between), r"$\times$")
    _line(ax, (write, between + 0.19), (write, state - 0.19), color=INK, width=width(1))
    up, right = (keep, state - 0.19), (write - 0.19, between)
    _line(ax, (keep, between + 0.26), up, color=RED, width=width(1), dashed=True)
    _line(ax, (keep + 0.44, between), right, color=RED, width=width(1), dashed=True)
    ax.text(keep, state + 0.32, "keep", color=RED, ha="center", fontsize=10)
    ax.text(write, state + 0.32, "write", color=RED, ha="center", fontsize=10)
    share = "z" if stage == 1 else "z_t"
    ax.text(keep + 0.12, 2.68, f"${share}$", color=RED, fontsize=10, va="center")
    ax.text(3.05, between + 0.14, f"$1 - {share}$", color=RED, fontsize=10, ha="center")
    # The input.
    ax.text(-0.08, below, "$x_t$", ha="right", va="center")
    ax.plot([0.0, write], [below] * 2, color=BLUE, linewidth=width(1))
    top = between - 0.19 if stage < 3 else candidate - 0.26
    _line(ax, (write, below), (write, top), color=BLUE, width=width(1))
    branches: list[tuple[Point, str]] = []
    if stage == 1:
        _box(ax, (keep, between), "$z$", GREY, width=width(1))
    else:  # the update gate reads state and input
        _line(ax, (old, state), (old, between), (keep - 0.44, between), width=width(2))
        _line(ax, (keep, below), (keep, between - 0.26), color=BLUE, width=width(2))
        _box(ax, (keep, between), r"$z_t$: $\sigma$", RED, width=width(2))
        branches += [((old, state), GREY), ((keep, below), BLUE)]
    if stage >= 3:  # the candidate is a plain recurrent network
        _line(ax, (old, between), (old, candidate), (0.62, candidate), width=width(3))
        _box(ax, (1.06, candidate), "$W_{hn}$", GREY, width=width(3))
        at = hear - 0.19 if stage == 4 else write - 0.44
        _line(ax, (1.5, candidate), (at, candidate), width=width(3))
        _box(ax, (write, candidate), "tanh", INK, width=width(3))
        _line(ax, (write, candidate + 0.26), (write, between - 0.19), color=INK, width=width(3))
        ax.text(write + 0.12, 1.68, "$n_t$", fontsize=10, va="center")
        branches += [((old, between), GREY)]
    if stage == 4:  # the reset gate scales what the candidate gets to see
        _operation(ax, (hear, candidate), r"$\times$")
        _line(ax, (hear + 0.19, candidate), (write - 0.44, candidate), width=THICK)
        ax.text(2.3, candidate + 0.16, "$m_t$", ha="center", fontsize=10)
        _line(ax, (old, candidate), (old, reset), (hear - 0.44, reset), width=THICK)
        _line(ax, (hear, below), (hear, reset - 0.26), color=BLUE, width=THICK)
        _box(ax, (hear, reset), r"$r_t$: $\sigma$", GREEN, width=THICK)
        up = (hear, candidate - 0.19)
        _line(ax, (hear, reset + 0.26), up, color=GREEN, width=THICK, dashed=True)
        ax.text(hear + 0.1, 0.6, "reset", color=GREEN, fontsize=10, va="center")
        branches += [((old, candidate), GREY), ((hear, below), BLUE)]
    # Dots where a line branches, so that a crossing is not taken for one.
    for (x, y), color in branches:
        ax.plot(x, y, "o", color=color, markersize=4)
    return fig


def gru_chain(*, back: bool = False) -> Figure:
    """Draw two steps of a GRU in a row, or how a gradient comes back through them.

    Narrow enough for a phone.

    Parameters
    ----------
    back : bool
        False: the values, from left to right. True: the gradient, from right to left. The direct
        path is thick; the others lead through the boxes of gates and candidate.

    Returns
    -------
    Figure
    """
    check_flag("back", back)
    fig, ax = _canvas(3.5, 2.3, (-0.6, 5.6), (-0.75, 3.3))
    state, box = 2.0, 0.35
    ax.text(-0.05, state, "$h_0$", ha="right", va="center")
    for number, before in ((1, 0.1), (2, 2.65)):
        keep, write, after = before + 0.75, before + 1.95, before + 2.55
        middle = (keep + write) / 2
        _operation(ax, (keep, state), r"$\times$")
        _operation(ax, (write, state), "$+$")
        _box(ax, (middle, box), f"gates, $n_{number}$", GREY, half=0.75)
        ax.text(keep, state + 0.33, f"$z_{number}$", color=RED, ha="center", fontsize=10)
        ax.text(after - 0.07, state - 0.34, f"$h_{number}$", ha="right", va="center", fontsize=10)
        ax.text(middle, -0.62, f"$x_{number}$", ha="center", va="center", fontsize=10)
        line = [(before, keep - 0.19), (keep + 0.19, write - 0.19), (write + 0.19, after)]
        side = [(before, state), (before, box), (middle - 0.79, box)]
        inputs = [(middle, -0.45), (middle, box - 0.26)]
        kept, written = ([(x, box + 0.26), (x, state - 0.19)] for x in (keep, write))
        if back:
            for start, end in line:
                _line(ax, (end, state), (start, state), color=RED, width=THICK)
            for path in (side, kept, written):
                _line(ax, *path[::-1])
            _line(ax, *inputs[::-1], color=BLUE)
            ax.text(before + 0.08, 1.2, r"$W^\top$", color=GREY, fontsize=10, va="center")
            _line(ax, (after, state + 0.8), (after, state + 0.08), color=GREEN)
            ax.text(after, state + 0.95, f"$e_{number}$", color=GREEN, ha="center", fontsize=10)
        else:
            for start, end in line:
                _line(ax, (start, state), (end, state), color=INK, width=THICK)
            _line(ax, *side)
            _line(ax, *inputs, color=BLUE)
            _line(ax, *kept, color=RED, dashed=True)
            _line(ax, *written, color=INK)
            ax.text(
                write - 0.07,
                1.2,
                f"$1 - z_{number}$",
                color=RED,
                fontsize=9,
                va="center",
                ha="right",
            )
            ax.plot(before, state, "o", color=INK, markersize=4)
    return fig
