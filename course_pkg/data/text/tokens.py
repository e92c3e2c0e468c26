"""From text to tokens: the characters of a text, or its words."""

from __future__ import annotations

import re

# Chinese is written without spaces: each of its characters (and the Japanese and Korean ones of
# the same block) is a token of its own. The ranges are Unicode's blocks of unified ideographs.
IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
WORD = re.compile(rf"[{IDEOGRAPHS}]|[^\W{IDEOGRAPHS}]+(?:['’][^\W{IDEOGRAPHS}]+)*|([^\w\s])\1*")


def characters(text: str) -> list[str]:
    """Return the characters of a text, spaces and line ends included.

    A character is a Unicode code point. One that a reader sees as one may be two of them (a
    letter and an accent); none is changed, so that the text can be had back.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        ``"".join`` of it is the text.

    Raises
    ------
    TypeError
        If ``text`` is no string.

    Examples
    --------
    >>> characters("循环 RNN")
    ['循', '环', ' ', 'R', 'N', 'N']
    """
    return list(_text(text))


def words(text: str) -> list[str]:
    """Return the words and punctuation marks of a text; spaces are dropped.

    A word is a run of letters, digits and underscores, with the apostrophes inside it. Each
    Chinese character is a word, because Chinese puts no spaces between words. A punctuation mark
    that is repeated, as in "...", is one token.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        If ``text`` is no string.

    Examples
    --------
    >>> words("Don't panic: read_file(3)!")
    ["Don't", 'panic', ':', 'read_file', '(', '3', ')', '!']
    >>> words("def f(*args, **kwargs): ...")
    ['def', 'f', '(', '*', 'args', ',', '**', 'kwargs', ')', ':', '...']
    >>> words("循环网络 (RNN)")
    ['循', '环', '网', '络', '(', 'RNN', ')']
    """
    return [found.group() for found in WORD.finditer(_text(text))]


def _text(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string, got {type(text).__name__}")
    return text
