"""What the page for instructors says about nbgrader, done with made-up notebooks, and compared."""

from __future__ import annotations

import copy
import csv
import os
import re
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

NAME = "04-lstm.ipynb"
PAGE = ROOT / "book" / "instructors.md"
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
        timeout=120,
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


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of a class, graded: Anna's work is right but noisy, Ben's spoils two checks."""
    folder = tmp_path_factory.mktemp("class")
    solution = read(ROOT / "solutions" / NAME)
    (folder / "source" / "lstm").mkdir(parents=True)
    write(folder / "source" / "lstm" / NAME, dumps(solution))
    nbgrader(folder, "generate_assignment", "lstm")

    anna = submission(solution, {grade_id(cell) for cell in solution.cells if not is_check(cell)})
    ben = submission(solution, {"switches", "slope", "orders", "roads"})
    for cell in anna.cells:
        if grade_id(cell) == "slope":
            cell.source += NOISE
    for cell in ben.cells:
        if grade_id(cell) == "bugs-check":
            cell.source = "print('Right')"
    ben.cells = [cell for cell in ben.cells if grade_id(cell) != "roads-check"]
    hand_in(folder, "anna", anna)
    hand_in(folder, "ben", ben)
    hand_in(folder, "dora", submission(solution, set()))
    (grade,) = blocks_of_the_page("nbgrader autograde")
    run = call(folder, "sh", "-c", grade)
    assert run.returncode == 0, run.stderr
    assert "checksum" in run.stderr  # of honest work, too
    return folder


def test_the_table_is_the_one_on_the_page(graded):
    text = (graded / "grades.csv").read_text()
    without_dora = "".join(line for line in text.splitlines(True) if ",dora," not in line)
    assert without_dora.strip() in PAGE.read_text()
    rows = {row["student_id"]: row for row in csv.DictReader(text.splitlines())}
    checked = sum(load_assignment(ROOT / "solutions" / NAME).points().values())
    assert float(rows["anna"]["score"]) == checked  # the rest is for a person to give


def grades_of(folder, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        (work,) = [w for w in book.assignment_submissions("lstm") if w.student.id == student]
        found = {grade.name: grade.auto_score for grade in work.notebooks[0].grades}
        grades = {name: points for name, points in found.items() if name.endswith("-check")}
        return work.needs_manual_grade, grades


@pytest.mark.parametrize("student", ["anna", "ben", "dora"])
def test_the_points_are_those_of_our_own_command(graded, student):
    _, grades = grades_of(graded, student)
    assert sum(grades.values()) == our_points(graded, student)


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


def test_a_copied_or_split_cell_stops_nbgrader_and_the_page_has_the_remedy(graded):
    solution = read(ROOT / "solutions" / NAME)
    cem = submission(solution, {grade_id(cell) for cell in solution.cells if not is_check(cell)})
    number = next(n for n, cell in enumerate(cem.cells) if grade_id(cell) == "slope")
    twin = copy.deepcopy(cem.cells[number])
    twin.id = "twin"
    cem.cells.insert(number + 1, twin)
    number = next(n for n, cell in enumerate(cem.cells) if grade_id(cell) == "switches")
    first, second = cem.cells[number].source.split("def resting_cell")
    part = copy.deepcopy(cem.cells[number])
    part.id, part.source = "part", "def resting_cell" + second
    cem.cells[number].source = first
    cem.cells.insert(number + 1, part)
    hand_in(graded, "cem", cem)
    ours = our_points(graded, "cem")
    (grade,) = blocks_of_the_page("nbgrader autograde")
    grade = grade.replace("submitted/*/", "submitted/cem/").replace("nbgrader export", "")

    assert "KeyError: 'grade_id'" in call(graded, "sh", "-c", grade).stderr
    look, grades = grades_of(graded, "cem")
    assert look
    assert set(grades.values()) == {None}
    (remedy,) = blocks_of_the_page("del cell.metadata")
    run = call(graded, "sh", "-c", remedy)
    assert run.returncode == 0, run.stderr
    run = call(graded, "sh", "-c", grade)
    assert run.returncode == 0, run.stderr
    theirs = sum(grades_of(graded, "cem")[1].values())
    assert theirs == sum(grades_of(graded, "anna")[1].values()) == ours


def test_what_students_get_is_the_exercise_but_for_the_stubs(graded):
    release = read(graded / "release" / "lstm" / NAME)
    exercise = make_exercise(read(ROOT / "solutions" / NAME))
    sources = [
        cell.source.replace("NotImplementedError()", "NotImplementedError")
        for cell in release.cells
    ]
    assert sources == [cell.source for cell in exercise.cells]
