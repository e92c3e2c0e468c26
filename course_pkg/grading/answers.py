"""An answer as something that can be compared, or a sentence that says why it cannot be."""

from __future__ import annotations

import contextlib
import numbers
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.grading.failure import CheckFailed


def brief(value: Any, most: int = 80) -> str:
    """Return how a value prints, cut off if that is long.

    Examples
    --------
    >>> brief("forty-two"), brief(list(range(100)), most=12)
    ("'forty-two'", '[0, 1, 2, 3, ...')
    """
    text = " ".join(repr(value).split())  # an array prints in several lines
    return text if len(text) <= most else f"{text[:most]} ..."


def refuse_masked(name: str, value: Any) -> None:
    """Refuse an answer that hides entries: as an array it would show what lies under the mask.

    Raises
    ------
    CheckFailed
        If it is, or holds, a masked array with a hidden entry.

    Examples
    --------
    >>> hidden = np.ma.array([315.0, -99.99], mask=[False, True])
    >>> refuse_masked("co2", hidden)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: co2: expected plain numbers, got a masked array ...
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        hidden = f"{np.ma.getmaskarray(value).sum()} of {value.size} entries"
        raise CheckFailed(
            f"{name}: expected plain numbers, got a masked array that hides {hidden}. Fill them, "
            "by .filled(...), or leave them out, by .compressed()."
        )
    if isinstance(value, tuple | list):
        for part in value:
            refuse_masked(name, part)
    if isinstance(value, Mapping):
        for part in value.values():
            refuse_masked(name, part)


def as_numbers(name: str, got: Any, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return an answer as an array of real numbers, of whatever shape.

    Parameters
    ----------
    name : str
        What is checked.
    got : any
        The answer: an array, a list, a tensor, a number.
    shape : tuple of int
        The shape of the right answer, for the message.

    Raises
    ------
    CheckFailed
        If the answer is missing, or no array of real numbers.

    Examples
    --------
    >>> as_numbers("y", [1, 2], (2,))
    array([1., 2.])
    >>> as_numbers("y", [[1, 2], [3]], (2, 2))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: y: expected shape (2, 2), got a list whose rows ...
    """
    if got is None or got is ...:
        raise CheckFailed(f"{name}: expected shape {shape}, got {got!r}. Is there a return?")
    refuse_masked(name, got)
    kind = type(got).__name__
    ragged = f"{name}: expected shape {shape}, got a {kind} whose rows differ in length."
    try:
        have = np.asarray(got)
    except ValueError:
        have = None
    except (RuntimeError, TypeError) as error:  # a tensor that knows its history, or on a GPU
        raise CheckFailed(
            f"{name}: expected an array, got {kind}. {error} "
            "(A tensor becomes an array with .detach().numpy().)"
        ) from None
    if isinstance(got, tuple) and (have is None or have.shape != shape):
        raise CheckFailed(f"{name}: expected one array, got a tuple of {len(got)}.")
    if have is None:
        raise CheckFailed(ragged)
    if have.dtype.kind == "O" and any(isinstance(p, list | tuple | np.ndarray) for p in have.flat):
        raise CheckFailed(ragged)
    if have.dtype.kind == "O" and all(isinstance(p, numbers.Real | Decimal) for p in have.flat):
        with contextlib.suppress(OverflowError):  # of an int that no float can hold
            return have.astype(np.float64)
    if have.dtype.kind == "O" and isinstance(got, np.ndarray):
        raise CheckFailed(
            f"{name}: expected numbers, got an array of objects (dtype=object): {brief(got)}"
        )
    if have.dtype.kind not in "biuf":
        raise CheckFailed(f"{name}: expected numbers, got {kind}: {brief(got)}")
    return have.astype(np.float64)


def plain(value: Any) -> Any:
    """Return the value without NumPy's or PyTorch's types, and with tuples for lists.

    Examples
    --------
    >>> plain([np.float64(0.5), np.array([1, 2]), np.str_("a")])
    (0.5, (1, 2), 'a')
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return tuple(plain(part) for part in value)
    return value


def kind_of(value: Any) -> str:
    """Say what a plain value is.

    Examples
    --------
    >>> kind_of(True), kind_of(1), kind_of("1"), kind_of((1,)), kind_of({1})
    ('a truth value', 'a number', 'a text', 'a tuple', 'a set')
    """
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, numbers.Real | Decimal):
        return "a number"
    return {str: "a text", tuple: "a tuple", type(None): "None"}.get(
        type(value), f"a {type(value).__name__}"
    )


def alike(first: Any, second: Any) -> bool:
    """Whether two plain values are the same: numbers by value; NaN is NaN, and True is no number.

    Examples
    --------
    >>> alike(36.0, 36), alike(True, 1), alike((1, float("nan")), (1, float("nan")))
    (True, False, True)
    """
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(alike, first, second))
    if kind_of(first) != kind_of(second):
        return False
    both_nan = bool(kind_of(first) == "a number" and first != first and second != second)
    return both_nan or bool(first == second)
