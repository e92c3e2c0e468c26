"""The ladder of repairs, made short."""

import pandas as pd
import pytest
import torch

from experiments import repairs
from experiments.repairs import Faults, Part


@pytest.fixture
def small(monkeypatch):
    train, valid = repairs.load()
    few = slice(None, None, 20)
    parts = tuple(Part(part.strips[few], part.labels[few]) for part in (train, valid))
    monkeypatch.setattr(repairs, "load", lambda: parts)
    return parts


def test_the_parts_are_those_of_the_chapter():
    train, valid = repairs.load()
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
        together = repairs.logits_of(network, readout, strips, Faults())
        behind = repairs.logits_of(network, readout, strips, Faults(last_step=True))
    assert torch.allclose(together, alone, atol=1e-6)
    assert not torch.allclose(behind, alone, atol=1e-3)


def test_the_ladder_has_every_rung_at_every_budget(small, tmp_path):
    path = tmp_path / "ladder.csv"
    arguments = ["--budgets", "1", "3", "--seeds", "0", "7", "--csv", str(path)]
    assert repairs.main(arguments) == 0
    rows = pd.read_csv(path, comment="#")
    assert list(rows.rung) == list(repairs.LADDER) * 4
    assert set(zip(rows.budget, rows.seed, strict=True)) == {(1, 0), (1, 7), (3, 0), (3, 7)}
    assert rows.valid_accuracy.between(0, 1).all()


def test_a_rung_keeps_the_repairs_before_it():
    wrong = [sum(faults) for faults, _, _ in repairs.LADDER.values()]
    assert wrong == sorted(wrong, reverse=True)
    assert wrong[-1] == 0


def test_every_run_repeats_itself(small):
    first, again = (repairs.ladder(*small, 3, 4) for _ in range(2))
    for row in (*first, *again):
        del row["cpu_seconds"]
    assert first == again
