"""Texts of invented words with known truth: a label that only knowing the kinds of words gives.

A language has eight kinds of words, twenty words each. Which kind follows which is a Markov chain;
which word of the kind it is, is drawn evenly. The label of a text says whether it has more words
of the first kind or of the fifth. Few labelled texts show few of these words. But text without
labels shows which words stand in the same places, and so which are of one kind.

Two texts without labels go with it. In one the words have the same kinds. In the other they were
dealt anew to the kinds: it has the same words, equally often, and says wrong things about them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from course_pkg.checks import check_flag, check_number, check_seed, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.labelled import Example, LabelledTexts
from course_pkg.data.text.vocabulary import END

KINDS, EACH, LENGTH = 8, 20, 14  # kinds, words of each, words of a text
CLASSES = {"first": 0, "fifth": 4}  # a label says of which kind there are more words
SYLLABLES = [onset + vowel for onset in "bdfgklmnprstvz" for vowel in "aeiou"]
# From kind k a text goes on with k + 1, or k + 3, or any kind: all kinds are equally frequent.
STEPS = 0.6 * np.roll(np.eye(KINDS), 1, axis=1) + 0.25 * np.roll(np.eye(KINDS), 3, axis=1)
STEPS = STEPS + 0.15 / KINDS  # (from K, to K), each row sums to 1

WORD_KINDS_CARD = DataCard(
    name="More words of which kind?",
    origin="drawn by course_pkg.data.sets.word_kinds from a seed",
    size="texts of 14 invented words out of 160; by default 2,000 training, 1,000 validation, "
    "1,000 test texts, half of each class",
    licence="none needed: generated",
    citation="this course",
    not_fit_for="any conclusion about a natural language. One label in twenty is wrong on purpose: "
    "nobody can be right more often than 0.95",
)
WORD_KINDS_TEXT_CARD = DataCard(
    name="Invented words without labels",
    origin="drawn by course_pkg.data.sets.word_kinds from a seed",
    size="by default 6,000 training, 500 validation, 500 test texts of 14 words, with <eos> "
    "behind each",
    licence="none needed: generated",
    citation="this course",
    not_fit_for="any conclusion about a natural language",
)

WORD_KINDS_ANEW_CARD = replace(
    WORD_KINDS_TEXT_CARD, name="Invented words without labels, of other kinds"
)


@dataclass(frozen=True)
class Language:
    """Kinds of words, and the texts that are made of them."""

    kinds: tuple[tuple[str, ...], ...]  # (K, M) words

    def draw(self, count: int, rng: np.random.Generator) -> list[list[str]]:
        """Return texts, each a list of words."""
        kinds = np.empty((LENGTH, count), dtype=np.int64)  # (T, N)
        kinds[0] = rng.integers(KINDS, size=count)
        up_to = STEPS.cumsum(axis=1)
        for t in range(1, LENGTH):
            passed = rng.random(count)[:, None] > up_to[kinds[t - 1], :-1]  # (N, K - 1)
            kinds[t] = passed.sum(axis=1)
        words = np.array(self.kinds)[kinds, rng.integers(EACH, size=kinds.shape)]  # (T, N)
        texts: list[list[str]] = words.T.tolist()
        return texts

    def label(self, text: list[str]) -> int | None:
        """Return the true class of a text: nothing if it has as many words of one as of the other.

        Examples
        --------
        >>> language = word_kinds()
        >>> first, fifth = language.kinds[0], language.kinds[4]
        >>> language.label([*first[:2], fifth[0]]), language.label([fifth[0]])
        (0, 1)
        """
        counts = [sum(word in self.kinds[kind] for word in text) for kind in CLASSES.values()]
        return None if counts[0] == counts[1] else int(counts[1] > counts[0])


def word_kinds(seed: int = 0, *, dealt_anew: bool = False) -> Language:
    """Return the language of a seed.

    Parameters
    ----------
    seed : int, at least 0
    dealt_anew : bool
        Whether its words are dealt to the kinds in another way.

    Examples
    --------
    >>> same, anew = word_kinds(), word_kinds(dealt_anew=True)
    >>> same.kinds[0][:3], anew.kinds[0][:3]
    (('dolo', 'dide', 'topa'), ('zunu', 'demi', 'lafa'))
    """
    rng = np.random.default_rng([check_seed(seed), 0])
    numbers = rng.permutation(len(SYLLABLES) ** 2)[: KINDS * EACH]
    words = [SYLLABLES[n // len(SYLLABLES)] + SYLLABLES[n % len(SYLLABLES)] for n in numbers]
    if check_flag("dealt_anew", dealt_anew):
        words = [words[i] for i in rng.permutation(len(words))]
    return Language(tuple(tuple(words[k * EACH : (k + 1) * EACH]) for k in range(KINDS)))


def least_perplexity() -> float:
    """Return the least perplexity that any model can reach on the texts, ``<eos>`` included.

    A word tells its kind, and the kind is all that the next word depends on. So the entropy of a
    text is a sum: the first word is one of 160, each later one costs the entropy of a step and of
    a word within its kind, and the end comes after 14 words for certain.

    Examples
    --------
    >>> round(least_perplexity(), 2)
    48.71
    """
    step = float(-(STEPS * np.log(STEPS)).sum(axis=1).mean())
    text = np.log(KINDS * EACH) + (LENGTH - 1) * (step + np.log(EACH))
    return float(np.exp(text / (LENGTH + 1)))


def load_word_kinds(
    train: int = 2_000, held_out: int = 1_000, seed: int = 0, *, noise: float = 0.05
) -> LabelledTexts:
    """Draw labelled texts, as many of one class as of the other.

    Parameters
    ----------
    train : int
        Number of training texts.
    held_out : int
        Number of validation texts, and of test texts.
    seed : int, at least 0
        Of the language and of the texts.
    noise : float in [0, 1]
        How probable it is that a label is wrong. ``1 - noise`` is the accuracy of who knows the
        truth, and no method does better but by luck.

    Returns
    -------
    LabelledTexts
        Words, with a space between two.

    Raises
    ------
    TypeError, ValueError
        If a number is none of these.

    Examples
    --------
    >>> texts = load_word_kinds(train=2, held_out=1)
    >>> texts.train[0][0].count(" "), sorted(label for _, label in texts.train)
    (13, [0, 1])
    """
    counts = (check_size("train", train), *2 * [check_size("held_out", held_out)])
    share = check_number("noise", noise, "[0, 1]")
    language = word_kinds(seed)
    rng = np.random.default_rng([seed, 1])
    drawn, valid, test = (_labelled(language, count, share, rng) for count in counts)
    return LabelledTexts(drawn, valid, test, tuple(CLASSES), "word", WORD_KINDS_CARD)


def _labelled(
    language: Language, count: int, noise: float, rng: np.random.Generator
) -> list[Example]:
    wanted = [(count + 1) // 2, count // 2]  # of each class, wrong labels included
    examples: list[Example] = []
    while any(wanted):
        for text in language.draw(count, rng):
            true, wrong = language.label(text), bool(rng.random() < noise)
            label = None if true is None else true ^ wrong
            if label is not None and wanted[label]:
                wanted[label] -= 1
                examples.append((" ".join(text), label))
    return [examples[i] for i in rng.permutation(count)]


def load_word_kinds_text(
    texts: int = 6_000, held_out: int = 500, seed: int = 0, *, dealt_anew: bool = False
) -> Corpus:
    """Draw text without labels in the language of :func:`load_word_kinds`.

    Parameters
    ----------
    texts : int
        Number of training texts.
    held_out : int
        Number of validation texts, and of test texts.
    seed : int, at least 0
        Of the language and of the texts.
    dealt_anew : bool
        Whether the words are dealt to the kinds in another way: text that matches the labelled
        texts word by word, and misleads.

    Returns
    -------
    Corpus
        Words, with ``<eos>`` behind each text.

    Raises
    ------
    TypeError, ValueError
        If a number is none of these.

    Examples
    --------
    >>> corpus = load_word_kinds_text(texts=10, held_out=1)
    >>> len(corpus.train), len(corpus.test), corpus.test[-1]
    (150, 15, '<eos>')
    """
    counts = (check_size("texts", texts), *2 * [check_size("held_out", held_out)])
    language = word_kinds(seed, dealt_anew=dealt_anew)
    rng = np.random.default_rng([seed, 2 + dealt_anew])
    train, valid, test = (
        [word for text in language.draw(count, rng) for word in (*text, END)] for count in counts
    )
    card = WORD_KINDS_ANEW_CARD if dealt_anew else WORD_KINDS_TEXT_CARD
    return Corpus(train, valid, test, "word", card)


def load_word_kinds_anew() -> Corpus:
    """Draw the text without labels in which the words are dealt to the kinds in another way."""
    return load_word_kinds_text(dealt_anew=True)
