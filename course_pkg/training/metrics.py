"""Means over ragged batches, and the metrics made from them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_count, check_number, check_size


class Mean(NamedTuple):
    """A mean that grows batch by batch: sums and counts are added, means never are.

    The mean of the batches' means is another number when the batches differ in size.

    Examples
    --------
    >>> mean = Mean().add(6.0, 3).add(10.0, 1)
    >>> mean.value  # not (2 + 10) / 2
    4.0
    """

    total: float = 0.0
    number: float = 0.0

    def add(self, total: float, number: float) -> Mean:
        """Return the mean with a further sum over ``number`` values."""
        return Mean(self.total + float(total), self.number + float(number))

    @property
    def value(self) -> float:
        """The sum divided by the number; NaN while nothing has been counted."""
        return self.total / self.number if self.number else math.nan


def perplexity(nats: float) -> float:
    """Turn a mean cross-entropy in nats per symbol into a perplexity; NaN stays NaN.

    Examples
    --------
    >>> round(perplexity(math.log(10)), 6)  # as unsure as among 10 equal choices
    10.0
    """
    nats = _nats(nats)
    return math.inf if nats >= 700 else math.exp(nats)


def bits(nats: float) -> float:
    """Turn a mean cross-entropy in nats per symbol into bits per symbol; NaN stays NaN.

    Examples
    --------
    >>> bits(math.log(8))
    3.0
    """
    return _nats(nats) / math.log(2)


def _nats(nats: float) -> float:
    """Check a cross-entropy; that of a model gone wrong may be NaN."""
    if isinstance(nats, (float, np.floating)) and math.isnan(nats):
        return math.nan
    return check_number("nats", nats, "[0, inf]")


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
