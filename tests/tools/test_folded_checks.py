"""The checks of the exercises are folded: on the site under their name, in JupyterLab for good."""

import copy
import json

import pytest
from make_exercises import make_exercise
from nbformat import from_dict
from nbformat.v4 import new_notebook
from notebook_files import ROOT, dumps, hash_of_cells, notebooks_in, read
from sphinx_course.exercise_bars import with_bars
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from tests.rules.test_folds import words_complaint
from tests.tools.samples import solution_notebook

CONFIG = "jupyter_server_config.py"


@pytest.fixture
def server():
    """The configuration of `make lab`'s server."""
    return PyFileConfigLoader(CONFIG, path=str(ROOT / "tools" / "jupyter")).load_config()


@pytest.fixture
def manager(server, tmp_path):
    """What saves files for JupyterLab, of the kind that its server has."""
    from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

    return AsyncLargeFileManager(root_dir=str(tmp_path), config=Config(server))


def save(manager, notebook):
    import asyncio

    model = {"type": "notebook", "format": "json", "content": json.loads(dumps(notebook))}
    asyncio.run(manager.save(model, "one.ipynb"))


def folded(notebook):
    return [cell.metadata.get("jupyter", {}).get("source_hidden") for cell in notebook.cells]


def test_a_check_that_was_opened_is_saved_folded_and_nothing_else_changes(manager, tmp_path):
    exercise = make_exercise(solution_notebook())
    mine = copy.deepcopy(exercise)
    mine.cells[2].metadata["jupyter"] = {"outputs_hidden": True}  # as JupyterLab leaves it
    mine.cells[1].source = "def double(x):\n    return x + x"
    save(manager, mine)
    saved = read(tmp_path / "one.ipynb")
    assert folded(saved) == [None, None, True]
    assert hash_of_cells(saved) == hash_of_cells(mine)
    saved.cells[2].metadata["jupyter"] = {"outputs_hidden": True}
    for cell in saved.cells:
        cell.metadata.pop("trusted", None)
    assert saved.cells == mine.cells


def test_other_notebooks_and_files_are_saved_as_they_are(manager, server, tmp_path):
    import asyncio

    plain = from_dict(new_notebook(cells=[read(ROOT / "book" / "04-lstm.ipynb").cells[1]]))
    before = folded(plain)
    save(manager, plain)
    assert folded(read(tmp_path / "one.ipynb")) == before
    asyncio.run(manager.save({"type": "file", "format": "text", "content": "text"}, "notes.txt"))
    assert (tmp_path / "notes.txt").read_text() == "text"
    hook = server.FileContentsManager.pre_save_hook
    for broken in ({}, {"type": "notebook"}, {"type": "notebook", "content": {"cells": [3]}}):
        hook(model=broken, path="x", contents_manager=None)


def cells_of(text):
    return [
        (cell["metadata"].get("nbgrader", {}), cell["metadata"])
        for cell in json.loads(text)["cells"]
        if cell["cell_type"] == "code"
    ]


@pytest.mark.parametrize(
    "path",
    notebooks_in("exercises", "solutions"),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_the_pages_name_each_check_and_the_set_up(path):
    cells = cells_of(with_bars(path.read_text()))
    words = [data.get("mystnb", {}).get("code_prompt_show") for _, data in cells]
    assert words[0] == "Set-up: run this first" or cells[0][0].get("grade_id") != "setup"
    checks = [
        word
        for word, (marks, _) in zip(words, cells, strict=True)
        if marks.get("grade") and not marks.get("solution")
    ]
    numbers = [int(word.removeprefix("Check of exercise ")) for word in checks]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 6 or not path.stem[0].isdigit()  # a project
    for word, (_, data) in zip(words, cells, strict=True):
        assert word is None or words_complaint(word) == ""
        assert "hide-input" in data.get("tags", []) or word is None


def test_answers_stay_open_and_what_is_no_notebook_stays():
    cells = cells_of(with_bars(dumps(solution_notebook())))
    assert [data for _, data in cells] == [
        dict(cell.metadata) for cell in solution_notebook().cells[1:]
    ]  # its check names no exercise
    assert with_bars("<<<<<<< HEAD") == "<<<<<<< HEAD"
    assert with_bars("[3]") == "[3]"
