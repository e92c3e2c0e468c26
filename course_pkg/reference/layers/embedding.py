"""Embedding: a table with one row per id, read forward and added to backward."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_integer
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    all_axes,
    check_ids,
    check_named_tuple,
)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    ids: IntArray  # (...)
    W: Array  # (V, I)
    padding_idx: int | None


def forward(ids: IntArray, W: Array, *, padding_idx: int | None = None) -> tuple[Array, Cache]:
    """Look up one row of the table for each id: ``x = W[ids]``.

    This is the product of one-hot rows and ``W``, without the multiplications by 0.

    Parameters
    ----------
    ids : ndarray of integers in 0..V-1, (...)
        For a batch of sequences (T, B).
    W : ndarray, (V, I)
        The table: row v is the vector of id v.
    padding_idx : int in 0..V-1, optional
        An id that only fills up short sequences: its row gets no gradient.

    Returns
    -------
    x : ndarray, (..., I)
    cache : Cache

    Notes
    -----
    With the one-hot row ``e_v`` of id v: ``x = e_v W``, so ``dL/dW = sum e_v^T dL/dx``.

    Source: :cite:t:`bengio2003`.

    Examples
    --------
    >>> W = np.array([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]])
    >>> x, _ = forward(np.array([2, 0, 2]), W)
    >>> x
    array([[2. , 2.5],
           [0. , 0.5],
           [2. , 2.5]])
    """
    V = Shapes().array("W", W, ("V", "I"), finite=True).shape[0]
    check_ids("ids", ids, V)
    if padding_idx is not None:
        check_ids("padding_idx", np.asarray(check_integer("padding_idx", padding_idx)), V)
    # The cache keeps its own ids: a caller that refills a batch in place cannot change them.
    return W[ids], Cache(ids.copy(), W, padding_idx)


def backward(dx: Array, cache: Cache) -> Array:
    """Add each gradient to the row that was read; all other rows get 0.

    Parameters
    ----------
    dx : ndarray, (..., I)
        Gradient of the loss with respect to ``x``.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    dW : ndarray, (V, I)

    Examples
    --------
    >>> _, cache = forward(np.array([2, 0, 2]), np.zeros((3, 1)))
    >>> backward(np.array([[1.0], [10.0], [100.0]]), cache)
    array([[ 10.],
           [  0.],
           [101.]])
    """
    check_named_tuple("cache", cache, Cache._fields)
    ids, W, padding_idx = cache
    x_like = np.broadcast_to(W[0], (*ids.shape, W.shape[1]))  # (..., I), not a copy
    shapes = Shapes()
    shapes.array("x", x_like, all_axes(x_like))
    shapes.array("dx", dx, all_axes(x_like))
    flat_ids, dx_rows = ids.ravel(), dx.reshape(ids.size, -1)  # (N,), (N, I)
    if padding_idx is not None:
        real = flat_ids != padding_idx
        flat_ids, dx_rows = flat_ids[real], dx_rows[real]
    dW = np.zeros_like(W)
    # dW[ids] += dx would keep only one of several gradients to the same row. Sorting brings them
    # together, and reduceat sums each run of equal ids: ten times as fast as np.add.at.
    order = np.argsort(flat_ids, kind="stable")
    rows, starts = np.unique(flat_ids[order], return_index=True)
    if len(rows):
        dW[rows] = np.add.reduceat(dx_rows[order], starts, axis=0)
    return dW
