"""Words and marks that can be put together again exactly: for texts that a network writes.

A list of words has forgotten where the spaces were. Most follow from a rule: none before a
full stop, none beside a hyphen. Where a text departs from the rule, its token says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from course_pkg.checks import check_option
from course_pkg.data.text.spaces import APOSTROPHES, with_space
from course_pkg.data.text.tokens import characters, words
from course_pkg.data.text.vocabulary import LEVELS

SPACE = "␣"  # before a token: there is a space, where the rule has none
TIE = "⁀"  # before a token: there is no space, where the rule has one
HYPHEN = "-"
# The endings that English cuts off begin with an apostrophe; what French cuts off ends with one.
CUT = re.compile(
    r"(?=['’](?:s|t|m|d|ll|re|ve)(?!\w))|(?<=['’])(?!(?:s|t|m|d|ll|re|ve)(?!\w))", re.I
)


def split_words(text: str) -> list[str]:
    """Return the words and marks of a text, so that :func:`join_words` has it back.

    They are those of :func:`course_pkg.data.text.tokens.words`, with words cut at apostrophes
    too: before it in English (``I'm`` is ``I`` and ``'m``), behind it in French (``j'ai`` is
    ``j'`` and ``ai``). Letters are left as they are, capitals too.

    Parameters
    ----------
    text : str
        Any white space counts as one space.

    Returns
    -------
    list of str

    Raises
    ------
    TypeError, ValueError
        If the text is no string, or has one of the two signs ``␣`` and ``⁀``.

    Examples
    --------
    >>> split_words("quatre-vingt-dix-neuf")
    ['quatre', '-', 'vingt', '-', 'dix', '-', 'neuf']
    >>> split_words("I'm late.")
    ['I', "'m", 'late', '.']
    >>> split_words("J'ai gagné !")  # French puts a space before the mark
    ["J'", 'ai', 'gagné', '␣!']
    """
    tokens, end, before = [], 0, None
    for token in (piece for word in words(text) for piece in CUT.split(word) if piece):
        if SPACE in token or TIE in token:
            raise ValueError(f"text: expected none of the signs {SPACE} and {TIE}, got {token!r}")
        start = text.index(token, end)
        has_space = before is not None and start > end
        tokens.append(_marked(token, before, has_space))
        end, before = start + len(token), token
    return tokens


def join_words(tokens: Iterable[str]) -> str:
    """Put words and marks together again: the reverse of :func:`split_words`.

    Parameters
    ----------
    tokens : iterable of str
        Any, also those that no text has given.

    Returns
    -------
    str
        The text, with one space for each white space inside, and none around it.

    Examples
    --------
    >>> join_words(["two", "hundred", ",", "ninety", "-", "nine"])
    'two hundred, ninety-nine'
    """
    text, before = "", None
    for token in tokens:
        plain = token.removeprefix(SPACE).removeprefix(TIE)
        has_space = token[:1] == SPACE or (token[:1] != TIE and _rule(plain, before))
        text += " " * (has_space and before is not None) + plain
        before = plain
    return text


def to_tokens(text: str, level: str) -> list[str]:
    """Return the tokens of a text: its characters, or its words and marks.

    Parameters
    ----------
    text : str
    level : {"char", "word"}

    Returns
    -------
    list of str

    Raises
    ------
    TypeError, ValueError
        If the text or the level is none of these.

    Examples
    --------
    >>> to_tokens("vingt-six", "word"), to_tokens("十六", "char")
    (['vingt', '-', 'six'], ['十', '六'])
    """
    check_option("level", level, tuple(LEVELS))
    return split_words(text) if level == "word" else characters(text)


def to_text(tokens: Iterable[str], level: str) -> str:
    """Return the text of tokens: the reverse of :func:`to_tokens`.

    Parameters
    ----------
    tokens : iterable of str
    level : {"char", "word"}

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If the level is none of these.

    Examples
    --------
    >>> to_text(["vingt", "-", "six"], "word")
    'vingt-six'
    """
    check_option("level", level, tuple(LEVELS))
    return join_words(tokens) if level == "word" else "".join(tokens)


def _marked(token: str, before: str | None, has_space: bool) -> str:
    if before is None or has_space == _rule(token, before):
        return token
    return (SPACE if has_space else TIE) + token


def _rule(token: str, before: str | None) -> bool:
    """Return whether the rule puts a space between two tokens."""
    if before is None or HYPHEN in (token, before):
        return False
    if len(before) > 1 and before[-1] in APOSTROPHES:
        return False
    return with_space(token, before).startswith(" ")
