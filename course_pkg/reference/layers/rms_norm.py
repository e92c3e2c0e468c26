"""RMS normalisation: layer normalisation without taking the mean away."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import (
    Array,
    Shapes,
    all_axes,
    check_eps,
    check_fits,
    check_named_tuple,
    leading_axes,
)
from course_pkg.reference.layers.row_sums import sum_rows


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    x_hat: Array  # (..., H), mean square 1
    inv_rms: Array  # (..., 1)
    gain: Array  # (H,)


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dx: Array
    dgain: Array


def forward(x: Array, gain: Array, *, eps: float = 1e-5) -> tuple[Array, Cache]:
    """Divide each vector by the root of its mean square.

    Parameters
    ----------
    x : ndarray, (..., H)
    gain : ndarray, (H,)
        Scale of each feature; ones at the start.
    eps : float, above 0
        Keeps a vector of zeros from dividing by 0.

    Returns
    -------
    y : ndarray, (..., H)
    cache : Cache

    Raises
    ------
    ValueError
        If the square of a value overflows.

    Notes
    -----
    ``y = gain * x / sqrt(mean(x^2) + eps)``, the mean over the H features.

    Equation: eq-rms-norm

    Source: :cite:t:`zhang2019`.

    Examples
    --------
    >>> forward(np.array([1.0, 7.0]), np.ones(2))[0].round(3)
    array([0.2, 1.4])
    """
    shapes = Shapes()
    shapes.array("x", x, [*leading_axes(x), "H"])
    shapes.array("gain", gain, ("H",), finite=True)
    eps = check_eps(eps, x.dtype)
    with np.errstate(over="ignore"):
        mean_square = (x * x).mean(axis=-1, keepdims=True)  # (..., 1)
    check_fits("x", x, mean_square, "values whose squares")
    inv_rms = 1 / np.sqrt(mean_square + eps)  # (..., 1)
    x_hat = x * inv_rms  # (..., H)
    return gain * x_hat, Cache(x_hat, inv_rms, gain)


def backward(dy: Array, cache: Cache) -> Grads:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dy : ndarray, (..., H)
        Gradient of the loss with respect to ``y``.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads

    Notes
    -----
    ``dx = inv_rms * (d - x_hat * mean(d * x_hat))`` with ``d = gain * dy``.

    Examples
    --------
    >>> _, cache = forward(np.array([1.0, 7.0]), np.ones(2))
    >>> grads = backward(np.array([1.0, 7.0]), cache)  # along x: to make it longer
    >>> bool(abs(grads.dx).max() < 1e-5)  # changes nothing
    True
    """
    check_named_tuple("cache", cache, Cache._fields)
    x_hat, inv_rms, gain = cache
    shapes = Shapes()
    shapes.array("x_hat (in the cache)", x_hat, all_axes(x_hat))
    shapes.array("dy", dy, all_axes(x_hat))
    d = dy * gain  # (..., H)
    d_along = (d * x_hat).mean(axis=-1, keepdims=True)  # (..., 1)
    return Grads(
        dx=inv_rms * (d - x_hat * d_along),
        dgain=sum_rows(dy * x_hat),
    )
