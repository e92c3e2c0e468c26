"""A text in three parts, as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from course_pkg.data.card import DataCard


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
        Where the first two parts end, as shares of the text.
    at : str
        What a part ends with.

    Returns
    -------
    tuple of three str
        Together the text. A part ends behind the first ``at`` from its share on.

    Examples
    --------
    >>> cut("one\ntwo\nthree\nfour\n", (0.3, 0.6))
    ('one\ntwo\n', 'three\n', 'four\n')
    """
    first, second = (text.find(at, int(share * len(text))) for share in ends)
    first = first + len(at) if first >= 0 else len(text)
    second = second + len(at) if second >= 0 else len(text)
    return text[:first], text[first:second], text[second:]
