"""How many losses become one: their mean, their sum, or none of it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from course_pkg.checks import check_number, check_option
from course_pkg.reference.checks import Array, Shapes, all_axes, check_fits

Reduction = Literal["mean", "sum", "none"]


def check_reduction(reduction: str) -> None:
    """Raise unless ``reduction`` is one of the three."""
    check_option("reduction", reduction, ("mean", "sum", "none"))


def reduce(losses: Array, reduction: Reduction, total: float) -> Any:
    """Combine losses.

    Parameters
    ----------
    losses : ndarray, (...)
    reduction : {'mean', 'sum', 'none'}
    total : float
        What the mean divides by: the number of losses, or the sum of their weights.

    Returns
    -------
    float or ndarray
        A float for 'mean' and 'sum', ``losses`` itself for 'none'.

    Notes
    -----
    Where the losses of padding are 0 and ``total`` counts the others, the mean is the masked one.

    Equation: eq-masked-mean

    Examples
    --------
    >>> reduce(np.array([1.0, 2.0, 6.0]), "mean", total=3)
    3.0
    """
    if reduction == "none":
        return np.asarray(losses)
    return float(losses.sum()) / (total if reduction == "mean" else 1)


def spread(dloss: float | Array, losses: Array, reduction: Reduction, total: float) -> Array:
    """Carry a gradient back through :func:`reduce`: the gradient of every single loss.

    Parameters
    ----------
    dloss : float or ndarray
        A number for 'mean' and 'sum', an array shaped like ``losses`` for 'none'.
    losses : ndarray, (...)
        Gives the shape and the dtype.
    reduction, total
        As for :func:`reduce`.

    Returns
    -------
    ndarray, (...)

    Raises
    ------
    TypeError, ValueError
        If ``dloss`` has the wrong type or shape, or is a number that is not finite.

    Examples
    --------
    >>> spread(1.0, np.zeros(4), "mean", total=4)
    array([0.25, 0.25, 0.25, 0.25])
    """
    if reduction == "none":
        shapes = Shapes()
        shapes.array("losses (in the cache)", losses, all_axes(losses))
        return shapes.array("dloss", dloss, all_axes(losses))  # type: ignore[arg-type]  # checked inside
    each = check_number("dloss", dloss, "(-inf, inf)")  # type: ignore[arg-type]
    with np.errstate(over="ignore"):
        spread = np.full_like(losses, each / (total if reduction == "mean" else 1))
    check_fits("dloss", each, spread, "gradients that")
    return spread
