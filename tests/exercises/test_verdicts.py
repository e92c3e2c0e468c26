"""Rule: a check accepts right answers, unusual ones too, and says of wrong ones what is wrong."""

from functools import cache
from importlib import import_module

import pytest
from make_exercises import is_check
from notebook_files import notebooks_in, read

from course_pkg.classroom.cli import name_of
from course_pkg.grading import parts
from tests.exercises import RIGHT, change

CHAPTERS = {name_of(path): path for path in notebooks_in("solutions")}


def answers_to(name):
    """Return the answers to a chapter, such as "04", or to "project-1"."""
    module = f"chapter_{name}" if name.isdigit() else name.replace("-", "_")
    return import_module(f"tests.exercises.{module}").ANSWERS


def asked(chapter):
    """Yield the answers, each with whether its check is run to the end, as a learner runs it.

    Of each exercise that is so with right answers, with those whose verdict says how many points,
    and with the first of the others.
    """
    seen = set()  # exercises with a wrong answer before this one
    for number, (exercise, verdict, answer) in enumerate(answers_to(chapter)):
        whole = verdict == RIGHT or "points" in verdict or exercise not in seen
        if verdict != RIGHT and "points" not in verdict:
            seen.add(exercise)
        name = f"{chapter}-{exercise}-{number}"
        yield pytest.param(chapter, exercise, verdict, answer, whole, id=name)


ANSWERS = [entry for chapter in CHAPTERS for entry in asked(chapter)]


@cache
def code_of(chapter):
    """Return grade_id, source and whether it is a check, for each code cell."""
    return [
        (cell.metadata.get("nbgrader", {}).get("grade_id", cell.id), cell.source, is_check(cell))
        for cell in read(CHAPTERS[chapter]).cells
        if cell.cell_type == "code"
    ]


def verdict_on(chapter, exercise, answer):
    """Return what the check, hidden tests included, says of this answer; other cells run as well.

    The cells are run as they stand, in their order. Left out are the checks of the other exercises,
    and the cells in which a learner looks at a longer training.
    """
    names = {"__name__": "__main__"}
    for grade_id, source, check in code_of(chapter):
        if grade_id == exercise:
            exec(answer if isinstance(answer, str) else answer(source), names)
        elif grade_id == f"{exercise}-check":
            try:
                exec(source, names)
            except AssertionError as refused:
                return str(refused)
            return RIGHT
        elif not check and not grade_id.endswith("-look"):
            exec(source, names)
    raise LookupError(f"{CHAPTERS[chapter]}: no exercise {exercise!r}")


def not_beyond(monkeypatch):
    """Have the first part of a check that fails end it: its error is what the check says.

    The parts behind it train for seconds, and change nothing but the line on points; that this is
    so, one wrong answer to each exercise shows, whose check is run to the end.
    """
    note = parts.part.__exit__

    def note_and_raise(self, kind, error, trace):
        note(self, kind, error, trace)
        return False

    monkeypatch.setattr(parts.part, "__exit__", note_and_raise)


@pytest.mark.parametrize(("chapter", "exercise", "verdict", "answer", "whole"), ANSWERS)
def test_the_verdict_is_just(chapter, exercise, verdict, answer, whole, monkeypatch):
    if not whole:
        not_beyond(monkeypatch)
    said = verdict_on(chapter, exercise, answer)
    if verdict == RIGHT:
        assert said == RIGHT
    else:
        assert verdict in said


def test_an_unknown_exercise_or_a_change_of_nothing_is_noticed():
    with pytest.raises(LookupError, match="no exercise 'none'"):
        verdict_on("01", "none", "")
    with pytest.raises(AssertionError, match="does not hold 'nowhere'"):
        verdict_on("01", "predict", change(("nowhere", "")))
