"""Where spaces go when words are put together again: for reading, not for encoding anew."""

from __future__ import annotations

from course_pkg.data.text.vocabulary import END

CLOSING = ".,;:!?)]}%…"  # belong to the word before them
OPENING = "([{"  # belong to the word after them
APOSTROPHES = "'’"


def with_space(word: str, before: str | None) -> str:
    r"""Return a word with what stands between it and the word before it.

    Punctuation marks follow the word at once, and so do the endings that some corpora cut off,
    such as ``n't`` and ``'s``. The end of a line, ``<eos>``, becomes one.

    Parameters
    ----------
    word : str
    before : str, optional
        The word before it; None at the beginning of a text.

    Returns
    -------
    str

    Examples
    --------
    >>> words = ["it", "does", "n't", "(", "yet", ")", "work", ",", "<eos>", "he", "said"]
    >>> "".join(with_space(word, before) for before, word in zip([None, *words], words))
    "it doesn't (yet) work,\nhe said"
    """
    if word == END:
        return "\n"
    closes = not word.strip(CLOSING)
    is_ending = word == "n't" or (len(word) > 1 and word[0] in APOSTROPHES)
    at_once = before is None or before == END or before in OPENING
    return word if closes or is_ending or at_once else f" {word}"
