"""What the page for instructors says about nbgrader, done with made-up notebooks, and compared."""

from __future__ import annotations

import copy
import csv
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from make_exercises import is_check, make_exercise
from notebook_files import ROOT, dumps, read, write

from course_pkg.classroom.assignment import load_assignment
from course_pkg.classroom.grading import grade_work
from course_pkg.classroom.handed_in import Work
from tests.classroom import parts_made_up

CONFIG = ROOT / "tools" / "nbgrader" / "nbgrader_config.py"
NAME = "04-lstm.ipynb"
PAGE = ROOT / "book" / "instructors.md"
KINDS = ("right", "the double alone", "the double unsolved", "the double exits", "blank")
NOISE = """

def noisily(answer):
    def noisy(*arguments):
        import sys, warnings
        warnings.warn("careful")
        print("a note", file=sys.stderr)
        return answer(*arguments)
    return noisy

forget_bias_for = noisily(forget_bias_for)
"""


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def submission(solution, solved):
    """Return the exercise as a student hands it in who has solved these cells."""
    exercise = make_exercise(solution)
    answers = {grade_id(cell): cell.source for cell in solution.cells}
    for cell in exercise.cells:
        if grade_id(cell) in solved:
            cell.source = re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", answers[grade_id(cell)])
    return exercise


def call(folder, *command):
    settings = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "OMP_NUM_THREADS": "1",
        "JUPYTER_CONFIG_DIR": str(folder / "none"),  # not the user's own
    }
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=600,
    )


