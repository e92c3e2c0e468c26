"""How well scores tell yes from no, whatever the threshold: the area under the ROC curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def auroc(scores: npt.NDArray[np.floating], positive: npt.NDArray[np.bool_]) -> float:
    """Return how probably a "yes" scores above a "no", one of each drawn at random.

    Parameters
    ----------
    scores : ndarray, (N,)
        Only their order counts.
    positive : ndarray of bool, (N,)
        Which are a "yes"; at least one is, and at least one is not.

    Returns
    -------
    float in 0..1
        0.5 for scores that know nothing.

    Raises
    ------
    TypeError, ValueError
        If an array has the wrong type or shape, a score is NaN, or all answers are the same.

    Notes
    -----
    Equal scores count one half. It is the statistic of the Mann-Whitney test divided by the
    number of pairs, and says nothing of how rare a "yes" is: among 1,000 messages of which one is
    an alarm, 0.99 still means ten false alarms before it.

    Source: :cite:t:`hanley1982`.

    Examples
    --------
    >>> auroc(np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    for name, value, kinds in (("scores", scores, "f"), ("positive", positive, "b")):
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name}: expected a NumPy array, got {type(value).__name__}")
        if value.dtype.kind not in kinds:
            wanted = "floats" if kinds == "f" else "bool"
            raise TypeError(f"{name}: expected {wanted}, got {value.dtype}")
    if scores.ndim != 1 or positive.shape != scores.shape:
        raise ValueError(
            f"positive: expected shape (N,), as of scores, got {positive.shape} and {scores.shape}"
        )
    if np.isnan(scores).any():
        raise ValueError("scores: expected no NaN")
    yes = int(positive.sum())
    no = len(positive) - yes
    if not (yes and no):
        raise ValueError(f"positive: expected some of each, got {yes} yes and {no} no")
    # The rank of each score, from 1; equal ones share the mean of theirs.
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (count.cumsum() - (count - 1) / 2)[place]  # (N,)
    return float((ranks[positive].sum() - yes * (yes + 1) / 2) / (yes * no))
