"""A text in three parts, as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from course_pkg.checks import check_number
from course_pkg.data.sets.card import DataCard


class Corpus(NamedTuple):
    """The tokens of a text, in their order: for training, for choosing, for one measurement."""

    train: Sequence[str]  # characters (then a string is enough) or words
    valid: Sequence[str]  # the same
    test: Sequence[str]  # the same
    level: str  # "char" or "word": what a token is
    card: DataCard  # origin, licence, limits


def cut(text: str, ends: tuple[float, float], *, at: str = "\n") -> tuple[str, str, str]:
    r"""Cut a text in three without cutting a line: training, then validation, then test.

    Parameters
    ----------
    text : str
    ends : (float, float)
        Where the first two parts end, as shares of the text in [0, 1], the smaller one first.
    at : str
        What a part ends with; at least one character.

    Returns
    -------
    tuple of three str
        Together the text. A part ends behind the first ``at`` from its share on.

    Raises
    ------
    TypeError, ValueError
        If the text is no string or empty, or the ends or ``at`` are none of these.

    Examples
    --------
    >>> cut("one\ntwo\nthree\nfour\n", (0.3, 0.6))
    ('one\ntwo\n', 'three\n', 'four\n')
    """
    for name, value in (("text", text), ("at", at)):
        if not isinstance(value, str):
            raise TypeError(f"{name}: expected a string, got {type(value).__name__}")
        if not value:
            raise ValueError(f"{name}: expected at least one character, got none")
    shares = [check_number("ends", share, "[0, 1]") for share in ends]
    if len(shares) != 2 or shares[0] > shares[1]:
        raise ValueError(f"ends: expected two numbers, the smaller one first, got {ends}")
    first, second = (text.find(at, int(share * len(text))) for share in shares)
    first = first + len(at) if first >= 0 else len(text)
    second = second + len(at) if second >= 0 else len(text)
    return text[:first], text[first:second], text[second:]
