"""Which notebooks run in the page, and what the page's script is told about them."""

import re
import zipfile

import pytest
from make_exercises import make_exercise, wanted_exercises
from notebook_files import ROOT, hash_of, notebooks_in, read
from sphinx_course import page_cells, run_in_page
from sphinx_course.run_in_page import described, make_package, not_in_the_browser, runs

from course_pkg.classroom.assignment import TEXT_STUB
from tests.tools.samples import solution_notebook


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("import numpy as np, math\nimport matplotlib.pyplot as plt", set()),
        ("import pandas", {"pandas"}),
        ("try:\n    import pandas\nexcept ImportError:\n    pass", {"pandas"}),
        ("def f():\n    import pandas", set()),
        ("from course_pkg import plots\nfrom course_pkg.reference.cells import rnn", set()),
        ("from course_pkg.grading.run_check import remember", set()),
        ("from torch import nn", {"torch"}),
        ("from course_pkg.models import rnn", {"course_pkg.models.rnn"}),
    ],
)
def test_imports_are_followed_through_the_package(source, missing):
    assert missing <= not_in_the_browser(source)
    assert bool(missing) == bool(not_in_the_browser(source))


def test_the_script_is_told_what_each_cell_is():
    solution = ROOT / "solutions" / "01-recurrent-networks.ipynb"
    exercise = wanted_exercises([solution])[solution.name]
    assert runs(exercise)
    page = described(exercise, "01-recurrent-networks")
    first, *others = page["cells"]
    assert first["kind"] == "setup"
    by_id = {cell["id"]: cell for cell in others}
    sources = {cell.id: cell.source for cell in exercise.cells}
    assert "progress" not in by_id  # not on the page
    assert all(cell["hash"] == hash_of(sources[cell["id"]]) for cell in others)
    of_seven = [(c["kind"], c.get("torch", False)) for c in others if c["exercise"] == 7]
    assert of_seven == [("given", True), ("answer", False), ("check", True), ("look", False)]
    assert {c["exercise"] for c in others if c["kind"] == "prose"} == {5, 8}
    assert page["exercises"][1][0] == 2
    assert page["summary"].startswith("Solved: none yet. 0 of ")
    assert page["plots"]


@pytest.mark.parametrize("path", notebooks_in("exercises"), ids=lambda path: path.stem)
def test_a_page_says_where_its_exercises_are_solved(path):
    notebook = read(path)
    first = notebook.cells[0].source
    assert "the site" not in first  # the file is read elsewhere too
    if runs(notebook):
        assert first.count(run_in_page.ELSEWHERE) == 1
        some_need_torch = any("torch." in cell.source for cell in notebook.cells)
        assert (run_in_page.BUT in run_in_page.where(notebook)) == some_need_torch


def test_a_notebook_without_a_set_up_cell_does_not_run():
    assert not runs(make_exercise(solution_notebook()))


def test_the_package_is_packed_alike_each_time(tmp_path):
    packs = [tmp_path / "a.zip", tmp_path / "b.zip"]
    for path in packs:
        make_package(path)
    assert packs[0].read_bytes() == packs[1].read_bytes()
    with zipfile.ZipFile(packs[0]) as pack:
        names = pack.namelist()
    assert "course_pkg/reference/cells/rnn.py" in names
    assert all(name.startswith("course_pkg/") and name.endswith(".py") for name in names)


def test_what_is_there_is_said_once():
    """The rule of imports knows the packages that the files hold."""
    from run_files import read_list

    holds = {name for each in read_list()["lock"]["packages"].values() for name in each["imports"]}
    assert {"numpy", "matplotlib"} <= holds & run_in_page.HERE


def test_the_script_knows_the_words_that_python_uses():
    script = (ROOT / "book" / "site" / "run" / "page.mjs").read_text(encoding="utf-8")
    said = dict(re.findall(r'^const (\w+) = "(.*)";$', script, re.MULTILINE))
    assert said["UNTOUCHED"] == TEXT_STUB
    assert said["TORCH"] == page_cells.NO_TORCH
