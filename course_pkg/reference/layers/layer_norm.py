"""Layer normalisation: each vector is brought to mean 0 and variance 1 by itself."""

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


class Params(NamedTuple):
    """Scale and shift of each feature, as in ``torch.nn.LayerNorm``."""

    gain: Array  # (H,)
    bias: Array  # (H,)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    x_hat: Array  # (..., H), mean 0 and variance 1
    inv_std: Array  # (..., 1)
    params: Params


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dx: Array
    dgain: Array
    dbias: Array


def forward(x: Array, params: Params, *, eps: float = 1e-5, name: str = "x") -> tuple[Array, Cache]:
    """Normalise each vector over its own features.

    Parameters
    ----------
    x : ndarray, (..., H)
        Each vector of H features is treated alone, in training and evaluation alike.
    params : Params
        ``gain (H,)`` and ``bias (H,)``; ones and zeros at the start.
    eps : float, above 0
        Keeps a vector of equal numbers from dividing by 0.
    name : str
        What to call ``x`` in messages.

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
    ``x_hat = (x - mean) / sqrt(variance + eps)`` over the H features, the variance with divisor
    H; ``y = gain * x_hat + bias``.

    Equation: eq-layer-norm

    Source: :cite:t:`ba2016`.

    Examples
    --------
    >>> params = Params(gain=np.ones(2), bias=np.zeros(2))
    >>> y, _ = forward(np.array([[1.0, 3.0], [100.0, 300.0]]), params)
    >>> y.round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    check_named_tuple("params", params, Params._fields)
    shapes = Shapes()
    shapes.array(name, x, [*leading_axes(x), "H"])
    shapes.array("gain", params.gain, ("H",), finite=True)
    shapes.array("bias", params.bias, ("H",), finite=True)
    eps = check_eps(eps, x.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        centred = x - x.mean(axis=-1, keepdims=True)  # (..., H)
        variance = (centred * centred).mean(axis=-1, keepdims=True)  # (..., 1)
    check_fits(name, x, variance, "values whose squares")
    inv_std = 1 / np.sqrt(variance + eps)  # (..., 1)
    x_hat = centred * inv_std  # (..., H)
    return params.gain * x_hat + params.bias, Cache(x_hat, inv_std, params)


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
    ``dx = inv_std * (d - mean(d) - x_hat * mean(d * x_hat))`` with ``d = gain * dy``. The two
    means are what a change of x does to the mean and to the variance of its own vector.

    Equation: eq-layer-norm-backward

    Source: :cite:t:`ba2016`.

    Examples
    --------
    >>> params = Params(gain=np.ones(2), bias=np.zeros(2))
    >>> _, cache = forward(np.array([[1.0, 3.0]]), params)
    >>> grads = backward(np.array([[5.0, 5.0]]), cache)  # to move both is to shift x,
    >>> bool(abs(grads.dx).max() < 1e-12)  # which the normalisation undoes
    True
    """
    check_named_tuple("cache", cache, Cache._fields)
    x_hat, inv_std, params = cache
    shapes = Shapes()
    shapes.array("x_hat (in the cache)", x_hat, all_axes(x_hat))
    shapes.array("dy", dy, all_axes(x_hat))
    d = dy * params.gain  # (..., H)
    d_mean = d.mean(axis=-1, keepdims=True)  # (..., 1)
    d_along = (d * x_hat).mean(axis=-1, keepdims=True)  # (..., 1)
    return Grads(
        dx=inv_std * (d - d_mean - x_hat * d_along),
        dgain=sum_rows(dy * x_hat),  # the parameters are shared by all vectors
        dbias=sum_rows(dy),
    )
