"""Documents with summaries: what is marked is told, new names are new, and a cue is no name."""

from __future__ import annotations

import re
from functools import cache

import pytest

from course_pkg.data.sets.summaries import (
    CUES,
    MARKED,
    NAMES,
    OTHERS,
    THINGS,
    VERBS,
    load_summaries,
)
from course_pkg.data.text.joined import to_text, to_tokens

KNOWN = {*CUES, *OTHERS, *NAMES, *THINGS, *VERBS, *VERBS.values(), "the", ".", ","}


@cache
def loaded():
    return load_summaries()


def everything():
    return [pair for part in loaded()[:3] for pair in part]


def test_a_summary_tells_the_marked_sentences_in_their_order_and_nothing_else():
    for document, summary in everything():
        headlines = []
        for sentence in document.removesuffix(".").split(". "):
            adverb, name, verb, the, thing = sentence.split()
            assert the == "the"
            assert adverb in CUES + OTHERS
            if adverb in CUES:
                headlines.append(f"{name} {VERBS[verb]} {thing}")
        assert summary == ", ".join(headlines)
        assert len(headlines) == MARKED


def test_no_verb_of_a_summary_stands_in_a_document():
    assert not {*VERBS} & {*VERBS.values()}
    for document, summary in everything():
        verbs = {w for w in to_tokens(summary, "word") if w in VERBS.values()}
        assert verbs
        assert not verbs & set(to_tokens(document, "word"))


def test_every_text_comes_back_from_its_tokens_and_the_lengths_are_those_of_the_card():
    for text in (text for pair in everything() for text in pair):
        assert to_text(to_tokens(text, "word"), "word") == text
    lengths = {len(to_tokens(document, "word")) for document, _ in everything()}
    assert lengths == {42, 48, 54}
    said = re.findall(r"([\d,]+) (?:training|validation|test)", loaded().card.size)
    assert said == [f"{len(part):,}" for part in loaded()[:3]]


def test_no_part_holds_a_document_or_a_summary_of_another_one():
    for side in range(2):
        parts = [{pair[side] for pair in part} for part in loaded()[:3]]
        assert sum(map(len, parts)) == len(set().union(*parts))


def test_a_new_name_occurs_in_one_sentence_of_the_whole_set():
    seen = set()
    for document, _ in everything():
        new = [w for w in to_tokens(document, "word") if w not in KNOWN]
        assert len(set(new)) == len(new)
        assert not seen & set(new)
        seen |= set(new)
    assert len(seen) > 10_000


def test_new_names_are_as_frequent_in_marked_sentences_as_in_others():
    """Or else a new name would be a cue itself."""
    found = {True: [0, 0], False: [0, 0]}
    for document, _ in loaded().train:
        for sentence in document.split(". "):
            adverb, name, *_ = sentence.split()
            found[adverb in CUES][0] += name not in NAMES
            found[adverb in CUES][1] += 1
    for new, sentences in found.values():
        assert new / sentences == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("share", [0, 1])
def test_the_share_of_new_names_is_an_argument(share):
    for document, summary in load_summaries(5, 2, new_names=share).train:
        names = [sentence.split()[1] for sentence in document.split(". ")]
        assert [name in NAMES for name in names] == [not share] * len(names)
        assert summary.split()[0] in names


def test_a_seed_is_a_set():
    assert load_summaries(3, 1, seed=1) == load_summaries(3, 1, seed=1)
    assert load_summaries(3, 1, seed=1).train != load_summaries(3, 1, seed=2).train


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": 0}, "train: expected an integer of at least 1, got 0"),
        ({"held_out": 0}, "held_out: expected an integer of at least 1, got 0"),
        ({"new_names": 1.5}, "new_names: expected"),
        ({"train": 200_000}, "train: expected fewer documents, for which 343,000 new names"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_summaries(**arguments)
