"""Labelled texts for the task ``classify``: how many, which vocabulary, and the ids of each."""

from __future__ import annotations

import numpy as np

from course_pkg.data.sets.labelled import Example
from course_pkg.data.splitting.few import draw_evenly
from course_pkg.data.text.byte_pairs import AnyVocabulary, BytePairs
from course_pkg.data.text.tokens import characters, words
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
    texts: list[str],
    level: str,
    *,
    min_count: int = 1,
    max_size: int | None = None,
    merges: int | None = None,
) -> AnyVocabulary:
    """Make a vocabulary of training texts: of byte pairs if ``merges`` says how many.

    Examples
    --------
    >>> make_vocabulary(["b a", "b."], "word").tokens
    ('<unk>', 'b', '.', 'a')
    >>> make_vocabulary(["b a b a"], "char", merges=1).tokens[256:]
    (' a',)
    """
    if merges is not None:
        return BytePairs.train(texts, merges)
    read = words if level == "word" else characters
    tokens = [token for text in texts for token in read(text)]
    return Vocabulary.build(
        tokens, level=level, min_count=min_count, max_size=max_size, specials=[UNKNOWN]
    )


def to_ids(
    examples: list[Example], vocabulary: AnyVocabulary, max_length: int | None
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
        found = _encode(text, vocabulary)[:max_length]
        if not len(found):
            raise ValueError(f"texts[{number}]: expected at least one token, got {text!r}")
        ids.append(found)
    return ids, np.array([label for _, label in examples], dtype=np.int64)


def _encode(text: str, vocabulary: AnyVocabulary) -> IntArray:
    if isinstance(vocabulary, Vocabulary) and vocabulary.level == "word":
        return vocabulary.encode(words(text))
    return vocabulary.encode(text)  # characters, or byte pairs
