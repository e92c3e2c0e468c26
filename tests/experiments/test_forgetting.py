"""The second task, taught in every way, made short."""

import numpy as np
import pandas as pd
import pytest
import torch
from notebook_files import ROOT

from experiments import forgetting
from experiments.forgetting import Lines, Sizes

TINY = Sizes(H=4, examples=40, updates=(6, 4), B=16)
RECORDS = {
    "first": ROOT / "book/results/forgetting.csv",
    "last": ROOT / "book/results/forgetting-last.csv",
}


@pytest.mark.parametrize("first", [True, False])
def test_every_way_runs_and_repeats_itself(first):
    once, again = (forgetting.run(3, first=first, sizes=TINY, full=False) for _ in range(2))
    for row in [*once, *again]:
        del row["cpu_seconds"]
    assert once == again
    ways = ["naive", "elastic", "drawn", "alike", "replay", "replay", "joint"]
    assert [row["way"] for row in once] == ways
    assert [row["old"] for row in once] == [0, 0, 0, 0, 4, 8, 8]
    assert [row["stored"] for row in once] == [0, 0, 0, 0, 40, 8, 40]


def test_all_ways_start_from_the_same_network_and_read_the_same_examples(monkeypatch):
    starts, seen = [], []
    train = forgetting.train

    def watched(model, parts, updates, rng, *, lr, penalty=None):
        starts.append({name: p.detach().clone() for name, p in model.named_parameters()})
        seen.append(parts)
        train(model, parts, updates, rng, lr=lr, penalty=penalty)

    monkeypatch.setattr(forgetting, "train", watched)
    forgetting.run(0, first=True, sizes=TINY, full=False)
    learned, naive, elastic, drawn, alike, replay, few, joint = starts
    for other in (elastic, drawn, alike, replay, few):
        assert all(torch.equal(naive[name], other[name]) for name in naive)
    assert all(torch.equal(learned[name], joint[name]) for name in joint)
    assert not torch.equal(naive["readout.weight"], joint["readout.weight"])
    (old, _), *_ = seen[0]
    for (new, count), *rest in seen[1:7]:
        assert (new.x[0] == 10).all()  # the question of B
        assert count + sum(number for _, number in rest) == TINY.B
        for kept, _ in rest:
            assert torch.equal(kept.x, old.x[:, : len(kept.labels)])


def test_a_network_that_learned_one_task_forgets_it_unless_springs_hold_it():
    sizes = Sizes(examples=1500, updates=(400, 150))
    found = {row["way"]: row for row in forgetting.run(1, first=False, sizes=sizes, full=False)}
    for row in found.values():
        assert float(row["A_before"]) > 0.9
    assert float(found["naive"]["A"]) < 0.4
    assert float(found["joint"]["A"]) > 0.9
    assert float(found["joint"]["B"]) > 0.9
    assert float(found["elastic"]["predicted"]) < float(found["naive"]["predicted"])


def test_accuracy_and_loss_are_those_of_the_answers():
    class Always(torch.nn.Module):
        def forward(self, x):
            return torch.log(torch.tensor([[0.5, 0.25, 0.25]])).expand(x.shape[1], 3)

    right, loss = forgetting.measure(Always(), Lines(torch.zeros(4, 4), torch.tensor([0, 0, 0, 1])))
    assert right == 0.75
    assert loss == pytest.approx(np.log(2) * (3 * 1 + 2) / 4)


def test_the_command_writes_a_file_that_says_how_it_was_made(tmp_path):
    path = tmp_path / "forgetting.csv"
    arguments = ["--seeds", "5", "6", "--questions", "last", "--few", "--hidden", "4"]
    arguments += ["--examples", "40", "--updates", "3", "2", "--csv", str(path)]
    assert forgetting.main(arguments) == 0
    assert "# options: seeds 5 6, questions last" in path.read_text(encoding="utf-8")
    rows = pd.read_csv(path, comment="#")
    assert len(rows) == 2 * 7
    for record in RECORDS.values():
        assert list(pd.read_csv(record, comment="#").columns) == list(rows.columns)


def test_ways_can_be_left_out_and_change_nothing_for_the_others():
    whole, part = (
        forgetting.run(2, first=True, sizes=TINY, full=False, names=names)
        for names in (forgetting.WAYS, ("elastic", "joint"))
    )
    for row in [*whole, *part]:
        del row["cpu_seconds"]
    assert part == [row for row in whole if row["way"] in ("elastic", "joint")]


@pytest.mark.parametrize("question", RECORDS)
def test_the_recorded_files_have_every_way_ten_times(question):
    recorded = pd.read_csv(RECORDS[question], comment="#")
    assert set(recorded.question) == {question}
    assert set(recorded.seed) == set(range(10))
    counts = recorded.groupby(["way", "strength", "old", "stored"]).seed.nunique()
    assert (counts == 10).all()
    recorded_ways = set(recorded.way)
    assert recorded_ways >= {"naive", "elastic", "replay", "joint"}
    assert len(counts) == len(
        [way for way in forgetting.ways(full=True) if next(iter(way)) in recorded_ways]
    )
