"""The projects are assigned and graded as chapters are, by their names."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import pytest
from notebook_files import ROOT

from course_pkg.classroom.assignment import load_assignment
from course_pkg.classroom.cli import find_source
from course_pkg.classroom.repair import plan
from course_pkg.classroom.submission import read_submission
from tests.classroom.made_up import grade_id

PROJECTS = {"project-1": "sunspots", "project-2": "docstring-text"}  # and a data set of each


def command(*words):
    whole = [sys.executable, "-m", "course_pkg", *map(str, words)]
    return subprocess.run(whole, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("project", PROJECTS)
def test_a_project_is_assigned_with_the_chapters_it_links_to(project, tmp_path):
    done = command("assign", project, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    name = find_source(project).name
    text = (tmp_path / "out" / "exercises" / name).read_text()
    assert "BEGIN SOLUTION" not in text
    assert "BEGIN HIDDEN" not in text
    linked = set(re.findall(r"\.\./book/([\w-]+\.ipynb)", text))
    assert len(linked) > 2
    assert linked == {path.name for path in (tmp_path / "out" / "book").glob("*.ipynb")}
    assert (tmp_path / "out" / "data" / f"{PROJECTS[project]}.txt").is_file()


def handed_in(project, exercises):
    """Return a notebook with the published answers to these exercises, and with the words."""
    source = find_source(project)
    answers = {
        cell.name: cell.source
        for cell in load_assignment(source).cells
        if cell.kind == "words" or (cell.kind == "answer" and cell.exercise in exercises)
    }
    notebook = json.loads((ROOT / "exercises" / source.name).read_text())
    for cell in notebook["cells"]:
        cell["source"] = answers.get(grade_id(cell), cell["source"])
    return json.dumps(notebook)


@pytest.mark.parametrize("project", PROJECTS)
def test_a_project_is_graded_and_its_words_wait_for_a_person(project, tmp_path):
    for student, exercises in (("ada", {1, 2, 3}), ("bob", {2})):
        (tmp_path / "in" / student).mkdir(parents=True)
        (tmp_path / "in" / student / "mine.ipynb").write_text(handed_in(project, exercises))
    done = command("grade", project, tmp_path / "in", "--out", tmp_path / "out", "--seconds", 120)
    assert done.returncode == 0, done.stderr
    rows = csv.DictReader((tmp_path / "out" / "grades.csv").read_text().splitlines())
    assert {row["student"]: float(row["points"]) for row in rows} == {"ada": 3, "bob": 1}
    assert sum(load_assignment(find_source(project)).by_hand().values()) == 6
    assert sum(load_assignment(find_source(project)).points().values()) == 4


@pytest.mark.parametrize("project", PROJECTS)
def test_what_stands_behind_the_last_check_is_not_run(project):
    assignment = load_assignment(find_source(project))
    cells = read_submission(handed_in(project, {1, 2, 3, 4, 5}).encode())
    steps = plan(assignment, cells).steps
    assert steps[-1].name == "train-check"
    assert not any("compare(" in step.source for step in steps if "after it" in step.name)


def test_an_unknown_project_is_told():
    with pytest.raises(ValueError, match=r"got 'project-9'; there are 01, .*09, project-1, "):
        find_source("project-9")
