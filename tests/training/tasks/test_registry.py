"""A task is one file and one line: the one in CONTRIBUTING is trained as it stands there."""

import inspect
import math
import os
import re
import shutil
import subprocess
import sys
import types
from typing import get_type_hints

import pytest
from notebook_files import ROOT
from sphinx_course.api import modules_of

from course_pkg.__main__ import main
from course_pkg.training.log import read_records
from course_pkg.training.recipes.config import ConfigError
from course_pkg.training.recipes.saved_model import load_model
from course_pkg.training.tasks.registry import TASKS, config_from, module_of, recipe


def listing(language):
    """The listing of this language in the section on tasks."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## A task")[1]
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture
def coin(monkeypatch):
    """The module of the task, in the registry."""
    module = types.ModuleType("course_pkg.training.tasks.coin")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(listing("python"), "coin.py", "exec"), vars(module))
    monkeypatch.setitem(TASKS, "coin", "coin")
    yield module
    recipe.cache_clear()


def test_the_task_of_contributing_is_trained_resumed_and_saved(coin, tmp_path, capsys):
    path, folder = tmp_path / "coin.toml", tmp_path / "run"
    path.write_text(listing("toml"))
    assert main(["train", str(path), "--out", str(folder)]) == 0
    assert main(["train", str(path), "--out", str(folder), "--resume"]) == 0
    assert "Coins: train 200 sequences" in capsys.readouterr().out
    assert [record["step"] for record in read_records(folder)] == [10, 20]
    assert read_records(folder)[0]["valid_loss"] == pytest.approx(math.log(2), abs=0.2)
    model, _ = load_model(folder / "model.safetensors")
    assert model.settings["cell"] == "gru"
    assert "# Coins: coin" in (folder / "card.md").read_text()


def test_the_steps_of_contributing_are_all_that_it_takes(tmp_path):
    """In a copy of the package a file and a line are added, and the API page lists it too."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## A task")[1]
    line = re.search(r"`TASKS` of .*?: `(.*?)`", text, re.DOTALL)[1]
    shutil.copytree(ROOT / "course_pkg", tmp_path / "course_pkg")
    (tmp_path / "coin.toml").write_text(listing("toml"))
    room = tmp_path / "course_pkg" / "training" / "tasks"
    (room / "coin.py").write_text(listing("python"))
    registry = (room / "registry.py").read_text()
    last = '    "lm": "next_token",\n'
    assert last in registry
    (room / "registry.py").write_text(registry.replace(last, f"{last}    {line},\n"))
    assert "coin" in modules_of(room, "course_pkg.training.tasks")
    run = subprocess.run(
        [sys.executable, "-m", "course_pkg", "train", "coin.toml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "everything is in runs" in run.stdout


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "coins"}, "task: unknown task 'coins'; did you mean 'coin'?"),
        ({"data": {"step": 3}}, "data.step: unknown key; did you mean 'steps'?"),
        ({"data": {"steps": 0}}, "data.steps: expected an integer of at least 1, got 0"),
        ({"model": {"hiden": 3}}, "model.hiden: unknown key; did you mean 'hidden'?"),
        ({"model": {"classes": 3}}, "model.classes: unknown key"),
        ({"model": {"cell": "lstn"}}, "model.cell: expected one of 'rnn', 'gru', 'lstm'"),
    ],
)
def test_its_mistakes_are_named_without_a_line_of_its_own(coin, changes, message):
    table = {"task": "coin", "data": {}, "training": {"epochs": 1}} | changes
    with pytest.raises(ConfigError) as error:
        config_from(table)
    assert message in str(error.value)


@pytest.mark.parametrize("name", TASKS)
def test_the_table_of_a_model_is_the_signature_of_the_model(name):
    task = module_of(name)
    table = get_type_hints(recipe(name))["model"]
    arguments = inspect.signature(task.MODEL).parameters
    assert vars(table()) == {k: p.default for k, p in arguments.items() if k not in task.GIVEN}
    assert set(task.GIVEN) <= set(arguments)
