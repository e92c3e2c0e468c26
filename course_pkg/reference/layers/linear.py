"""The readout: one affine map, applied to the last axis of any array."""

from __future__ import annotations

from typing import NamedTuple

from course_pkg.reference.checks import Array, Shapes, check_named_tuple, leading_axes
from course_pkg.reference.layers.row_sums import sum_rows


class Params(NamedTuple):
    """A weight matrix and a bias, laid out as in ``torch.nn.Linear``."""

    W: Array  # (O, H)
    b: Array  # (O,)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    h: Array  # (..., H)
    params: Params


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dh: Array
    dW: Array
    db: Array


def forward(h: Array, params: Params) -> tuple[Array, Cache]:
    """Map states to outputs: ``y = h W^T + b`` at every time step alike.

    Parameters
    ----------
    h : ndarray, (..., H)
        States; for a whole sequence (T, B, H).
    params : Params
        ``W (O, H)`` and ``b (O,)``.

    Returns
    -------
    y : ndarray, (..., O)
    cache : Cache

    Notes
    -----
    Equation: eq-readout

    Source: :cite:t:`goodfellow2016`, chapter 10.

    Examples
    --------
    >>> import numpy as np
    >>> params = Params(W=np.array([[2.0, -1.0]]), b=np.array([0.5]))
    >>> y, _ = forward(np.array([[[1.0, 0.0]], [[1.0, 1.0]]]), params)  # (T, B, H) = (2, 1, 2)
    >>> y[:, 0, 0]
    array([2.5, 1.5])
    """
    check_named_tuple("params", params, Params._fields)
    shapes = Shapes()
    shapes.array("h", h, [*leading_axes(h), "H"])
    shapes.array("W", params.W, ("O", "H"), finite=True)
    shapes.array("b", params.b, ("O",), finite=True)
    return h @ params.W.T + params.b, Cache(h, params)


def backward(dy: Array, cache: Cache) -> Grads:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dy : ndarray, (..., O)
        Gradient of the loss with respect to ``y``.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads

    Notes
    -----
    Equation: eq-bptt-readout

    Source: :cite:t:`rumelhart1986`.

    Examples
    --------
    >>> import numpy as np
    >>> params = Params(W=np.array([[2.0, -1.0]]), b=np.zeros(1))
    >>> _, cache = forward(np.ones((3, 2)), params)
    >>> backward(np.ones((3, 1)), cache).dW  # summed over all rows
    array([[3., 3.]])
    """
    check_named_tuple("cache", cache, Cache._fields)
    h, (W, b) = cache
    shapes = Shapes()
    shapes.array("h (in the cache)", h, [*leading_axes(h), "H"])
    shapes.array("b", b, ("O",))
    shapes.array("dy", dy, [*leading_axes(h), "O"])
    dy_rows = dy.reshape(-1, dy.shape[-1])  # (N, O)
    h_rows = h.reshape(-1, h.shape[-1])  # (N, H)
    return Grads(dh=dy @ W, dW=dy_rows.T @ h_rows, db=sum_rows(dy_rows))
