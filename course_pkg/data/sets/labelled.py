"""Texts of which each has a label, in three parts: what is read, and its class."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from course_pkg.data.sets.card import DataCard

Example = tuple[str, int]  # text, number of its class


class LabelledTexts(NamedTuple):
    """Texts with their classes: for training, for choosing, for one measurement."""

    train: list[Example]  # (text, class): the class is a place in `classes`
    valid: list[Example]  # the same
    test: list[Example]  # the same
    classes: tuple[str, ...]  # the name of each class
    level: str  # "char" or "word": what a token of these texts is
    card: DataCard  # origin, licence, limits


def place_of(text: str) -> float:
    """Return a number in [0, 1) that depends on a text alone, and tells nothing of it.

    What is split and ordered by it comes out the same on every machine, and a text stays where it
    is when others come and go.

    Examples
    --------
    >>> round(place_of("to be"), 4), round(place_of("to bee"), 4)
    (0.0427, 0.6729)
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 256**6
