"""Mean squared error."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, all_axes, check_named_tuple
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    error: Array  # (...), prediction minus target
    reduction: Reduction


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dy: Array
    dtarget: Array


def forward(y: Array, target: Array, *, reduction: Reduction = "mean") -> tuple[Any, Cache]:
    """Square the distance between prediction and target.

    Parameters
    ----------
    y : ndarray, (...)
        Predictions.
    target : ndarray, (...)
        What they should be, in the same shape: nothing is broadcast.
    reduction : {'mean', 'sum', 'none'}

    Returns
    -------
    loss : float, or for 'none' an ndarray (...)
    cache : Cache

    Notes
    -----
    ``loss = mean((y - target)^2)``, the mean over all entries.

    Source: :cite:t:`goodfellow2016`, section 5.1.4.

    Examples
    --------
    >>> forward(np.array([1.0, 2.0]), np.array([1.0, 5.0]))[0]
    4.5
    """
    check_reduction(reduction)
    shapes = Shapes()
    shapes.array("y", y, all_axes(y))
    shapes.array("target", target, all_axes(y))
    error = np.asarray(y - target)  # (...); NumPy turns results without axes into numbers
    return reduce(error * error, reduction, error.size), Cache(error, reduction)


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
        Gradients with respect to ``y`` and ``target``.

    Notes
    -----
    ``dL/dy = 2 (y - target) / N``, with N entries.

    Examples
    --------
    >>> _, cache = forward(np.array([1.0, 2.0]), np.array([1.0, 5.0]))
    >>> backward(1.0, cache).dy
    array([ 0., -3.])
    """
    check_named_tuple("cache", cache, Cache._fields)
    error, reduction = cache
    dy = 2 * error * spread(dloss, error, reduction, error.size)
    return Grads(dy=dy, dtarget=-dy)
