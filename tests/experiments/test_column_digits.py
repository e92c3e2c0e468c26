"""Digits read column by column, made short."""

import numpy as np
import pandas as pd
import pytest
import torch

from experiments import column_digits
from experiments.column_digits import Faults, Part


@pytest.fixture
def small(monkeypatch):
    train, valid = column_digits.load()
    few = slice(None, None, 20)
    parts = tuple(Part(part.strips[few], part.labels[few]) for part in (train, valid))
    monkeypatch.setattr(column_digits, "load", lambda: parts)
    return parts


def test_the_parts_are_those_of_the_chapter():
    train, valid = column_digits.load()
    lengths = [len(strip) for strip in train.strips]
    assert (len(lengths), min(lengths), max(lengths)) == (1000, 4, 20)
    assert len(valid.strips) == 500
    assert all(strip[0].any() and strip[-1].any() for strip in train.strips)


def test_the_true_end_gives_what_a_strip_gives_alone(small):
    strips = small[0].strips
    torch.manual_seed(0)
    network, readout = torch.nn.LSTM(28, 4), torch.nn.Linear(4, 10)
    with torch.no_grad():
        alone = torch.cat([readout(network(s[:, None])[0][-1]) for s in strips])
        together = column_digits.logits_of(network, readout, strips, Faults())
        behind = column_digits.logits_of(network, readout, strips, Faults(last_step=True))
    assert torch.allclose(together, alone, atol=1e-6)
    assert not torch.allclose(behind, alone, atol=1e-3)


def test_the_ladder_has_every_rung_at_every_budget(small, tmp_path):
    path = tmp_path / "ladder.csv"
    arguments = ["ladder", "--budgets", "1", "3", "--seeds", "0", "7", "--csv", str(path)]
    assert column_digits.main(arguments) == 0
    rows = pd.read_csv(path, comment="#")
    assert list(rows.rung) == list(column_digits.LADDER) * 4
    assert set(zip(rows.budget, rows.seed, strict=True)) == {(1, 0), (1, 7), (3, 0), (3, 7)}
    assert rows.valid_accuracy.between(0, 1).all()


def test_a_course_has_the_means_of_equal_parts_of_all_runs(small):
    train, valid = small
    row = column_digits.course(train, valid, "cosine", 0.1, 60, 0.01, [0, 1])
    schedule = column_digits.make_schedule("cosine", 60, warm_up_steps=6)
    runs = [column_digits.train(train, seed, 60, 0.01, schedule, Faults()) for seed in (0, 1)]
    means = np.mean([run.losses for run in runs], axis=0).reshape(30, 2).mean(axis=1)
    assert row["losses"] == " ".join(f"{mean:.3f}" for mean in means)
    accuracies = [column_digits.measure(run, valid, Faults())[1] for run in runs]
    assert (row["worst"], row["best"]) == tuple(f"{f(accuracies):.3f}" for f in (min, max))


def test_the_command_records_every_setting(small, tmp_path, monkeypatch):
    monkeypatch.setattr(column_digits, "POINTS", 3)
    path = tmp_path / "schedules.csv"
    arguments = ["schedules", "--budgets", "3", "--peaks", "0.01", "--csv", str(path)]
    assert column_digits.main(arguments) == 0
    rows = pd.read_csv(path, comment="#")
    assert len(rows) == 6
    assert rows.losses.str.split().map(len).eq(3).all()