def nbgrader(folder, *arguments):
    run = call(folder, sys.executable, "-m", "nbgrader", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stderr


def hand_in(folder, student, notebook):
    (folder / "submitted" / student / "lstm").mkdir(parents=True)
    write(folder / "submitted" / student / "lstm" / NAME, dumps(notebook))


def blocks_of_the_page(word):
    """Return what the page says to type, of the blocks that hold a word."""
    fence = re.compile(r"^ *```[^\n`]*\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for block in fence.findall(PAGE.read_text()) if word in block]


def split_and_copied(notebook):
    """Copy the cell of an answer, and split that of another one, as JupyterLab does it."""
    number = next(n for n, cell in enumerate(notebook.cells) if grade_id(cell) == "slope")
    twin = copy.deepcopy(notebook.cells[number])
    twin.id = "twin"
    notebook.cells.insert(number + 1, twin)
    number = next(n for n, cell in enumerate(notebook.cells) if grade_id(cell) == "switches")
    first, second = notebook.cells[number].source.split("def resting_cell")
    part = copy.deepcopy(notebook.cells[number])
    part.id, part.source = "part", "def resting_cell" + second
    notebook.cells[number].source = first
    notebook.cells.insert(number + 1, part)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of a class, graded: Anna's work is right but noisy, Ben's spoils two checks.

    Cem has copied a cell and split another, Dora has answered nothing, Emil has deleted the set-up,
    a given cell, and an exercise with its check.
    """
    folder = tmp_path_factory.mktemp("class")
    shutil.copy(CONFIG, folder)
    solution = read(ROOT / "solutions" / NAME)
    (folder / "source" / "lstm").mkdir(parents=True)
    write(folder / "source" / "lstm" / NAME, dumps(solution))
    nbgrader(folder, "generate_assignment", "lstm")

    every = {grade_id(cell) for cell in solution.cells if not is_check(cell)}
    anna, cem, emil = (submission(solution, every) for _ in range(3))
    ben = submission(solution, {"switches", "slope", "orders", "roads"})
    for cell in anna.cells:
        if grade_id(cell) == "slope":
            cell.source += NOISE
    for cell in ben.cells:
        if grade_id(cell) == "bugs-check":
            cell.source = "print('Right')"
    ben.cells = [cell for cell in ben.cells if grade_id(cell) != "roads-check"]
    split_and_copied(cem)
    deleted = ("setup", "cells-given", "slope", "slope-check")
    emil.cells = [cell for cell in emil.cells if grade_id(cell) not in deleted]
    hand_in(folder, "anna", anna)
    hand_in(folder, "ben", ben)
    hand_in(folder, "cem", cem)
    hand_in(folder, "dora", submission(solution, set()))
    hand_in(folder, "emil", emil)
    (grade,) = blocks_of_the_page("nbgrader autograde")
    run = call(folder, "sh", "-c", grade)
    assert run.returncode == 0, run.stderr
    for word in ("App |", "checksum", "Warning"):  # nobody's work is worth a line here
        assert word not in run.stderr
    return folder


def test_the_table_is_the_one_on_the_page(graded):
    text = (graded / "grades.csv").read_text()
    shown = "".join(
        line for line in text.splitlines(True) if not re.search(",(cem|dora|emil),", line)
    )
    assert shown.strip() in PAGE.read_text()
    rows = {row["student_id"]: row for row in csv.DictReader(text.splitlines())}
    by_hand = sum(load_assignment(ROOT / "solutions" / NAME).by_hand().values())
    most = float(rows["anna"]["max_score"]) - by_hand
    assert float(rows["anna"]["score"]) == float(rows["cem"]["score"]) == most
    assert rows["dora"]["score"] == "0.0"
    assert float(rows["anna"]["score"]) - float(rows["emil"]["score"]) == 2


def grades_of(folder, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        (work,) = [w for w in book.assignment_submissions("lstm") if w.student.id == student]
        grades = {grade.name: grade.auto_score for grade in work.notebooks[0].grades}
        return work.needs_manual_grade, grades


@pytest.mark.parametrize("student", ["anna", "ben", "cem", "dora", "emil"])
def test_the_points_are_those_of_our_own_command(graded, student):
    _, grades = grades_of(graded, student)
    given = [points for points in grades.values() if points is not None]  # the rest is by hand
    assert sum(given) == our_points(graded, student)


def our_points(folder, student):
    work = Work(
        student, "", ((NAME, (folder / "submitted" / student / "lstm" / NAME).read_bytes()),)
    )
    return grade_work(work, load_assignment(ROOT / "solutions" / NAME)).total()


def test_changed_and_deleted_checks_are_put_back(graded):
    look, grades = grades_of(graded, "ben")
    assert not look
    assert grades["bugs-check"] == 0  # changed
    assert grades["roads-check"] > 0  # deleted
    assert grades["slope-check"] > 0


@pytest.fixture(scope="module")
def graded_parts(tmp_path_factory):
    """One student of each kind, graded on an exercise of two parts: the points, by student."""
    from nbgrader.api import Gradebook

    folder = tmp_path_factory.mktemp("parts")
    shutil.copy(CONFIG, folder)
    (folder / "source" / "parts").mkdir(parents=True)
    parts_made_up.write_source(folder / "source" / "parts")
    nbgrader(folder, "generate_assignment", "parts")
    for student in KINDS:
        answer, _, _ = parts_made_up.CLASS[student]
        place = folder / "submitted" / student.replace(" ", "-") / "parts"
        place.mkdir(parents=True)
        (place / f"{parts_made_up.NAME}.ipynb").write_bytes(parts_made_up.handed_in(answer))
    nbgrader(folder, "autograde", "parts")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        works = book.assignment_submissions("parts")
        return folder, {work.student.id: work.score for work in works}


@pytest.mark.parametrize("student", KINDS)
def test_parts_earn_what_they_earn_with_our_own_command(graded_parts, student):
    """Our own: tests/classroom/test_parts.py has the same points."""
    assert graded_parts[1][student.replace(" ", "-")] == parts_made_up.CLASS[student][1]


def test_the_reason_is_there_beside_the_points(graded_parts):
    folder, _ = graded_parts
    path = folder / "autograded" / "the-double-alone" / "parts" / f"{parts_made_up.NAME}.ipynb"
    outputs = next(cell.outputs for cell in read(path).cells if grade_id(cell) == "numbers-check")
    text = "".join(output.get("text", "") for output in outputs)
    assert "Not yet. square of 3: expected 9, got 6." in text
    assert "1 of 3 points: right so far is the double." in text


def test_what_students_get_is_the_exercise_but_for_the_stubs(graded):
    release = read(graded / "release" / "lstm" / NAME)
    exercise = make_exercise(read(ROOT / "solutions" / NAME))
    sources = [
        cell.source.replace("NotImplementedError()", "NotImplementedError")
        for cell in release.cells
    ]
    assert sources == [cell.source for cell in exercise.cells]
