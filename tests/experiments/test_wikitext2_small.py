"""The word model against n-grams on WikiText-2, made short, on words of another text."""

import numpy as np
import pandas as pd
import pytest
import torch

from course_pkg.data.registry import load_text
from course_pkg.metrics.language import read_as_one_stream
from course_pkg.models.language_model import score_of
from course_pkg.reference.baselines.ngrams import KneserNey
from experiments import wikitext2_small

SHORT = ["--epochs", "1", "--hidden", "8", "--order", "3", "--min-count", "1"]


@pytest.fixture
def files(tmp_path):
    """Two files as WikiText-2 has them: words between spaces, a paragraph a line."""
    words = list(load_text("python-text", "word").train)
    paths = [tmp_path / "valid.tokens", tmp_path / "test.tokens"]
    for path, part in zip(paths, (words[:2000], words[2000:3000]), strict=True):
        lines = [" ".join(part[at : at + 20]) for at in range(0, len(part), 20)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def options(files, *more):
    arguments = ["--train", str(files[0]), "--test", str(files[1]), *SHORT, *more]
    return wikitext2_small._parser().parse_args(arguments)


def test_the_vocabulary_is_made_from_what_is_learned_from(files):
    texts = wikitext2_small.read_texts(*files, min_count=1)
    whole = len(texts.train) + len(texts.valid)
    assert len(texts.train) == int(0.9 * whole)
    unknown = texts.vocabulary.id("<unk>")
    assert set(texts.train.tolist()) | {unknown} == set(range(len(texts.vocabulary)))
    assert (texts.valid == unknown).any()
    assert (texts.test == unknown).mean() > 0.05
    rarer = wikitext2_small.read_texts(*files, min_count=3)
    assert len(rarer.vocabulary) < len(texts.vocabulary)


def test_each_row_is_what_its_model_gives(files, monkeypatch):
    trained = []
    train = wikitext2_small.train_network
    monkeypatch.setattr(
        wikitext2_small, "train_network", lambda *a: trained.append(train(*a)) or trained[-1]
    )
    texts = wikitext2_small.read_texts(*files, min_count=1)
    counted, network, mixed = wikitext2_small.rows_of(texts, 0, options(files))
    ids, V = texts.test, len(texts.vocabulary)
    unknown = texts.vocabulary.id("<unk>")

    grams = KneserNey.fit(texts.train, V, order=3).log_probs(ids)
    assert counted["test_perplexity"] == f"{np.exp(-grams.mean()):.2f}"
    (model,) = trained
    assert not model.training
    found = read_as_one_stream(score_of(model), ids, unknown=unknown)
    assert network["test_perplexity"] == f"{found.perplexity:.2f}"
    assert network["test_tokens"] == len(ids) - 1 == found.tokens
    assert network["unknown_share"] == f"{found.unknown_share:.4f}"
    assert network["numbers"] == sum(p.numel() for p in model.parameters())

    with torch.no_grad():  # the network again, token by token, and the mean of probabilities
        logits, _ = model(torch.from_numpy(ids[:-1, None]))
    p = torch.softmax(logits.double(), 2)[:, 0].numpy()[np.arange(len(ids) - 1), ids[1:]]
    half = (p + np.exp(grams)) / 2
    assert float(mixed["test_perplexity"]) == pytest.approx(np.exp(-np.log(half).mean()), abs=0.01)


def test_the_command_writes_a_row_for_each_model_and_seed_and_repeats_itself(files, tmp_path):
    command = ["--train", str(files[0]), "--test", str(files[1]), *SHORT, "--seeds", "0", "1"]
    tables = []
    for name in ("one.csv", "two.csv"):
        assert wikitext2_small.main([*command, "--csv", str(tmp_path / name)]) == 0
        tables.append(pd.read_csv(tmp_path / name, comment="#"))
    assert tables[0]["model"].tolist() == 2 * ["kneser-ney-3", "lstm", "mixed"]
    assert tables[0]["seed"].tolist() == [0, 0, 0, 1, 1, 1]
    same = [table.drop(columns="cpu_seconds") for table in tables]
    pd.testing.assert_frame_equal(*same)
    lstm = tables[0][tables[0]["model"] == "lstm"]["test_perplexity"]
    assert lstm.nunique() == 2
    header = (tmp_path / "one.csv").read_text(encoding="utf-8").splitlines()
    assert header[0].startswith("# command: python -m experiments.wikitext2_small --train")


def test_the_network_is_the_regularised_one(files):
    texts = wikitext2_small.read_texts(*files, min_count=1)
    chosen = options(files, "--dropout-in", "0.1", "--dropout-out", "0.2", "--weight-drop", "0.3")
    settings = wikitext2_small.train_network(texts, 0, chosen).settings
    wanted = {"dropout_in": 0.1, "dropout_out": 0.2, "weight_drop": 0.3, "same_mask": True}
    assert settings | wanted | {"tied": True, "hidden": 8} == settings
    none = options(files, "--dropout-in", "0", "--dropout-out", "0", "--weight-drop", "0")
    assert not wikitext2_small.train_network(texts, 0, none).settings["same_mask"]
