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


def _column(ax: Axes, x: float, index: str) -> None:
    """Draw one step: its input below, its state, its output above."""
    _arrow(ax, (x, -0.98), (x, -0.36), BLUE)
    _arrow(ax, (x, 0.36), (x, 0.98), GREEN)
    _node(ax, (x, -1.22), f"$x{index}$", BLUE, box=True)
    _node(ax, (x, 0.0), f"$h{index}$", INK)
    _node(ax, (x, 1.22), f"$\\hat{{y}}{index}$", GREEN, box=True)
    ax.text(x + 0.1, -0.68, "$W_{ih}$", color=BLUE, fontsize=10, va="center")
    ax.text(x + 0.1, 0.66, "$W_{hy}$", color=GREEN, fontsize=10, va="center")


def folded() -> Figure:
    """Draw a recurrent network as one step with a loop.

    Returns
    -------
    Figure
        To stand beside :func:`unrolled`, in the same scale.
    """
    fig, ax = plt.subplots(figsize=(2.2, 2.9))
    _canvas(ax, (-0.7, 1.65), (-1.6, 1.6))
    _column(ax, 0.0, "_t")
    _arrow(ax, (0.3, 0.16), (0.3, -0.16), RED, bend=-2.6)
    ax.text(0.92, 0.0, "$W_{hh}$", color=RED, va="center")
    return fig


def unrolled(T: int = 3) -> Figure:
    """Draw a recurrent network unrolled over T steps.

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
    fig, ax = plt.subplots(figsize=(0.8 + 1.28 * T, 2.9))
    _canvas(ax, (-1.4, 1.45 * T - 0.75), (-1.6, 1.6))
    columns = [1.45 * t for t in range(T)]
    for t, x in enumerate(columns, start=1):
        _column(ax, x, f"_{{{t}}}")
    ax.text(-1.02, 0.0, "$h_0$", ha="right", va="center")
    _arrow(ax, (-0.95, 0.0), (-0.35, 0.0), RED)
    ax.text(-0.68, 0.2, "$W_{hh}$", color=RED, ha="center", fontsize=10)
    for left, right in pairwise(columns):
        _arrow(ax, (left + 0.35, 0.0), (right - 0.35, 0.0), RED)
        ax.text((left + right) / 2, 0.2, "$W_{hh}$", color=RED, ha="center", fontsize=10)
    return fig


def task_shapes() -> Figure:
    """Draw the four ways to read inputs and give outputs.

    Returns
    -------
    Figure
        Two by two, which fits a phone.
    """
    # For each kind: place, number of steps, steps with an input, steps with an output.
    kinds = [
        ("one to many", (0.0, 0.0), 3, {0}, {0, 1, 2}),
        ("many to one", (3.4, 0.0), 3, {0, 1, 2}, {2}),
        ("many to many,\nstep by step", (0.0, -4.0), 3, {0, 1, 2}, {0, 1, 2}),
        ("many to many,\nread, then write", (3.4, -4.0), 4, {0, 1}, {2, 3}),
    ]
    fig, ax = plt.subplots(figsize=(4.6, 5.1))
    for title, (x, y), T, inputs, outputs in kinds:
        for t in range(T):
            at = x + 0.95 * t
            if t > 0:
                _arrow(ax, (at - 0.62, y), (at - 0.34, y), RED)
            if t in inputs:
                _arrow(ax, (at, y - 0.92), (at, y - 0.36), BLUE)
                _node(ax, (at, y - 1.16), f"$x_{t + 1}$", BLUE, box=True)
            if t in outputs:
                _arrow(ax, (at, y + 0.36), (at, y + 0.92), GREEN)
                _node(ax, (at, y + 1.16), f"$\\hat{{y}}_{t + 1}$", GREEN, box=True)
            _node(ax, (at, y), f"$h_{t + 1}$", INK)
        ax.text(x + 0.95 * (T - 1) / 2, y - 1.6, title, ha="center", va="top", fontsize=10)
    _canvas(ax, (-0.5, 6.8), (-6.6, 1.5))
    return fig


def _checked_canvas(T: int) -> tuple[Figure, Axes]:
    if T < 2:
        raise ValueError(f"T: expected at least 2 steps, got {T}")
    fig, ax = plt.subplots(figsize=(3.5, 3.5))
    _canvas(ax, (-0.6, 1.25 * (T - 1) + 0.9), (-1.75, 1.75))
    return fig, ax


def two_layers(T: int = 3) -> Figure:
    """Draw a network of two layers over T steps.

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
    fig, ax = _checked_canvas(T)
    gap = 1.25
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
    return fig


def two_directions(T: int = 3) -> Figure:
    """Draw a bidirectional network over T steps; the upper row reads from the end.

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
    fig, ax = _checked_canvas(T)
    gap = 1.25
    for t in range(T):
        x = gap * t
        _node(ax, (x, -1.3), f"$x_{t + 1}$", BLUE, box=True)
        _arrow(ax, (x - 0.1, -1.05), (x - 0.1, -0.34), BLUE)
        _arrow(ax, (x + 0.22, -1.05), (x + 0.22, 0.98), BLUE, bend=0.32)
        _node(ax, (x - 0.05, 0.0), rf"$\overrightarrow{{h}}_{t + 1}$", INK)
        _node(ax, (x - 0.05, 1.3), rf"$\overleftarrow{{h}}_{t + 1}$", RED)
        if t > 0:
            _arrow(ax, (x - gap + 0.3, 0.0), (x - 0.4, 0.0), RED)
            _arrow(ax, (x - 0.4, 1.3), (x - gap + 0.3, 1.3), RED)
    return fig
