"""Diagrams of networks over time, drawn by code."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from course_pkg.plots.style import BLUE, GREEN, GREY, INK, RED

Point = tuple[float, float]


def _canvas(ax: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    ax.set_xlim(*x)
    ax.set_ylim(*y)
    ax.set_aspect("equal")
    ax.axis("off")


def _node(ax: Axes, at: Point, text: str, color: str, *, box: bool = False) -> None:
    """Draw a state as a circle, an input or an output as a box."""
    if box:
        ax.add_patch(
            FancyBboxPatch(
                (at[0] - 0.24, at[1] - 0.2),
                0.48,
                0.4,
                boxstyle="round,pad=0.04",
                facecolor="white",
                edgecolor=color,
                linewidth=1.6,
            )
        )
    else:
        ax.add_patch(Circle(at, 0.33, facecolor=color, edgecolor=color))
    ax.text(*at, text, ha="center", va="center", color=INK if box else "white", fontsize=11)


def _arrow(ax: Axes, start: Point, end: Point, color: str = GREY, bend: float = 0.0) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=11,
            color=color,
            linewidth=1.5,
            connectionstyle=f"arc3,rad={bend}",
            shrinkA=0,
            shrinkB=0,
        )
    )


def unrolled(T: int = 4) -> Figure:
    """Draw a recurrent network folded (left) and unrolled over T steps (right).

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
    fig, ax = plt.subplots(figsize=(7.2, 3.1))
    _canvas(ax, (-0.8, 3.2 + 1.45 * T), (-1.75, 1.75))
    columns = [(0.0, "", True)] + [(3.3 + 1.45 * t, f"_{{{t + 1}}}", False) for t in range(T)]
    for x, sub, folded in columns:
        index = "_t" if folded else sub
        _arrow(ax, (x, -0.98), (x, -0.36), BLUE)
        _arrow(ax, (x, 0.36), (x, 0.98), GREEN)
        _node(ax, (x, -1.22), f"$x{index}$", BLUE, box=True)
        _node(ax, (x, 0.0), f"$h{index}$", INK)
        _node(ax, (x, 1.22), f"$\\hat{{y}}{index}$", GREEN, box=True)
        ax.text(x + 0.1, -0.68, "$W_{ih}$", color=BLUE, fontsize=10, va="center")
        ax.text(x + 0.1, 0.66, "$W_{hy}$", color=GREEN, fontsize=10, va="center")
    # The loop of the folded network, and the same arrow drawn out in time.
    _arrow(ax, (0.3, 0.16), (0.3, -0.16), RED, bend=-2.6)
    ax.text(0.92, 0.0, "$W_{hh}$", color=RED, va="center")
    ax.text(1.75, 0.42, "unroll", color=GREY, ha="center")
    _arrow(ax, (1.5, 0.18), (2.05, 0.18))
    start = columns[1][0] - 0.95
    ax.text(start - 0.06, 0.0, "$h_0$", ha="right", va="center")
    _arrow(ax, (start, 0.0), (columns[1][0] - 0.35, 0.0), RED)
    for (left, _, _), (right, _, _) in pairwise(columns[1:]):
        _arrow(ax, (left + 0.35, 0.0), (right - 0.35, 0.0), RED)
        ax.text((left + right) / 2, 0.2, "$W_{hh}$", color=RED, ha="center", fontsize=10)
    return fig


def task_shapes() -> Figure:
    """Draw the four ways to read inputs and give outputs.

    Returns
    -------
    Figure
    """
    # For each kind: number of steps, steps with an input, steps with an output.
    kinds = [
        ("one to many", 3, {0}, {0, 1, 2}),
        ("many to one", 3, {0, 1, 2}, {2}),
        ("many to many,\nstep by step", 3, {0, 1, 2}, {0, 1, 2}),
        ("many to many,\nread, then write", 4, {0, 1}, {2, 3}),
    ]
    fig, ax = plt.subplots(figsize=(7.2, 2.7))
    x = 0.0
    for title, T, inputs, outputs in kinds:
        for t in range(T):
            at = x + 0.95 * t
            if t > 0:
                _arrow(ax, (at - 0.62, 0.0), (at - 0.34, 0.0), RED)
            if t in inputs:
                _arrow(ax, (at, -0.92), (at, -0.36), BLUE)
                _node(ax, (at, -1.16), f"$x_{t + 1}$", BLUE, box=True)
            if t in outputs:
                _arrow(ax, (at, 0.36), (at, 0.92), GREEN)
                _node(ax, (at, 1.16), f"$\\hat{{y}}_{t + 1}$", GREEN, box=True)
            _node(ax, (at, 0.0), f"$h_{t + 1}$", INK)
        ax.text(x + 0.95 * (T - 1) / 2, -1.95, title, ha="center", va="top", fontsize=9.5)
        x += 0.95 * T + 0.55
    _canvas(ax, (-0.5, x - 0.9), (-2.85, 1.5))
    return fig


def layers_and_directions(T: int = 3) -> Figure:
    """Draw a two-layer network (left) and a bidirectional one (right).

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
    fig, ax = plt.subplots(figsize=(7.2, 3.6))
    gap, right = 1.25, 1.25 * T + 1.3
    for t in range(T):
        x = gap * t
        _node(ax, (x, -1.3), f"$x_{t + 1}$", BLUE, box=True)
        _arrow(ax, (x, -1.05), (x, -0.36), BLUE)
        _node(ax, (x, 0.0), f"$h^1_{t + 1}$", INK)
        _arrow(ax, (x, 0.36), (x, 0.94), GREY)
        _node(ax, (x, 1.3), f"$h^2_{t + 1}$", INK)
        if t > 0:
            for y in (0.0, 1.3):
                _arrow(ax, (x - gap + 0.35, y), (x - 0.35, y), RED)
    for t in range(T):
        x = right + gap * t
        _node(ax, (x, -1.3), f"$x_{t + 1}$", BLUE, box=True)
        _arrow(ax, (x - 0.1, -1.05), (x - 0.1, -0.34), BLUE)
        _arrow(ax, (x + 0.22, -1.05), (x + 0.22, 0.98), BLUE, bend=0.32)
        _node(ax, (x - 0.05, 0.0), rf"$\overrightarrow{{h}}_{t + 1}$", INK)
        _node(ax, (x - 0.05, 1.3), rf"$\overleftarrow{{h}}_{t + 1}$", RED)
        if t > 0:
            _arrow(ax, (x - gap + 0.3, 0.0), (x - 0.4, 0.0), RED)
            _arrow(ax, (x - 0.4, 1.3), (x - gap + 0.3, 1.3), RED)
    middle = gap * (T - 1) / 2
    ax.text(middle, 2.0, "two layers", ha="center")
    ax.text(right + middle, 2.0, "two directions", ha="center")
    _canvas(ax, (-0.6, right + gap * (T - 1) + 0.9), (-1.75, 2.3))
    return fig
