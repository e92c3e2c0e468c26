"""Which examples come together in a batch: in random order, or with others of their length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_flag, check_generator, check_size
from course_pkg.data.checks import integer_row
from course_pkg.reference.checks import check_ids

Indices = npt.NDArray[np.int64]


def shuffled_batches(
    count: int, batch_size: int, rng: np.random.Generator, *, drop_last: bool = False
) -> list[Indices]:
    """Share the numbers 0..count-1 out to batches, in random order, each once.

    To make an epoch repeatable whatever came before it, make its generator from the seed and
    the number of the epoch: ``np.random.default_rng([seed, epoch])``.

    Parameters
    ----------
    count : int
        Number of examples.
    batch_size : int
        Examples in a batch, B; the last one may be smaller.
    rng : numpy.random.Generator
    drop_last : bool
        Whether to leave out a last batch that is smaller than the others.

    Returns
    -------
    list of ndarrays of int64

    Raises
    ------
    TypeError, ValueError
        If a size is no integer of at least 1, ``rng`` is no generator, ``drop_last`` is neither
        true nor false, or it would leave no batch.

    Examples
    --------
    >>> shuffled_batches(5, 2, np.random.default_rng(0))
    [array([2, 4]), array([3, 0]), array([1])]
    """
    count, batch_size = check_size("count", count), check_size("batch_size", batch_size)
    check_generator(rng)
    if check_flag("drop_last", drop_last) and batch_size > count:
        raise ValueError(
            f"batch_size: expected at most count = {count} with drop_last, got {batch_size}"
        )
    order = rng.permutation(count)
    starts = range(0, count - batch_size + 1 if drop_last else count, batch_size)
    return [order[start : start + batch_size] for start in starts]


def length_batches(
    lengths: Sequence[int] | Indices,
    batch_size: int,
    rng: np.random.Generator,
    *,
    pool: int = 50,
) -> list[Indices]:
    """Share examples out to batches of similar length, so that little is padded.

    The examples are shuffled and cut into pools of ``pool`` batches; each pool is sorted by
    length and cut into batches; the batches are shuffled. So an epoch differs from the next in
    which examples meet, and the order says nothing about the length.

    Parameters
    ----------
    lengths : (N,) integers of at least 1
    batch_size : int
        Examples in a batch, B; one batch, at any place, may be smaller.
    rng : numpy.random.Generator
    pool : int
        Batches that are sorted together: 1 is plain shuffling, a large number pads least.

    Returns
    -------
    list of ndarrays of int64
        Each of 0..N-1 once.

    Raises
    ------
    TypeError, ValueError
        If there is no length, one is no integer of at least 1, a size is none, or ``rng`` is
        no generator.

    Examples
    --------
    >>> batches = length_batches([9, 1, 8, 2, 9, 1], 2, np.random.default_rng(0))
    >>> sorted(sorted(batch.tolist()) for batch in batches)
    [[0, 4], [1, 5], [2, 3]]
    """
    array = _lengths(lengths)
    batch_size, pool = check_size("batch_size", batch_size), check_size("pool", pool)
    check_generator(rng)
    order = rng.permutation(len(array))
    batches: list[Indices] = []
    for start in range(0, len(order), batch_size * pool):
        some = order[start : start + batch_size * pool]
        # Longest first, and stable: the smaller batch, if there is one, has the short ones.
        some = some[np.argsort(-array[some], kind="stable")]
        batches += [some[i : i + batch_size] for i in range(0, len(some), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def padding_share(lengths: Sequence[int] | Indices, batches: Iterable[Indices]) -> float:
    """Return the share of all steps that is padding, when each batch is padded to its longest.

    Parameters
    ----------
    lengths : (N,) integers of at least 1
    batches : iterable of arrays of indices into ``lengths``

    Returns
    -------
    float
        In [0, 1).

    Raises
    ------
    TypeError, ValueError
        If there is no length or no batch, a length is no integer of at least 1, or a batch is no
        row of indices in 0..N-1.

    Examples
    --------
    >>> padding_share([4, 1, 4, 1], [np.array([0, 1]), np.array([2, 3])])
    0.375
    >>> padding_share([4, 1, 4, 1], [np.array([0, 2]), np.array([1, 3])])
    0.0
    """
    array = _lengths(lengths)
    used = held = 0
    for number, batch in enumerate(batches):
        indices = integer_row(f"batches[{number}]", batch, axis="B")
        check_ids(f"batches[{number}]", indices, len(array))
        used += int(array[indices].sum())
        held += int(array[indices].max()) * len(indices)
    if held == 0:
        raise ValueError("batches: expected at least one batch, got none")
    return 1 - used / held


def _lengths(lengths: Sequence[int] | Indices) -> Indices:
    array = integer_row("lengths", lengths)
    if array.min() < 1:
        raise ValueError(f"lengths: expected integers of at least 1, got {array.min()}")
    return array.astype(np.int64)
