"""A few labelled examples, evenly over the classes: what a label budget buys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_seed, check_size
from course_pkg.data.checks import integer_row

Indices = npt.NDArray[np.int64]


def draw_evenly(
    labels: Sequence[int] | npt.NDArray[np.integer[Any]], count: int, *, seed: int = 0
) -> Indices:
    """Draw examples, as many of each class as of any other, or one more.

    Parameters
    ----------
    labels : (N,) integers
        The class of each example.
    count : int
        How many to draw.
    seed : int
        With the same seed, a larger draw holds every smaller one: a learning curve adds examples.

    Returns
    -------
    ndarray of int64, (count,)
        Places in ``labels``, in rising order.

    Raises
    ------
    TypeError, ValueError
        If the labels are no row of integers, or a class has too few examples.

    Examples
    --------
    >>> labels = [0, 0, 0, 0, 0, 1, 1, 1]
    >>> draw_evenly(labels, 4)
    array([2, 4, 5, 7])
    >>> draw_evenly(labels, 8)
    Traceback (most recent call last):
        ...
    ValueError: labels: expected 4 examples of class 1 among 8 drawn evenly, got 3
    """
    row = integer_row("labels", labels)
    count, rng = check_size("count", count), np.random.default_rng(check_seed(seed))
    classes = np.unique(row)
    # The draws do not depend on the count, only how far down each class they are taken.
    orders = [rng.permutation(np.flatnonzero(row == c)) for c in classes]
    chosen = []
    for place, k in enumerate(rng.permutation(len(classes))):
        wanted = count // len(classes) + (place < count % len(classes))
        if wanted > len(orders[k]):
            raise ValueError(
                f"labels: expected {wanted} examples of class {classes[k]} among {count} drawn "
                f"evenly, got {len(orders[k])}"
            )
        chosen.append(orders[k][:wanted])
    return np.sort(np.concatenate(chosen)).astype(np.int64)
