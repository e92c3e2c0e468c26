"""Batch normalisation: each feature is brought to mean 0 and variance 1 over the batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_flag, check_number
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
    """Scale and shift of each feature, as in ``torch.nn.BatchNorm1d``."""

    gain: Array  # (H,)
    bias: Array  # (H,)


class Running(NamedTuple):
    """Averages collected in training, for use in evaluation: zeros and ones at the start."""

    mean: Array  # (H,)
    var: Array  # (H,)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    x_hat: Array  # (..., H)
    inv_std: Array  # (H,)
    params: Params
    training: bool


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dx: Array
    dgain: Array
    dbias: Array


def forward(
    x: Array,
    params: Params,
    running: Running,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[tuple[Array, Running], Cache]:
    """Normalise each feature over the batch in training, by the running averages afterwards.

    Parameters
    ----------
    x : ndarray, (..., H)
        All axes but the last are the batch; in training it holds at least two vectors.
    params : Params
        ``gain (H,)`` and ``bias (H,)``; ones and zeros at the start.
    running : Running
        ``mean (H,)`` and ``var (H,)``; it is not changed.
    training : bool
        Whether the batch's own statistics are used, and the running ones moved towards them.
    momentum : float in [0, 1]
        How far the running averages move in one call.
    eps : float, above 0
        Keeps a feature that is constant from dividing by 0.

    Returns
    -------
    (y, running) : ndarray (..., H) and Running
        The result, and the running averages after this call: in evaluation a copy.
    cache : Cache

    Raises
    ------
    ValueError
        If a running variance is negative, or training sees a single vector, or the square of a
        value overflows there.

    Notes
    -----
    ``x_hat = (x - mean) / sqrt(variance + eps)`` over the N vectors of the batch, the variance
    with divisor N; ``y = gain * x_hat + bias``. The running variance takes the divisor N - 1.

    Equation: eq-batch-norm

    Source: :cite:t:`ioffe2015`.

    Examples
    --------
    >>> params = Params(gain=np.ones(1), bias=np.zeros(1))
    >>> start = Running(mean=np.zeros(1), var=np.ones(1))
    >>> (y, running), _ = forward(np.array([[1.0], [3.0]]), params, start, training=True)
    >>> y.ravel().round(3), running.mean, running.var
    (array([-1.,  1.]), array([0.2]), array([1.1]))
    """
    training = check_flag("training", training)
    momentum = check_number("momentum", momentum, "[0, 1]")
    check_named_tuple("params", params, Params._fields)
    check_named_tuple("running", running, Running._fields)
    shapes = Shapes()
    shapes.array("x", x, [*leading_axes(x), "H"])
    shapes.array("gain", params.gain, ("H",), finite=True)
    shapes.array("bias", params.bias, ("H",), finite=True)
    shapes.array("running.mean", running.mean, ("H",), finite=True)
    shapes.array("running.var", running.var, ("H",), finite=True)
    if (running.var < 0).any():
        raise ValueError(f"running.var: expected no negative value, got {running.var.min()}")
    eps = check_eps(eps, x.dtype)
    if training:
        N = x.size // x.shape[-1]
        if N == 1:
            raise ValueError(
                "x: expected at least two vectors in training, got one: its variance is 0"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            mean = sum_rows(x) / N  # (H,)
            var = sum_rows(np.square(x - mean)) / N  # (H,)
            unbiased = var * (N / (N - 1))  # (H,)
        check_fits("x", x, unbiased, "values whose squares")
        running = Running(
            mean=(1 - momentum) * running.mean + momentum * mean,
            var=(1 - momentum) * running.var + momentum * unbiased,
        )
    else:
        mean, var = running
        running = Running(mean.copy(), var.copy())
    inv_std = 1 / np.sqrt(var + eps)  # (H,)
    x_hat = (x - mean) * inv_std  # (..., H)
    y = params.gain * x_hat + params.bias
    return (y, running), Cache(x_hat, inv_std, params, training)


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
    In training ``dx = inv_std * (d - mean(d) - x_hat * mean(d * x_hat))`` with ``d = gain * dy``
    and means over the batch: every vector of a batch moves the result of all others. In
    evaluation the averages are constants, and ``dx = inv_std * d``.

    Examples
    --------
    >>> params = Params(gain=np.ones(1), bias=np.zeros(1))
    >>> start = Running(mean=np.zeros(1), var=np.ones(1))
    >>> _, cache = forward(np.array([[1.0], [3.0], [8.0]]), params, start, training=True)
    >>> bool((backward(np.array([[1.0], [0.0], [0.0]]), cache).dx != 0).all())
    True
    """
    check_named_tuple("cache", cache, Cache._fields)
    x_hat, inv_std, params, training = cache
    shapes = Shapes()
    shapes.array("x_hat (in the cache)", x_hat, all_axes(x_hat))
    shapes.array("dy", dy, all_axes(x_hat))
    d = dy * params.gain  # (..., H)
    if training:
        N = d.size // d.shape[-1]
        d = d - sum_rows(d) / N - x_hat * (sum_rows(d * x_hat) / N)
    return Grads(
        dx=inv_std * d,
        dgain=sum_rows(dy * x_hat),
        dbias=sum_rows(dy),
    )
