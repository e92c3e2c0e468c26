"""Docstrings as they were written and shuffled ones, with a language model made small."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from notebook_files import ROOT
from torch.nn.functional import cross_entropy

from experiments import few_label_data, few_labels

RECORD = ROOT / "book/results/word-order.csv"


@pytest.fixture(scope="module")
def question():
    found = few_label_data.load("word-order")
    test = found.parts["test"]
    return found._replace(
        sizes=replace(found.sizes, hidden=4, reads=2),
        parts=found.parts | {"valid": test.few(20, 1), "test": test.few(20, 2)},
    )


def test_ends_stay_and_words_are_the_same():
    text = "Return the number of items in the list."
    found = few_label_data.shuffled(text, np.random.default_rng(0))
    assert found != text
    assert sorted(found.split()) == sorted(text.split())
    assert (found.split()[0], found.split()[-1]) == ("Return", "list.")


def test_half_of_the_texts_are_shuffled(question):
    part = question.parts["train"]
    assert abs(part.labels.mean() - 0.5) < 0.001
    assert len(part.texts) > 2000


def test_the_likelihood_is_that_of_the_language_model(question):
    torch.manual_seed(0)
    model, ids = few_labels.fresh(question).eval(), question.parts["test"].ids[:3]
    found = few_labels.mean_log_probability(model, ids)
    for row, mean in zip(ids, found[:, 0], strict=True):
        x = torch.from_numpy(row)[:, None]
        with torch.no_grad():
            loss = cross_entropy(model(x[:-1])[0][:, 0], x[1:, 0])
        assert abs(loss.item() + mean) < 1e-5


@pytest.mark.parametrize("name", [few_labels.BAG, few_labels.PAIRS, few_labels.LIKELIHOOD])
def test_a_row_says_what_was_measured(question, name):
    models = few_labels.language_models(question, 0, None)
    assert list(models) == ["before"]  # nothing else is read
    row = few_labels.run(question, name, 20, 0, models)
    assert (row["method"], row["labels"], row["updates"]) == (name, 20, 0)
    assert 0.0 <= float(row["test"]) <= 1.0
    assert (row["trained"] == 2) == (name == few_labels.LIKELIHOOD)


def test_the_record_has_ten_seeds_of_each_method():
    runs = pd.read_csv(RECORD, comment="#")
    seeds = runs.groupby(["labels", "method"]).seed.nunique().unstack("labels")
    assert (seeds == 10).all(axis=None)
    assert {"likelihood", "word pairs", "scratch", "all weights"} < set(runs.method)
    assert not runs.duplicated(["labels", "method", "seed"]).any()
