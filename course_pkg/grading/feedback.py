"""Checks that explain: shape first, then value, then a hint at the likely cause.

A check compares a learner's answer with the expected one. If it is right, one line says so. If
not, `CheckFailed` says what was expected and what was given, and names a well-known mistake that
gives the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.grading import differences
from course_pkg.grading.answers import alike, as_numbers, brief, kind_of, plain, refuse_masked
from course_pkg.grading.failure import CheckFailed

LONG = 60  # characters of a value; of a longer one the first wrong entry is shown


def check_array(
    name: str,
    got: Any,
    expected: npt.ArrayLike,
    *,
    mistakes: Mapping[str, npt.ArrayLike] | None = None,
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
        The right answer. Where it is NaN, NaN is right.
    mistakes : mapping of hint to array_like, optional
        What well-known mistakes give. If the answer equals one of them, up to rounding, its hint
        is shown.
    tolerance : float
        Largest allowed absolute difference.

    Raises
    ------
    CheckFailed
        If the answer is missing, no numbers, of another shape, or differs.

    Examples
    --------
    >>> check_array("h", np.array([1.0, 2.0]), [1.0, 2.0])
    Right: h.
    >>> hints = {"Was the bias added?": [0.0, 1.0]}
    >>> check_array("h", np.array([0.0, 1.0]), [1.0, 2.0], mistakes=hints)
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: h: the shape (2,) is right, the values are not.
      expected: [1. 2.]
      got:      [0. 1.]
      largest difference: 1, at index (0,): expected 1, got 0
      hint: Was the bias added?
    """
    want = np.asarray(expected, dtype=np.float64)
    have = as_numbers(name, got, want.shape)
    hint = differences.known_mistake(have, want, mistakes or {}, tolerance)
    if have.shape != want.shape:
        lines = [f"{name}: expected shape {want.shape}, got {have.shape}.{_axes(have, want)}"]
        raise CheckFailed("\n".join([*lines, f"  hint: {hint}"] if hint else lines))
    distance = differences.distances(have, want)
    if (distance <= tolerance).all():
        print(f"Right: {name}.")
        return
    where = tuple(int(i) for i in np.unravel_index(int(distance.argmax()), distance.shape))
    right, came = differences.told_apart(float(want[where]), float(have[where]))
    if want.ndim == 0:
        lines = [
            f"{name}: the value is not right.",
            f"  expected: {right}",
            f"  got:      {came}",
            f"  difference: {distance.max():.3g}",
        ]
    else:
        lines = [
            f"{name}: the shape {want.shape} is right, the values are not."
            + differences.right_so_far(distance, tolerance),
            *differences.side_by_side(want, have, where),
            f"  largest difference: {distance.max():.3g}, at index {where}: "
            f"expected {right}, got {came}",
        ]
    if hint is None and differences.is_rounded(have, want):
        hint = "The difference is small: single precision, or rounded?"
    raise CheckFailed("\n".join([*lines, f"  hint: {hint}"] if hint else lines))


def _axes(have: npt.NDArray[Any], want: npt.NDArray[Any]) -> str:
    """Say what may have happened to the shape."""
    if have.ndim == want.ndim and sorted(have.shape) == sorted(want.shape):
        return " The axes are there, in another order."
    if have.size == want.size:
        return " The number of entries is right."
    if have.ndim and have.shape == want.shape[1:]:
        return " The first axis is missing: was only one step returned?"
    return ""


def check_equal(
    name: str, got: Any, expected: Any, *, mistakes: Mapping[str, Any] | None = None
) -> None:
    """Compare a number, a word or a tuple exactly and explain a difference.

    Numbers are compared by value, so 36.0 and ``np.int32(36)`` are 36, and NaN is NaN; True is
    not 1. A list is as good as a tuple.

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
    CheckFailed
        If they differ.

    Examples
    --------
    >>> check_equal("number of parameters", 36.0, 36)
    Right: number of parameters.
    >>> check_equal("number of parameters", 32, 36, mistakes={"There are two biases.": 32})
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: number of parameters: expected 36, got 32.
      hint: There are two biases.
    """
    refuse_masked(name, got)
    have, want = plain(got), plain(expected)
    if alike(have, want):
        print(f"Right: {name}.")
        return
    lines = [f"{name}: {_unlike(have, want)}"]
    for hint, wrong in (mistakes or {}).items():
        if alike(have, plain(wrong)):
            lines.append(f"  hint: {hint}")
            break
    raise CheckFailed("\n".join(lines))


def _unlike(have: Any, want: Any) -> str:
    """Say what was expected and what was given; of long tuples, at the first entry that differs."""
    both = isinstance(have, tuple) and isinstance(want, tuple)
    if both and max(len(repr(have)), len(repr(want))) > LONG:
        pairs = zip(have, want, strict=False)
        first = next((k for k, (a, b) in enumerate(pairs) if not alike(a, b)), None)
        if first is None:
            return f"expected {len(want)} entries, got {len(have)}. Those that are in both agree."
        return f"expected {brief(want[first])} at index {first}, got {brief(have[first])}." + (
            f" Expected {len(want)} entries, got {len(have)}." * (len(have) != len(want))
        )
    why = "."
    if have is None or have is ...:
        why = ". Is there a return?"
    elif kind_of(have) != kind_of(want):
        why = f", which is {kind_of(have)}, not {kind_of(want)}."
    return f"expected {brief(want)}, got {brief(have)}{why}"


def check_true(name: str, condition: Any, otherwise: str) -> None:
    """Ask for something that is true or not, and say in a sentence what is wrong if it is not.

    Parameters
    ----------
    name : str
        What has to be true.
    condition : bool
        Whether it is.
    otherwise : str
        The sentence for a learner whose answer does not do it.

    Raises
    ------
    CheckFailed
        If it is not true.
    TypeError
        If ``condition`` is no truth value.

    Examples
    --------
    >>> check_true("the state lies between -1 and 1", True, "The state has an entry of 3.")
    Right: the state lies between -1 and 1.
    >>> check_true("the state lies between -1 and 1", False, "The state has an entry of 3.")
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: The state has an entry of 3.
    """
    if not isinstance(condition, bool | np.bool_):
        raise TypeError(f"condition: expected True or False, got {condition!r}")
    if not condition:
        raise CheckFailed(otherwise)
    print(f"Right: {name}.")


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
    CheckFailed
        If the answer is no tuple or list of that many values, or holds a masked entry.

    Examples
    --------
    >>> y, h_last = check_results("run", [1.0, 2.0], ("y", "h_last"))
    >>> check_results("run", 1.0, ("y", "h_last"))
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: run: expected 2 values, (y, h_last), got one float.
    """
    wanted = f"{name}: expected {len(names)} values, ({', '.join(names)}), got"
    if got is None or got is ...:
        raise CheckFailed(f"{wanted} {got!r}. Is there a return?")
    refuse_masked(name, got)
    if not isinstance(got, tuple | list):
        raise CheckFailed(f"{wanted} one {type(got).__name__}.")
    if len(got) != len(names):
        raise CheckFailed(f"{wanted} {len(got)}.")
    return tuple(got)
