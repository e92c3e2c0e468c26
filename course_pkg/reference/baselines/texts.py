"""Texts that were cut into words, as one row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


class Texts(NamedTuple):
    """B texts of N words together, of which V differ."""

    number: dict[str, int]  # of each word, in the order in which they first occur
    ids: Ids  # (N,), all texts one behind the other
    lengths: Ids  # (B,)


def check_text(name: str, text: Sequence[str]) -> Sequence[str]:
    """Return ``text`` unchanged if it is a list or tuple of words, or raise.

    Examples
    --------
    >>> check_text("source", "the cat")
    Traceback (most recent call last):
        ...
    TypeError: source: expected a list of words, got str; cut it first, as with split()
    """
    if not isinstance(text, (list, tuple)):
        hint = "; cut it first, as with split()" if isinstance(text, str) else ""
        raise TypeError(f"{name}: expected a list of words, got {type(text).__name__}{hint}")
    for word in text:
        if not isinstance(word, str):
            raise TypeError(f"{name}: expected words (str), got {type(word).__name__}")
        if not word:
            raise ValueError(f"{name}: expected words, got an empty one")
    return text


def check_same_number(sources: Sequence[object], targets: Sequence[object]) -> None:
    """Raise unless there are as many targets as sources, at least one, in lists or tuples.

    Examples
    --------
    >>> check_same_number([["a"]], [])
    Traceback (most recent call last):
        ...
    ValueError: targets: expected 1 of them, one for each of sources, got 0
    """
    for name, value in (("sources", sources), ("targets", targets)):
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{name}: expected a list of texts, got {type(value).__name__}")
    if not sources:
        raise ValueError("sources: expected at least one, got none")
    if len(sources) != len(targets):
        raise ValueError(
            f"targets: expected {len(sources)} of them, one for each of sources, got {len(targets)}"
        )


def numbered(name: str, texts: Sequence[Sequence[str]]) -> Texts:
    """Give each word a number.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    texts : list of B lists of words

    Returns
    -------
    Texts

    Examples
    --------
    >>> numbered("sources", [["the", "cat"], ["the", "dog", "sat"]])
    Texts(number={'the': 0, 'cat': 1, 'dog': 2, 'sat': 3}, ids=array([0, 1, 0, 2, 3]), \
lengths=array([2, 3]))
    """
    number: dict[str, int] = {}
    ids = [
        number.setdefault(word, len(number))
        for n, text in enumerate(texts)
        for word in check_text(f"{name}[{n}]", text)
    ]
    return Texts(number, np.array(ids, np.int64), np.array([len(text) for text in texts], np.int64))
