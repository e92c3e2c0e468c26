"""Texts of which each has a label, in three parts: what is read, and its class."""

from __future__ import annotations

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
