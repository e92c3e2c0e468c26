"""Accuracy against length, for networks that were trained on some lengths and read others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from course_pkg.plots.style import BLUE, GREY, INK, RED


def accuracy_by_length(
    lengths: Sequence[int],
    curves: Mapping[str, tuple[Collection[int], npt.ArrayLike]],
    *,
    named: Sequence[int] = (),
    width: float = 4.6,
) -> Figure:
    """Draw a panel for each network, one above the other: how often it is right at each length.

    Blue squares are lengths that a network was trained on, red dots are lengths that it never
    saw. The dashed line is a tossed coin.

    Parameters
    ----------
    lengths : sequence of int
        The lengths at which accuracy was measured, in ascending order.
    curves : mapping of str to (lengths, accuracies)
        For each network its title, the lengths it was trained on, and its accuracy at each of
        ``lengths``.
    named : sequence of int
        Lengths that are written beside their dots, in the last panel.
    width : float
        Of the figure, in inches; 4.6 fits a phone.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no curve, or one has not as many accuracies as there are lengths.

    Examples
    --------
    >>> figure = accuracy_by_length([6, 7, 8], {"even lengths": ([6, 8], [1.0, 0.0, 1.0])})
    >>> [ax.get_title("left") for ax in figure.axes]
    ['even lengths']
    """
    if not curves:
        raise ValueError("curves: expected at least one network, got none")
    at: npt.NDArray[Any] = np.asarray(lengths)
    fig, column = plt.subplots(
        len(curves), figsize=(width, 0.5 + 1.25 * len(curves)), sharex=True, squeeze=False
    )
    for ax, (title, (trained, accuracies)) in zip(column[:, 0], curves.items(), strict=True):
        shares: npt.NDArray[Any] = np.asarray(accuracies, dtype=float)
        if shares.shape != at.shape:
            raise ValueError(
                f"curves[{title!r}]: expected {len(at)} accuracies, one for each of the lengths, "
                f"got shape {shares.shape}"
            )
        seen = np.isin(at, list(trained))
        ax.axhline(0.5, color=GREY, linestyle="--", linewidth=1)
        ax.plot(at, shares, "-", color=GREY, linewidth=1)
        ax.plot(at[seen], shares[seen], "s", color=BLUE, markersize=4.5)
        ax.plot(at[~seen], shares[~seen], "o", color=RED, markersize=4.5)
        ax.set_title(title, loc="left", fontsize=10, pad=4)
        ax.set(ylim=(-0.4, 1.4), yticks=[0, 0.5, 1])
        ax.set_yticklabels(["0 %", "50 %", "100 %"])
        ax.grid(False)
    last = column[-1, 0]
    for length in named:
        share = float(np.interp(length, at, shares))
        above = share > 0.5  # away from the line
        last.annotate(
            str(length),
            (length, share),
            xytext=(0, 5 if above else -5),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            color=INK,
            fontsize=9.5,
            fontweight="bold",
        )
    last.set_xlabel("length of the sequence")
    fig.supylabel("right answers", fontsize=10)
    return fig
