"""The gate: who is let through, who is not, and what the history keeps."""

import json

import numpy as np
import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.promoting.gate import NotPromotedError, entry_of, promote
from course_pkg.training.promoting.records import read_history
from course_pkg.training.recipes.saved_model import (
    about_run,
    load_model,
    save_model,
    weights_hash,
)
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.classify import Classify
from tests.training.small import classify, labelled

ACCURACY = Settings(epochs=8, lr=1e-2, select_by="accuracy")


def make_run(folder, *, settings=ACCURACY, wrong_labels=False, valid_seed=1, **changed):
    """Train a classifier, and write the file of its run that the gate reads."""
    task = classify()
    parts = {"train": labelled(100, 0), "valid": labelled(40, valid_seed), "test": labelled(40, 2)}
    if wrong_labels:
        labels = parts["train"].labels
        parts["train"] = parts["train"]._replace(labels=1 - labels)
    torch.manual_seed(0)
    task = Classify(task.model, parts, batch=16)
    fit(task, settings)
    metrics = {part: evaluate(task, part) for part in ("valid", "test")}
    folder.mkdir()
    about = about_run(task, settings, metrics) | changed
    save_model(folder / "model.safetensors", task.model, about)
    return folder


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "good")


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A candidate that was trained on data whose labels are wrong."""
    return make_run(tmp_path_factory.mktemp("runs") / "bad", wrong_labels=True)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    settings = Settings(steps=2, lr=1e-3, select_by="accuracy")
    return make_run(tmp_path_factory.mktemp("runs") / "short", settings=settings)


def accuracy(run):
    return load_model(run / "model.safetensors").about["metrics"]["valid"]["accuracy"]


def test_the_runs_differ_as_the_tests_need_it(good, short, bad):
    assert accuracy(good) > 0.7 > accuracy(short) > accuracy(bad)


def test_a_better_model_takes_over_and_the_history_keeps_both(good, short, tmp_path):
    first = promote(short, "sums", folder=tmp_path)
    assert first.old is None
    second = promote(good, "sums", folder=tmp_path)
    assert second.old == first.new
    history = read_history(tmp_path / "sums.json")
    assert [entry.run for entry in history] == [str(short), str(good)]
    last = history[-1]
    assert last.sha256 == weights_hash(load_model(good / "model.safetensors").model)
    assert (last.part, last.chosen_by) == ("valid", "accuracy")
    assert last.metrics["accuracy"] == accuracy(good)
    assert last.when.endswith("+00:00")


def test_a_model_that_was_trained_on_wrong_labels_is_refused(good, bad, tmp_path):
    promote(good, "sums", folder=tmp_path)
    before = (tmp_path / "sums.json").read_bytes()
    with pytest.raises(NotPromotedError, match=r"bad: not promoted: its valid accuracy of 0\.\d+ is"
                       r" worse than the 0\.\d+ of the model in use, .*good"):  # fmt: skip
        promote(bad, "sums", folder=tmp_path)
    assert (tmp_path / "sums.json").read_bytes() == before


def test_the_gate_never_looks_at_the_test_part(good, bad, tmp_path):
    promote(good, "sums", folder=tmp_path)
    for metrics in (entry_of(good).metrics, read_history(tmp_path / "sums.json")[0].metrics):
        assert metrics == load_model(good / "model.safetensors").about["metrics"]["valid"]
    content = (tmp_path / "sums.json").read_text()
    test = load_model(good / "model.safetensors").about["metrics"]["test"]["loss"]
    assert str(test) not in content


def test_small_is_good_for_a_loss(good, short, tmp_path):
    promote(short, "sums", folder=tmp_path, metric="loss")
    assert promote(good, "sums", folder=tmp_path, metric="loss").changed
    with pytest.raises(NotPromotedError, match="valid loss of"):
        promote(short, "sums", folder=tmp_path, metric="loss")


def test_the_margin_has_to_be_reached(good, short, tmp_path):
    promote(short, "sums", folder=tmp_path)
    gain = accuracy(good) - accuracy(short)
    with pytest.raises(NotPromotedError, match=r"is not better than the .* by the margin of"):
        promote(good, "sums", folder=tmp_path, margin=gain + 0.01)
    assert promote(good, "sums", folder=tmp_path, margin=gain - 0.01).changed


def test_the_same_model_again_changes_nothing(good, tmp_path):
    promote(good, "sums", folder=tmp_path)
    before = (tmp_path / "sums.json").read_bytes()
    assert not promote(good, "sums", folder=tmp_path, margin=0.1).changed
    assert (tmp_path / "sums.json").read_bytes() == before


def test_an_equal_model_is_let_through_without_a_margin(good, tmp_path):
    model, about = load_model(good / "model.safetensors")
    with torch.no_grad():
        model.readout.bias += 1e-6
    twin = tmp_path / "twin"
    twin.mkdir()
    save_model(twin / "model.safetensors", model, about)
    promote(good, "sums", folder=tmp_path)
    with pytest.raises(NotPromotedError, match="not better than"):
        promote(twin, "sums", folder=tmp_path, margin=0.001)
    assert promote(twin, "sums", folder=tmp_path).changed


def test_models_that_were_measured_on_other_data_are_not_compared(good, tmp_path):
    other = make_run(tmp_path / "other", valid_seed=5)
    promote(good, "sums", folder=tmp_path)
    with pytest.raises(NotPromotedError, match=r"cannot be compared .* on other data"):
        promote(other, "sums", folder=tmp_path)
    assert len(read_history(tmp_path / "sums.json")) == 1


@pytest.mark.parametrize("metric", ["bleu", "perplexity"])
def test_a_metric_that_was_not_measured_is_refused(good, tmp_path, metric):
    with pytest.raises(NotPromotedError, match=r"expected a finite one of .*: accuracy, loss; got"):
        promote(good, "sums", folder=tmp_path, metric=metric)
    assert not (tmp_path / "sums.json").exists()


def test_a_metric_that_is_not_finite_lets_nobody_through(good, tmp_path):
    model, about = load_model(good / "model.safetensors")
    about["metrics"]["valid"]["accuracy"] = None
    run = tmp_path / "run"
    run.mkdir()
    save_model(run / "model.safetensors", model, about)
    with pytest.raises(
        NotPromotedError, match=r"expected a finite one of .*: loss; got 'accuracy'"
    ):
        promote(run, "sums", folder=tmp_path)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 101, "a\nb"])
def test_a_name_that_is_none_for_a_file_is_refused(good, tmp_path, name):
    with pytest.raises(ValueError, match="name: expected letters, digits"):
        promote(good, name, folder=tmp_path / "inner")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"my notes", b"{}", b"[]", b'{"format": "course_pkg promoted 1"}',
        b'{"format": "course_pkg promoted 1", "history": {}}',
        b'{"format": "course_pkg promoted 1", "history": [{}]}',
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_somebody_else_wrote_is_never_overwritten(good, tmp_path, content):
    file = tmp_path / "sums.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"sums\.json: (expected the|the history is damaged)"):
        promote(good, "sums", folder=tmp_path)
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("key", "value"),
    [("run", 3), ("metrics", {"accuracy": "high"}), ("goals", {"accuracy": "up"}),
     ("metrics", {"accuracy": float("nan")}), ("metrics", {"accuracy": 10**400}), ("surprise", 1)],
)  # fmt: skip
def test_a_history_that_was_changed_by_hand_is_named(good, tmp_path, key, value):
    promote(good, "sums", folder=tmp_path)
    content = json.loads((tmp_path / "sums.json").read_text())
    content["history"][0][key] = value
    (tmp_path / "sums.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="the history is damaged"):
        promote(good, "sums", folder=tmp_path)


def test_a_model_file_that_does_not_say_what_was_measured_is_named(tmp_path):
    for number, changed in enumerate([{"chosen": 3}, {"data": {}}, {"goals": None}]):
        run = make_run(tmp_path / f"run {number}", **changed)
        with pytest.raises(ValueError, match="expected what was measured"):
            promote(run, "sums", folder=tmp_path / "promoted")


def call(*words):
    return main(["promote", *map(str, words)])


def test_the_command_says_what_it_did_and_its_status_is_the_decision(good, bad, tmp_path, capsys):
    where = ["--as", "sums", "--to", tmp_path / "promoted"]
    assert call(good, *where) == 0
    assert "promoted to sums, the first one; valid accuracy" in capsys.readouterr().out
    assert call(good, *where) == 0
    assert "already in use as sums" in capsys.readouterr().out
    assert call(bad, *where) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert "worse than" in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--margin", "much"], "--margin: expected a number, got 'much'"),
        (["--margin", "-1"], "margin: expected"),
        (["--margin", "nan"], "margin: expected"),
    ],
)
def test_a_margin_that_is_none_is_one_sentence(good, tmp_path, capsys, words, message):
    assert call(good, "--as", "x", "--to", tmp_path, *words) == 1
    assert message in capsys.readouterr().err


def test_a_run_that_is_not_finished_is_one_sentence(tmp_path, capsys):
    assert call(tmp_path, "--as", "x", "--to", tmp_path) == 1
    assert "expected a finished run, found no model.safetensors" in capsys.readouterr().err


def test_without_a_folder_the_history_is_beside_the_runs(good, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(good, "--as", "sums") == 0
    assert len(read_history(tmp_path / "runs" / "promoted" / "sums.json")) == 1
    assert np.isfinite(accuracy(good))
    capsys.readouterr()
