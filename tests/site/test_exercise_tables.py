"""The tables of exercises: what they say is what the notebooks hold."""

import re

import pytest
from make_exercises import make_exercise
from notebook_files import ROOT, dumps, notebooks_in, read
from sphinx_course.chapters import read_chapter
from sphinx_course.exercise_tables import (
    chapter_table,
    kind_of,
    project_table,
    read_exercises,
    said_points,
)

STEMS = [path.stem for path in notebooks_in("solutions") if re.match(r"\d\d-", path.stem)]


@pytest.mark.parametrize("stem", STEMS)
def test_all_exercises_are_there_with_all_their_points(stem):
    cells = read(ROOT / "solutions" / f"{stem}.ipynb").cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = re.findall(r"^## Exercise \d+\. *(.+)$", text, re.MULTILINE)
    points = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in cells)
    exercises = read_exercises(ROOT, stem)
    assert [exercise.title for exercise in exercises] == headings
    assert sum(exercise.points + exercise.by_hand for exercise in exercises) == points
    written = chapter_table(ROOT, read_chapter(ROOT / "book" / f"{stem}.ipynb"))
    assert len(re.findall(r"^\* - \d", written, re.MULTILINE)) == len(headings)


def test_without_solutions_the_exercises_say_the_same(tmp_path):
    stem = STEMS[-1]
    (tmp_path / "exercises").mkdir()
    exercise = make_exercise(read(ROOT / "solutions" / f"{stem}.ipynb"))
    (tmp_path / "exercises" / f"{stem}.ipynb").write_text(dumps(exercise))
    assert read_exercises(tmp_path, stem) == read_exercises(ROOT, stem)


def test_a_missing_notebook_and_an_exercise_without_points_are_refused(tmp_path):
    with pytest.raises(ValueError, match="02-two: expected a notebook"):
        read_exercises(tmp_path, "02-two")
    (tmp_path / "solutions").mkdir()
    stem = STEMS[0]
    notebook = read(ROOT / "solutions" / f"{stem}.ipynb")
    heading = next(cell for cell in notebook.cells if "## Exercise 1." in cell.source)
    heading.source = heading.source.replace(
        "## Exercise 1.", "## Exercise 9. None\n\n## Exercise 1."
    )
    (tmp_path / "solutions" / f"{stem}.ipynb").write_text(dumps(notebook))
    with pytest.raises(ValueError, match=f"{stem}.ipynb: exercise 9 gives no points"):
        read_exercises(tmp_path, stem)


def test_a_project_has_a_table_too_once_it_states_its_time(tmp_path):
    (tmp_path / "exercises").mkdir()
    path = tmp_path / "exercises" / "project-1-series.ipynb"
    exercise = make_exercise(read(ROOT / "solutions" / f"{STEMS[0]}.ipynb"))
    exercise.cells[0].source = "# Project 1: a series"
    path.write_text(dumps(exercise))
    with pytest.raises(ValueError, match="project-1-series: the first cell lacks"):
        project_table(tmp_path, path.stem)
    exercise.cells[0].source += "\n\n**Time.** About 6 hours: three, and three."
    path.write_text(dumps(exercise))
    written = project_table(tmp_path, path.stem)
    link = "/exercises/project-1-series.ipynb"
    assert written.startswith(f"**[Project 1: a series]({link})**: about 6 hours, points: ")
    assert written.count(f"({link}#exercise-") == len(read_exercises(tmp_path, path.stem))


@pytest.mark.parametrize(
    ("title", "name", "kind"),
    [
        ("Both directions (challenge)", "Both directions", "challenge"),
        ("Predict, then run (warm-up)", "Predict, then run", "predict, then run; warm-up"),
        ("Predict a length (predict, then run)", "Predict a length", "predict, then run"),
        ("An experiment: read backwards", "An experiment: read backwards", "experiment"),
        ("f(x) at a glance", "f(x) at a glance", "program"),
    ],
)
def test_kinds(title, name, kind):
    assert kind_of(title) == (name, kind)


def test_points_in_words():
    assert [said_points(*pair) for pair in ((2, 0), (1.5, 3), (0, 5))] == [
        "2",
        "1.5 + 3 by hand",
        "5 by hand",
    ]
