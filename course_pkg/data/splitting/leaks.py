"""Leaks: examples that are in two parts of the data at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from course_pkg.data.checks import as_array
from course_pkg.reference.checks import check_array

EXACT = 1 << 53  # the first integers that a float cannot hold come behind


def shared_examples(first: Iterable[Any], second: Iterable[Any]) -> list[tuple[int, int]]:
    """Find the examples of the second part that are in the first part too.

    Examples are compared whole: texts character by character, arrays by shape and by value
    (-0.0 and 0.0 are equal, and an integer equals the same number as a float, however large). That
    finds copies, not examples that are merely similar.

    Parameters
    ----------
    first, second : iterables of examples
        Strings, numbers or arrays; an array is the row of its entries, a table that of its rows.

    Returns
    -------
    list of (int, int)
        For each such example of ``second``: the place of its first copy in ``first``, and its
        own place.

    Raises
    ------
    TypeError
        If an example is neither text nor numbers, or the examples are in no order.

    Examples
    --------
    >>> shared_examples(["to be", "or not"], ["to do", "or not"])
    [(1, 1)]
    >>> shared_examples(np.array([[1, 2], [3, 4]]), np.array([[3.0, 4.0], [1.0, 2.0]]))
    [(1, 0), (0, 1)]
    """
    places: dict[object, int] = {}
    for place, example in enumerate(_rows("first", first)):
        places.setdefault(_key(example), place)
    keys = (_key(example) for example in _rows("second", second))
    return [(places[key], place) for place, key in enumerate(keys) if key in places]


def _rows(name: str, examples: Any) -> Iterable[Any]:
    """Return what gives one example after the other: of a table its rows, not its columns."""
    if hasattr(examples, "to_numpy"):
        examples = examples.to_numpy()
    if isinstance(examples, np.ndarray):
        check_array(name, examples)
    if isinstance(examples, Mapping | Set):
        raise TypeError(f"{name}: expected examples in a row, got {type(examples).__name__}")
    rows: Iterable[Any] = examples
    return rows


def _key(example: Any) -> object:
    """Return something hashable that is equal for equal examples."""
    if isinstance(example, str):
        return example
    array = as_array("examples", example)
    if array.dtype.kind in "UST":  # T: NumPy's strings of any length
        return (array.shape, tuple(array.ravel().tolist()))
    if array.dtype.kind not in "iufb":
        raise TypeError(f"examples: expected text or numbers, got {array.dtype}")
    if array.dtype.kind in "iu" and array.size and max(-int(array.min()), int(array.max())) > EXACT:
        numbers: list[int] = array.ravel().tolist()
        if any(int(float(number)) != number for number in numbers):
            return (array.shape, tuple(numbers))  # no row of floats is equal
    return (array.shape, (array.astype(np.float64) + 0.0).tobytes())
