"""Sequences of different lengths in one array: padding, lengths and mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_real
from course_pkg.data.checks import as_array
from course_pkg.reference.checks import check_array, check_lengths


class PaddedBatch(NamedTuple):
    """Sequences side by side, each filled up to the longest."""

    x: npt.NDArray[Any]  # (T, B) ids or (T, B, I) features
    lengths: npt.NDArray[np.int64]  # (B,), the true length of each
    mask: npt.NDArray[np.bool_]  # (T, B), where a step is inside its sequence


def pad_batch(sequences: Sequence[npt.ArrayLike], *, pad: float = 0) -> PaddedBatch:
    """Put sequences of different lengths side by side, time first.

    The padding stands behind each sequence. No result may depend on it: use ``lengths`` for the
    state at the true end of each sequence, ``mask`` for means and losses.

    Parameters
    ----------
    sequences : B arrays, (T_b,) or (T_b, I)
        Ids or features; at least one sequence, none of them empty. An array of objects, as
        ``np.load`` gives for sequences of different lengths, is the list of its entries.
    pad : number
        What stands behind the end of a sequence.

    Returns
    -------
    PaddedBatch
        ``x (T, B)`` or ``(T, B, I)`` with T the largest length, ``lengths (B,)``,
        ``mask (T, B)``.

    Raises
    ------
    TypeError, ValueError
        If there is no sequence, one is empty or holds no numbers, two differ in their features
        or in integers against floats, or the dtype cannot hold ``pad``.

    Examples
    --------
    >>> batch = pad_batch([[5, 6, 7], [8]])
    >>> batch.x
    array([[5, 8],
           [6, 0],
           [7, 0]])
    >>> batch.lengths
    array([3, 1])
    >>> batch.mask.astype(int)
    array([[1, 1],
           [1, 0],
           [1, 0]])
    """
    if isinstance(sequences, np.ndarray):
        check_array("sequences", sequences)
    arrays = [as_array(f"sequences[{b}]", sequence) for b, sequence in enumerate(sequences)]
    if not arrays:
        raise ValueError("sequences: expected at least one sequence, got none")
    first = arrays[0]
    for b, array in enumerate(arrays):
        if array.dtype.kind not in "iuf":
            raise TypeError(f"sequences[{b}]: expected numbers, got {array.dtype}")
        if array.dtype.kind != first.dtype.kind:
            raise TypeError(
                f"sequences[{b}]: expected {first.dtype} as in sequences[0], got {array.dtype}"
            )
        if array.ndim not in (1, 2) or 0 in array.shape or array.shape[1:] != first.shape[1:]:
            expected = "(T,) or (T, I)" if b == 0 else str(("T", *first.shape[1:])).replace("'", "")
            raise ValueError(
                f"sequences[{b}]: expected shape {expected} with T >= 1, got {array.shape}"
            )
    dtype = np.result_type(*arrays)
    check_real("pad", pad)
    if not _is_in(pad, dtype):
        raise ValueError(f"pad: expected a value that {dtype} can hold, got {pad}")
    lengths = np.array([len(array) for array in arrays], dtype=np.int64)  # (B,)
    x = np.full((lengths.max(), len(arrays), *first.shape[1:]), pad, dtype=dtype)  # (T, B, ...)
    for b, array in enumerate(arrays):
        x[: len(array), b] = array
    mask = np.arange(len(x))[:, None] < lengths  # (T, B)
    return PaddedBatch(x, lengths, mask)


def unpad_batch(
    x: npt.NDArray[Any], lengths: Sequence[int] | npt.NDArray[np.int64]
) -> list[npt.NDArray[Any]]:
    """Take the sequences out of a padded batch again.

    Parameters
    ----------
    x : ndarray, (T, B) or (T, B, ...)
    lengths : (B,) integers in 1..T

    Returns
    -------
    list of B ndarrays, (T_b, ...)
        Copies: changing one leaves the batch as it was.

    Raises
    ------
    TypeError, ValueError
        If ``x`` has fewer than two axes, or the lengths do not fit it.

    Examples
    --------
    >>> unpad_batch(np.array([[5, 8], [6, 0], [7, 0]]), [3, 1])
    [array([5, 6, 7]), array([8])]
    """
    check_array("x", x)
    if x.ndim < 2:
        raise ValueError(f"x: expected shape (T, B, ...), got {x.shape}")
    ends = check_lengths(lengths, x.shape[0], x.shape[1])
    return [x[:end, b].copy() for b, end in enumerate(ends)]


def _is_in(value: float, dtype: np.dtype[Any]) -> bool:
    """Return whether a dtype has a value; floats have about all that is not too large."""
    if dtype.kind == "f":
        # The limit as a float of Python, which is compared with an integer of any size.
        largest = float(np.finfo(dtype).max)
        return value != value or abs(value) == np.inf or bool(abs(value) <= largest)
    limits = np.iinfo(dtype)
    return value == value // 1 and bool(limits.min <= value <= limits.max)
