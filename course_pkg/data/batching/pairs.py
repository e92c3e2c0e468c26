"""Pairs of sequences side by side: what the encoder reads, what the decoder reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_count, check_size
from course_pkg.data.batching.batches import length_batches
from course_pkg.data.batching.padding import pad_batch
from course_pkg.data.checks import integer_row

Ids = npt.NDArray[np.int64]
IGNORED = -100  # the target behind the end of a sequence, as PyTorch's losses expect it


class PairBatch(NamedTuple):
    """Sources and targets of B pairs, each filled up to the longest."""

    source: Ids  # (S, B), what the encoder reads; padding behind the end
    source_lengths: Ids  # (B,), the true length of each
    inputs: Ids  # (T, B), what the decoder reads: begin, then the target; then padding
    targets: Ids  # (T, B), what it is to write: the target, then end; then -100
    target_lengths: Ids  # (B,), with begin or end: one more than tokens


def pad_pairs(
    sources: Sequence[npt.ArrayLike],
    targets: Sequence[npt.ArrayLike],
    begin: int,
    end: int,
    pad: int,
) -> PairBatch:
    """Put pairs of different lengths side by side, time first.

    At each step the decoder reads the token before the one that it is to write.

    Parameters
    ----------
    sources : B rows of ids, (S_b,) with S_b >= 1
    targets : B rows of ids, (T_b,) with T_b >= 0
        Without begin and end.
    begin, end : int
        Ids in the target's vocabulary.
    pad : int
        What stands behind the end of a source, and of a decoder input.

    Returns
    -------
    PairBatch
        S is the longest source, T the longest target with one token more.

    Raises
    ------
    TypeError, ValueError
        If there is no pair, a source is empty, a row holds no integers, or there are not as many
        targets as sources.

    Examples
    --------
    >>> batch = pad_pairs([[5, 6, 7], [8]], [[4], [5, 6]], begin=2, end=3, pad=0)
    >>> batch.source.T
    array([[5, 6, 7],
           [8, 0, 0]])
    >>> batch.inputs.T
    array([[2, 4, 0],
           [2, 5, 6]])
    >>> batch.targets.T
    array([[   4,    3, -100],
           [   5,    6,    3]])
    >>> batch.target_lengths
    array([2, 3])
    """
    if len(sources) != len(targets):
        raise ValueError(f"targets: expected {len(sources)}, one a source, got {len(targets)}")
    for name, number in (("begin", begin), ("end", end), ("pad", pad)):
        check_count(name, number)
    read = pad_batch(_rows("sources", sources, 1), pad=pad)
    rows = _rows("targets", targets, 0)
    given = pad_batch([np.append(begin, row) for row in rows], pad=pad)
    wanted = pad_batch([np.append(row, end) for row in rows], pad=IGNORED)
    return PairBatch(read.x, read.lengths, given.x, wanted.x, given.lengths)


def pair_batches(
    sources: Sequence[Sequence[int] | npt.NDArray[Any]],
    targets: Sequence[Sequence[int] | npt.NDArray[Any]],
    batch_size: int,
    rng: np.random.Generator,
    *,
    pool: int = 50,
) -> list[Ids]:
    """Share pairs out to batches whose sources and targets are together of similar length.

    Parameters
    ----------
    sources, targets : N rows each
    batch_size : int
    rng : numpy.random.Generator
    pool : int
        As in :func:`course_pkg.data.batching.batches.length_batches`.

    Returns
    -------
    list of ndarrays of int64
        Each of 0..N-1 once.

    Raises
    ------
    TypeError, ValueError
        If there is no pair, there are not as many targets as sources, a size is none, or ``rng``
        is no generator.

    Examples
    --------
    >>> sources, targets = [[1], [1, 2, 3], [1]], [[4], [4, 5, 6], [4]]
    >>> batches = pair_batches(sources, targets, 2, np.random.default_rng(0), pool=1)
    >>> sorted(len(batch) for batch in batches)
    [1, 2]
    """
    if len(sources) != len(targets):
        raise ValueError(f"targets: expected {len(sources)}, one a source, got {len(targets)}")
    check_size("sources", len(sources))
    lengths = [len(s) + len(t) + 1 for s, t in zip(sources, targets, strict=True)]
    return length_batches(lengths, batch_size, rng, pool=pool)


def _rows(name: str, rows: Sequence[npt.ArrayLike], least: int) -> list[Ids]:
    return [
        integer_row(f"{name}[{b}]", row, least=least).astype(np.int64) for b, row in enumerate(rows)
    ]
