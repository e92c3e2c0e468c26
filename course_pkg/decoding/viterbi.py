"""Viterbi's algorithm: the best of all K^T tag sequences, by T K^2 additions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_pkg.checks import check_integer
from course_pkg.reference.checks import Array, IntArray
from course_pkg.reference.losses.crf_recursions import Params, prepare


def viterbi(
    scores: Array,
    params: Params,
    *,
    lengths: Sequence[int] | IntArray | None = None,
    padding: int = -1,
) -> tuple[IntArray, Array]:
    """Return the tag sequences with the highest scores.

    Parameters
    ----------
    scores : ndarray, (T, B, K)
        How well each tag fits each step. What stands in the padding is never read.
    params : course_pkg.reference.losses.crf_recursions.Params
        ``start (K,)``, ``A (K, K)`` and ``end (K,)``.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence; all by default.
    padding : int
        What to write into the padding of ``tags``.

    Returns
    -------
    tags : ndarray of int64, (T, B)
        Of equally good sequences the one whose last tags are the lowest.
    best : ndarray, (B,)
        Their scores.

    Notes
    -----
    The recursion of :func:`course_pkg.reference.losses.crf_recursions.sums_of_beginnings`, with
    a maximum in the place of the sum. Where each maximum came from is remembered, and read
    backwards from the best end.

    Source: :cite:t:`rabiner1989`.

    Examples
    --------
    Each step by itself would choose 0, 1, 0; a change costs more than the middle one gains.

    >>> stay = Params(np.zeros(2), np.array([[0.0, -1.0], [-1.0, 0.0]]), np.zeros(2))
    >>> tags, best = viterbi(np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]]]), stay)
    >>> tags[:, 0], best
    (array([0, 0, 0]), array([2.]))
    """
    x, params, lengths = prepare(scores, params, lengths)
    fill = check_integer("padding", padding)
    T, B, K = x.shape
    best = params.start + x[0]  # (B, K), of all beginnings that end in a tag
    came_from = np.zeros((T, B, K), np.int64)
    for t in range(1, T):
        moves = best[:, :, None] + params.A  # (B, K from, K to)
        came_from[t] = moves.argmax(axis=1)
        best = np.where((t < lengths)[:, None], moves.max(axis=1) + x[t], best)
    best = best + params.end
    tags = np.full((T, B), fill, np.int64)
    tag = best.argmax(axis=1)  # (B,), the last one
    for t in reversed(range(T)):
        inside = t < lengths
        tags[t] = np.where(inside, tag, fill)
        tag = np.where(inside, came_from[t, np.arange(B), tag], tag)  # that of step t - 1
    return tags, best.max(axis=1)
