"""Counts of all n-grams of a text up to an order, as arrays: no loop over the text.

Each k-gram that occurs has a number. A k-gram is a context h and the token w behind it, and h is a
(k-1)-gram, which has a number already. So ``number(h) * V + w`` is a key that no other k-gram has.
The k-grams are numbered in the order of their keys: those of one context are neighbours, and a
binary search finds the number of any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_size
from course_pkg.reference.checks import IntArray, check_ids

Ids = npt.NDArray[np.int64]


class Level(NamedTuple):
    """The counts of all k-grams of one k.

    The last row of each array stands for all that was never seen: no text has its key, and its
    counts are 0.
    """

    keys: Ids  # (K + 1,), sorted
    counts: Ids  # (K + 1,), c(h w)
    totals: Ids  # (contexts + 1,), c(h), the sum of c(h w) over w
    kinds: Ids  # (contexts + 1,), m(h), how many w have a count behind h


def count(ids: IntArray, V: int, order: int) -> tuple[Level, ...]:
    """Count the n-grams of a text: occurrences at the highest order, continuations below it.

    Parameters
    ----------
    ids : ndarray of integers in 0..V-1, (N,)
        The text.
    V : int
        The size of the vocabulary.
    order : int
        The length of the longest n-grams.

    Returns
    -------
    tuple of Level
        Of the 1-grams, 2-grams and so on.

    Raises
    ------
    ValueError
        If N times V is too large for the keys, which are 64-bit integers.

    Notes
    -----
    The continuation count of a k-gram is the number of different tokens before it. So each
    different (k+1)-gram counts once for the k-gram that it ends in.

    Source: :cite:t:`kneser1995`.

    Examples
    --------
    >>> unigrams, bigrams = count(np.array([0, 1, 0, 1, 0, 2]), V=4, order=2)
    >>> bigrams.counts[:-1]  # of (0, 1), (0, 2), (1, 0)
    array([2, 1, 2])
    >>> unigrams.counts[:-1]  # 0 follows 1 alone, 1 and 2 follow 0 alone
    array([1, 1, 1])
    """
    V, order = check_size("V", V), check_size("order", order)
    text = id_row("ids", ids, V)
    if (len(text) + 1) * V >= 2**63:
        raise ValueError(f"V: expected less than 2**63 / (N + 1), N = {len(text)}, got {V}")
    grams = [np.zeros(len(text) + 1, np.int64)]  # grams[k][j]: the k-gram that starts at j
    keys, firsts = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
    for k in range(1, order + 1):
        all_keys = grams[k - 1][:-1] * V + text[k - 1 :]  # (N - k + 1,)
        found, first, number = np.unique(all_keys, return_index=True, return_inverse=True)
        keys.append(found)
        firsts.append(first)  # where each k-gram starts for the first time
        grams.append(number)
    levels = []
    for k in range(1, order + 1):
        counted = grams[k] if k == order else grams[k][firsts[k + 1] + 1]
        counts = np.bincount(counted, minlength=len(keys[k]))  # (K,)
        h, rows = keys[k] // V, len(keys[k - 1]) + 1
        totals = np.bincount(h, counts, rows).astype(np.int64)
        kinds = np.bincount(h[counts > 0], minlength=rows)
        never = np.iinfo(np.int64).max
        levels.append(Level(np.append(keys[k], never), np.append(counts, 0), totals, kinds))
    return tuple(levels)


def numbers(levels: Sequence[Level], ids: Ids, V: int) -> list[Ids]:
    """Return the number of the k-gram that starts at each place of a text, for each k.

    Parameters
    ----------
    levels : sequence of Level
    ids : ndarray of int64 in 0..V-1, (..., N)
        Not checked here; :func:`id_row` does that.
    V : int

    Returns
    -------
    list of ndarray of int64, (..., N - k + 1)
        For k = 0 up to the order. The one 0-gram has number 0. A k-gram that was never seen has
        the number of the last row of its level.

    Examples
    --------
    >>> levels = count(np.array([0, 1, 0, 1, 0, 2]), V=4, order=2)
    >>> numbers(levels, np.array([0, 2, 1, 0]), V=4)[2]  # (0, 2), (2, 1), (1, 0)
    array([1, 3, 2])
    """
    grams = [np.zeros((*ids.shape[:-1], ids.shape[-1] + 1), np.int64)]
    for k, level in enumerate(levels, 1):
        keys = grams[k - 1][..., :-1] * V + ids[..., k - 1 :]
        places = np.searchsorted(level.keys, keys)
        grams.append(np.where(level.keys[places] == keys, places, len(level.keys) - 1))
    return grams


def id_row(name: str, ids: IntArray, V: int) -> Ids:
    """Return ``ids`` as a row of int64 if it is a row of integers in 0..V-1, or raise.

    Examples
    --------
    >>> id_row("ids", np.array([[0, 1]]), V=2)
    Traceback (most recent call last):
        ...
    ValueError: ids: expected shape (N,), got (1, 2)
    """
    check_ids(name, ids, V)
    if ids.ndim != 1:
        raise ValueError(f"{name}: expected shape (N,), got {ids.shape}")
    return ids.astype(np.int64)
