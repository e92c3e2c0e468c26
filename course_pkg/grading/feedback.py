"""Checks that explain: shape first, then value, then a hint at the likely cause.

A check compares a learner's answer with the expected one. If it is right, one line says so. If
not, an AssertionError says what was expected and what came, and, where the answer equals that of
a well-known mistake, which mistake it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

ArrayLike = npt.ArrayLike


def _short(value: npt.NDArray[Any]) -> str:
    """Print a small array whole, and of a large one its first entries."""
    if value.size <= 12:
        return np.array2string(value, precision=4, suppress_small=True)
    head = np.array2string(value.ravel()[:6], precision=4, suppress_small=True)
    return f"{head[:-1]} ...]"


def check_array(
    name: str,
    got: Any,
    expected: ArrayLike,
    *,
    mistakes: Mapping[str, ArrayLike] | None = None,
    tolerance: float = 1e-10,
) -> None:
    """Compare an array (or a number) with the expected one and explain a difference.

    Parameters
    ----------
    name : str
        What is checked, in the learner's words: ``"h_next for the first example"``.
    got : any
        The learner's answer.
    expected : array_like
        The right answer.
    mistakes : mapping of hint to array_like, optional
        What well-known mistakes give. If the answer equals one of them, its hint is shown.
    tolerance : float
        Largest allowed absolute difference.

    Raises
    ------
    AssertionError
        If the answer is missing, no numbers, of another shape, or differs.

    Examples
    --------
    >>> check_array("h", np.array([1.0, 2.0]), [1.0, 2.0])
    Right: h.
    >>> hints = {"Was the bias added?": [0.0, 1.0]}
    >>> check_array("h", np.array([0.0, 1.0]), [1.0, 2.0], mistakes=hints)
    Traceback (most recent call last):
        ...
    AssertionError: h: the shape (2,) is right, the values are not.
      expected: [1. 2.]
      got:      [0. 1.]
      largest difference: 1, at index (0,)
      hint: Was the bias added?
    """
    want = np.asarray(expected)
    if got is None or got is ...:
        raise AssertionError(
            f"{name}: expected shape {want.shape}, got {got!r}. Is there a return?"
        )
    try:
        have = np.asarray(got)
        difference_is_possible = have.dtype.kind in "biuf"
    except ValueError:  # a ragged list
        difference_is_possible = False
    if isinstance(got, tuple) and not (difference_is_possible and have.shape == want.shape):
        raise AssertionError(f"{name}: expected one array, got a tuple of {len(got)}.")
    if not difference_is_possible:
        raise AssertionError(f"{name}: expected numbers, got {type(got).__name__}: {got!r:.80}")
    if have.shape != want.shape:
        raise AssertionError(
            f"{name}: expected shape {want.shape}, got {have.shape}.{_shape_hint(have, want)}"
        )
    have, want = have.astype(np.float64), want.astype(np.float64)
    if np.allclose(have, want, rtol=0, atol=tolerance):
        print(f"Right: {name}.")
        return
    distance = np.where(np.isnan(have), np.inf, np.abs(have - want))
    where = np.unravel_index(int(distance.argmax()), distance.shape)
    lines = [
        f"{name}: the shape {want.shape} is right, the values are not.",
        f"  expected: {_short(want)}",
        f"  got:      {_short(have)}",
        f"  largest difference: {distance.max():.3g}, at index {tuple(int(i) for i in where)}",
    ]
    close = max(tolerance, 1e-6)  # a rounded answer is meant to get its hint too
    for hint, wrong in (mistakes or {}).items():
        wrong_array = np.asarray(wrong, dtype=np.float64)
        if wrong_array.shape == have.shape and np.allclose(have, wrong_array, rtol=0, atol=close):
            lines.append(f"  hint: {hint}")
            break
    raise AssertionError("\n".join(lines))


def _shape_hint(have: npt.NDArray[Any], want: npt.NDArray[Any]) -> str:
    if have.ndim == want.ndim and sorted(have.shape) == sorted(want.shape):
        return " The axes are there, in another order."
    if have.size == want.size:
        return " The number of entries is right."
    if have.shape == want.shape[1:]:
        return " The first axis is missing: was only one step returned?"
    return ""


def check_equal(
    name: str, got: Any, expected: Any, *, mistakes: Mapping[str, Any] | None = None
) -> None:
    """Compare a number, a word or a tuple exactly and explain a difference.

    Parameters
    ----------
    name : str
        What is checked.
    got, expected : any
        The learner's answer and the right one, compared with ``==``.
    mistakes : mapping of hint to value, optional
        What well-known mistakes give.

    Raises
    ------
    AssertionError
        If they differ.

    Examples
    --------
    >>> check_equal("number of parameters", 36, 36)
    Right: number of parameters.
    >>> check_equal("number of parameters", 32, 36, mistakes={"There are two biases.": 32})
    Traceback (most recent call last):
        ...
    AssertionError: number of parameters: expected 36, got 32.
      hint: There are two biases.
    """
    if type(got) in (type(expected), np.int64, np.float64) and got == expected:
        print(f"Right: {name}.")
        return
    lines = [f"{name}: expected {expected!r}, got {got!r}."]
    for hint, wrong in (mistakes or {}).items():
        if type(wrong) is type(got) and wrong == got:
            lines.append(f"  hint: {hint}")
            break
    raise AssertionError("\n".join(lines))


def check_results(name: str, got: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """Return the values of an answer that has several, or say which ones are expected.

    Parameters
    ----------
    name : str
        What is checked: the name of the learner's function.
    got : any
        What it returned.
    names : sequence of str
        The names of the values, in their order.

    Returns
    -------
    tuple
        The values, ``len(names)`` of them.

    Raises
    ------
    AssertionError
        If the answer is no tuple or list of that many values.

    Examples
    --------
    >>> y, h_last = check_results("run", [1.0, 2.0], ("y", "h_last"))
    >>> check_results("run", 1.0, ("y", "h_last"))
    Traceback (most recent call last):
        ...
    AssertionError: run: expected 2 values, (y, h_last), got one float.
    """
    wanted = f"{name}: expected {len(names)} values, ({', '.join(names)}), got"
    if got is None or got is ...:
        raise AssertionError(f"{wanted} {got!r}. Is there a return?")
    if not isinstance(got, tuple | list):
        raise AssertionError(f"{wanted} one {type(got).__name__}.")
    if len(got) != len(names):
        raise AssertionError(f"{wanted} {len(got)}.")
    return tuple(got)
