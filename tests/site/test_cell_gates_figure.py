"""The interactive figure of the gates shows what a cell holds whose gates are set so."""

import itertools
import json
import math
import re

import pytest
from notebook_files import ROOT
from sphinx_course import explorers
from sphinx_course.explorers import cell_gates as figure

SETTINGS = list(
    itertools.product(figure.AT_SUBJECTS, figure.AT_DOOR, figure.ELSEWHERE, figure.AT_STOP)
)
VERBS = {"are": "plural", "is": "singular"}


def by_hand(subjects, door, elsewhere, stop):
    """The cell after each word, and what is left of a gradient from the next verb.

    In plain Python: no gate is computed here, and no logistic function, only c = f c + i g.
    """
    cell, held, forgets = 0.0, [], []
    for word in figure.WORDS:
        forgets.append(stop if word == "." else elsewhere)
        cell *= forgets[-1]
        if word in ("keys", "dog"):
            cell += subjects if word == "keys" else -subjects
        elif word == "door":
            cell -= door
        held.append(cell)
    left = []
    for start in range(len(forgets)):
        ends = [end for end in map(figure.WORDS.index, VERBS) if end > start]
        left.append(math.prod(forgets[start + 1 : ends[0]]) if ends else 0.0)
    return held, left


@pytest.fixture(scope="module")
def made():
    return explorers.load("cell-gates", ROOT)


@pytest.fixture(scope="module")
def data(made):
    return json.loads(json.dumps(made.data()))


def test_every_picture_is_the_cell_of_its_gates(data):
    assert len(data["index"]) == len(SETTINGS)
    for setting, number in zip(SETTINGS, data["index"], strict=True):
        held, left = by_hand(*setting)
        _, (before_are, *_, factor), values = data["pictures"][number]
        assert all(0 <= value <= 1000 for value in values)
        heights = [figure.TOP * (value - 500) / 500 for value in values]
        assert heights == pytest.approx(held + left, abs=0.0013), setting
        at = figure.WORDS.index("are") - 1
        assert float(before_are.replace("−", "-")) == pytest.approx(held[at], abs=0.00501)
        assert float(factor) == pytest.approx(setting[2] ** 4, abs=0.00501)


def test_the_verdict_follows_the_sign(data):
    for setting, number in zip(SETTINGS, data["index"], strict=True):
        held, _ = by_hand(*setting)
        _, says, _ = data["pictures"][number]
        for said, (verb, right) in zip((says[1], says[3]), VERBS.items(), strict=True):
            cell = held[figure.WORDS.index(verb) - 1]
            if abs(cell) > 0.01:
                found = "plural" if cell > 0 else "singular"
                assert said == f"{found}, {'right' if found == right else 'wrong'}", setting


def test_it_opens_with_gates_that_answer_right(made):
    start = made.start()
    assert start.words.sentence.format(*start.says) == (
        "Before “are” the cell holds 1.00: plural, right. Before “is” it holds −1.00: singular, "
        "right. On its way from “are” back to “keys” a gradient is multiplied by 1.00."
    )


def test_the_two_labels_never_meet(made):
    for setting in itertools.product(*(range(len(c.values)) for c in made.controls)):
        drawn = made.picture(*setting)
        found = re.findall(
            r'class="end curve-.*? y="([\d.]+)" dy="(-?\d+)">(\w+)<',
            made.draw(drawn.words, drawn.values),
        )
        at = {name: float(y) + int(dy) for y, dy, name in found}
        assert at["cell"] - at["gradient"] >= 15, setting  # the height of a letter


def test_what_the_chapter_tells_readers_to_try(made):
    """An open input gate at the door loses the number, a low forget gate lets it fade."""
    start = [control.start for control in made.controls]
    door_open = [start[0], len(figure.AT_DOOR) - 1, *start[2:]]
    assert made.picture(*door_open).says[:2] == ["0.00", "nothing"]
    fades = [*start[:2], figure.ELSEWHERE.index(0.5), start[3]]
    assert made.picture(*fades).says[0] == made.picture(*fades).says[4] == "0.06"
    both = [start[0], door_open[1], fades[2], start[3]]
    assert made.picture(*both).says[1] == "singular, wrong"
    never_cleared = [*start[:3], figure.AT_STOP.index(1.0)]
    assert made.picture(*never_cleared).says[2:4] == ["0.00", "nothing"]
