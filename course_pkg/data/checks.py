"""Input checks of the data rooms: arrays that hide nothing, rows of integers, rows of labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.reference.checks import check_array


def as_array(name: str, value: Any) -> npt.NDArray[Any]:
    """Return an array as it is, and anything else as NumPy makes an array of it, or raise.

    NumPy drops a mask without a word, also where a masked array stands in a list: the number
    that marks a gap (-99.99) would then be a measurement.

    Raises
    ------
    TypeError
        If ``value`` is a masked array or a matrix, or such a one stands in a list.
    ValueError
        If rows differ in length.

    Examples
    --------
    >>> as_array("x", [[1, 2], [3, 4]])
    array([[1, 2],
           [3, 4]])
    >>> as_array("x", [np.ma.array([315.0, -99.99], mask=[False, True])])
    Traceback (most recent call last):
        ...
    TypeError: x: expected a NumPy array, got MaskedArray
    """
    _check_open(name, value)
    if isinstance(value, np.ndarray):
        return value
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: expected rows of one length ({error})") from None


def _check_open(name: str, value: Any) -> None:
    if isinstance(value, np.ndarray):
        check_array(name, value)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            if isinstance(inner, (np.ndarray, list, tuple)):
                _check_open(name, inner)


def integer_row(
    name: str, value: Any, *, axis: str = "N", least: int = 1
) -> npt.NDArray[np.integer[Any]]:
    """Return a row of integers as an array, or raise.

    Parameters
    ----------
    name : str
        What it is called, for the message.
    value : (N,) integers
    axis : str
        The symbol of its length, for the message.
    least : {1, 0}
        Its smallest length.

    Raises
    ------
    TypeError, ValueError
        If it is none, or is a masked array.

    Examples
    --------
    >>> integer_row("lengths", [3, 1])
    array([3, 1])
    >>> integer_row("lengths", [3, True])
    Traceback (most recent call last):
        ...
    TypeError: lengths: expected integers, got bool
    """
    array = as_array(name, value)
    if array.ndim != 1 or len(array) < least:
        expected = f"({axis},) with {axis} >= 1" if least else f"({axis},)"
        raise ValueError(f"{name}: expected shape {expected}, got {array.shape}")
    if len(array) == 0:
        return array.astype(np.int64)  # an empty list has floats
    if array is not value and any(isinstance(item, (bool, np.bool_)) for item in value):
        raise TypeError(f"{name}: expected integers, got bool")  # NumPy would read True as 1
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got {array.dtype}")
    return array


# What a label may be; True is an int too, so bool comes first.
KINDS: dict[str, tuple[type, ...]] = {
    "bool": (bool, np.bool_),
    "int": (int, np.integer),
    "str": (str,),
    "bytes": (bytes,),
}


def label_row(name: str, labels: Sequence[Hashable] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return labels as an array, out of lists, arrays and columns of tables alike, or raise.

    Parameters
    ----------
    name : str
        What they are called, for the message.
    labels : (N,) integers or strings

    Raises
    ------
    TypeError, ValueError
        If there is none, one is missing or of a wrong type, or two are of different kinds.

    Examples
    --------
    >>> label_row("labels", ["a", "b", "a"])
    array(['a', 'b', 'a'], dtype=object)
    >>> label_row("labels", ["a", None])
    Traceback (most recent call last):
        ...
    ValueError: labels: expected a label for each example, got None at 1
    """
    if isinstance(labels, np.ndarray):
        check_array(name, labels)
        array = labels
    else:  # entry by entry: NumPy would make strings of integers, or integers of True and False
        array = np.asarray(labels, dtype=object)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: expected shape (N,) with N >= 1, got {array.shape}")
    if array.dtype.kind in "iubUS":
        return array
    array = array.astype(object)
    for place, label in enumerate(array):
        if _is_missing(label):
            raise ValueError(f"{name}: expected a label for each example, got {label} at {place}")
    kinds = sorted({_kind(label) for label in array})
    if len(kinds) > 1:
        raise TypeError(f"{name}: expected labels of one kind, got {' and '.join(kinds)}")
    if kinds[0] not in KINDS:
        raise TypeError(f"{name}: expected integers or strings, got {kinds[0]}")
    return array


def _kind(label: Hashable) -> str:
    names = (name for name, types in KINDS.items() if isinstance(label, types))
    return next(names, type(label).__name__)


def _is_missing(label: Hashable) -> bool:
    """Return whether a table has no value there: None, NaN, NaT, pandas.NA."""
    try:
        return label is None or bool(label != label)  # NaN differs from itself
    except TypeError:  # pandas.NA, which is not even different
        return True
    except ValueError:  # a row of values
        return False
