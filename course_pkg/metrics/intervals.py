"""Confidence intervals of what was measured."""

from __future__ import annotations

import math
from typing import NamedTuple

from course_pkg.checks import check_count, check_number, check_size


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson_interval(correct: int, count: int, *, z: float = 1.959964) -> Interval:
    """Return the interval for an accuracy measured on ``count`` independent examples.

    Parameters
    ----------
    correct : int in 0..count
    count : int, at least 1
    z : float, above 0
        1.96 standard errors give 95 %.

    Returns
    -------
    Interval

    Raises
    ------
    TypeError, ValueError
        If a number is out of range.

    Notes
    -----
    It speaks of the examples drawn, not of the seeds of training, and stays inside 0..1, where
    the simple ``p +- z sqrt(p (1 - p) / n)`` does not.

    Equation: eq-wilson

    Source: :cite:t:`wilson1927`.

    Examples
    --------
    >>> low, high = wilson_interval(985, 1000)
    >>> round(low, 3), round(high, 3)
    (0.975, 0.991)
    """
    n = check_size("count", count)
    if check_count("correct", correct) > n:
        raise ValueError(f"correct: expected an integer in 0..{n}, got {correct}")
    p = correct / n
    z = check_number("z", z, "(0, inf)")
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))
