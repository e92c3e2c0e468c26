"""Sums over all rows of an array, as exact with a million rows as with a hundred."""

from __future__ import annotations

import numpy as np

from course_pkg.reference.checks import Array

BLOCK_ROWS = 64  # few enough for the rounding errors of a plain sum


def sum_rows(a: Array) -> Array:
    """Sum over all axes but the last: the gradient of a bias, from that of what it was added to.

    ``a.sum(axis=0)`` adds row after row to one running sum, and rounds to the size of that sum
    each time: after a million rows in single precision its third digit may be wrong. Here only the
    rows of a block are summed so, and the sums of the blocks in double precision.

    Parameters
    ----------
    a : ndarray, (..., H)

    Returns
    -------
    ndarray, (H,)
        In the dtype of ``a``.

    Examples
    --------
    >>> a = np.full((1_000_000, 2), 0.1, dtype=np.float32)
    >>> a.sum(axis=0).round()
    array([100958., 100958.], dtype=float32)
    >>> sum_rows(a).round()
    array([100000., 100000.], dtype=float32)
    """
    rows = a.reshape(-1, a.shape[-1])  # (N, H)
    N, H = rows.shape
    blocks = N // BLOCK_ROWS
    if blocks <= 1 or a.dtype == np.float64:  # few rows, or digits to spare
        plain: Array = rows.sum(axis=0)
        return plain
    whole = blocks * BLOCK_ROWS
    ones = np.ones(BLOCK_ROWS, dtype=a.dtype)
    sums = ones @ rows[:whole].reshape(blocks, BLOCK_ROWS, H)  # (blocks, H); faster than .sum
    total: Array = sums.sum(axis=0, dtype=np.float64) + rows[whole:].sum(axis=0)
    return total.astype(a.dtype)
