"""The site shows exercises as they are made, whatever a learner has done to the files."""

import json

import pytest
from make_exercises import make_exercise
from nbformat.v4 import new_markdown_cell, new_output
from notebook_files import ROOT, dumps, write
from sphinx_course.exercise_pages import as_made, saved_as, unsolved
from sphinx_course.solution_titles import without_marks

from tests.tools.samples import solution_notebook


@pytest.fixture
def exercise(tmp_path):
    for folder, notebook in (
        ("solutions", solution_notebook()),
        ("exercises", make_exercise(solution_notebook())),
    ):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "01-one.ipynb", dumps(notebook))
    return tmp_path / "exercises" / "01-one.ipynb"


def test_the_file_will_do_where_nobody_was_at_it(exercise):
    assert as_made(exercise) is None


def test_answers_notes_and_outputs_are_not_shown(exercise):
    made = exercise.read_text()
    solved = make_exercise(solution_notebook())
    solved.cells[1].source = "def double(x):\n    return x + x"
    noted = make_exercise(solution_notebook())
    noted.cells.append(new_markdown_cell("#### My notes\n\n[nowhere](nowhere.md)"))
    run = make_exercise(solution_notebook())
    run.cells[1].outputs = [new_output("stream", text="defined")]
    for text in (dumps(solved), dumps(noted), dumps(run), "<<<<<<< HEAD"):
        exercise.write_text(text)
        assert as_made(exercise) == made
        assert exercise.read_text() == text


def test_without_solutions_the_file_has_to_do(exercise):
    exercise.write_text("anything")
    (exercise.parents[1] / "solutions" / "01-one.ipynb").unlink()
    assert as_made(exercise) is None


def test_a_site_without_solutions_shows_no_link_to_them():
    text = "Write `f`.\n\n*When you have tried: [solution](../solutions/01-one.ipynb#one).*"
    exercise = solution_notebook()
    exercise.cells.append(new_markdown_cell(text))
    shown = json.loads(unsolved(dumps(exercise)))
    assert "".join(shown["cells"][-1]["source"]) == "Write `f`."
    assert [cell["source"] for cell in shown["cells"][:-1]] == [
        cell["source"] for cell in json.loads(dumps(exercise))["cells"][:-1]
    ]
    assert unsolved("<<<<<<< HEAD") == "<<<<<<< HEAD"


def test_nor_does_a_notebook_that_it_lets_one_download(site_without_solutions):
    downloads = sorted(site_without_solutions.rglob("exercises/*.ipynb"))
    assert downloads
    for path in downloads:
        shown = json.loads(path.read_text(encoding="utf-8"))
        made = json.loads((ROOT / "exercises" / path.name).read_text(encoding="utf-8"))
        text = json.dumps(shown)
        assert "../solutions/" not in text
        assert len(shown["cells"]) == len(made["cells"])
        assert "The next notebook" in text or path == downloads[-1]


def test_a_solution_in_words_stands_without_its_marks():
    solution = solution_notebook()
    solution.cells.append(new_markdown_cell("### BEGIN SOLUTION\nBecause.\n### END SOLUTION"))
    shown = json.loads(without_marks(dumps(solution)))["cells"]
    assert shown[-1]["source"] == "Because.\n"
    assert "### BEGIN SOLUTION" in json.dumps(shown[:-1])  # code keeps its comments
    assert without_marks("# A page") == "# A page"


def test_a_browser_saves_a_chapter_and_its_exercises_under_two_names(site):
    for page in ("book/04-lstm", "exercises/04-lstm", "solutions/04-lstm"):
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        wanted = f'href="../_sources/{page}.ipynb" download="{saved_as(page, ".ipynb")}"'
        assert text.count(wanted) == 1, page
    assert saved_as("book/04-lstm", ".ipynb") != saved_as("exercises/04-lstm", ".ipynb")
