"""Linear-chain conditional random field: one softmax over all tag sequences, by two recursions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, IntArray, check_ids, check_named_tuple
from course_pkg.reference.losses.crf_recursions import (
    Params,
    log_sum_exp,
    prepare,
    sequence_score,
    sums_of_beginnings,
    sums_of_ends,
)
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    scores: Array  # (T, B, K), 0 in the padding
    params: Params
    tags: IntArray  # (T, B), 0 in the padding
    lengths: IntArray  # (B,)
    alpha: Array  # (T, B, K)
    log_Z: Array  # (B,)
    reduction: Reduction


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dscores: Array
    dstart: Array
    dA: Array
    dend: Array


def forward(
    scores: Array,
    tags: IntArray,
    params: Params,
    *,
    lengths: Sequence[int] | IntArray | None = None,
    reduction: Reduction = "mean",
) -> tuple[Any, Cache]:
    """Compare the score of the right tags with that of all tag sequences together.

    Parameters
    ----------
    scores : ndarray, (T, B, K)
        How well each of K tags fits each step, such as logits of a tagger. What stands in the
        padding, NaN included, is never read.
    tags : ndarray of integers in 0..K-1, (T, B)
        The right tags; anything in the padding.
    params : Params
        ``start (K,)``, ``A (K, K)`` and ``end (K,)``: ``A[i, j]`` is the score of tag j after i.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence; all by default.
    reduction : {'mean', 'sum', 'none'}
        Over the B sequences.

    Returns
    -------
    loss : float, or for 'none' an ndarray (B,)
        In nats, of a whole sequence.
    cache : Cache

    Raises
    ------
    ValueError
        If a score that counts is not finite.

    Notes
    -----
    With ``s(y) = start[y_1] + sum_t scores[t, y_t] + sum_t A[y_{t-1}, y_t] + end[y_T]`` the loss
    is ``log Z - s(tags)``, where ``Z = sum_y exp s(y)`` runs over all ``K^T`` sequences.

    Source: :cite:t:`lafferty2001`; as the last layer of a network: :cite:t:`collobert2011`,
    :cite:t:`lample2016`.

    Examples
    --------
    Three steps, two tags, nothing known: each of the 8 sequences is as good as the others.

    >>> zero = Params(np.zeros(2), np.zeros((2, 2)), np.zeros(2))
    >>> loss, _ = forward(np.zeros((3, 1, 2)), np.zeros((3, 1), int), zero)
    >>> round(float(np.exp(loss)), 6)
    8.0
    """
    check_reduction(reduction)
    x, params, lengths = prepare(scores, params, lengths)
    T, B, K = x.shape
    inside = np.arange(T)[:, None] < lengths  # (T, B)
    if isinstance(tags, np.ndarray) and tags.shape == (T, B) and tags.dtype.kind in "iu":
        tags = np.where(inside, tags, 0)
    check_ids("tags", tags, K)
    if tags.shape != (T, B):
        raise ValueError(f"tags: expected shape (T, B) = ({T}, {B}), got {tags.shape}")
    alpha = sums_of_beginnings(x, params, lengths)
    log_Z = log_sum_exp(alpha[-1] + params.end)  # (B,)
    right = sequence_score(x, tags, params, lengths)  # (B,)
    cache = Cache(x, params, tags, lengths, alpha, log_Z, reduction)
    return reduce(log_Z - right, reduction, B), cache


def backward(dloss: float | Array, cache: Cache) -> Grads:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float, or for 'none' an ndarray (B,)
        Gradient with respect to the loss; 1.0 for the loss itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads
        ``dscores (T, B, K)``, exactly 0 in the padding, ``dstart``, ``dA`` and ``dend``.

    Notes
    -----
    The gradient of ``log Z`` with respect to a score is the probability that the score is used:
    ``dL/dscores[t, k] = p(y_t = k) - 1[tags_t = k]``, and for ``A[i, j]`` the expected number of
    moves from i to j less their number in the right tags.

    Source: :cite:t:`lafferty2001`.

    Examples
    --------
    >>> zero = Params(np.zeros(2), np.zeros((2, 2)), np.zeros(2))
    >>> _, cache = forward(np.zeros((3, 1, 2)), np.array([[0], [1], [1]]), zero)
    >>> backward(1.0, cache).dA  # two moves, half a one of each kind expected
    array([[ 0.5, -0.5],
           [ 0.5, -0.5]])
    """
    check_named_tuple("cache", cache, Cache._fields)
    x, params, tags, lengths, alpha, log_Z, reduction = cache
    T, B, _ = x.shape
    each = spread(dloss, np.zeros(B, dtype=x.dtype), reduction, B)  # (B,)
    inside = np.arange(T)[:, None] < lengths  # (T, B)
    beta = sums_of_ends(x, params, lengths)

    # p(y_t = k): all that leads here, times all that leads on.
    dscores = np.exp(alpha + beta - log_Z[:, None]) * inside[:, :, None]  # (T, B, K)
    dA = np.zeros_like(params.A)
    for t in range(1, T):
        # p(y_{t-1} = i, y_t = j), i down and j across
        pairs = alpha[t - 1, :, :, None] + params.A + (x[t] + beta[t])[:, None, :]
        # Past an end these are no probabilities, and could be too large.
        pairs = np.exp(np.where(inside[t][:, None, None], pairs - log_Z[:, None, None], -np.inf))
        dA += np.tensordot(each * inside[t], pairs, axes=1)
        np.subtract.at(dA, (tags[t - 1], tags[t]), each * inside[t])
    steps, rows = np.nonzero(inside)
    dscores[steps, rows, tags[steps, rows]] -= 1
    dscores *= each[:, None]
    # start is added to the first scores and end to the last ones, so their gradients are theirs.
    last = dscores[lengths - 1, np.arange(B)]  # (B, K)
    return Grads(dscores, dscores[0].sum(axis=0), dA, last.sum(axis=0))


def marginals(
    scores: Array, params: Params, *, lengths: Sequence[int] | IntArray | None = None
) -> Array:
    """Return how probable each tag is at each step, whatever the other tags are.

    Parameters
    ----------
    scores, params, lengths
        As for :func:`forward`.

    Returns
    -------
    p : ndarray, (T, B, K)
        Each valid step sums to 1; 0 in the padding.

    Notes
    -----
    ``p(y_t = k) = exp(alpha[t, k] + beta[t, k] - log Z)``.

    Source: :cite:t:`rabiner1989`, there for hidden Markov models.

    Examples
    --------
    >>> sticky = Params(np.zeros(2), np.log([[9.0, 1.0], [1.0, 9.0]]), np.zeros(2))
    >>> marginals(np.log([[[9.0, 1.0]], [[1.0, 1.0]]]), sticky)[1, 0].round(2)
    array([0.82, 0.18])
    """
    x, params, lengths = prepare(scores, params, lengths)
    alpha = sums_of_beginnings(x, params, lengths)
    log_Z = log_sum_exp(alpha[-1] + params.end)  # (B,)
    p: Array = np.exp(alpha + sums_of_ends(x, params, lengths) - log_Z[:, None])
    p[np.arange(len(x))[:, None] >= lengths] = 0
    return p
