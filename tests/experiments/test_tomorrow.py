"""What the page for practitioners advises, tried; made short."""

import numpy as np
import pandas as pd
import pytest
import torch

from experiments import tomorrow
from experiments.schedules import load_columns, measure


@pytest.fixture(scope="module")
def parts():
    return load_columns()


def test_batches_of_any_size_hold_every_example_once_an_epoch():
    rows = list(tomorrow._batches(100, 30, 0, updates=8))  # two epochs of four
    assert [len(batch) for batch in rows] == [30, 30, 30, 10] * 2
    for epoch in (rows[:4], rows[4:]):
        assert sorted(np.concatenate(epoch)) == list(range(100))
    assert (rows[0] != rows[4]).any()


def test_without_a_threshold_nothing_is_clipped_and_norms_are_those_before_clipping(parts):
    free = tomorrow.train(parts[0], 0, updates=2, lr=0.01, clip=np.inf)
    tight = tomorrow.train(parts[0], 0, updates=2, lr=0.01, clip=1e-3)
    assert free.norms[0] == pytest.approx(tight.norms[0])
    assert free.norms[0] > 1e-3


def test_the_tighter_the_threshold_the_shorter_the_step_of_sgd(parts):
    def moved(clip):
        torch.manual_seed(0)
        start = tomorrow.Reader().state_dict()
        run = tomorrow.train(parts[0], 0, updates=1, lr=0.1, optimiser="sgd", clip=clip)
        change = [value - start[name] for name, value in run.reader.state_dict().items()]
        return sum(float((part**2).sum()) for part in change) ** 0.5

    # The rate times the norm of the clipped gradient.
    assert moved(0.01) == pytest.approx(0.1 * 0.01, rel=1e-2)
    assert moved(0.02) == pytest.approx(0.1 * 0.02, rel=1e-2)


def test_a_rare_digit_is_rare(parts, monkeypatch):
    seen = []

    def train(part, seed, *, weights, **options):
        seen.append((torch.bincount(part.labels), weights))
        return tomorrow.Trained(tomorrow.Reader(), [])

    monkeypatch.setattr(tomorrow, "train", train)
    rows = list(tomorrow.rare(*parts, 0))
    counts = seen[0][0]
    assert counts[tomorrow.RARE] == tomorrow.KEPT == rows[0]["rare_images"]
    assert counts.sum() > 850
    none, root, full = (weights for _, weights in seen)
    assert (none == 1).all()
    assert torch.allclose(root**2, full)
    assert torch.allclose(full * counts, (full * counts)[0].expand(10))  # equal shares


@pytest.mark.parametrize("record", ["batches", "rare", "clipping"])
def test_a_recorded_row_is_one_that_the_command_writes(record, monkeypatch, parts):
    recorded = pd.read_csv(f"book/results/tomorrow-{record}.csv", comment="#")
    short = tomorrow.Trained(tomorrow.Reader(), [1.0, 2.0])
    monkeypatch.setattr(tomorrow, "train", lambda *_, **__: short)
    rows = pd.DataFrame(tomorrow.RECORDS[record](*parts, int(recorded.seed[0])))
    assert list(rows.columns) == list(recorded.columns)
    assert len(recorded) == 10 * len(rows)
    assert recorded.seed.nunique() == 10


def test_a_recorded_run_comes_out_about_the_same(parts):
    recorded = pd.read_csv("book/results/tomorrow-batches.csv", comment="#")
    row = recorded[(recorded.batch == 200) & (recorded.lr == 0.01)].iloc[0]
    run = tomorrow.train(
        parts[0], int(row.seed), updates=int(row.updates), lr=row.lr, B=int(row.batch)
    )
    loss, accuracy = measure(run.reader, parts[1])
    assert loss == pytest.approx(row.valid_loss, abs=0.1)
    assert accuracy == pytest.approx(row.valid_accuracy, abs=0.05)
