"""Quantile loss, also pinball loss: forecast the value that lies below with a given probability."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, all_axes, check_named_tuple, leading_axes
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    misses: Array  # (..., Q), truth less forecast
    levels: Array  # (Q,)
    reduction: Reduction


def forward(
    forecasts: Array, targets: Array, levels: Array, *, reduction: Reduction = "mean"
) -> tuple[Any, Cache]:
    """Compare Q forecast quantiles with what came.

    Parameters
    ----------
    forecasts : ndarray, (..., Q)
    targets : ndarray, (...)
        What came.
    levels : ndarray, (Q,), in (0, 1)
        The probability with which each forecast is meant to lie above the truth: 0.5 for the
        median.
    reduction : {'mean', 'sum', 'none'}
        Over all entries, the Q levels among them.

    Returns
    -------
    loss : float, or for 'none' an ndarray (..., Q)
        In the unit of the targets.
    cache : Cache

    Raises
    ------
    ValueError
        If a value is not finite, or a level outside (0, 1).

    Notes
    -----
    With the miss ``d = y - forecast``: ``loss = q d`` where d is positive, ``(q - 1) d`` where it
    is negative. A level of 0.9 pays nine times as much for a forecast that is too low, so the
    best constant forecast is the value that 90 % of the targets lie below.

    Source: :cite:t:`koenker1978`.

    Examples
    --------
    >>> y, levels = np.array([1.0, -1.0]), np.array([0.9])
    >>> forward(np.zeros((2, 1)), y, levels, reduction="none")[0][:, 0].round(6)
    array([0.9, 0.1])
    """
    check_reduction(reduction)
    shapes = Shapes()
    shapes.array("forecasts", forecasts, [*leading_axes(forecasts), "Q"], finite=True)
    shapes.array("levels", levels, ("Q",))
    for bad in levels[~((levels > 0) & (levels < 1))]:
        raise ValueError(f"levels: expected values in (0, 1), got {bad}")
    if targets.shape != forecasts.shape[:-1]:
        raise ValueError(
            f"targets: expected shape {forecasts.shape[:-1]}, that of forecasts without the "
            f"levels, got {targets.shape}"
        )
    shapes.array("targets", targets, all_axes(targets), finite=True)
    misses = targets[..., None] - forecasts  # (..., Q)
    losses = np.maximum(levels * misses, (levels - 1) * misses)
    return reduce(losses, reduction, losses.size), Cache(misses, levels, reduction)


def backward(dloss: float | Array, cache: Cache) -> Array:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float, or for 'none' an ndarray (..., Q)
        Gradient with respect to the loss; 1.0 for the loss itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    dforecasts : ndarray, (..., Q)

    Notes
    -----
    ``dL/dforecast = 1[d < 0] - q``, and 0 where the forecast is exactly right: how far off it is
    does not count, only on which side.

    Source: :cite:t:`koenker1978`.

    Examples
    --------
    >>> y, levels = np.array([1.0, -1.0]), np.array([0.9])
    >>> _, cache = forward(np.zeros((2, 1)), y, levels, reduction="sum")
    >>> backward(1.0, cache)[:, 0].round(6)
    array([-0.9,  0.1])
    """
    check_named_tuple("cache", cache, Cache._fields)
    misses, levels, reduction = cache
    slopes = np.where(misses < 0, 1 - levels, np.where(misses > 0, -levels, 0))
    dforecasts: Array = slopes * spread(dloss, misses, reduction, misses.size)
    return dforecasts.astype(misses.dtype)
