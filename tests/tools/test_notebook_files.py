"""`tools/notebook_files.py`: every tool reads a notebook the same way, and repairs nothing."""

import copy

import execute_notebooks
import make_exercises
import pytest
from make_exercises import make_exercise
from nbformat.v4 import new_markdown_cell
from notebook_files import NotANotebookError, dumps, is_as_made, read, version_of, write

MARKED = b"\xef\xbb\xbf"  # a byte order mark, as some editors put it first


def test_a_byte_order_mark_is_no_part_of_a_notebook(solution, tmp_path):
    path = tmp_path / "one.ipynb"
    write(path, dumps(solution))
    plain = read(path)
    path.write_bytes(MARKED + path.read_bytes())
    assert read(path) == plain
    assert execute_notebooks.main([str(path)]) == 0
    assert not path.read_bytes().startswith(MARKED)


def test_exercises_are_made_from_a_marked_solution(project):
    path = project / "solutions" / "01-one.ipynb"
    assert make_exercises.main([]) == 0
    path.write_bytes(MARKED + path.read_bytes())
    assert make_exercises.main(["--check"]) == 0


BROKEN = {
    "nothing": "",
    "no JSON": '{"cells": [',
    "a list": "[]",
    "no cells": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "a bare cell": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}',
    "too deep": "[" * 100_000,
    "format 3": '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
    "format 9": '{"nbformat": 9, "nbformat_minor": 0}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_notebook_is_named_in_a_sentence(text, project, capsys):
    path = project / "solutions" / "01-one.ipynb"
    path.write_text(text)
    with pytest.raises(NotANotebookError, match=r"01-one\.ipynb: "):
        read(path)
    assert make_exercises.main([]) == 1
    assert execute_notebooks.main([str(path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all("01-one.ipynb: " in line for line in lines)
    assert path.read_text() == text


def test_bytes_that_are_no_text_are_named_too(tmp_path):
    (tmp_path / "one.ipynb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotANotebookError, match=r"one\.ipynb: "):
        read(tmp_path / "one.ipynb")


def test_running_and_saving_is_no_writing(solution):
    """What JupyterLab leaves in a notebook that was opened, run and saved."""
    exercise = make_exercise(solution)
    saved = copy.deepcopy(exercise)
    saved.metadata["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    saved.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    saved.metadata["widgets"] = {}
    saved.cells[1].execution_count = 7
    saved.cells[1].metadata["execution"] = {"iopub.status.busy": "2020"}
    del saved.cells[2].metadata["jupyter"]  # unfolded
    assert is_as_made(exercise)
    assert is_as_made(saved)
    assert version_of(saved) == version_of(exercise)


def answered(notebook):
    notebook.cells[1].source = "def double(x):\n    return 2 * x"


def with_a_note(notebook):
    notebook.cells[0].source += "\n\nToo easy."


def with_a_cell(notebook):
    notebook.cells.append(new_markdown_cell("Done."))


def without_a_cell(notebook):
    del notebook.cells[0]


def with_cells_exchanged(notebook):
    notebook.cells[0], notebook.cells[1] = notebook.cells[1], notebook.cells[0]


def with_the_kind_of_a_cell_changed(notebook):
    notebook.cells[0].cell_type = "raw"


WAYS = [
    answered,
    with_a_note,
    with_a_cell,
    without_a_cell,
    with_cells_exchanged,
    with_the_kind_of_a_cell_changed,
]


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__.replace("_", " "))
def test_every_way_of_writing_is_seen_and_the_version_stays(solution, change):
    exercise = make_exercise(solution)
    version = version_of(exercise)
    change(exercise)
    assert not is_as_made(exercise)
    assert version_of(exercise) == version


def test_a_notebook_without_a_hash_is_nobodys_exercise(solution):
    assert not is_as_made(solution)
