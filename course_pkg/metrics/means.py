"""Means over ragged batches."""

from __future__ import annotations

import math
from typing import NamedTuple


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
