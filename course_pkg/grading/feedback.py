"""Checks that explain: shape first, then value, then a hint at the likely cause.

A check compares a learner's answer with the expected one. If it is right, one line says so. If
not, an AssertionError says what was expected and what came, and, where the answer equals that of
a well-known mistake, which mistake it is.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

ArrayLike = npt.ArrayLike


ROUNDED = 1e-6  # a rounded answer is meant to get its hint too
SMALL = 1e-5  # single precision gives such differences, for values of the size of 1


def _short(value: npt.NDArray[Any]) -> str:
    """Print a small array whole, and of a large one its first entries."""
    value = value + 0.0  # no -0
    if value.size <= 12:
        return np.array2string(value, precision=4, suppress_small=True, prefix=" " * 12)
    head = np.array2string(value.ravel()[:6], precision=4, suppress_small=True)
    return f"{head[:-1]} ...]"


def _told_apart(first: float, second: float) -> tuple[str, str]:
    """Print two numbers with as many digits as show that they differ."""
    for digits in range(4, 17):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return repr(first), repr(second)


def _distances(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the absolute differences; infinity where something is not a number."""
    with np.errstate(invalid="ignore"):
        distance = np.where(first == second, 0.0, np.abs(first - second))
    return np.where(np.isnan(distance), np.inf, distance)


def _array_of(name: str, got: Any) -> npt.NDArray[Any] | None:
    """Return the answer as an array of real numbers, or None if it cannot be one."""
    try:
        have = np.asarray(got)
    except ValueError:  # a ragged list
        return None
    except (RuntimeError, TypeError) as error:  # a tensor that knows its history, or on a GPU
        raise AssertionError(
            f"{name}: expected an array, got {type(got).__name__}. {error} "
            "(A tensor becomes an array with .detach().numpy().)"
        ) from None
    return have if have.dtype.kind in "biuf" else None


def _hint(
    have: npt.NDArray[np.float64],
    want: npt.NDArray[np.float64],
    mistakes: Mapping[str, ArrayLike],
    tolerance: float,
) -> str | None:
    """Return the hint of the mistake that the answer equals, up to rounding."""
    to_right = _distances(have, want).max() if have.shape == want.shape else np.inf
    hints = {}
    for hint, wrong in mistakes.items():
        wrong_array = np.asarray(wrong, dtype=np.float64)
        if wrong_array.shape == have.shape:
            distance = float(_distances(have, wrong_array).max(initial=0.0))
            # Two mistakes, or a mistake and the truth, may lie closer together than rounding.
            if distance <= max(tolerance, ROUNDED) and distance < to_right / 10:
                hints[hint] = round(distance, 12)
    if hints:
        return min(hints, key=lambda hint: hints[hint])
    size = float(np.abs(want).max(initial=0.0))
    if to_right <= min(SMALL * max(1.0, size), 0.01 * size):
        return "The difference is small: single precision, or rounded?"
    return None


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
        What well-known mistakes give. If the answer equals one of them, up to rounding, its hint
        is shown.
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
      largest difference: 1, at index (0,): expected 1, got 0
      hint: Was the bias added?
    """
    want = np.asarray(expected)
    if got is None or got is ...:
        raise AssertionError(
            f"{name}: expected shape {want.shape}, got {got!r}. Is there a return?"
        )
    have = _array_of(name, got)
    if isinstance(got, tuple) and (have is None or have.shape != want.shape):
        raise AssertionError(f"{name}: expected one array, got a tuple of {len(got)}.")
    if have is None:
        raise AssertionError(f"{name}: expected numbers, got {type(got).__name__}: {got!r:.80}")
    have, want = have.astype(np.float64), want.astype(np.float64)
    if have.shape != want.shape:
        hint = _hint(have, want, mistakes or {}, tolerance)
        raise AssertionError(
            f"{name}: expected shape {want.shape}, got {have.shape}.{_shape_hint(have, want)}"
            + (f"\n  hint: {hint}" if hint else "")
        )
    distance = _distances(have, want)
    if (distance <= tolerance).all():
        print(f"Right: {name}.")
        return
    where = tuple(int(i) for i in np.unravel_index(int(distance.argmax()), distance.shape))
    right, came = _told_apart(float(want[where]), float(have[where]))
    if want.ndim == 0:
        lines = [
            f"{name}: the value is not right.",
            f"  expected: {right}",
            f"  got:      {came}",
            f"  difference: {distance.max():.3g}",
        ]
    else:
        lines = [
            f"{name}: the shape {want.shape} is right, the values are not.",
            f"  expected: {_short(want)}",
            f"  got:      {_short(have)}",
            f"  largest difference: {distance.max():.3g}, at index {where}: "
            f"expected {right}, got {came}",
        ]
    hint = _hint(have, want, mistakes or {}, tolerance)
    raise AssertionError("\n".join([*lines, f"  hint: {hint}"] if hint else lines))


def _shape_hint(have: npt.NDArray[Any], want: npt.NDArray[Any]) -> str:
    if have.ndim == want.ndim and sorted(have.shape) == sorted(want.shape):
        return " The axes are there, in another order."
    if have.size == want.size:
        return " The number of entries is right."
    if have.ndim and have.shape == want.shape[1:]:
        return " The first axis is missing: was only one step returned?"
    return ""


def _plain(value: Any) -> Any:
    """Return the value without NumPy's or PyTorch's types, and with tuples for lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return tuple(_plain(part) for part in value)
    return value


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, numbers.Real):
        return "a number"
    return {str: "a text", tuple: "a tuple", type(None): "None"}.get(
        type(value), f"a {type(value).__name__}"
    )


def _alike(first: Any, second: Any) -> bool:
    """Whether two plain values are the same: numbers by value, and True is no number."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(_alike, first, second))
    return _kind(first) == _kind(second) and bool(first == second)


def check_equal(
    name: str, got: Any, expected: Any, *, mistakes: Mapping[str, Any] | None = None
) -> None:
    """Compare a number, a word or a tuple exactly and explain a difference.

    Numbers are compared by value, so 36.0 and ``np.int32(36)`` are 36; True is not 1. A list is
    as good as a tuple.

    Parameters
    ----------
    name : str
        What is checked.
    got, expected : any
        The learner's answer and the right one.
    mistakes : mapping of hint to value, optional
        What well-known mistakes give.

    Raises
    ------
    AssertionError
        If they differ.

    Examples
    --------
    >>> check_equal("number of parameters", 36.0, 36)
    Right: number of parameters.
    >>> check_equal("number of parameters", 32, 36, mistakes={"There are two biases.": 32})
    Traceback (most recent call last):
        ...
    AssertionError: number of parameters: expected 36, got 32.
      hint: There are two biases.
    >>> check_equal("number of parameters", "36", 36)
    Traceback (most recent call last):
        ...
    AssertionError: number of parameters: expected 36, got '36', which is a text, not a number.
    """
    have, want = _plain(got), _plain(expected)
    if _alike(have, want):
        print(f"Right: {name}.")
        return
    why = ""
    if have is None or have is ...:
        why = ". Is there a return?"
    elif _kind(have) != _kind(want):
        why = f", which is {_kind(have)}, not {_kind(want)}."
    lines = [f"{name}: expected {want!r}, got {have!r}{why or '.'}"]
    for hint, wrong in (mistakes or {}).items():
        if _alike(have, _plain(wrong)):
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
