"""Texts of known truth: the label, its ceiling, the chain of kinds, and the text that misleads."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from course_pkg.data.registry import load_labelled, load_text
from course_pkg.data.sets.word_kinds import (
    EACH,
    KINDS,
    LENGTH,
    STEPS,
    least_perplexity,
    load_word_kinds,
    load_word_kinds_text,
    word_kinds,
)
from course_pkg.data.text.vocabulary import END


def kind_of(language):
    return {word: kind for kind, words in enumerate(language.kinds) for word in words}


def accuracy_of_truth(texts, language):
    found = [language.label(text.split()) == label for text, label in texts]
    return np.mean(found), len(found)


@pytest.mark.parametrize("seed", range(3))
def test_the_truth_reaches_the_ceiling_and_no_more(seed):
    texts = load_word_kinds(seed=seed, noise=0.1)
    share, count = accuracy_of_truth(texts.train, word_kinds(seed))
    assert abs(share - 0.9) < 4 * np.sqrt(0.9 * 0.1 / count)
    clean = load_word_kinds(train=100, held_out=100, seed=seed, noise=0)
    for part in clean[:3]:
        assert accuracy_of_truth(part, word_kinds(seed))[0] == 1
        assert Counter(label for _, label in part) == {0: 50, 1: 50}
    assert Counter(label for _, label in texts.train) == {0: 1000, 1: 1000}


def test_the_card_says_the_ceiling():
    assert "0.95" in load_labelled("word-kinds").card.not_fit_for
    share, count = accuracy_of_truth(load_word_kinds(train=20_000).train, word_kinds())
    assert abs(share - 0.95) < 4 * np.sqrt(0.95 * 0.05 / count)


def test_steps_are_those_of_the_chain_and_words_are_drawn_evenly():
    assert STEPS.sum(axis=1) == pytest.approx(1)
    assert STEPS.sum(axis=0) == pytest.approx(1)  # so all kinds are equally frequent
    language = word_kinds(5)
    kinds = kind_of(language)
    texts = language.draw(4_000, np.random.default_rng(0))
    assert {len(text) for text in texts} == {LENGTH}
    counts = np.zeros((KINDS, KINDS))
    for text in texts:
        for before, after in pairwise(text):
            counts[kinds[before], kinds[after]] += 1
    seen = counts.sum(axis=1, keepdims=True)
    assert (abs(counts / seen - STEPS) < 5 * np.sqrt(STEPS * (1 - STEPS) / seen)).all()
    words = Counter(word for text in texts for word in text)
    expected = 4_000 * LENGTH / (KINDS * EACH)
    assert len(words) == KINDS * EACH
    assert max(abs(count - expected) for count in words.values()) < 6 * np.sqrt(expected)


def test_the_least_perplexity_is_that_of_who_knows_the_chain():
    language, corpus = word_kinds(2), load_word_kinds_text(texts=5_000, seed=2)
    kinds, losses, before = kind_of(language), [], None
    for word in corpus.train:
        if word == END:
            losses.append(0.0)
        elif before is None:
            losses.append(np.log(KINDS * EACH))
        else:
            losses.append(-np.log(STEPS[kinds[before], kinds[word]] / EACH))
        before = None if word == END else word
    error = np.std(losses) / np.sqrt(len(losses))
    assert abs(np.mean(losses) - np.log(least_perplexity())) < 4 * error


def test_the_text_that_misleads_has_the_same_words_equally_often_in_other_places():
    same, anew = word_kinds(3), word_kinds(3, dealt_anew=True)
    assert set(kind_of(same)) == set(kind_of(anew))
    kept = np.mean([kind_of(same)[word] == kind_of(anew)[word] for word in kind_of(same)])
    assert kept < 0.3  # by chance 1/8
    right, wrong = (load_word_kinds_text(seed=3, dealt_anew=flag) for flag in (False, True))
    shared = [Counter(text.train) for text in (right, wrong)]
    assert set(shared[0]) == set(shared[1])
    ratios = [shared[0][word] / shared[1][word] for word in shared[0]]
    assert max(abs(np.log(ratios))) < 0.4  # counts around 525: five deviations of their ratio
    # What the labelled texts show of the chain is in one text and not in the other.
    pairs = Counter()
    for text, _ in load_word_kinds(seed=3).train:
        words = text.split()
        pairs.update(pairwise(words))
    rates = []
    for corpus in (right, wrong):
        found = Counter(pairwise(corpus.train))
        rates.append(np.corrcoef([(pairs[pair], found[pair]) for pair in pairs | found], rowvar=0))
    assert rates[0][0, 1] > 0.5
    assert abs(rates[1][0, 1]) < 0.3


def test_no_labelled_text_is_in_the_text_without_labels():
    labelled = {text for part in load_word_kinds()[:3] for text, _ in part}
    assert len(labelled) == 4_000
    lines = " ".join(load_text("word-kinds-text").train).split(f" {END}")
    assert not labelled & {line.strip() for line in lines}


def test_languages_differ_by_seed_and_the_same_seed_gives_the_same_texts():
    assert word_kinds(0) != word_kinds(1)
    assert load_word_kinds(train=5, held_out=2, seed=7) == load_word_kinds(
        train=5, held_out=2, seed=7
    )
    assert load_word_kinds(train=5, held_out=2, seed=7) != load_word_kinds(
        train=5, held_out=2, seed=8
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": 0}, "train"),
        ({"held_out": 1.5}, "held_out"),
        ({"seed": -1}, "seed"),
        ({"noise": 2}, "noise"),
    ],
)
def test_other_arguments_are_refused_by_name(arguments, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}: expected"):
        load_word_kinds(**arguments)
    if message != "noise":
        renamed = {"texts" if name == "train" else name: v for name, v in arguments.items()}
        with pytest.raises((TypeError, ValueError), match=": expected"):
            load_word_kinds_text(**renamed)
