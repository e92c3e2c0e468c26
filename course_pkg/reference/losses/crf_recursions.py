"""The two recursions of a linear-chain CRF: all beginnings summed, and all ends summed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_lengths,
    check_named_tuple,
)


class Params(NamedTuple):
    """What tags say to each other."""

    start: Array  # (K,), of the first tag
    A: Array  # (K, K), of tag j after tag i
    end: Array  # (K,), of the last tag


def log_sum_exp(z: Array) -> Array:
    """Return ``log sum exp`` over the last axis, of finite values.

    Examples
    --------
    >>> log_sum_exp(np.array([[1000.0, 1000.0]])).round(4)
    array([1000.6931])
    """
    largest = z.max(axis=-1)
    total: Array = largest + np.log(np.exp(z - largest[..., None]).sum(axis=-1))
    return total


def sums_of_beginnings(x: Array, params: Params, lengths: IntArray) -> Array:
    """Return ``alpha``: at step t and tag k, all beginnings that end there, their scores summed.

    Past the end of a sequence the last valid step is repeated.

    Parameters
    ----------
    x : ndarray, (T, B, K)
    params : Params
    lengths : ndarray of integers, (B,)

    Returns
    -------
    ndarray, (T, B, K)

    Notes
    -----
    ``alpha[t, j] = log sum_i exp(alpha[t-1, i] + A[i, j]) + x[t, j]``: T K^2 additions in place
    of K^T sequences.

    Source: :cite:t:`rabiner1989`.

    Examples
    --------
    >>> zero = Params(np.zeros(2), np.zeros((2, 2)), np.zeros(2))
    >>> np.exp(sums_of_beginnings(np.zeros((3, 1, 2)), zero, np.array([3])))[:, 0, 0].round(6)
    array([1., 2., 4.])
    """
    alpha = np.empty_like(x)
    alpha[0] = params.start + x[0]
    for t in range(1, len(x)):
        moves = alpha[t - 1, :, :, None] + params.A  # (B, K from, K to)
        here = log_sum_exp(moves.swapaxes(1, 2)) + x[t]  # (B, K)
        alpha[t] = np.where((t < lengths)[:, None], here, alpha[t - 1])
    return alpha


def sums_of_ends(x: Array, params: Params, lengths: IntArray) -> Array:
    """Return ``beta``: at step t and tag k, all that can follow, their scores summed.

    Parameters
    ----------
    x : ndarray, (T, B, K)
    params : Params
    lengths : ndarray of integers, (B,)

    Returns
    -------
    ndarray, (T, B, K)

    Notes
    -----
    ``beta[t, i] = log sum_j exp(A[i, j] + x[t+1, j] + beta[t+1, j])``, and ``end[i]`` at the
    last valid step.

    Source: :cite:t:`rabiner1989`.

    Examples
    --------
    >>> zero = Params(np.zeros(2), np.zeros((2, 2)), np.zeros(2))
    >>> np.exp(sums_of_ends(np.zeros((3, 1, 2)), zero, np.array([3])))[:, 0, 0].round(6)
    array([4., 2., 1.])
    """
    beta = np.empty_like(x)
    beta[-1] = params.end
    for t in reversed(range(len(x) - 1)):
        before = log_sum_exp(params.A + (x[t + 1] + beta[t + 1])[:, None, :])  # (B, K)
        beta[t] = np.where((t < lengths - 1)[:, None], before, params.end)
    return beta


def sequence_score(x: Array, tags: IntArray, params: Params, lengths: IntArray) -> Array:
    """Return the score of one tag sequence each.

    Parameters
    ----------
    x : ndarray, (T, B, K)
    tags : ndarray of integers in 0..K-1, (T, B)
    params : Params
    lengths : ndarray of integers, (B,)

    Returns
    -------
    ndarray, (B,)

    Examples
    --------
    >>> params = Params(np.array([1.0, 0.0]), np.array([[0.0, 10.0], [0.0, 0.0]]), np.zeros(2))
    >>> tags = np.array([[0], [1]])
    >>> sequence_score(np.zeros((2, 1, 2)), tags, params, np.array([2]))
    array([11.])
    """
    T, B, _ = x.shape
    inside = np.arange(T)[:, None] < lengths  # (T, B)
    fits = np.take_along_axis(x, tags[:, :, None], axis=2)[:, :, 0]  # (T, B)
    moves = params.A[tags[:-1], tags[1:]] * inside[1:]  # (T-1, B)
    ends = params.end[tags[lengths - 1, np.arange(B)]]  # (B,)
    score: Array = params.start[tags[0]] + (fits * inside).sum(0) + moves.sum(0) + ends
    return score


def prepare(
    scores: Array, params: Params, lengths: Sequence[int] | IntArray | None
) -> tuple[Array, Params, IntArray]:
    """Return scores with 0 in the padding, the parameters, and int64 lengths, or raise.

    Parameters
    ----------
    scores, params, lengths
        As for :func:`course_pkg.reference.losses.crf.forward`.

    Returns
    -------
    scores, params, lengths

    Raises
    ------
    TypeError, ValueError
        If one of them has another type, rank or size, or a value that counts is not finite.

    Examples
    --------
    >>> prepare(np.zeros((3, 2, 4)), Params(*map(np.zeros, (4, (4, 4), 5))), None)
    Traceback (most recent call last):
        ...
    ValueError: params.end: expected shape (K,) with K = 4 as in scores, got (5,)
    """
    shapes = Shapes()
    shapes.array("scores", scores, ("T", "B", "K"))
    check_named_tuple("params", params, Params._fields)
    for field, symbols in zip(Params._fields, (("K",), ("K", "K"), ("K",)), strict=True):
        shapes.array(f"params.{field}", getattr(params, field), symbols, finite=True)
    T, B, _ = scores.shape
    lengths = np.full(B, T) if lengths is None else check_lengths(lengths, T, B)
    x = np.where((np.arange(T)[:, None] < lengths)[:, :, None], scores, 0)  # (T, B, K)
    if not np.isfinite(x).all():
        raise ValueError("scores: expected finite values in every valid step, got NaN or infinity")
    return x, Params(*params), lengths
