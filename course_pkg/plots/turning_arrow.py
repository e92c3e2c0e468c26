"""The states of two units as arrows from the origin: how they turn and shrink."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from course_pkg.plots.style import GREY, INK, RED
from course_pkg.reference.checks import check_array


def turning_arrow(states: npt.NDArray[Any]) -> Figure:
    """Draw the states of two units as arrows from the origin, and how each becomes the next.

    Parameters
    ----------
    states : ndarray, (T, 2)
        The states after steps 1 to T; each between -1 and 1.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError, ValueError
        If ``states`` is no array of shape (T, 2) with T at least 2.

    Examples
    --------
    >>> figure = turning_arrow(np.array([[0.8, 0.0], [0.0, 0.6]]))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    ['$h_1$', '$h_2$']
    """
    check_array("states", states)
    if states.ndim != 2 or states.shape[1] != 2 or len(states) < 2:
        raise ValueError(f"states: expected shape (T, 2) with T at least 2, got {states.shape}")
    fig, ax = plt.subplots(figsize=(3.4, 3.4))
    for t, state in enumerate(states, start=1):
        straight = {"arrowstyle": "-|>", "color": INK, "lw": 2.2, "shrinkA": 0}
        ax.annotate("", state, (0, 0), arrowprops=straight)
        behind = state * (1 + 0.13 / np.linalg.norm(state))
        ax.text(behind[0], behind[1], f"$h_{t}$", ha="center", va="center", fontsize=12)
    for before, after in pairwise(states):
        turn = np.sign(before[0] * after[1] - before[1] * after[0])  # 1: to the left
        bow = {"arrowstyle": "->", "color": RED, "lw": 1.5, "shrinkA": 9, "shrinkB": 9}
        bow["connectionstyle"] = f"arc3,rad={0.4 * turn}"
        ax.annotate("", 0.62 * after, 0.62 * before, arrowprops=bow)
    ax.plot(0, 0, "o", color=GREY, markersize=5)
    ax.set(xlim=(-1, 1), ylim=(-1, 1), xlabel="hidden unit 1", ylabel="hidden unit 2")
    ax.set_xticks([-1, 0, 1])
    ax.set_yticks([-1, 0, 1])
    ax.set_aspect("equal")
    return fig
