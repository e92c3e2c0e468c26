"""The table of runs: what it says of each, also of those that are damaged or not finished."""

import shutil

import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.training.promoting.run_table import list_runs, table
from course_pkg.training.recipes.saved_model import load_model, save_model

CONFIG = """\
task = "lm"
device = "cpu"
[data]
name = "agreement"
[model]
hidden = 4
embedding = 4
[training]
steps = 2
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A base run, one that started from it, one that is not finished, one that is no run."""
    folder = tmp_path_factory.mktemp("work") / "runs"
    path = folder.parent / "agreement.toml"
    path.write_text(CONFIG)
    assert main(["train", str(path), "--out", str(folder / "base")]) == 0
    child = ["train", str(path), "--from", str(folder / "base"), "--out", str(folder / "child")]
    assert main(child) == 0
    (folder / "begun").mkdir()
    shutil.copy(folder / "base" / "config.toml", folder / "begun")
    (folder / "notes").mkdir()
    return folder


def rows_of(folder):
    return {row.run: row for row in list_runs(folder)}


def test_each_run_has_its_data_its_metric_and_its_parent(runs):
    rows = rows_of(runs)
    assert list(rows) == ["base", "begun", "child"]
    model, about = load_model(runs / "base" / "model.safetensors")
    base = rows["base"]
    assert (base.task, base.data, base.parent) == ("lm", "agreement", "")
    assert base.chosen == f"valid loss {about['metrics']['valid']['loss']:.4f}"
    assert base.test == f"{about['metrics']['test']['loss']:.4f}"
    assert base.parameters == f"{sum(p.numel() for p in model.parameters()):,}"
    assert rows["child"].parent == str(runs / "base")
    assert rows["begun"].note == "not finished"


def test_a_parent_that_is_gone_or_another_is_said(runs, tmp_path):
    base = runs / "base"
    kept = shutil.copytree(base, tmp_path / "kept")
    try:
        model, about = load_model(base / "model.safetensors")
        with torch.no_grad():
            model.readout.bias += 1
        save_model(base / "model.safetensors", model, about)
        assert rows_of(runs)["child"].parent == f"{base} (changed)"
        (base / "model.safetensors").write_bytes(b"damaged")
        assert rows_of(runs)["child"].parent == f"{base} (changed)"
        assert rows_of(runs)["base"].note.startswith("damaged: model.safetensors")
        shutil.rmtree(base)
        assert rows_of(runs)["child"].parent == f"{base} (missing)"
    finally:
        shutil.rmtree(base, ignore_errors=True)
        shutil.copytree(kept, base)


def test_a_damaged_configuration_has_a_row(runs, tmp_path):
    folder = shutil.copytree(runs, tmp_path / "runs")
    (folder / "base" / "config.toml").write_text("task = 3")
    assert rows_of(folder)["base"].note == "damaged: task: unknown task 3; expected one of " + (
        "classify, lm, translate"
    )


def test_the_command_prints_the_table(runs, capsys):
    assert main(["runs", str(runs)]) == 0
    assert capsys.readouterr().out == table(list_runs(runs)) + "\n"


def test_an_empty_folder_and_one_that_is_not_there(tmp_path, capsys):
    assert main(["runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no runs in {tmp_path}\n"
    assert main(["runs", str(tmp_path / "nothing")]) == 1
    assert "expected a folder of runs, found none" in capsys.readouterr().err
