"""Classifiers from few labels: how they start, what is trained, and the command made short."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from experiments import few_label_data, few_labels
from experiments.few_label_data import Part, load
from experiments.few_labels import METHODS, Method, classifier, features, language_models, outputs

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"
SMALL = replace(few_label_data.SIZES["word-kinds"], hidden=6, reads=3, batch=4, window=10)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(few_label_data.SIZES, "word-kinds", SMALL)
    monkeypatch.setattr(few_labels, "updates_for", lambda labels: 12)
    return load("word-kinds", seed=3)


def test_a_classifier_starts_from_what_the_language_model_has_learned(small):
    models = language_models(small, 3, None)
    started = classifier(small, METHODS["all weights"], models, seed=4)
    torch.manual_seed(4)
    for name, weight in models["before"].recurrent.state_dict().items():
        assert torch.equal(started.recurrent.state_dict()[name], weight)
    assert torch.equal(started.embedding.weight, models["before"].embedding.weight)
    scratch = classifier(small, METHODS["scratch"], models, seed=4)
    assert not torch.equal(scratch.embedding.weight, models["before"].embedding.weight)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_trains_what_it_says(small, name):
    method, part = METHODS[name], small.parts["train"].few(8, seed=0)
    model = classifier(small, method, language_models(small, 3, None), seed=4)
    before = {key: weight.clone() for key, weight in model.state_dict().items()}
    trained, total = few_labels.learn(model, part, method, 12, seed=4)  # hashes what is frozen
    after = model.state_dict()
    moved = {key for key, weight in before.items() if key in after and (after[key] != weight).any()}
    if method.adapting.method == "lora":
        readout = model.readout.weight.numel() + model.readout.bias.numel()
        r = min(method.adapting.rank, 6)  # H = E = 6
        assert trained == readout + 2 * r * (6 + 24)
        assert moved == {"readout.weight", "readout.bias"}
    else:
        assert trained == total
        assert {key.split(".")[0] for key in moved} == {"embedding", "recurrent", "readout"}


def test_features_are_read_of_a_network_that_stays_as_it_is(small):
    model = classifier(small, Method(start="scratch"), {}, seed=4)
    before = {key: weight.clone() for key, weight in model.state_dict().items()}
    scores, size = features(model, small.parts["train"].few(8, 0), [small.parts["valid"]], 1.0)
    assert 0 <= scores[0] <= 1
    assert size == 4 * 6 + 1  # mean embedding, last, max and mean output; two classes, one row
    assert all(torch.equal(before[key], weight) for key, weight in model.state_dict().items())


def test_outputs_come_in_the_order_of_the_texts(small):
    model = classifier(small, Method(start="scratch"), {}, seed=4)
    ids = [np.array([1, 2, 3]), np.array([4]), np.array([5, 6])]
    together = outputs(model, ids)
    for row, alone in zip(together, ids, strict=True):
        assert np.allclose(row, outputs(model, [alone])[0], atol=1e-6)


def test_a_bag_of_words_learns_words():
    texts = [f"{'good' if i % 2 else 'bad'} number {i}" for i in range(20)]
    part = Part([], np.arange(20) % 2, texts)
    scores, size = few_labels.bag_of_words(part, [part], 1)
    assert scores == [1.0]
    assert size == 2 + 1 + 20 + 1  # good, bad; number; the numbers; a bias
    scores, size = few_labels.bag_of_words(part, [part], 2)
    assert scores == [1.0]
    assert size == 2 + 1 + 20 + 2 + 20 + 1  # also "good number", "bad number", "number 7"


def test_fewer_labels_are_among_more(small):
    few, more = (small.parts["train"].few(n, seed=7).texts for n in (6, 20))
    assert set(few) < set(more)
    assert sorted(small.parts["train"].few(6, seed=7).labels) == [0, 0, 0, 1, 1, 1]


def test_the_docstrings_are_read_in_byte_pairs_and_none_is_held_out_text():
    question = load("docstrings")
    assert question.vocabulary.decode(question.before[:40]).startswith("Record of phased")
    read = question.vocabulary.decode(np.concatenate([question.before, question.own]))
    for text in question.parts["test"].texts[:50]:
        assert f"\n{text}\n" not in read
    assert max(map(len, question.parts["test"].ids)) == question.sizes.longest


def test_the_command_goes_on_where_it_was_stopped(tmp_path, small):
    path, kept = tmp_path / "few.csv", ["--kept", str(tmp_path / "models")]
    command = ["word-kinds", "--seeds", "0", "--labels", "4", "8", "--csv", str(path), *kept]
    few = [*command, "--methods", few_labels.BAG, "features"]
    assert few_labels.main(few) == 0
    first = path.read_text().splitlines()
    more = ["--methods", few_labels.BAG, "features", "scratch", "LoRA 2", "--go-on"]
    assert few_labels.main([*command, *more]) == 0
    rows = pd.read_csv(path, comment="#")
    assert len(rows) == 2 * 4
    assert set(line for line in first if line.startswith("word-kinds")) < set(
        path.read_text().splitlines()
    )  # with their seconds: they were not run again
    again = tmp_path / "again.csv"
    few_labels.main([*command, *more, "--csv", str(again)])
    both = rows, pd.read_csv(again, comment="#")
    a, b = (t.sort_values(["labels", "method"]).drop(columns="cpu_seconds") for t in both)
    assert a.to_numpy().tolist() == b.to_numpy().tolist()


@pytest.mark.parametrize(
    ("name", "seeds"),
    [
        ("docstrings", 3), ("word-kinds", 10), ("word-kinds-anew", 10), ("pieces", 10),
        ("polarity", 3), ("banking77", 3),
    ],
)  # fmt: skip
def test_what_is_recorded(name, seeds):
    rows = pd.read_csv(RESULTS / f"few-labels-{name}.csv", comment="#")
    columns = "data seed labels method trained parameters updates valid test cpu_seconds"
    assert list(rows) == columns.split()
    assert set(rows.method) <= set(few_labels.NAMES)
    runs = rows.groupby(["labels", "method"]).seed.agg(["nunique", "size"])
    assert (runs["nunique"] == runs["size"]).all()
    assert (runs["size"] >= seeds).all()
