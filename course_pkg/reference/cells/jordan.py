"""The Jordan network: what recurs is the output, not the hidden state."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, check_named_tuple
from course_pkg.reference.layers.row_sums import sum_rows


class Params(NamedTuple):
    """Parameters of the recurrent part and of the readout."""

    W_ih: Array  # (H, I)
    W_yh: Array  # (H, O), from the previous output
    b_h: Array  # (H,)
    W_hy: Array  # (O, H)
    b_y: Array  # (O,)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    x: Array  # (T, B, I)
    h: Array  # (T, B, H)
    y: Array  # (T+1, B, O), y[0] is the initial output
    params: Params


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dx: Array
    dy0: Array
    dW_ih: Array
    dW_yh: Array
    db_h: Array
    dW_hy: Array
    db_y: Array


def forward(x: Array, params: Params, y0: Array | None = None) -> tuple[Array, Cache]:
    """Run a Jordan network over a batch of sequences.

    Parameters
    ----------
    x : ndarray, (T, B, I)
        Time-major input.
    params : Params
        ``W_ih (H, I)``, ``W_yh (H, O)``, ``b_h (H,)``, ``W_hy (O, H)``, ``b_y (O,)``.
    y0 : ndarray, (B, O), optional
        The output before the first step; zeros by default.

    Returns
    -------
    y : ndarray, (T, B, O)
        The output of every step.
    cache : Cache

    Notes
    -----
    Equation: eq-jordan-step

    Source: :cite:t:`jordan1986`, in the simplest form: there the fed-back units also keep a
    fading trace of earlier outputs, and the readout need not be linear.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(4, 3), (4, 2), (4,), (2, 4), (2,)]))
    >>> y, _ = forward(rng.normal(size=(5, 1, 3)), params)
    >>> y.shape
    (5, 1, 2)
    """
    check_named_tuple("params", params, Params._fields)
    shapes = Shapes()
    shapes.array("x", x, ("T", "B", "I"))
    shapes.array("W_ih", params.W_ih, ("H", "I"), finite=True)
    shapes.array("W_yh", params.W_yh, ("H", "O"), finite=True)
    shapes.array("b_h", params.b_h, ("H",), finite=True)
    shapes.array("W_hy", params.W_hy, ("O", "H"), finite=True)
    shapes.array("b_y", params.b_y, ("O",), finite=True)
    if y0 is not None:
        shapes.array("y0", y0, ("B", "O"))
    T, B, H, O = (shapes.sizes[symbol] for symbol in "TBHO")
    W_ih, W_yh, b_h, W_hy, b_y = params
    h = np.empty((T, B, H), dtype=x.dtype)
    y = np.empty((T + 1, B, O), dtype=x.dtype)
    y[0] = 0 if y0 is None else y0
    for t in range(T):
        h[t] = np.tanh(x[t] @ W_ih.T + y[t] @ W_yh.T + b_h)  # (B, H)
        y[t + 1] = h[t] @ W_hy.T + b_y  # (B, O)
    return y[1:].copy(), Cache(x, h, y, params)


def backward(dy: Array, cache: Cache) -> Grads:
    """Backpropagate through time: the gradients of :func:`forward`.

    Parameters
    ----------
    dy : ndarray, (T, B, O)
        Gradient of the loss with respect to ``y``.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(4, 3), (4, 2), (4,), (2, 4), (2,)]))
    >>> y, cache = forward(rng.normal(size=(5, 1, 3)), params)
    >>> backward(np.ones_like(y), cache).dW_yh.shape
    (4, 2)
    """
    check_named_tuple("cache", cache, Cache._fields)
    x, h, y, params = cache
    shapes = Shapes()
    shapes.array("y (in the cache)", y[1:], ("T", "B", "O"))
    shapes.array("dy", dy, ("T", "B", "O"))
    da = 1 - h * h  # (T, B, H), becomes dL/da in place
    dy_total = dy.copy()  # (T, B, O), an output is also the next step's input
    from_next = np.zeros_like(y[0])  # (B, O)
    for t in reversed(range(len(x))):
        dy_total[t] += from_next
        da[t] *= dy_total[t] @ params.W_hy  # (B, H)
        from_next = da[t] @ params.W_yh  # (B, O)
    return Grads(
        dx=da @ params.W_ih,
        dy0=from_next,
        dW_ih=np.einsum("tbh,tbi->hi", da, x),
        dW_yh=np.einsum("tbh,tbo->ho", da, y[:-1]),
        db_h=sum_rows(da),
        dW_hy=np.einsum("tbo,tbh->oh", dy_total, h),
        db_y=sum_rows(dy_total),
    )
