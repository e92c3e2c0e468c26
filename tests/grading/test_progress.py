"""A check that passes is noted, over restarts; nothing is run for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from notebook_files import ROOT, notebooks_in

from course_pkg.grading import progress
from course_pkg.grading.cli import exercises_of
from course_pkg.grading.progress import FILE_VARIABLE, record, solved_in, summary

NOTEBOOK = """
from course_pkg.grading.run_check import remember, run_check
answer = {answer}
remember(globals(), "04-lstm")
def answer_check():
    assert answer == 3, "expected 3"
run_check(answer_check, exercise={number})
"""


@pytest.fixture(autouse=True)
def _another_process(monkeypatch):
    monkeypatch.setattr(progress, "_here", {})


def run(path, **values):
    environment = {FILE_VARIABLE: str(path), "PYTHONPATH": str(ROOT)} if path else {}
    return subprocess.run(
        [sys.executable, "-c", NOTEBOOK.format(**values)],
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        cwd=ROOT / "tests",
    )


def test_what_is_solved_is_kept_over_restarts(tmp_path):
    path = tmp_path / "progress.json"
    assert run(path, answer=3, number=2).returncode == 0
    assert run(path, answer=4, number=5).returncode == 1
    assert run(path, answer=3, number=7).returncode == 0
    assert json.loads(path.read_text()) == {"04-lstm": [2, 7]}
    assert solved_in(path) == {"04-lstm": {2, 7}}
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]


def test_without_a_file_nothing_is_written(tmp_path):
    assert "solved" in run(None, answer=3, number=2).stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "[1]", '{"04-lstm": 3}', '{"04-lstm": ["x"]}', "\x00"])
def test_a_damaged_file_is_no_reason_to_fail(tmp_path, monkeypatch, content):
    path = tmp_path / "progress.json"
    path.write_text(content)
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    record("04-lstm", 1)
    assert json.loads(path.read_text()) == {"04-lstm": [1]}


def test_a_folder_that_is_not_there_is_no_reason_to_fail(tmp_path, monkeypatch):
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "none" / "progress.json"))
    record("04-lstm", 1)
    assert solved_in() == {"04-lstm": {1}}


def test_the_summary():
    exercises = {1: (2.0, "One"), 2: (1.0, "Two"), 3: (2.5, "Three")}
    assert summary(exercises, {1, 3, 9}) == (
        "Solved: exercises 1, 3. 4.5 of 5.5 points.\nNext: exercise 2. Two"
    )
    assert summary(exercises, {1, 2, 3}).endswith("All solved.")


@pytest.mark.parametrize("path", notebooks_in("exercises"), ids=lambda path: path.stem)
def test_the_last_cell_knows_the_points_of_the_checks(path):
    cells = json.loads(path.read_text())["cells"]
    marks = [cell["metadata"].get("nbgrader", {}) for cell in cells if cell["cell_type"] == "code"]
    points = [mark["points"] for mark in marks if mark.get("grade")]
    exercises = exercises_of(path)
    assert [each for each, _ in exercises.values()] == points
    assert list(exercises) == [number for number in range(1, 9) if number in exercises]
    assert all(title for _, title in exercises.values())


def test_the_command(tmp_path):
    (tmp_path / "progress.json").write_text('{"04-lstm": [1, 2], "gone": [1]}')
    command = [sys.executable, "-m", "course_pkg", "progress", str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "04-lstm\n  Solved: exercises 1, 2. 4 of 21 points.\n  Next: exercise 3." in shown
    assert shown.splitlines()[-1].startswith("In all: 4 of ")
    assert shown.count("none yet") == len(notebooks_in("exercises")) - 1
