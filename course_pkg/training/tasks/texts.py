"""Labelled texts for the task ``classify``: how many, which vocabulary, and the ids of each."""

from __future__ import annotations

import numpy as np

from course_pkg.data.sets.labelled import Example
from course_pkg.data.splitting.few import draw_evenly
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.reference.checks import IntArray


def few_of(examples: list[Example], count: int | None, seed: int) -> list[Example]:
    """Draw examples evenly over the classes; None takes all.

    Examples
    --------
    >>> few_of([("a", 0), ("b", 0), ("c", 1)], 2, seed=0)
    [('a', 0), ('c', 1)]
    """
    if count is None:
        return examples
    drawn = draw_evenly([label for _, label in examples], count, seed=seed)
    return [examples[place] for place in drawn]


def make_vocabulary(
    texts: list[str], level: str, min_count: int, max_size: int | None
) -> Vocabulary:
    """Make a vocabulary of training texts; what is not in it is unknown.

    Examples
    --------
    >>> make_vocabulary(["b a", "b."], "word", 1, None).tokens
    ('<unk>', 'b', '.', 'a')
    """
    tokens = [token for text in texts for token in split(text, level)]
    return Vocabulary.build(
        tokens, level=level, min_count=min_count, max_size=max_size, specials=[UNKNOWN]
    )


def split(text: str, level: str) -> list[str] | str:
    """Return the words of a text, or the text, which is its characters.

    Examples
    --------
    >>> split("a.b", "word"), split("a.b", "char")
    (['a', '.', 'b'], 'a.b')
    """
    return words(text) if level == "word" else text


def to_ids(
    examples: list[Example], vocabulary: Vocabulary, max_length: int | None
) -> tuple[list[IntArray], IntArray]:
    """Return the ids of each text, cut off after ``max_length``, and the labels (N,).

    At level "word" the words are those of :func:`course_pkg.data.text.tokens.words`.

    Raises
    ------
    ValueError
        If a text has no token.

    Examples
    --------
    >>> vocabulary = Vocabulary.build(["a", "b", "."], level="word")
    >>> to_ids([("b. a", 1)], vocabulary, 2)
    ([array([6, 4])], array([1]))
    """
    ids: list[IntArray] = []
    for number, (text, _) in enumerate(examples):
        found = vocabulary.encode(split(text, vocabulary.level))[:max_length]
        if not len(found):
            raise ValueError(f"texts[{number}]: expected at least one token, got {text!r}")
        ids.append(found)
    return ids, np.array([label for _, label in examples], dtype=np.int64)
