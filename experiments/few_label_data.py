"""The questions of the few-label experiment: texts with classes, and text to read before them.

Each has a vocabulary, a text without labels from which a language model learns, and the texts of
its training part, which serve as text without labels too.

``word-order`` is about the docstrings too, with labels that are certain: of every second text the
words between the first and the last stand in another order. The ends stay, so that capital and full
stop tell nothing; a bag of words cannot tell the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from course_pkg.data.registry import load_labelled, load_text
from course_pkg.data.sets.word_kinds import load_word_kinds, load_word_kinds_text
from course_pkg.data.splitting.few import draw_evenly
from course_pkg.data.text.byte_pairs import AnyVocabulary, BytePairs
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import END, UNKNOWN, Vocabulary
from course_pkg.reference.checks import IntArray


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What a question needs of the networks; chosen on seeds from 100 on."""

    hidden: int = 128  # and the size of an embedding: the language model's readout is tied to it
    dropout: float = 0.3  # of the language model, and of the classifier
    longest: int = 48  # tokens of a text
    reads: int = 2000  # updates of the language model on the text before
    tunes: int = 700  # and on the texts of the training part
    batch: int = 16  # streams of the language model
    window: int = 48
    lr: float = 4e-3  # of the language model
    longer: float = 1.0  # times as many updates for the classifier
    C: float = 0.1  # for the regression on features: a large one fits the training texts closely


class Part(NamedTuple):
    """Texts as ids, and as they are for the bag of words."""

    ids: list[IntArray]
    labels: IntArray  # (N,)
    texts: list[str]

    def few(self, count: int, seed: int) -> Part:
        """Draw texts evenly over the classes."""
        drawn = draw_evenly(self.labels.tolist(), count, seed=seed)
        return Part(
            [self.ids[i] for i in drawn], self.labels[drawn], [self.texts[i] for i in drawn]
        )


class Question(NamedTuple):
    """One data set for the experiment."""

    name: str
    vocabulary: AnyVocabulary
    before: IntArray  # (N,), the text that is read before
    own: IntArray  # (M,), the texts of the training part, one after the other
    valid: IntArray  # (K,), the text by which a language model is measured
    parts: dict[str, Part]
    classes: int
    sizes: Sizes


SIZES = {
    "docstrings": Sizes(),
    "polarity": Sizes(longest=32, reads=1600, tunes=0, window=32, C=0.01),
    "banking77": Sizes(longest=24, reads=1500, tunes=0, longer=1.4, C=1.0),
    "word-kinds": Sizes(
        hidden=64, dropout=0.0, longest=14, reads=560, tunes=0, batch=32, window=30,
        lr=5e-3,
    ),
}  # fmt: skip
SIZES["word-kinds, dealt anew"] = SIZES["word-kinds"]
TEXT = {"docstrings": "docstring-text"}  # what is read before; otherwise the training part


def load(name: str, seed: int = 0) -> Question:
    """Load a question; only the invented words differ with the seed."""
    if name.startswith("word-kinds"):
        return _invented(name, seed)
    if name == "word-order":
        return _word_order()
    data = load_labelled(name)
    own = [text for text, _ in data.train]
    if name in TEXT:
        corpus = load_text(TEXT[name], "char")
        lines, measured = ("".join(p).splitlines() for p in (corpus.train, corpus.valid))
        pairs = BytePairs.train(lines, 1000)
        ids = {line: pairs.encode(f"{line}\n") for line in (*lines, *measured, *own)}
        vocabulary: AnyVocabulary = pairs
    else:
        lines, measured = own, [text for text, _ in data.valid]
        cut = {line: [*words(line.lower()), END] for line in (*own, *measured)}
        known = Vocabulary.build(
            (word for line in own for word in cut[line]),
            level="word", min_count=2, max_size=4000, specials=[UNKNOWN],
        )  # fmt: skip
        ids = {line: known.encode(cut[line]) for line in cut}
        vocabulary = known
    parts = {
        part: _part(examples, vocabulary, SIZES[name].longest)
        for part, examples in (("train", data.train), ("valid", data.valid), ("test", data.test))
    }
    return Question(
        name, vocabulary, _joined(ids, lines), _joined(ids, own), _joined(ids, measured), parts,
        len(data.classes), SIZES[name],
    )  # fmt: skip


def shuffled(text: str, rng: np.random.Generator) -> str:
    """Put the inner words of a text into another order."""
    first, *inner, last = text.split()
    return " ".join([first, *(inner[i] for i in rng.permutation(len(inner))), last])


def _word_order() -> Question:
    """Ask whether a docstring is as it was written; the same texts are shuffled for every seed."""
    question = load("docstrings")
    rng, parts = np.random.default_rng(20), {}
    for name, part in question.parts.items():
        texts = [text for text in part.texts if len(set(text.split()[1:-1])) > 2]
        labels = rng.permutation(np.arange(len(texts)) % 2)  # 1: as it was written
        found = [
            text if label else shuffled(text, rng)
            for text, label in zip(texts, labels, strict=True)
        ]
        ids = [question.vocabulary.encode(text)[: question.sizes.longest] for text in found]
        parts[name] = Part(ids, labels, found)
    sizes = replace(question.sizes, tunes=0)  # half of the texts are shuffled: none is read before
    return question._replace(name="word-order", parts=parts, classes=2, sizes=sizes)


def _invented(name: str, seed: int) -> Question:
    anew = name.endswith("anew")
    data, text = load_word_kinds(seed=seed), load_word_kinds_text(seed=seed, dealt_anew=anew)
    # One vocabulary for both texts: the words are the same.
    vocabulary = Vocabulary.build(sorted(set(text.train)), level="word", specials=[UNKNOWN])
    parts = {
        part: _part(examples, vocabulary, SIZES[name].longest)
        for part, examples in (("train", data.train), ("valid", data.valid), ("test", data.test))
    }
    own = vocabulary.encode([w for line, _ in data.train for w in (*line.split(), END)])
    before, valid = vocabulary.encode(list(text.train)), vocabulary.encode(list(text.valid))
    return Question(name, vocabulary, before, own, valid, parts, len(data.classes), SIZES[name])


def _part(examples: Sequence[tuple[str, int]], vocabulary: AnyVocabulary, longest: int) -> Part:
    texts = [text for text, _ in examples]
    if isinstance(vocabulary, BytePairs):
        ids = [vocabulary.encode(text)[:longest] for text in texts]
    else:
        ids = [vocabulary.encode(words(text.lower())[:longest]) for text in texts]
    return Part(ids, np.array([label for _, label in examples], dtype=np.int64), texts)


def _joined(ids: dict[str, IntArray], lines: Sequence[str]) -> IntArray:
    return np.concatenate([ids[line] for line in lines])
