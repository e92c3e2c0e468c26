"""A small solution notebook, and a folder that the tools take for the whole project."""

import make_exercises
import pytest
from notebook_files import dumps, write

from tests.tools.samples import solution_notebook


@pytest.fixture
def solution():
    return solution_notebook()


@pytest.fixture
def project(solution, tmp_path, monkeypatch):
    (tmp_path / "solutions").mkdir()
    write(tmp_path / "solutions" / "01-one.ipynb", dumps(solution))
    monkeypatch.setattr(make_exercises, "ROOT", tmp_path)
    monkeypatch.setattr(
        make_exercises,
        "notebooks_in",
        lambda folder: sorted((tmp_path / folder).glob("*.ipynb")),
    )
    return tmp_path
