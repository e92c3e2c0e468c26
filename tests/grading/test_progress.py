"""A check that passes is noted, over restarts; nothing is run for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from notebook_files import ROOT, notebooks_in

from course_pkg.grading import progress
from course_pkg.grading.cli import exercises_of
from course_pkg.grading.progress import FILE_VARIABLE, SOLVED, best_in, earned, record, summary

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


def run(path, of=NOTEBOOK, **values):
    environment = {FILE_VARIABLE: str(path), "PYTHONPATH": str(ROOT)} if path else {}
    return subprocess.run(
        [sys.executable, "-c", of.format(**values)],
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
    assert json.loads(path.read_text()) == {"04-lstm": {"2": "solved", "7": "solved"}}
    assert best_in(path) == {"04-lstm": {2: SOLVED, 7: SOLVED}}
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]


def test_without_a_file_nothing_is_written(tmp_path):
    assert "solved" in run(None, answer=3, number=2).stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        *("", "[1]", "\x00"),
        *('{"04-lstm": 3}', '{"04-lstm": ["x"]}', '{"04-lstm": "12"}'),
        *('{"04-lstm": {"1": "much"}}', '{"04-lstm": {"1": -2}}', '{"04-lstm": {"1": NaN}}'),
        *('{"04-lstm": {"1": Infinity}}', '{"04-lstm": {"1": null}}', '{"04-lstm": {"x": 1}}'),
    ],
)
def test_a_damaged_file_is_no_reason_to_fail(tmp_path, monkeypatch, content):
    path = tmp_path / "progress.json"
    path.write_text(content)
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    record("04-lstm", 1)
    assert json.loads(path.read_text()) == {"04-lstm": {"1": "solved"}}


def test_a_folder_that_is_not_there_is_no_reason_to_fail(tmp_path, monkeypatch):
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "none" / "progress.json"))
    record("04-lstm", 1)
    assert best_in() == {"04-lstm": {1: SOLVED}}


PARTS = """
from course_pkg.grading.parts import part
from course_pkg.grading.run_check import remember, run_check
first, second = {first}, {second}
remember(globals(), "04-lstm")
def answer_check():
    with part("the first", points=1):
        assert first == 3, "expected 3"
    with part("the second", points=2):
        assert second == 4, "expected 4"
run_check(answer_check, exercise=6)
"""


def test_the_best_of_all_tries_is_kept(tmp_path):
    path = tmp_path / "progress.json"
    path.write_text('{"04-lstm": [2]}')  # as it was written once
    tries = [
        ((0, 0), None),
        ((3, 0), 1),
        ((0, 4), 2),
        ((3, 0), 2),
        ((3, 4), "solved"),
        ((0, 4), "solved"),
    ]
    for (first, second), best in tries:
        status = run(path, first=first, second=second, of=PARTS).returncode
        assert status == (0 if (first, second) == (3, 4) else 1)
        found = json.loads(path.read_text())["04-lstm"]
        if best is None:
            assert found == [2]
        else:
            assert found == {"2": "solved", "6": best}


def test_points_are_never_more_than_an_exercise_has():
    assert earned({1: (2.0, "One"), 2: (3.0, "Two")}, {1: 9.0, 2: SOLVED, 7: SOLVED}) == 5


def test_the_summary():
    exercises = {1: (2.0, "One"), 2: (1.0, "Two"), 3: (2.5, "Three")}
    assert summary(exercises, dict.fromkeys((1, 3, 9), SOLVED)) == (
        "Solved: exercises 1, 3. 4.5 of 5.5 points.\nNext: exercise 2. Two"
    )
    assert summary(exercises, dict.fromkeys((1, 2, 3), SOLVED)).endswith("All solved.")
    assert summary(exercises, {1: SOLVED, 2: 0.5, 3: 1.0}) == (
        "Solved: exercise 1. In part: exercises 2 (0.5 of 1 points), 3 (1 of 2.5 points). "
        "3.5 of 5.5 points.\nNext: exercise 2. Two"
    )


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
    solved = '{"1": "solved", "2": "solved", "5": 1}'
    (tmp_path / "progress.json").write_text(f'{{"04-lstm": {solved}, "gone": [1]}}')
    command = [sys.executable, "-m", "course_pkg", "progress", str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "04-lstm\n  Solved: exercises 1, 2. In part: exercise 5 (1 of 3 points)." in shown
    assert "5 of 21 points.\n  Next: exercise 3." in shown
    assert shown.splitlines()[-1].startswith("In all: 5 of ")
    assert shown.count("none yet") == len(notebooks_in("exercises")) - 1
