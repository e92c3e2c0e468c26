"""Merging: how byte pairs are learned. A text is cut into words; in them, pairs become one.

Of all pairs of neighbours the one that occurs most often is merged, again and again. What a merge
changes are the words that the pair is in, so only their pairs are counted anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from operator import add

from course_pkg.data.text.tokens import IDEOGRAPHS

BYTES = 256  # the first tokens
# No word is longer, in characters: else a text without any space were one word, and slow.
LONGEST = 100
WORD = re.compile(
    rf" ?[{IDEOGRAPHS}]{{1,{LONGEST}}}"  # Chinese has no spaces: what stands between two marks
    rf"| ?[^\W\d_{IDEOGRAPHS}]{{1,{LONGEST}}}"  # letters
    rf"| ?\d"  # each digit is a word, so that 1998 and 1999 share three tokens
    rf"| ?(?:[^\w\s]|_){{1,{LONGEST}}}"  # punctuation
    rf"|\n{{1,{LONGEST}}}"
    rf"|[^\S\n]{{1,{LONGEST}}}(?!\S)"  # other white space, but for a space before a word
    rf"|[^\S\n]"
)


def cut_words(text: str) -> list[str]:
    r"""Cut a text into words; a token never crosses from one word into the next.

    A word is a run of letters (with the accents and vowel signs that Unicode writes behind them),
    of Chinese characters or of punctuation marks, or one digit; the space before it belongs to it.
    Line ends and further white space are words too. None is longer than 100 characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Together they are the text.

    Raises
    ------
    TypeError
        If ``text`` is no string.

    Examples
    --------
    >>> cut_words("def f(x):\n    return 42  # 循环 RNN")
    ['def', ' f', '(', 'x', '):', '\n', '   ', ' return', ' 4', '2', ' ', ' #', ' 循环', ' RNN']
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string, got {type(text).__name__}")
    # While a text is cut, every mark is a letter: Python's patterns know no class for them.
    marks = {ord(one): "a" for one in set(text) if unicodedata.category(one).startswith("M")}
    shadow = text.translate(marks)
    return [text[found.start() : found.end()] for found in WORD.finditer(shadow)]


def most_frequent(counts: Mapping[str, int]) -> str:
    """Return the pair that occurs most often; among equals the one with the smallest numbers.

    Parameters
    ----------
    counts : mapping of str to int
        How often each pair occurs; two characters each.

    Returns
    -------
    str

    Notes
    -----
    Equation: eq-byte-pairs

    Examples
    --------
    >>> most_frequent({"ug": 4, "hu": 4, "pu": 1})
    'hu'
    """
    most = max(counts.values())
    return min(pair for pair, count in counts.items() if count == most)


def learn_merges(words: Mapping[str, int], merges: int) -> list[str]:
    """Learn which pairs to merge, and in which order.

    Parameters
    ----------
    words : mapping of str to int
        How often each word occurs, in the characters that :func:`as_numbers` gives.
    merges : int
        How many to learn. They are fewer where no pair occurs twice any more.

    Returns
    -------
    list of str
        The pairs. Merge number k makes the token 256 + k.

    Notes
    -----
    Equation: eq-byte-pairs

    Examples
    --------
    >>> learn_merges({"aab": 2, "ab": 1}, 5)  # "ab" 3 times, then "a" and "ab" twice
    ['ab', 'aĀ']
    """
    texts, times = list(words), list(words.values())
    counts: Counter[str] = Counter()  # how often each pair occurs in all
    places = defaultdict(set)  # in which words, by their place in the list
    for place, text in enumerate(texts):
        for pair in map(add, text, text[1:]):
            counts[pair] += times[place]
            places[pair].add(place)
    learned: list[str] = []
    while len(learned) < merges and counts:
        best = most_frequent(counts)
        if counts[best] < 2:
            break
        new = chr(BYTES + len(learned))
        learned.append(best)
        for place in places.pop(best):
            text, often = texts[place], times[place]
            start = text.find(best)
            while start >= 0:  # what is merged has new neighbours, and they have
                before, behind = text[:start], text[start + 2 :]
                if before:
                    counts[before[-1] + best[0]] -= often
                    counts[before[-1] + new] += often
                    places[before[-1] + new].add(place)
                if behind:
                    counts[best[1] + behind[0]] -= often
                    counts[new + behind[0]] += often
                    places[new + behind[0]].add(place)
                text = before + new + behind
                start = text.find(best, start + 1)
            texts[place] = text
        del counts[best]
    return learned


def as_numbers(text: str) -> str:
    """Write each byte of a text as the character with its number: a token, one character.

    A pair is then two characters, and to merge it is to replace them by one.

    Parameters
    ----------
    text : str
        Any; half a character, a surrogate, is three bytes as others are.

    Returns
    -------
    str

    Examples
    --------
    >>> [ord(token) for token in as_numbers("a环")]
    [97, 231, 142, 175]
    """
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
