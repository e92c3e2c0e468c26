"""Rule: what holds for every function of the reference is said at its head, and nowhere again."""

import pytest

from tests.rules.published import docstrings, report

FOLDER = "course_pkg/reference/"
HEAD = f"{FOLDER}__init__.py, module"
SAID_ONCE = ("wrong type, rank or size", "given, not copies")


def complaints_about(texts):
    """Return a sentence for each docstring, given as (place, text), that says it again."""
    texts = [(where, " ".join(text.split())) for where, text in texts if where.startswith(FOLDER)]
    complaints = [
        f"{where}: {HEAD.split(',')[0]} says {phrase!r} for all."
        for where, text in texts
        for phrase in SAID_ONCE
        if phrase in text and where != HEAD
    ]
    head = dict(texts).get(HEAD, "")
    return complaints + [f"{HEAD}: expected {p!r} here." for p in SAID_ONCE if p not in head]


def test_the_contract_is_said_once():
    report(complaints_about(docstrings()))


TEXTS = {HEAD: " ... ".join(SAID_ONCE), f"{FOLDER}mse.py, forward": "Square the distance."}


@pytest.mark.parametrize(
    ("where", "text", "complaint"),
    [
        (HEAD, SAID_ONCE[1], f"{HEAD}: expected 'wrong type, rank or size' here."),
        (
            f"{FOLDER}mse.py, Cache",
            "Holds the arrays it was\n    given, not copies.",
            f"{FOLDER}mse.py, Cache: {FOLDER}__init__.py says 'given, not copies' for all.",
        ),
    ],
)
def test_the_rule_sees_what_is_said_again(where, text, complaint):
    assert complaints_about((TEXTS | {where: text}).items()) == [complaint]


def test_other_parts_may_say_it():
    assert complaints_about((TEXTS | {"course_pkg/models/rnn.py, m": SAID_ONCE[0]}).items()) == []
