"""Embedding: a table with one row per id, read forward and added to backward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_integer
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    all_axes,
    check_array,
    check_ids,
    check_lengths,
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


def forward_padded(
    ids: IntArray,
    W: Array,
    lengths: Sequence[int] | IntArray | None,
    *,
    names: tuple[str, str, str] = ("ids", "W", "lengths"),
) -> tuple[Array, Cache]:
    """Look up a batch of padded sequences: what only the padding reads may hold anything.

    A padded step gets its sequence's first token instead of its own. So neither its id nor the
    row of that id, NaN included, changes a bit of what follows.

    Parameters
    ----------
    ids : ndarray of integers, (T, B)
        In 0..V-1 at the valid steps.
    W : ndarray, (V, I)
        The table: finite in every row that a valid step reads.
    lengths : (B,) integers in 1..T, or None
        Number of valid steps of each sequence; None means that all are valid.
    names : three str
        What the caller's arguments are called, for messages.

    Returns
    -------
    x : ndarray, (T, B, I)
    cache : Cache
        For :func:`backward`.

    Examples
    --------
    >>> W = np.array([[np.nan], [1.0], [2.0]])  # row 0 belongs to the token that fills up
    >>> x, _ = forward_padded(np.array([[1, 2], [1, 0]]), W, [2, 1])
    >>> x[:, :, 0]
    array([[1., 2.],
           [1., 2.]])
    """
    ids_name, W_name, lengths_name = names
    Shapes().array(W_name, W, ("V", "I"))
    V = len(W)
    check_array(ids_name, ids)
    if ids.ndim != 2 or ids.size == 0:
        raise ValueError(f"{ids_name}: expected shape (steps, B), got {ids.shape}")
    if lengths is not None:
        T, B = ids.shape
        lengths = check_lengths(lengths, T, B, name=lengths_name)
        ids = np.where(np.arange(T)[:, None] < lengths, ids, ids[:1])
    check_ids(ids_name, ids, V)
    if not np.isfinite(W).all():  # no matter, where nobody reads it
        W = np.where(np.isin(np.arange(V), ids)[:, None], W, 0)
        if not np.isfinite(W).all():
            raise ValueError(
                f"{W_name}: expected finite values in every row that is read, got NaN or infinity"
            )
    return forward(ids, W)


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
