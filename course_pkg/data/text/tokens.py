"""From text to tokens: the characters of a text, or its words."""

from __future__ import annotations

import re
import unicodedata

# Chinese is written without spaces: each of its characters (and the Japanese and Korean ones of
# the same block) is a token of its own. The ranges are Unicode's blocks of unified ideographs.
IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
JOINER = "\u200d"  # what stands before and behind it is one sign
MARK = "\u0301"  # stands for every mark while a text is cut: there are thousands of them
_MARKS = f"[{MARK}{JOINER}]*"
_RUN = rf"(?:[^\W{IDEOGRAPHS}]+{_MARKS})+"
_SIGN = rf"[^\w\s]{_MARKS}"
WORD = re.compile(
    rf"[{IDEOGRAPHS}]{_MARKS}"
    rf"|{_RUN}(?:['’]{_MARKS}{_RUN})*"
    rf"|[\U0001f1e6-\U0001f1ff]{{2}}{_MARKS}"  # a flag: two letters of a country's code
    rf"|([^\w\s])\1*(?![{MARK}{JOINER}])"
    rf"|{_SIGN}(?:(?<={JOINER}){_SIGN})*"
)


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
    that is repeated, as in "...", is one token, and so is an emoji of several code points.

    What Unicode attaches to the character before it stays with that character: accents, vowel
    signs, tone marks, points, joiners. So a word is the same word whether its "é" is one code
    point or two. Nothing is normalised: those two stay two different tokens.

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
    >>> words("हिन्दी में")
    ['हिन्दी', 'में']
    """
    marks = {ord(character): MARK for character in set(_text(text)) if _is_mark(character)}
    shadow = text.translate(marks)
    return [text[found.start() : found.end()] for found in WORD.finditer(shadow)]


def _is_mark(character: str) -> bool:
    """Return whether a character belongs to the one before it, in any script.

    These are Unicode's marks (categories Mn, Mc, Me), its invisible format characters (Cf) and
    the skin tones of emoji. The joiner is left as it is, for what follows it belongs there too,
    and the space without width parts words.
    """
    category = unicodedata.category(character)
    return (
        category.startswith("M")
        or (category == "Cf" and character not in (JOINER, "\u200b"))
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _text(text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string, got {type(text).__name__}")
    return text
