"""The lattice of CTC: where a reading of the labels can stand at each step, and the two sums.

A reading of the labels ``c a b`` emits one symbol a step: a label, once or several times in a row,
or the blank. Between equal labels there has to be a blank. So with a blank around each label,
``_ c _ a _ b _``, a reading stays where it is, goes on by one place, or passes over a blank that
parts two different labels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.reference.checks import Array, IntArray


class Lattice(NamedTuple):
    """The places of B label sequences, S at most each, so that there are K = 2 S + 1."""

    symbols: IntArray  # (B, K), the labels with a blank around each
    skips: npt.NDArray[np.bool_]  # (B, K), whether one may come from two places before
    last: IntArray  # (B,), the last place: the blank behind the last label
    steps: IntArray  # (B,), how many steps the shortest reading takes


def lattice(targets: IntArray, target_lengths: IntArray, blank: int) -> Lattice:
    """Lay out the places.

    Parameters
    ----------
    targets : ndarray of integers, (B, S)
        Labels; anything past a sequence's end.
    target_lengths : ndarray of integers in 0..S, (B,)
    blank : int

    Returns
    -------
    Lattice

    Examples
    --------
    >>> places = lattice(np.array([[3, 3, 5]]), np.array([3]), 0)
    >>> places.symbols[0], places.steps[0]  # 3 _ 3 5 is the shortest
    (array([0, 3, 0, 3, 0, 5, 0]), np.int64(4))
    >>> places.skips[0].astype(int)
    array([0, 0, 0, 0, 0, 1, 0])
    """
    B, S = targets.shape
    inside = np.arange(S) < target_lengths[:, None]  # (B, S)
    symbols = np.full((B, 2 * S + 1), blank)
    symbols[:, 1::2] = np.where(inside, targets, blank)
    differs = np.zeros((B, S), dtype=bool)
    differs[:, 1:] = (targets[:, 1:] != targets[:, :-1]) & inside[:, 1:]
    skips = np.zeros(symbols.shape, dtype=bool)
    skips[:, 1::2] = differs
    repeats = (inside & ~differs)[:, 1:].sum(axis=1)  # each needs a blank before it
    return Lattice(symbols, skips, 2 * target_lengths, target_lengths + repeats)


def sums_of_beginnings(log_p: Array, places: Lattice, lengths: IntArray) -> tuple[Array, Array]:
    """Return all beginnings of readings, by where they stand, and all whole readings, summed.

    Parameters
    ----------
    log_p : ndarray, (T, B, K)
        Of the symbol of each place at each step; finite.
    places : Lattice
    lengths : ndarray of integers in 1..T, (B,)

    Returns
    -------
    alpha : ndarray, (T, B, K)
        Logarithms; -infinity where no reading can stand, and past the end anything.
    log_likelihood : ndarray, (B,)
        Of the labels; -infinity if there are too few steps for them.

    Notes
    -----
    ``alpha[t, k] = log_p[t, k] + log(sum of exp(alpha[t-1, j]))``, for j = k, k - 1, and k - 2
    where that place may be skipped. A reading ends at the last label or at the blank behind it.

    Source: :cite:t:`graves2006`, equations 6 to 8.

    Examples
    --------
    Two steps, one label, each symbol with probability 1/2: ``aa``, ``a_`` and ``_a`` of 4.

    >>> places = lattice(np.array([[1]]), np.array([1]), 0)
    >>> _, found = sums_of_beginnings(np.log(np.full((2, 1, 3), 0.5)), places, np.array([2]))
    >>> np.exp(found).round(6)
    array([0.75])
    """
    T, B, K = log_p.shape
    alpha = np.full((T, B, K), -np.inf, dtype=log_p.dtype)
    alpha[0, :, :2] = log_p[0, :, :2]
    no_skip = np.where(places.skips, 0, -np.inf).astype(log_p.dtype)[:, 2:]  # (B, K - 2)
    for t in range(1, T):
        before, here = alpha[t - 1], alpha[t]
        here[:] = before
        here[:, 1:] = np.logaddexp(here[:, 1:], before[:, :-1])
        here[:, 2:] = np.logaddexp(here[:, 2:], before[:, :-2] + no_skip)
        here += log_p[t]
    batch = np.arange(B)
    ends = alpha[lengths - 1, batch]  # (B, K)
    label = ends[batch, np.maximum(places.last - 1, 0)]  # (B,)
    label = np.where(places.last > 0, label, -np.inf)  # there may be no label
    return alpha, np.logaddexp(ends[batch, places.last], label)


def sums_of_ends(log_p: Array, places: Lattice, lengths: IntArray) -> Array:
    """Return all ends of readings, by where they begin, the step itself left out.

    Parameters
    ----------
    log_p, places, lengths
        As for :func:`sums_of_beginnings`.

    Returns
    -------
    beta : ndarray, (T, B, K)
        Logarithms; -infinity where no reading can go on from, and past the end.

    Notes
    -----
    ``beta[t, k] = log(sum of exp(beta[t+1, j] + log_p[t+1, j]))``, for j = k, k + 1, and k + 2
    where k + 1 may be skipped. (The paper counts the step itself in; so its product of the two
    sums has to be divided by it.)

    Source: :cite:t:`graves2006`, equations 9 to 11.

    Examples
    --------
    >>> places = lattice(np.array([[1]]), np.array([1]), 0)
    >>> beta = sums_of_ends(np.log(np.full((2, 1, 3), 0.5)), places, np.array([2]))
    >>> np.exp(beta[:, 0]).round(6)
    array([[0.5, 1. , 0.5],
           [0. , 1. , 1. ]])
    """
    T, B, K = log_p.shape
    beta = np.full((T, B, K), -np.inf, dtype=log_p.dtype)
    batch = np.arange(B)
    final = np.full((B, K), -np.inf, dtype=log_p.dtype)
    final[batch, places.last] = 0
    final[batch, np.maximum(places.last - 1, 0)] = 0
    no_skip = np.where(places.skips, 0, -np.inf).astype(log_p.dtype)[:, 2:]  # (B, K - 2)
    for t in reversed(range(T)):
        if t + 1 < T:
            after, here = beta[t + 1] + log_p[t + 1], beta[t]
            here[:] = after
            here[:, :-1] = np.logaddexp(here[:, :-1], after[:, 1:])
            here[:, :-2] = np.logaddexp(here[:, :-2], after[:, 2:] + no_skip)
        ends = t == lengths - 1
        beta[t, ends] = final[ends]
    return beta
