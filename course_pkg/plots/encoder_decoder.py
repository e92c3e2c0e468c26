"""Encoder, decoder and attention, drawn by code."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from course_pkg.plots.diagrams import _arrow, _canvas, _node
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, ORANGE, RED

FOUND = 2.05  # the height at which the context stands


def encoder_decoder(S: int = 3, T: int = 3) -> Figure:
    """Draw an encoder, a decoder, and where the second step of the decoder looks.

    Narrow enough for a phone. The arrows from the memory to the context are as thick as weights
    that prefer the last step but one.

    Parameters
    ----------
    S, T : int
        Steps of the source and of the target, at least 2.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If S or T is below 2.
    """
    for name, steps in (("S", S), ("T", T)):
        if steps < 2:
            raise ValueError(f"{name}: expected at least 2 steps, got {steps}")
    fig, ax = plt.subplots(figsize=(4.6, 4.0))
    first = S + 0.55  # the place of the decoder's first step
    _canvas(ax, (-0.5, first + T - 0.45), (-1.95, 3.65))
    for j in range(S):
        _node(ax, (j, -1.15), f"$x_{j + 1}$", BLUE, box=True)
        _arrow(ax, (j, -0.9), (j, -0.36), BLUE)
        _node(ax, (j, 0.0), f"$m_{j + 1}$", INK)
        if j > 0:
            _arrow(ax, (j - 0.65, 0.0), (j - 0.35, 0.0), RED)
    _arrow(ax, (S - 0.65, 0.0), (first - 0.35, 0.0), RED)
    ax.text((S - 1 + first) / 2, 0.14, "$s_0$", color=RED, ha="center")
    for t in range(T):
        x, number = first + t, t + 1
        _node(ax, (x, -1.15), f"$y_{t}$", GREEN, box=True)
        _arrow(ax, (x, -0.9), (x, -0.36), GREEN)
        _node(ax, (x, 0.0), f"$s_{number}$", INK)
        _arrow(ax, (x, 0.36), (x, FOUND - 0.36))
        _node(ax, (x, FOUND), f"$a_{number}$", INK)
        _arrow(ax, (x, FOUND + 0.36), (x, 3.05))
        _node(ax, (x, 3.3), f"$y_{number}$", GREEN, box=True)
        if t > 0:
            _arrow(ax, (x - 0.65, 0.0), (x - 0.35, 0.0), RED)
    # The second step asks; what it finds goes into its attentional state, over the first one's.
    asking, context = first + 1, ((S - 1) / 2, FOUND)
    for j in range(S):
        near = 1 / (1 + abs(S - 2 - j))
        line = [0.34, FOUND - 0.3]
        ax.plot([j, context[0]], line, color=ORANGE, lw=5 * near**1.5, ls="-", zorder=0)
    ax.add_patch(Circle(context, 0.33, facecolor="white", edgecolor=ORANGE, linewidth=2.2))
    ax.text(*context, "$c_2$", ha="center", va="center", fontsize=11)
    _arrow(ax, (context[0] + 0.36, FOUND + 0.1), (asking - 0.3, FOUND + 0.2), ORANGE, bend=-0.25)
    _arrow(ax, (asking - 0.2, 0.3), (context[0] + 0.9, 1.15), GREY, bend=0.12)
    ax.text(asking - 1.45, 1.12, "asks", color=GREY, ha="center")
    ax.text(context[0] - 0.75, 1.15, "weights", ha="right")
    ax.text((S - 1) / 2, -1.8, "encoder", ha="center")
    ax.text(first + (T - 1) / 2, -1.8, "decoder", ha="center")
    return fig
