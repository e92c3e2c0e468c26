"""The grammar: its entropy by formula, by listing every sentence, and from a long sample."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from course_pkg.data.sets.agreement import agreement_grammar, load_agreement
from course_pkg.data.sets.grammar import Arc, Grammar

SMALL = Grammar(
    {
        "start": [Arc("a", 0.5, "middle"), Arc("b", 0.3, "end"), Arc("c", 0.2, None)],
        "middle": [Arc("a", 0.25, "end"), Arc("d", 0.75, None)],
        "end": [Arc("c", 0.1, "middle"), Arc("b", 0.9, None)],
    }
)


def by_listing(grammar, limit):
    """Return total probability, entropy and mean length, from every sentence one by one."""
    p_of = {}
    for sentence, p in grammar.sentences(limit):
        assert sentence not in p_of  # a sentence has one way only
        p_of[sentence] = p
    p = np.array(list(p_of.values()))
    lengths = np.array([len(sentence) for sentence in p_of])
    return p.sum(), -(p * np.log(p)).sum(), (p * lengths).sum()


def test_the_entropy_of_a_small_grammar_is_that_of_its_sentences():
    total, entropy, length = by_listing(SMALL, 60)  # the loop makes longer ones negligible
    assert total == pytest.approx(1, abs=1e-12)
    assert SMALL.sentence_entropy == pytest.approx(entropy, abs=1e-10)
    assert SMALL.mean_length == pytest.approx(length, abs=1e-10)
    assert math.log(SMALL.perplexity) == pytest.approx(entropy / length, abs=1e-10)


def test_the_entropy_of_the_agreement_grammar_is_that_of_its_sentences():
    grammar = agreement_grammar()
    p, p_log_p, length = [], 0.0, 0.0
    for sentence, probability in grammar.sentences(30):
        p.append(probability)
        p_log_p += probability * math.log(probability)
        length += probability * len(sentence)
    assert len(p) == 783_000
    assert math.fsum(p) == pytest.approx(1, abs=1e-12)
    assert grammar.sentence_entropy == pytest.approx(-p_log_p, abs=1e-9)
    assert grammar.mean_length == pytest.approx(length, abs=1e-9)


def test_a_sample_has_the_perplexity_and_the_frequencies():
    grammar = agreement_grammar()
    text = grammar.sample(4000, np.random.default_rng(1))
    assert text.count(".") == 4000
    measured = math.exp(-np.mean(grammar.log_probabilities(text)))
    assert measured == pytest.approx(grammar.perplexity, rel=0.02)
    seen, visits = Counter(grammar.states(text)[:-1]), grammar.visits
    for state, expected in visits.items():
        assert seen[state] / 4000 == pytest.approx(expected, abs=0.05)


def test_each_sentence_has_the_probability_that_its_tokens_multiply_to():
    for sentence, p in SMALL.sentences(8):
        assert sum(SMALL.log_probabilities(sentence)) == pytest.approx(math.log(p), abs=1e-12)


def test_the_next_token_is_known_after_each_beginning():
    grammar = agreement_grammar()
    for text, expected in (
        ("the dog", {"that", "sleeps", "runs", "sings", "sees", "likes"}),
        ("the dogs that the girl sees", {"sleep", "run", "sing", "see", "like"}),
        (
            "the dog that likes the old",
            {"dog", "cat", "girl", "boy", "dogs", "cats", "girls", "boys"},
        ),
        ("a", {"old", "small", "dog", "cat", "girl", "boy"}),
        ("the cat runs", {"today", "."}),
        ("the cat runs .", {"the", "a"}),
    ):
        following = grammar.next_token(text.split())
        assert set(following) == expected
        assert sum(following.values()) == pytest.approx(1, abs=1e-12)


def test_two_words_before_are_not_enough_to_predict_the_verb():
    grammar = agreement_grammar()
    one = grammar.next_token(["the", "dog", "that", "the", "girls", "see"])
    many = grammar.next_token(["the", "dogs", "that", "the", "girls", "see"])
    assert not set(one) & set(many)  # though the last four words are the same


def test_agreement_has_25_words():
    assert len(agreement_grammar().tokens) == 25


def test_a_text_that_the_grammar_cannot_write_is_refused():
    with pytest.raises(ValueError, match=r"text: expected one of 'a', 'b', 'c' at 1, got 'x'"):
        SMALL.states(["c", "x"])
    text = ["the", "dog", "that", "the", "girls", "see", "sleep"]
    with pytest.raises(ValueError, match=r"text: expected one of .* at 6, got 'sleep'"):
        agreement_grammar().log_probabilities(text)


def test_the_corpus_is_repeatable_and_its_parts_are_independent_texts():
    first, again, other = load_agreement(100, 5), load_agreement(100, 5), load_agreement(100, 6)
    assert first == again
    assert first.train != other.train
    assert [part.count(".") for part in first[:3]] == [80, 10, 10]
    assert all(part[-1] == "." for part in first[:3])
    assert first.level == "word"


WAYS = [Arc("a", 0.5, None), Arc("b", 0.5, None)]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Grammar({}), ValueError, "arcs: expected at least one state, got none"),
        (lambda: Grammar({"s": []}), ValueError, r"arcs\['s'\]: .* sum to 1, got 0"),
        (lambda: Grammar({"s": WAYS[:1]}), ValueError, r"arcs\['s'\]: .* sum to 1, got 0.5"),
        (lambda: Grammar({"s": [WAYS[0]] * 2}), ValueError, r"arcs\['s'\]: expected each token on"),
        (lambda: Grammar({"s": [Arc("a", 1, "t")]}), ValueError, "expected a known state, got 't'"),
        (lambda: Grammar({"s": [Arc("a", 1, "s")]}), ValueError, "no way from here ends the sent"),
        (
            lambda: Grammar({"s": [WAYS[0], Arc("b", 0.5, "t")], "t": [Arc("a", 1, "t")]}),
            ValueError,
            r"arcs\['t'\]: no way from here ends the sentence",
        ),
        (
            lambda: Grammar({"s": [*WAYS, Arc("c", 0.0, None)]}),
            ValueError,
            r"arcs\['s'\]: expected a number in \(0, 1\], got 0.0",
        ),
        (
            lambda: SMALL.sample(0, np.random.default_rng(0)),
            ValueError,
            "sentences: expected an int",
        ),
        (lambda: SMALL.sample(1, 0), TypeError, "rng: expected a numpy.random.Generator, got int"),
        (lambda: list(SMALL.sentences(0)), ValueError, "limit: expected an integer of at least 1"),
        (lambda: load_agreement(9), ValueError, "sentences: expected at least 10, got 9"),
        (lambda: load_agreement(10.0), TypeError, "sentences: expected an integer, got float"),
    ],
)
def test_bad_input_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        (None, TypeError, "seed: expected an integer, got NoneType"),
        (1.5, TypeError, "seed: expected an integer, got float"),
        (True, TypeError, "seed: expected an integer, got bool"),
        (-1, ValueError, "seed: expected an integer in 0..4294967295, got -1"),
    ],
)
def test_a_seed_that_would_not_repeat_the_text_is_refused(seed, error, message):
    with pytest.raises(error, match=message):
        load_agreement(10, seed=seed)
