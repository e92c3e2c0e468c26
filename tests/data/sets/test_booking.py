"""Dialogues about a table: the waiter says what follows from what was said, told independently."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from course_pkg.data.sets.booking import ASKED, DAYS, FAREWELLS, PEOPLE, TIMES, load_booking
from course_pkg.data.text.joined import to_text, to_tokens

WORD_OF = {"for": PEOPLE, "on": DAYS, "at": TIMES}


@cache
def loaded(**settings):
    return load_booking(**settings)


def expected(source):
    """Say what the waiter has to answer; nothing where several answers are right."""
    guest = re.findall(r"guest: (.*?)(?= waiter:|$)", source)
    last = {}
    for turn in guest:
        for word, value in re.findall(r"\b(for|on|at) (\w+)", turn):
            assert value in WORD_OF[word]
            last[word] = value
    for word, question in zip(WORD_OF, ASKED, strict=True):
        if word not in last:
            return question
    booking = " ".join(f"{word} {last[word]}" for word in WORD_OF)
    if guest[-1] == "yes.":
        return f"it is booked, {booking}."
    return None if "thank" in guest[-1] else f"a table {booking}, right?"


@pytest.mark.parametrize("corrections", [(0, 2), (5, 5)])
def test_the_waiter_says_the_last_value_of_each_thing_and_asks_for_what_is_missing(corrections):
    pairs = loaded(train=300, held_out=50, corrections=corrections)
    for source, target in (pair for part in pairs[:3] for pair in part):
        answer = expected(source)
        assert target == answer if answer else target in FAREWELLS


def test_the_pairs_of_a_dialogue_follow_each_other():
    said = ""
    for source, target in loaded().train:
        assert source.startswith(said)
        said = "" if target in FAREWELLS else f"{source} waiter: {target} guest: "
    turns = [0]
    for _, target in loaded().train:
        turns[-1] += 1
        if target in FAREWELLS:
            turns.append(0)
    assert (min(turns[:-1]), max(turns)) == (3, 8)  # as the card says
    dialogues = [sum(t in FAREWELLS for _, t in part) for part in loaded()[:3]]
    said = re.findall(r"([\d,]+) (?:training|validation|test)", loaded().card.size)
    assert said == [f"{number:,}" for number in dialogues]


def test_corrections_are_as_many_as_asked_for():
    for source, target in loaded(train=20, held_out=20, corrections=(3, 3)).test:
        if target in FAREWELLS:
            assert source.count("guest: no,") == 3
            assert source.count("right?") == 4


def test_no_part_confirms_a_booking_of_another_one():
    parts = [
        {t.split("table ")[1] for _, t in part if t.startswith("a table")} for part in loaded()[:3]
    ]
    assert all(len(part) > 40 for part in parts)
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_goodbyes_are_as_frequent_as_they_say():
    assert sum(FAREWELLS.values()) == pytest.approx(1)
    said = Counter(target for _, target in loaded().train if target in FAREWELLS)
    for text, share in FAREWELLS.items():
        assert said[text] / said.total() == pytest.approx(share, abs=0.03)


def test_every_text_comes_back_from_its_tokens():
    for text in (text for pair in loaded().test for text in pair):
        assert to_text(to_tokens(text, "word"), "word") == text


def test_a_seed_is_a_set():
    assert load_booking(3, 1, seed=1) == load_booking(3, 1, seed=1)
    assert load_booking(3, 1, seed=1).train != load_booking(3, 1, seed=2).train


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": 0}, "train: expected an integer of at least 1, got 0"),
        ({"held_out": 0}, "held_out: expected an integer of at least 1, got 0"),
        ({"corrections": (2, 1)}, "corrections: expected the smaller one first"),
        ({"corrections": (-1, 1)}, "corrections: expected an integer of at least 0, got -1"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_booking(**arguments)
