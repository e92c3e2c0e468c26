"""The two models that are timed are one, and what is recorded is a whole run."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks import seq2seq

RESULTS = sorted((Path(seq2seq.__file__).parent / "results").glob("seq2seq-*.json"))


@pytest.fixture(autouse=True)
def _same_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(seq2seq, "SHAPES", {"tiny": (5, 4, 3, 9, 7, 4, 6)})


@pytest.mark.parametrize("model", seq2seq.MODELS)
def test_both_models_have_the_same_loss_and_gradients(model, tiny):
    batch, models = seq2seq.build("tiny", model)
    assert 0 < batch.tokens == (batch.targets != -100).sum()
    losses, grads = [], []
    for module in models.values():
        loss = batch.loss(module.double())
        loss.backward()
        losses.append(loss.detach())
        norms = {tuple(p.shape): 0.0 for p in module.parameters()}
        for p in module.parameters():  # the order differs, the shapes do not
            norms[tuple(p.shape)] += p.grad.square().sum()
        grads.append(norms)
    torch.testing.assert_close(*losses, rtol=0, atol=1e-12)
    torch.testing.assert_close(*grads, rtol=0, atol=1e-12)


def test_command_line(tiny, tmp_path, capsys):
    file = tmp_path / "records.json"
    arguments = ["--shapes", "tiny", "--models", "additive, fed", "--seconds", "0"]
    assert seq2seq.main([*arguments, "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    assert {"processor", "threads", "torch", "commit"} <= written["machine"].keys()
    (record,) = written["records"]
    assert record["rounds"] >= 7
    assert min(record["tokens_a_second"].values()) > 0
    ratio = record["to_plain"]
    assert 0 < ratio["quartile_1"] <= ratio["median"] <= ratio["quartile_3"]
    assert f"{ratio['median']:.2f} (" in capsys.readouterr().out


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.name)
def test_the_recorded_run_has_every_case_and_is_fast_enough(path):
    run = json.loads(path.read_text())
    recorded = [(r["shape"], r["model"]) for r in run["records"]]
    assert sorted(recorded) == sorted((s, m) for s in seq2seq.SHAPES for m in seq2seq.MODELS)
    assert all(r["rounds"] >= 7 for r in run["records"])
    assert all(r["to_plain"]["median"] >= 0.7 for r in run["records"])


def test_a_run_is_recorded():
    assert RESULTS
