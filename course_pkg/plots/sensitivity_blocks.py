"""The shape of real-time recurrent learning's two parts: the new one is nearly all zeros."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_pkg.plots.style import BLUE, GREY, INK, ORANGE, RED

H, I = 2, 1
COLUMNS = I + H + 1  # of one row of weights: W_ih, W_hh and the bias
MEETS = ("x", "h_1", "h_2", "1")
COLORS = (BLUE, RED, RED, GREY)


def sensitivity_blocks() -> Figure:
    """Draw the immediate derivative of a_t, (H, P), above the sensitivities it is added to.

    Two units and one input, so P = 2 (1 + 2 + 1) = 8.

    Returns
    -------
    Figure
    """
    fig, ax = plt.subplots(figsize=(4.6, 3.6))
    ax.set_xlim(-1.25, H * COLUMNS + 0.15)
    ax.set_ylim(-4.9, 3.2)
    ax.axis("off")
    for block in range(H):
        left = block * COLUMNS
        ax.plot([left + 0.1, left + COLUMNS - 0.1], [2.55, 2.55], color=INK, lw=1, ls="-")
        words = f"weights of unit {block + 1}"
        ax.text(left + COLUMNS / 2, 2.7, words, ha="center", fontsize=10)
        for row in range(H):
            for column, (name, color) in enumerate(zip(MEETS, COLORS, strict=True)):
                here = row == block
                text = f"${name}$" if here else "0"
                _entry(ax, left + column, 1.4 - row, text, color if here else None)
                _entry(ax, left + column, -2.9 - row, "", ORANGE)
    for top, name in ((1.4, "a"), (-2.9, "a")):
        for row in range(H):
            ax.text(-0.2, top - row + 0.5, f"${name}_{row + 1}$", ha="right", va="center")
    ax.text(0, -0.4, "what the weights do now: each unit has its own", fontsize=9.5)
    ax.text(-0.75, -2.9, "+", fontsize=18, ha="center", va="center")
    ax.text(0, -1.65, r"$W_{hh}\, S_{t-1}$: what they did before", fontsize=9.5)
    ax.text(0, -4.6, "the sum, times the slopes, is $S_t$", fontsize=9.5)
    return fig


def _entry(ax: Axes, x: float, y: float, text: str, color: str | None) -> None:
    """Draw one entry of a matrix; without a color it is a zero."""
    face = (color, 0.22) if color else "white"
    ax.add_patch(Rectangle((x, y), 1, 1, facecolor=face, edgecolor=GREY, linewidth=0.8))
    ink = INK if color else GREY
    ax.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=ink, fontsize=11)
