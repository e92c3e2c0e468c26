"""Gaussian negative log-likelihood: forecast a value and how far off it may be."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, all_axes, check_named_tuple
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    misses: Array  # (...), truth less mean, in standard deviations
    log_std: Array  # (...)
    reduction: Reduction


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dmean: Array
    dlog_std: Array


def forward(
    mean: Array, log_std: Array, targets: Array, *, reduction: Reduction = "mean"
) -> tuple[Any, Cache]:
    """Return minus the log-density of what came, under a normal distribution.

    Parameters
    ----------
    mean : ndarray, (...)
    log_std : ndarray, (...)
        Logarithm of the standard deviation, so that any output of a network is a valid one.
    targets : ndarray, (...)
        What came.
    reduction : {'mean', 'sum', 'none'}

    Returns
    -------
    loss : float, or for 'none' an ndarray (...)
        In nats, of a density: it depends on the unit of the targets, and may be negative.
    cache : Cache

    Raises
    ------
    ValueError
        If a value is not finite, or so is a loss, since a standard deviation is too small.

    Notes
    -----
    With the miss ``d = (y - mean) / exp(log_std)``: ``loss = d^2 / 2 + log_std + log(2 pi) / 2``.
    Who is wrong pays less by being unsure; who is right, by being sure.

    Source: :cite:t:`bishop2006`, section 5.6.

    Examples
    --------
    >>> loss, _ = forward(np.zeros(1), np.zeros(1), np.zeros(1))
    >>> round(loss, 4)
    0.9189
    """
    check_reduction(reduction)
    shapes = Shapes()
    axes = all_axes(mean)
    shapes.array("mean", mean, axes, finite=True)
    shapes.array("log_std", log_std, axes, finite=True)
    shapes.array("targets", targets, axes, finite=True)
    with np.errstate(over="ignore", invalid="ignore"):
        misses = np.asarray((targets - mean) * np.exp(-log_std))
        losses = np.asarray(misses**2 / 2 + log_std + np.log(2 * np.pi) / 2, dtype=mean.dtype)
    if not np.isfinite(losses).all():
        raise ValueError(
            f"log_std: expected standard deviations that leave the loss finite, got "
            f"exp({log_std.min():g})"
        )
    return reduce(losses, reduction, losses.size), Cache(misses, log_std, reduction)


def backward(dloss: float | Array, cache: Cache) -> Grads:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float, or for 'none' an ndarray (...)
        Gradient with respect to the loss; 1.0 for the loss itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads

    Notes
    -----
    ``dL/dmean = -d / exp(log_std)`` and ``dL/dlog_std = 1 - d^2``: the forecast is as unsure as it
    should be when the mean square of the misses is 1.

    Source: :cite:t:`bishop2006`, section 5.6.

    Examples
    --------
    >>> _, cache = forward(np.zeros(1), np.zeros(1), np.array([2.0]))
    >>> grads = backward(1.0, cache)
    >>> float(grads.dmean[0]), float(grads.dlog_std[0])
    (-2.0, -3.0)
    """
    check_named_tuple("cache", cache, Cache._fields)
    misses, log_std, reduction = cache
    each = spread(dloss, misses, reduction, misses.size)  # (...)
    dmean, dlog_std = -each * misses * np.exp(-log_std), each * (1 - misses**2)
    return Grads(np.asarray(dmean), np.asarray(dlog_std))  # NumPy makes numbers of no axes
