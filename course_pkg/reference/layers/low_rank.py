"""LoRA: a frozen matrix, and beside it the product of two thin ones that learn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_generator, check_number, check_size
from course_pkg.reference.checks import (
    Array,
    Shapes,
    check_named_tuple,
    leading_axes,
)


class Params(NamedTuple):
    """A matrix and its update; O and I are the sizes of what comes out and goes in, r the rank."""

    W: Array  # (O, I), frozen
    A: Array  # (r, I)
    B: Array  # (O, r)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    x: Array  # (..., I)
    u: Array  # (..., r), all that B sees of x
    params: Params
    alpha: float


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to. W is frozen and has none."""

    dx: Array
    dA: Array
    dB: Array


def start(W: Array, r: int, rng: np.random.Generator) -> Params:
    """Put an update beside a matrix that changes nothing yet: A is drawn, B is zero.

    Parameters
    ----------
    W : ndarray, (O, I)
    r : int
        At most O and at most I: a product of larger ones has no higher rank.
    rng : numpy.random.Generator

    Returns
    -------
    Params
        A is uniform in +-1/sqrt(I).

    Notes
    -----
    Were A zero as well, neither would ever learn: each one's gradient is a product with the other.

    Source: :cite:t:`hu2022`.

    Examples
    --------
    >>> params = start(np.ones((4, 3)), 2, np.random.default_rng(0))
    >>> params.A.shape, params.B.tolist()
    ((2, 3), [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    """
    Shapes().array("W", W, ("O", "I"), finite=True)
    check_generator(rng)
    O, I = W.shape
    if check_size("r", r) > min(O, I):
        raise ValueError(f"r: expected at most {min(O, I)} for W {W.shape}, got {r}")
    A = rng.uniform(-(I**-0.5), I**-0.5, size=(r, I)).astype(W.dtype)
    return Params(W, A, np.zeros((O, r), W.dtype))


def forward(x: Array, params: Params, *, alpha: float) -> tuple[Array, Cache]:
    """Multiply by the matrix and by its update: ``y = x W^T + alpha/r (x A^T) B^T``.

    Parameters
    ----------
    x : ndarray, (..., I)
    params : Params
    alpha : float above 0

    Returns
    -------
    y : ndarray, (..., O)
    cache : Cache

    Notes
    -----
    The matrix ``B A`` is never made: that would take O I numbers, and these take r (O + I).

    Equation: eq-low-rank

    Source: :cite:t:`hu2022`.

    Examples
    --------
    >>> params = Params(W=np.eye(2), A=np.array([[1.0, 1.0]]), B=np.array([[0.0], [1.0]]))
    >>> y, _ = forward(np.array([2.0, 3.0]), params, alpha=1.0)  # 3 + (2 + 3) in the second place
    >>> y
    array([2., 8.])
    """
    shapes = Shapes()
    shapes.array("x", x, [*leading_axes(x), "I"])
    scale = _scale(shapes, params, alpha)
    W, A, B = params
    u = x @ A.T  # (..., r)
    return x @ W.T + scale * (u @ B.T), Cache(x, u, params, float(alpha))


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
    With ``dW = dy^T x``, the gradient that a trained W would have, these are
    ``dB = alpha/r dW A^T`` and ``dA = alpha/r B^T dW``, and ``dW`` is never made.

    Equation: eq-low-rank-gradient

    Source: :cite:t:`hu2022`.

    Examples
    --------
    >>> params = start(np.ones((4, 3)), 2, np.random.default_rng(0))
    >>> _, cache = forward(np.ones((5, 3)), params, alpha=2.0)
    >>> grads = backward(np.ones((5, 4)), cache)
    >>> bool((grads.dA == 0).all()), bool((grads.dB == 0).any())  # at first B alone learns
    (True, False)
    """
    check_named_tuple("cache", cache, Cache._fields)
    x, u, params, alpha = cache
    shapes = Shapes()
    shapes.array("x (in the cache)", x, [*leading_axes(x), "I"])
    scale = _scale(shapes, params, alpha)
    shapes.array("dy", dy, [*leading_axes(x), "O"])
    W, A, B = params
    dy_rows = dy.reshape(-1, dy.shape[-1])  # (N, O)
    du = scale * (dy @ B)  # (..., r)
    return Grads(
        dx=dy @ W + du @ A,
        dA=du.reshape(-1, len(A)).T @ x.reshape(-1, x.shape[-1]),
        dB=scale * (dy_rows.T @ u.reshape(-1, len(A))),
    )


def merge(params: Params, *, alpha: float) -> Array:
    """Return one matrix that does what both do, (O, I): ``W + alpha/r B A``.

    Equation: eq-low-rank

    Source: :cite:t:`hu2022`.

    Examples
    --------
    >>> params = Params(W=np.eye(2), A=np.array([[1.0, 1.0]]), B=np.array([[0.0], [1.0]]))
    >>> merge(params, alpha=1.0)
    array([[1., 0.],
           [1., 2.]])
    """
    shapes = Shapes()
    scale = _scale(shapes, params, alpha)
    W, A, B = params
    return W + scale * (B @ A)


def count(O: int, I: int, r: int) -> int:
    """Return how many numbers an update of rank r has; its matrix has O I.

    Equation: eq-low-rank-count

    Source: :cite:t:`hu2022`.

    Examples
    --------
    >>> count(4 * 128, 128, r=4), 4 * 128 * 128  # W_hh of an LSTM with 128 units
    (2560, 65536)
    """
    return check_size("r", r) * (check_size("O", O) + check_size("I", I))


def _scale(shapes: Shapes, params: Params, alpha: float) -> float:
    """Check the parameters, and return alpha/r."""
    check_named_tuple("params", params, Params._fields)
    shapes.array("W", params.W, ("O", "I"), finite=True)
    shapes.array("A", params.A, ("r", "I"), finite=True)
    shapes.array("B", params.B, ("O", "r"), finite=True)
    return check_number("alpha", alpha, "(0, inf)") / len(params.A)
