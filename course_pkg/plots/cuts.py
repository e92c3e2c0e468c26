"""Ways to cut a backward pass, or not to keep it whole, over one time axis: with words to read."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from course_pkg.plots.style import BLUE, GREY, INK, ORANGE, RED

TEXT = "the boats that my father built are old and need new paint"
READ, ASKED = 2, 6  # "boats" decides that after "built" comes "are", and not "is"
LENGTH = 5  # steps of a chunk, of a window and of a segment
RANDOM = (4, 8, 9)  # the cuts that were drawn: behind these steps
Reach = dict[int, int]  # for a loss term, the first step that its gradient reaches


def reaches(T: int, way: str) -> Reach:
    """Return how far the gradient of each loss term goes back.

    Parameters
    ----------
    T : int
        Number of steps, counted from 1.
    way : {'no cut', 'checkpoints', 'chunks', 'windows', 'random cuts'}
        Chunks and windows have 5 steps, random cuts are those of the drawing.

    Returns
    -------
    dict of int to int
        Of each loss term the first step.

    Examples
    --------
    >>> reaches(7, "chunks")
    {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 6, 7: 6}
    >>> reaches(7, "windows")
    {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 2, 7: 3}
    """
    steps = range(1, T + 1)
    if way == "windows":
        return {t: max(1, t - LENGTH + 1) for t in steps}
    cuts = {"chunks": range(LENGTH, T, LENGTH), "random cuts": RANDOM}.get(way, ())
    return {t: max([1, *(cut + 1 for cut in cuts if cut < t)]) for t in steps}


def cuts_over_time() -> Figure:
    """Draw five ways to go back through twelve words, one below the other.

    A line is the gradient of one loss term or of several, and its left end is the first step that
    it reaches.

    Returns
    -------
    Figure
    """
    words = TEXT.split()
    T = len(words)
    fig, ax = plt.subplots(figsize=(4.6, 5.3))
    ax.set_xlim(0.2, T + 0.8)
    ax.set_ylim(-12.6, 2.7)
    ax.axis("off")
    for step in (READ, ASKED):
        ax.axvspan(step - 0.42, step + 0.42, ymax=0.82, color=BLUE, alpha=0.12, lw=0)
    for step, word in enumerate(words, start=1):
        colour, weight = (BLUE, "bold") if step in (READ, ASKED) else (INK, "normal")
        ax.text(
            step, 0.25, word, rotation=55, rotation_mode="anchor", fontsize=9.5, color=colour,
            weight=weight,
        )  # fmt: skip
    rows = {
        "no cut": -0.9,
        "checkpoints": -3.0,
        f"chunks of {LENGTH}": -5.3,
        f"windows of {LENGTH}": -7.4,
        "random cuts": -10.7,
    }
    for name, y in rows.items():
        ax.text(0.5, y, name, fontsize=10, weight="bold", va="bottom")
    _line(ax, T, 1, -1.35)
    _line(ax, T, 1, -3.45)
    _segments(ax, T, -3.45)
    for end, cut in _bundles(reaches(T, "chunks")).items():
        _line(ax, end, cut, -5.75)
    for end, first in reaches(T, "windows").items():
        _line(ax, end, first, -7.75 - 0.38 * (end % LENGTH), 2.8 if end == ASKED else 1.2)
    for end, first in _bundles(reaches(T, "random cuts")).items():
        _line(ax, end, first, -11.15, 1.5 + 0.7 * (end - first))
    for y, places in ((-5.75, range(LENGTH, T, LENGTH)), (-11.15, RANDOM)):
        for place in places:
            ax.plot([place + 0.5] * 2, [y - 0.4, y + 0.4], color=RED, lw=2, ls="-")
    note = "thicker: counts more, 1 / (1 − p) for each place not cut"
    ax.text(T + 0.6, -12.2, note, fontsize=9, color=GREY, ha="right")
    return fig


def _bundles(reach: Reach) -> Reach:
    """Keep of all loss terms that reach back to one step the last one: its line covers them."""
    return {end: first for end, first in reach.items() if reach.get(end + 1) != first}


def _line(ax: Axes, end: int, first: int, y: float, width: float = 2.4) -> None:
    """Draw one arrow back in time."""
    arrow = FancyArrowPatch(
        (end + 0.32, y), (first - 0.36, y), arrowstyle="-|>", mutation_scale=9, color=ORANGE,
        linewidth=width, shrinkA=0, shrinkB=0,
    )  # fmt: skip
    ax.add_patch(arrow)


def _segments(ax: Axes, T: int, y: float) -> None:
    """Draw which states checkpointing keeps, and the forward pass that it repeats."""
    for start in range(1, T + 1, LENGTH):
        ax.plot([start - 0.5], [y - 0.55], marker="o", ms=7, color=INK, ls="none")
        end = min(start + LENGTH - 0.85, T + 0.32)
        arrow = FancyArrowPatch(
            (start - 0.3, y - 0.55), (end, y - 0.55), arrowstyle="-|>",
            mutation_scale=8, color=GREY, linewidth=1.2, linestyle="--", shrinkA=0, shrinkB=0,
        )  # fmt: skip
        ax.add_patch(arrow)
    ax.text(T + 0.6, y - 1.2, "kept state, and the steps run again", fontsize=9, color=GREY,
            ha="right")  # fmt: skip
