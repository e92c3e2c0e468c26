"""Checks of predictions: higher or lower, and never the right value before it is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from course_pkg.grading.answers import alike, as_numbers, brief, plain, refuse_masked
from course_pkg.grading.differences import distances, known_mistake
from course_pkg.grading.failure import CheckFailed

NEAR = 10  # times the tolerance: the way was right, the rounding was not


def check_prediction(
    name: str,
    got: Any,
    expected: Any,
    *,
    entries: Sequence[str] = (),
    mistakes: Mapping[str, Any] | None = None,
    tolerance: float = 1e-10,
) -> None:
    """Compare what a learner predicts with what happens, and do not tell what happens.

    Of a wrong number it says whether it is too high or too low, of a wrong word that it is
    another one, and of several values which are right. So a second try needs thought, too. The
    value is printed when it is right.

    Parameters
    ----------
    name : str
        What is predicted.
    got : any
        The prediction: a number or a word, or several of one kind.
    expected : number, str, or sequence of one of them
        What happens.
    entries : sequence of str, optional
        What each of several values is: ``("loss", "probability")``.
    mistakes : mapping of hint to value, optional
        What well-known mistakes give. If the prediction equals one of them, its hint is shown.
    tolerance : float
        Largest allowed absolute difference of a number.

    Raises
    ------
    CheckFailed
        If the prediction is missing, of another kind or shape, or wrong.

    Examples
    --------
    >>> check_prediction("h_2", 0.69, 0.6906, tolerance=1e-3)
    Right: h_2: 0.6906.
    >>> check_prediction("h_2", 0.5, 0.6906, mistakes={"Is the gate open?": 0.5})
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: h_2 is too low.
      hint: Is the gate open?
    >>> check_prediction("slopes", [0.2, -0.1], [0.1, -0.1], entries=("W_a", "W_b"))
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: slopes: W_a is too high.
      right: W_b
    """
    want = plain(expected)
    compare = _words if isinstance(want, str) or str in map(type, _parts(want)) else _numbers
    wrong, hint = compare(name, got, expected, mistakes or {}, tolerance)
    names = list(entries) or [f"number {k}" for k in range(1, len(wrong) + 1)]
    if not any(wrong):
        shown = [p if isinstance(p, str) else f"{p + 0.0:.4g}" for p in _parts(want)]
        print(f"Right: {name}: {', '.join(shown)}.")
        return
    first = next(k for k, fault in enumerate(wrong) if fault)
    if isinstance(want, tuple):
        right = ", ".join(n for n, fault in zip(names, wrong, strict=True) if not fault)
        lines = [f"{name}: {names[first]} {wrong[first]}.", f"  right: {right or 'none yet'}"]
    else:
        lines = [f"{name} {wrong[first]}."]
    raise CheckFailed("\n".join([*lines, f"  hint: {hint}"] if hint else lines))


def _parts(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _numbers(
    name: str, got: Any, expected: Any, mistakes: Mapping[str, Any], tolerance: float
) -> tuple[list[str], str | None]:
    """Return for each number what is wrong with it, and a hint."""
    want = np.asarray(expected, dtype=np.float64)
    have = as_numbers(name, got, want.shape)
    hint = known_mistake(have, want, mistakes, tolerance)
    if have.shape != want.shape:
        message = f"{name}: expected shape {want.shape}, got {have.shape}."
        raise CheckFailed(f"{message}\n  hint: {hint}" if hint else message)
    distance = distances(have, want)
    wrong = [
        "" if d <= tolerance else _direction(h, w)
        for d, h, w in zip(distance.ravel(), have.ravel(), want.ravel(), strict=True)
    ]
    if hint is None and tolerance < distance.max(initial=0.0) <= NEAR * tolerance:
        hint = "Near it is. Carry more digits on the way, and round at the end."
    return wrong, hint


def _direction(have: float, want: float) -> str:
    if not np.isfinite(have):
        return f"is {have}, which is no number one can predict"
    if have * want < 0:
        return "has the wrong sign"
    return "is too high" if have > want else "is too low"


def _words(
    name: str, got: Any, expected: Any, mistakes: Mapping[str, Any], _: float
) -> tuple[list[str], str | None]:
    """Return for each word that it is another one, if it is, and a hint."""
    refuse_masked(name, got)
    have, want = plain(got), plain(expected)
    if have is None or have is ...:
        raise CheckFailed(f"{name}: expected an answer, got {got!r}. Is there a return?")
    if len(_parts(have)) != len(_parts(want)) or isinstance(have, tuple) != isinstance(want, tuple):
        kind = f"{len(want)} words" if isinstance(want, tuple) else "one word"
        raise CheckFailed(f"{name}: expected {kind}, got {brief(got)}.")
    wrong = [
        "" if alike(h, w) else f"is not {brief(h)}"
        for h, w in zip(_parts(have), _parts(want), strict=True)
    ]
    hint = next((hint for hint, value in mistakes.items() if alike(have, plain(value))), None)
    return wrong, hint
