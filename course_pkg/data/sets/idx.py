"""The IDX format: arrays of numbers as the MNIST files hold them."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

# The third byte of a file names the type of its numbers; all have the large byte first.
DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(content: bytes) -> npt.NDArray[Any]:
    """Return the array that the bytes of an IDX file hold.

    Two zero bytes, the type, the number of axes, the size of each axis in four bytes, then the
    numbers row by row.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    ndarray
        With the machine's own order of bytes.

    Raises
    ------
    ValueError
        If the bytes are no IDX file, or are too few or too many.

    Examples
    --------
    >>> read_idx(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in DTYPES:
        raise ValueError(f"content: expected an IDX file, got bytes that begin {content[:4]!r}")
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"content: expected {axes} sizes, got {len(content)} bytes in all")
    shape = struct.unpack(f">{axes}I", content[4:start])
    dtype = np.dtype(DTYPES[content[2]])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(
            f"content: expected {expected} bytes for shape {shape}, got {len(content)}"
        )
    array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))
