"""The language a^n b^n: whoever predicts its strings has to count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_size

A, B_, END = 0, 1, 2  # the symbols to predict; only a and b are read
IGNORED = -1  # the target behind the end of a string


class CountingBatch(NamedTuple):
    """Strings a^n b^n to predict symbol by symbol, padded to the longest."""

    x: npt.NDArray[np.float32]  # (T, B, 2), one-hot a or b; padding is 0
    targets: npt.NDArray[np.int64]  # (T, B), the next symbol: 0 = a, 1 = b, 2 = end; padding -1
    determined: npt.NDArray[np.bool_]  # (T, B), where the next symbol follows from what was read
    lengths: npt.NDArray[np.int64]  # (B,), 2n each


def counting_batch(counts: Sequence[int] | npt.NDArray[np.int64]) -> CountingBatch:
    """Make one string a^n b^n for each n.

    While a's are read, nobody can know whether another one comes. From the first b on
    everything is determined: n - 1 more b's, then the end.

    Parameters
    ----------
    counts : (B,) integers of at least 1
        The n of each string.

    Returns
    -------
    CountingBatch
        ``x (T, B, 2)``, ``targets (T, B)``, ``determined (T, B)``, ``lengths (B,)`` with
        T = 2 max(n).

    Raises
    ------
    TypeError, ValueError
        If there is no count, or one is no integer of at least 1.

    Notes
    -----
    Source: :cite:t:`gers2001`.

    Examples
    --------
    >>> batch = counting_batch([2, 1])
    >>> batch.x[:, 0].argmax(axis=1)  # a a b b
    array([0, 0, 1, 1])
    >>> batch.targets[:, 0], batch.targets[:, 1]  # then a b b end; b end, and padding
    (array([0, 1, 1, 2]), array([ 1,  2, -1, -1]))
    >>> batch.determined[:, 0]
    array([False, False,  True,  True])
    """
    n = np.array([check_size("counts", count) for count in counts], dtype=np.int64)  # (B,)
    if n.size == 0:
        raise ValueError("counts: expected at least one count, got none")
    t = np.arange(2 * n.max())[:, None]  # (T, 1), one row for each symbol that is read
    is_a, is_b = t < n, (t >= n) & (t < 2 * n)  # (T, B)
    x = np.stack([is_a, is_b], axis=2).astype(np.float32)  # (T, B, 2)
    targets = np.full(is_a.shape, IGNORED, dtype=np.int64)
    targets[t + 1 < n] = A
    targets[(t + 1 >= n) & (t + 1 < 2 * n)] = B_
    targets[t + 1 == 2 * n] = END
    return CountingBatch(x, targets, is_b, 2 * n)
