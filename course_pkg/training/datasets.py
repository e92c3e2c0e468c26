"""The data sets that a configuration can name, each in three parts and ready for its task."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.digits import Images, load_digits, rows
from course_pkg.data.texts import load_characters, load_words
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
    digits = load_digits(source)
    parts = {
        "train": _sequences(digits.train),
        "valid": _sequences(digits.valid),
        "test": _sequences(digits.test),
    }
    return LabelledParts(parts, classes=10, features=28, card=digits.card)


def _sequences(part: Images) -> Labelled:
    x = np.ascontiguousarray(rows(part.images).swapaxes(0, 1))  # (N, T, I)
    return Labelled(x, part.labels)


# To add a data set, add a loader and its name. A loader takes the source.
LABELLED: dict[str, Callable[[str], LabelledParts]] = {"digits": digits_by_rows}
TEXTS: dict[str, Callable[[str], Corpus]] = {"characters": load_characters, "words": load_words}
