"""Generated English in which verbs agree with nouns that may stand far before them."""

from __future__ import annotations

import numpy as np

from course_pkg.checks import check_seed, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.grammar import Arc, Grammar

AGREEMENT_CARD = DataCard(
    name="Agreement grammar",
    origin="written by course_pkg.data.sets.agreement from a seed",
    size="25 words and marks; any number of sentences, by default 12,000 (about 88,000 tokens)",
    licence="none needed: generated",
    citation="this course; predicting agreement across relative clauses: Elman (1991)",
    not_fit_for="any conclusion about English: its sentences follow a handful of rules",
)

NOUNS = {
    "one": {"dog": 0.4, "cat": 0.3, "girl": 0.2, "boy": 0.1},
    "many": {"dogs": 0.4, "cats": 0.3, "girls": 0.2, "boys": 0.1},
}
SLEEPING = {
    "one": {"sleeps": 0.5, "runs": 0.3, "sings": 0.2},
    "many": {"sleep": 0.5, "run": 0.3, "sing": 0.2},
}
SEEING = {"one": {"sees": 0.6, "likes": 0.4}, "many": {"see": 0.6, "like": 0.4}}
NUMBERS = ("one", "many")
ARTICLES = {"the": 0.7, "a": 0.3}  # "a" is for one only


def agreement_grammar() -> Grammar:
    """Return a grammar of 25 words in which subject and verb agree in number.

    A sentence is a subject, a verb, perhaps an object, perhaps "today", and a full stop. The
    subject may have a relative clause with nouns of its own: in *the dog that the girls see
    sleeps .* the verb *sleeps* agrees with *dog*, five words before. Whoever looks only at the
    last one or two words cannot know that.

    Returns
    -------
    Grammar
        ``grammar.perplexity`` is the least that any model can reach.

    Examples
    --------
    >>> grammar = agreement_grammar()
    >>> len(grammar.tokens), round(grammar.mean_length, 2), round(grammar.perplexity, 3)
    (25, 7.37, 3.533)
    >>> list(grammar.next_token("the dog that the girls see".split()))
    ['sleeps', 'runs', 'sings', 'sees', 'likes']
    """
    arcs: dict[str, list[Arc]] = {}
    _noun_phrase(arcs, "subject", {n: f"after the subject, {n}" for n in NUMBERS})
    for number in NUMBERS:
        after, verb = f"after the subject, {number}", f"verb, {number}"
        clause = f"clause, {number}"
        arcs[after] = [Arc("that", 0.4, clause), *_verbs(number, 0.6)]
        arcs[verb] = _verbs(number, 1)
        # "that sees the cat" or "that the girl sees", then the verb of the subject.
        _noun_phrase(
            arcs,
            f"noun in the {clause}",
            {n: f"{clause}: verb, {n}" for n in NUMBERS},
            first=clause,
            share=0.5,
        )
        arcs[clause] += [
            Arc(word, 0.5 * p, f"object in the {clause}") for word, p in SEEING[number].items()
        ]
        _noun_phrase(arcs, f"object in the {clause}", dict.fromkeys(NUMBERS, verb))
        for n in NUMBERS:
            arcs[f"{clause}: verb, {n}"] = [Arc(word, p, verb) for word, p in SEEING[n].items()]
    _noun_phrase(arcs, "object", dict.fromkeys(NUMBERS, "end"))
    arcs["end"] = [Arc("today", 0.2, "full stop"), Arc(".", 0.8, None)]
    arcs["full stop"] = [Arc(".", 1, None)]
    return Grammar(arcs)


def _noun_phrase(
    arcs: dict[str, list[Arc]],
    name: str,
    to: dict[str, str],
    *,
    first: str | None = None,
    share: float = 1,
) -> None:
    """Add "the (old, small) noun" or "a (old, small) noun"; ``first`` is its first state."""
    for article, numbers in (("the", NUMBERS), ("a", NUMBERS[:1])):
        nouns = [
            Arc(word, p / len(numbers), to[number])
            for number in numbers
            for word, p in NOUNS[number].items()
        ]
        behind, last = f"{name}: after {article}", f"{name}: after {article} and an adjective"
        arcs.setdefault(first or name, []).append(Arc(article, share * ARTICLES[article], behind))
        arcs[behind] = [
            Arc("old", 0.2, last),
            Arc("small", 0.1, last),
            *(arc._replace(p=0.7 * arc.p) for arc in nouns),
        ]
        arcs[last] = nouns


def _verbs(number: str, share: float) -> list[Arc]:
    """Return the ways to go on with the verb of the sentence."""
    return [
        *(Arc(word, 0.5 * share * p, "end") for word, p in SLEEPING[number].items()),
        *(Arc(word, 0.5 * share * p, "object") for word, p in SEEING[number].items()),
    ]


def load_agreement(sentences: int = 12_000, seed: int = 0) -> Corpus:
    """Write a text with the agreement grammar: 80 % training, 10 % validation, 10 % test.

    Parameters
    ----------
    sentences : int
        Of all three parts, at least 10.
    seed : int, at least 0

    Returns
    -------
    Corpus
        Words; every part ends with a full stop.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer, there are fewer than 10 sentences, or the seed is no seed.

    Examples
    --------
    >>> corpus = load_agreement(sentences=100)
    >>> " ".join(corpus.train[:20])
    'the small dog that likes a cat sees the girls . the cats that see the cats see the dog'
    """
    if check_size("sentences", sentences) < 10:
        raise ValueError(f"sentences: expected at least 10, got {sentences}")
    grammar, rng = agreement_grammar(), np.random.default_rng(check_seed(seed))
    few = sentences // 10
    train, valid, test = (grammar.sample(n, rng) for n in (sentences - 2 * few, few, few))
    return Corpus(train, valid, test, "word", AGREEMENT_CARD)
