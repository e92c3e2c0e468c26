"""The data sets that the task ``classify`` can learn, each in three parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.digits import Digits, Images, load_digits, rows
from course_pkg.training.tasks.classify import Labelled


class LabelledParts(NamedTuple):
    """Sequences of vectors with their classes, in parts."""

    parts: dict[str, Labelled]
    classes: int
    features: int
    card: DataCard


def digits_by_rows(source: str = "offline") -> LabelledParts:
    """Load handwritten digits as sequences of 28 rows of 28 pixels, from top to bottom.

    Parameters
    ----------
    source : {'offline', 'full'}
        5,000 images, or all 70,000.

    Returns
    -------
    LabelledParts

    Examples
    --------
    >>> data = digits_by_rows()
    >>> data.parts["train"].x.shape
    (4000, 28, 28)
    """
    return by_rows(load_digits(source))


def by_rows(digits: Digits) -> LabelledParts:
    """Turn images of digits into sequences of their rows, from top to bottom.

    Examples
    --------
    >>> by_rows(load_digits()).features
    28
    """
    parts = {
        "train": _sequences(digits.train),
        "valid": _sequences(digits.valid),
        "test": _sequences(digits.test),
    }
    return LabelledParts(parts, classes=10, features=28, card=digits.card)


def _sequences(part: Images) -> Labelled:
    x = np.ascontiguousarray(rows(part.images).swapaxes(0, 1))  # (N, T, I)
    return Labelled(x, part.labels)
