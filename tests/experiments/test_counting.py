"""The long runs on the counting language, made short."""

import numpy as np
import pandas as pd
import pytest
import torch

from course_pkg.data.sets.counting import counting_batch
from experiments import adding, counting


class Oracle(torch.nn.Module):
    """Counts by hand: a is +1, b is -1, the end comes at 0; above the limit it counts no more."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        level = torch.zeros(x.shape[1])
        scores = []
        for a, b in zip(x[:, :, 0], x[:, :, 1], strict=True):
            level = (level + a).clamp(max=self.limit) - b
            scores.append(torch.stack([torch.zeros_like(level), level > 0.5, level < 0.5], 1))
        return torch.stack(scores).float()


def test_a_counter_is_right_up_to_its_limit():
    right = counting.is_right(Oracle(limit=5), range(1, 11))
    np.testing.assert_array_equal(right, [True] * 5 + [False] * 5)


def test_what_is_not_determined_is_not_judged():
    batch = counting_batch([3])
    oracle = Oracle(limit=99)
    assert (oracle(torch.from_numpy(batch.x)).argmax(2).numpy() != batch.targets).any()
    assert counting.is_right(oracle, [3]).all()


def test_the_movement_of_a_state_is_its_largest_change():
    def half_way(x):  # a GRU that goes half of the way to 1 at each a; 1 - 2^-n after n
        return x, torch.tensor([[[1 - 0.5 ** len(x), 0.0]]])

    def adds_one(x):  # an LSTM whose cell counts
        return x, (torch.zeros(1, 1, 1), torch.tensor([[[float(len(x))]]]))

    assert counting.movement(half_way, 3) == 0.5**4
    assert counting.movement(adds_one, 70) == 1.0


@pytest.mark.parametrize(("right", "expected"), [([1, 1, 0, 1], 2), ([0, 1, 1], 0), ([1, 1, 1], 3)])
def test_the_reach_ends_at_the_first_mistake(right, expected):
    assert counting.reach(np.array(right, dtype=bool)) == expected


def test_all_lengths_are_trained_and_the_rate_falls_to_zero(monkeypatch):
    trained, moved, rates = set(), [], []

    def batch_of(counts):
        trained.update(counts)
        return counting_batch(counts)

    class Schedule(torch.optim.lr_scheduler.LambdaLR):
        def step(self, *args):
            super().step(*args)
            rates.append(self.get_last_lr()[0])

    monkeypatch.setattr(counting, "counting_batch", batch_of)
    monkeypatch.setattr(counting, "is_right", lambda _, counts: np.ones(len(counts), dtype=bool))
    monkeypatch.setattr(counting, "movement", lambda _, n: moved.append(n) or 0.0)
    monkeypatch.setattr(torch.optim.lr_scheduler, "LambdaLR", Schedule)
    row = counting.train("gru", 0, H=2, longest=4, B=8, steps=10, lr=0.5)
    assert trained == {1, 2, 3, 4}
    assert moved == [4, 16]
    np.testing.assert_allclose(rates[-10:], np.linspace(0.45, 0, 10), atol=1e-12)
    assert row["reach"] == 16


@pytest.mark.parametrize("name", ["tanh", "irnn", "gru", "lstm"])
def test_every_network_trains_and_repeats_itself(name):
    first, again = (counting.train(name, 3, H=4, longest=3, B=2, steps=3) for _ in range(2))
    assert first == again
    assert len(first["right"]) == 1 + 4 * 3
    assert 0 <= first["reach"] <= 12


def test_the_lstm_learns_to_count_a_little():
    row = counting.train("lstm", 0, H=8, longest=4, steps=400)
    assert row["trained"] == "1.000"
    assert row["reach"] >= 4
    assert row["right"].startswith("n1111")


@pytest.mark.parametrize(("name", "gates"), [("tanh", 1), ("gru", 3), ("lstm-forget-1", 4)])
def test_matched_sizes_have_about_as_many_parameters(name, gates):
    H = adding.matched_hidden(name, 64)
    network = adding.NETWORKS[name](H, 10, np.random.default_rng(0))
    count = sum(p.numel() for p in network.parameters())
    assert count == gates * (H * H + 4 * H)
    assert abs(count / (3 * (64 * 64 + 4 * 64)) - 1) < 0.01


def test_the_command_writes_a_file_that_says_how_it_was_made(tmp_path, capsys):
    path = tmp_path / "counting.csv"
    arguments = ["--networks", "gru", "lstm", "--match-parameters", "--hidden", "4"]
    arguments += ["--lr", "0.01", "0.003", "--longest", "2", "--batch", "2", "--steps", "2"]
    assert counting.main([*arguments, "--csv", str(path)]) == 0
    head = path.read_text(encoding="utf-8").splitlines()[0]
    assert head.startswith("# command: python -m experiments.counting --networks gru lstm")
    rows = pd.read_csv(path, comment="#")
    assert list(rows.network) == ["gru", "gru", "lstm", "lstm"]
    assert list(rows.lr) == [0.01, 0.003, 0.01, 0.003]
    assert rows.right.str.fullmatch("n[01]{8}").all()
    assert "reach" in capsys.readouterr().out
