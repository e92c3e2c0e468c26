"""Negative sampling: tell a word's true neighbours from words drawn at random."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.reference.checks import Array, Shapes, check_array, check_named_tuple
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    v: Array  # (N, I)
    u: Array  # (N, I)
    u_drawn: Array  # (N, K, I)
    counts: npt.NDArray[np.bool_]  # (N, K), False where a drawn word does not count
    reduction: Reduction


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dv: Array
    du: Array
    du_drawn: Array


def forward(
    v: Array,
    u: Array,
    u_drawn: Array,
    *,
    counts: npt.NDArray[np.bool_] | None = None,
    reduction: Reduction = "mean",
) -> tuple[Any, Cache]:
    """Score N pairs of words that stood together, each beside K pairs that were drawn.

    Parameters
    ----------
    v : ndarray, (N, I)
        Vectors of what predicts: of centre words in skip-gram, of mean contexts in CBOW.
    u : ndarray, (N, I)
        Vectors of what stood there, from the second table.
    u_drawn : ndarray, (N, K, I)
        Vectors of words drawn at random, from the second table.
    counts : ndarray of bool, (N, K), optional
        False where a drawn word does not count: where it is the true one, by chance.
    reduction : {'mean', 'sum', 'none'}
        Over the N pairs.

    Returns
    -------
    loss : float, or for 'none' an ndarray (N,)
        In nats; it is no cross-entropy over the vocabulary.
    cache : Cache

    Raises
    ------
    ValueError
        If a value is not finite.

    Notes
    -----
    ``loss = -log s(u.v) - sum_k log s(-u_k.v)`` with the sigmoid s: K + 1 questions "did these
    two stand together?", in the place of one among all V words.

    Source: :cite:t:`mikolov2013b`, equation 4.

    Examples
    --------
    Vectors of zeros know nothing: three questions, each answered by one half.

    >>> loss, _ = forward(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((4, 2, 2)))
    >>> round(float(loss / np.log(2)), 6)
    3.0
    """
    check_reduction(reduction)
    shapes = Shapes()
    shapes.array("v", v, ("N", "I"), finite=True)
    shapes.array("u", u, ("N", "I"), finite=True)
    shapes.array("u_drawn", u_drawn, ("N", "K", "I"), finite=True)
    N, K = u_drawn.shape[:2]
    if counts is None:
        counts = np.ones((N, K), dtype=bool)
    check_array("counts", counts)
    if counts.dtype != bool:
        raise TypeError(f"counts: expected bool, got {counts.dtype}")
    if counts.shape != (N, K):
        raise ValueError(f"counts: expected shape (N, K) = ({N}, {K}), got {counts.shape}")
    z = (u * v).sum(axis=1)  # (N,)
    z_drawn = (u_drawn @ v[:, :, None])[:, :, 0]  # (N, K)
    # -log s(z) = log(exp(0) + exp(-z)): no overflow, no logarithm of 0.
    losses = np.logaddexp(0, -z) + (np.logaddexp(0, z_drawn) * counts).sum(axis=1)  # (N,)
    return reduce(losses, reduction, N), Cache(v, u, u_drawn, counts, reduction)


def backward(dloss: float | Array, cache: Cache) -> Grads:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float, or for 'none' an ndarray (N,)
        Gradient with respect to the loss; 1.0 for the loss itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads
        ``dv (N, I)``, ``du (N, I)`` and ``du_drawn (N, K, I)``.

    Notes
    -----
    ``dL/dz = s(z) - 1`` of a true pair and ``s(z)`` of a drawn one: the prediction minus the
    answer. So ``dv = (s(u.v) - 1) u + sum_k s(u_k.v) u_k``, ``du = (s(u.v) - 1) v``, and of the
    two tables only the rows that were looked up have a gradient.

    Source: :cite:t:`mikolov2013b`.

    Examples
    --------
    >>> one = np.array([[1.0, 0.0]])
    >>> _, cache = forward(one, 0 * one, np.zeros((1, 3, 2)))
    >>> grads = backward(1.0, cache)
    >>> grads.du[0, 0], grads.du_drawn[0, :, 0]  # nearer to what stood there, off the others
    (np.float64(-0.5), array([0.5, 0.5, 0.5]))
    """
    check_named_tuple("cache", cache, Cache._fields)
    v, u, u_drawn, counts, reduction = cache
    each = spread(dloss, v[:, 0], reduction, len(v))  # (N,)
    dz = each * (sigmoid((u * v).sum(axis=1)) - 1)  # (N,)
    z_drawn = (u_drawn @ v[:, :, None])[:, :, 0]  # (N, K)
    dz_drawn = each[:, None] * sigmoid(z_drawn) * counts  # (N, K)
    dv = dz[:, None] * u + (dz_drawn[:, None, :] @ u_drawn)[:, 0]  # (N, I)
    return Grads(dv, dz[:, None] * v, dz_drawn[:, :, None] * v[:, None, :])
