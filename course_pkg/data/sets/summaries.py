"""Documents with headlines for a summary: cue words mark the sentences that matter.

Each sentence begins with an adverb, and four of the eight adverbs are cues. The summary tells the
marked sentences in their order, as headlines do: in the present tense, without an article. So its
verbs stand nowhere in the document. In some sentences acts somebody whose name is made of
syllables, and who acts in one sentence alone; no other part of the set has this name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_pkg.checks import check_number, check_seed, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.pairs import Pair, Pairs

SUMMARIES_CARD = DataCard(
    name="Documents with summaries",
    origin="drawn by course_pkg.data.sets.summaries from a seed",
    size=(
        "7 to 9 sentences of 6 tokens, 3 of them marked; by default 8,000 training, "
        "500 validation, 500 test documents"
    ),
    licence="none needed: generated",
    citation="this course",
    not_fit_for=(
        "any conclusion about real summaries: what matters is marked by a word, and every "
        "sentence has one form"
    ),
)
CUES = ("notably", "crucially", "importantly", "remarkably")
OTHERS = ("meanwhile", "later", "elsewhere", "again")
NAMES = (
    "anna", "boris", "clara", "david", "elena", "felix", "greta", "hugo", "irene", "jonas",
    "karla", "leo", "mona", "nils", "olga", "peter", "rosa", "simon", "tilda", "viktor",
)  # fmt: skip
VERBS = {
    "bought": "buys", "sold": "sells", "found": "finds", "lost": "loses", "built": "builds",
    "broke": "breaks", "stole": "steals", "painted": "paints",
}  # fmt: skip
THINGS = (
    "boat", "bridge", "castle", "clock", "door", "engine", "farm", "garden", "hotel", "island",
    "key", "lamp", "map", "mill", "oven", "piano", "ring", "shop", "statue", "tower", "train",
    "truck", "violin", "window",
)  # fmt: skip
SYLLABLES = [onset + vowel for onset in "bdfgklmnprstvz" for vowel in "aeiou"]
SHORTEST, LONGEST, MARKED = 7, 9, 3


def load_summaries(
    train: int = 8_000, held_out: int = 500, seed: int = 0, *, new_names: float = 0.2
) -> Pairs:
    """Draw documents, and write the summary of each.

    Parameters
    ----------
    train : int
        Number of training documents.
    held_out : int
        Number of validation documents, and of test documents.
    seed : int, at least 0
    new_names : float in [0, 1]
        How probable it is that the name in a sentence is one that occurs nowhere else, whether
        the sentence is marked or not.

    Returns
    -------
    Pairs
        Words on both sides, with a space between two tokens.

    Raises
    ------
    TypeError, ValueError
        If a number is none of these, or there are not enough names.

    Examples
    --------
    >>> document, summary = load_summaries(train=2, held_out=1, seed=4).test[0]
    >>> document[:65]
    'importantly pedite bought the garden. again tilda broke the bridg'
    >>> summary
    'pedite buys garden, greta loses violin, leo steals lamp'
    """
    counts = (check_size("train", train), *2 * [check_size("held_out", held_out)])
    rng = np.random.default_rng(check_seed(seed))
    share = check_number("new_names", new_names, "[0, 1]")
    if sum(counts) * LONGEST * share > len(SYLLABLES) ** 3:
        raise ValueError(
            f"train: expected fewer documents, for which {len(SYLLABLES) ** 3:,} new names are "
            f"enough, got {sum(counts):,} in the three parts"
        )
    names = map(_new_name, rng.permutation(len(SYLLABLES) ** 3))
    documents = ([_document(rng, names, share) for _ in range(count)] for count in counts)
    train_pairs, valid, test = documents
    return Pairs(train_pairs, valid, test, ("word", "word"), SUMMARIES_CARD)


def _document(rng: np.random.Generator, names: Iterator[str], share: float) -> Pair:
    """Write one document and its summary; with the probability ``share`` a name is a new one."""
    count = int(rng.integers(SHORTEST, LONGEST + 1))
    marked = rng.permutation(count) < MARKED
    sentences, headlines = [], []
    for is_marked in marked:
        adverb = rng.choice(CUES if is_marked else OTHERS)
        name = next(names) if rng.random() < share else rng.choice(NAMES)
        verb, thing = rng.choice(list(VERBS)), rng.choice(THINGS)
        sentences.append(f"{adverb} {name} {verb} the {thing}.")
        if is_marked:
            headlines.append(f"{name} {VERBS[verb]} {thing}")
    return " ".join(sentences), ", ".join(headlines)


def _new_name(number: int) -> str:
    """Return the name of a number: three syllables."""
    count = len(SYLLABLES)
    return "".join(SYLLABLES[number // count**place % count] for place in range(3))
