"""Classifiers that start from a text that fits or does not, made short."""

import numpy as np
import pandas as pd
import pytest
import torch
from notebook_files import ROOT

from experiments import wrong_text

TINY = {"H": 4, "sentences": 200, "updates": 4, "tuning": 3}
RECORD = ROOT / "book/results/wrong-text.csv"


def test_beginnings_end_before_the_verb_and_their_label_is_its_number():
    own = wrong_text.Grammar()
    x, labels, lengths = own.beginnings(300, np.random.default_rng(0))
    assert lengths.min() >= wrong_text.SHORTEST
    assert 0.2 < labels.double().mean() < 0.8
    for column, label, length in zip(x.T, labels, lengths, strict=True):
        words = [own.words[number] for number in column[:length]]
        assert "that" in words
        following = own.grammar.next_token(words)
        assert ("sleep" in following) == (label == 1)
        assert ("sleeps" in following) == (label == 0)


def test_a_shuffled_text_keeps_the_words_of_each_sentence():
    ids, stop = np.array([1, 2, 3, 0, 4, 4, 5, 6, 0]), 0
    found = wrong_text.changed(ids, "shuffled", stop, 7, np.random.default_rng(0))
    assert list(np.flatnonzero(found == stop)) == [3, 8]
    assert sorted(found[:3]) == [1, 2, 3]
    assert sorted(found[4:8]) == [4, 4, 5, 6]
    assert not np.array_equal(found, ids)
    assert list(ids[:3]) == [1, 2, 3]  # the given one is what it was


def test_other_words_are_one_for_one_and_none_stays():
    ids = np.arange(7).repeat(3)
    found = wrong_text.changed(ids, "other words", 0, 7, np.random.default_rng(0))
    assert (found != ids).all()
    assert sorted(set(found)) == list(range(7))
    assert (found.reshape(7, 3) == found.reshape(7, 3)[:, :1]).all()
    same = wrong_text.changed(ids, "same", 0, 7, np.random.default_rng(0))
    assert np.array_equal(same, ids)


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_features_stay_bit_for_bit(frozen):
    own = wrong_text.Grammar()
    data = own.beginnings(8, np.random.default_rng(1))
    torch.manual_seed(0)
    model = wrong_text.SequenceClassifier(classes=2, tokens=25, embedding=4, hidden=4, cell="gru")
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    wrong_text.learn(model, data, updates=3, lr=0.1, frozen=frozen)
    moved = {name for name, p in model.named_parameters() if not torch.equal(before[name], p)}
    assert {"readout.weight", "readout.bias"} <= moved
    assert (len(moved) == 2) == frozen


def test_the_command_writes_every_text_and_repeats_itself(tmp_path):
    path = tmp_path / "wrong-text.csv"
    arguments = ["--labels", "4", "8", "--seeds", "1", "--hidden", "4", "--sentences", "200"]
    arguments += ["--updates", "3", "--tuning", "2"]
    assert wrong_text.main([*arguments, "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#")
    assert list(rows.text) == [text for text in wrong_text.TEXTS for _ in range(2)]
    assert list(rows.labels) == 4 * [4, 8]
    assert list(pd.read_csv(RECORD, comment="#").columns) == list(rows.columns)
    first, again = (wrong_text.run(2, [4], **TINY) for _ in range(2))
    for row in [*first, *again]:
        del row["cpu_seconds"]
    assert first == again


def test_the_recorded_file_has_ten_seeds():
    recorded = pd.read_csv(RECORD, comment="#")
    counts = recorded.groupby(["text", "labels"]).seed.nunique()
    assert (counts == 10).all()
    assert set(recorded.text) == set(wrong_text.TEXTS)
