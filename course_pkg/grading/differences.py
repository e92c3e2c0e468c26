"""Where an array differs from the right one, and which mistake gives the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ROUNDED = 1e-6  # a rounded answer is meant to get its hint too
SMALL = 1e-5  # single precision gives such differences, for values of the size of 1
COLUMNS = 8  # numbers that fit in one line of a message


def distances(first: Floats, second: Floats) -> Floats:
    """Return the absolute differences; 0 between NaN and NaN, infinity between NaN and a number.

    Examples
    --------
    >>> distances(np.array([1.0, np.nan, np.nan]), np.array([3.0, np.nan, 0.0]))
    array([ 2.,  0., inf])
    """
    with np.errstate(invalid="ignore"):
        same = (first == second) | (np.isnan(first) & np.isnan(second))
        distance = np.where(same, 0.0, np.abs(first - second))
    return np.where(np.isnan(distance), np.inf, distance)


def known_mistake(
    have: Floats, want: Floats, mistakes: Mapping[str, npt.ArrayLike], tolerance: float
) -> str | None:
    """Return the hint of the mistake that the answer equals, up to rounding.

    Examples
    --------
    >>> hints = {"Was the bias added?": [0.0, 1.0], "Transposed?": [[1.0], [2.0]]}
    >>> known_mistake(np.array([0.0, 1.0]), np.array([1.0, 2.0]), hints, 1e-10)
    'Was the bias added?'
    """
    to_right = distances(have, want).max(initial=0.0) if have.shape == want.shape else np.inf
    hints = {}
    for hint, wrong in mistakes.items():
        wrong_array = np.asarray(wrong, dtype=np.float64)
        if wrong_array.shape == have.shape:
            distance = float(distances(have, wrong_array).max(initial=0.0))
            # Two mistakes, or a mistake and the truth, may lie closer together than rounding.
            if distance <= max(tolerance, ROUNDED) and distance < to_right / 10:
                hints[hint] = round(distance, 12)
    return min(hints, key=lambda hint: hints[hint]) if hints else None


def is_rounded(have: Floats, want: Floats) -> bool:
    """Whether the answer is the right one in single precision, or rounded.

    Examples
    --------
    >>> is_rounded(np.array([0.333333]), np.array([1 / 3]))
    True
    >>> is_rounded(np.array([-np.inf, -1.0]), np.array([-np.inf, -2.0]))
    False
    """
    if have.shape != want.shape:
        return False
    size = float(np.abs(want[np.isfinite(want)]).max(initial=0.0))  # of -infinity, all is near
    return bool(distances(have, want).max(initial=0.0) <= min(SMALL * max(1.0, size), 0.01 * size))


def told_apart(first: float, second: float) -> tuple[str, str]:
    """Print two numbers with as many digits as show that they differ.

    Examples
    --------
    >>> told_apart(1.0, 1.0000001)
    ('1', '1.0000001')
    """
    for digits in range(4, 17):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return repr(first), repr(second)


def _printed(values: npt.NDArray[Any], margin: int) -> str:
    text: str = np.array2string(
        values + 0.0,  # no -0
        precision=4,
        suppress_small=True,
        max_line_width=200,
        prefix=" " * margin,
    )
    return text


def side_by_side(want: Floats, have: Floats, where: tuple[int, ...]) -> list[str]:
    r"""Print both arrays, or of large ones the entries around the place ``where``.

    Examples
    --------
    >>> want, have = np.arange(100.0), np.arange(100.0)
    >>> have[40] = 0
    >>> print("\n".join(side_by_side(want, have, (40,))))
      expected [36:44]: [36. 37. 38. 39. 40. 41. 42. 43.]
      got      [36:44]: [36. 37. 38. 39.  0. 41. 42. 43.]
    """
    columns = want.shape[-1]
    part: tuple[int | slice, ...] = ()
    if want.ndim > 2 or want.size > 2 * columns or columns > COLUMNS:
        part = where[:-1]
    if columns > COLUMNS:
        start = min(max(where[-1] - COLUMNS // 2, 0), columns - COLUMNS)
        part = (*part, slice(start, start + COLUMNS))
    names = [f"{p.start}:{p.stop}" if isinstance(p, slice) else str(p) for p in part]
    heads = ["  expected: ", "  got:      "]
    if part:
        heads = [f"  {title:<8} [{', '.join(names)}]: " for title in ("expected", "got")]
    return [
        head + _printed(array[part], len(head))
        for head, array in zip(heads, (want, have), strict=True)
    ]


def right_so_far(distance: Floats, tolerance: float) -> str:
    """Say how much of the beginning of an answer is right, if any is.

    Examples
    --------
    >>> right_so_far(np.array([0.0, 0.0, 1.0]), 1e-10)
    ' Right are the first 2 of 3.'
    """
    if distance.ndim == 0 or len(distance) < 2:
        return ""
    wrong = (distance > tolerance).reshape(len(distance), -1).any(axis=1)
    first = int(wrong.argmax())
    if first == 0:
        return ""
    axis = " along the first axis" if distance.ndim > 1 else ""
    return f" Right are the first {first} of {len(distance)}{axis}."
