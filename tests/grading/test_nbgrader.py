"""What the page for instructors says about nbgrader, done with two made-up submissions."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from make_exercises import is_check, make_exercise
from notebook_files import ROOT, dumps, read, write

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


def nbgrader(folder, *arguments):
    settings = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "OMP_NUM_THREADS": "1",
        "JUPYTER_CONFIG_DIR": str(folder / "none"),  # not the user's own
    }
    run = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return run.stderr


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of a class, graded: Anna's work is right but noisy, Ben's spoils two checks."""
    folder = tmp_path_factory.mktemp("class")
    solution = read(ROOT / "solutions" / NAME)
    (folder / "source" / "lstm").mkdir(parents=True)
    write(folder / "source" / "lstm" / NAME, dumps(solution))
    nbgrader(folder, "generate_assignment", "lstm")

    anna = submission(solution, {grade_id(cell) for cell in solution.cells if not is_check(cell)})
    ben = submission(solution, {"switches", "slope", "repair", "roads"})
    for cell in anna.cells:
        if grade_id(cell) == "slope":
            cell.source += NOISE
    for cell in ben.cells:
        if grade_id(cell) == "bugs-check":
            cell.source = "print('Right')"
    ben.cells = [cell for cell in ben.cells if grade_id(cell) != "roads-check"]
    for student, notebook in (("anna", anna), ("ben", ben)):
        (folder / "submitted" / student / "lstm").mkdir(parents=True)
        write(folder / "submitted" / student / "lstm" / NAME, dumps(notebook))
    log = nbgrader(folder, "autograde", "lstm")
    assert "checksum" in log  # of honest work, too
    nbgrader(folder, "export")
    return folder


def test_the_table_is_the_one_on_the_page(graded):
    text = (graded / "grades.csv").read_text()
    assert text.strip() in PAGE.read_text()
    rows = {row["student_id"]: row for row in csv.DictReader(text.splitlines())}
    assert rows["anna"]["score"] == rows["anna"]["max_score"]


def test_only_a_deleted_check_waits_for_a_grade(graded):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as book:
        works = {work.student.id: work for work in book.assignment_submissions("lstm")}
        looks = {student: work.needs_manual_grade for student, work in works.items()}
        grades = {grade.name: grade for grade in works["ben"].notebooks[0].grades}
        assert looks == {"anna": False, "ben": True}
        assert [name for name in grades if grades[name].needs_manual_grade] == ["roads-check"]
        assert grades["roads-check"].auto_score is None
        assert grades["bugs-check"].auto_score == 0  # changed, and put back
        assert grades["slope-check"].auto_score > 0


def test_what_students_get_is_the_exercise_but_for_the_stubs(graded):
    release = read(graded / "release" / "lstm" / NAME)
    exercise = make_exercise(read(ROOT / "solutions" / NAME))
    sources = [
        cell.source.replace("NotImplementedError()", "NotImplementedError")
        for cell in release.cells
    ]
    assert sources == [cell.source for cell in exercise.cells]
