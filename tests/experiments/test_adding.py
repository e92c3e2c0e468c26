"""The long runs on the adding problem, made short."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from course_pkg.reference.cells import gru
from experiments import adding


@pytest.mark.parametrize("name", adding.NETWORKS)
def test_every_network_trains_and_repeats_itself(name):
    first, again = (adding.train(name, 6, seed=3, H=5, B=4, steps=3) for _ in range(2))
    assert first == again
    assert first["steps"] == 3
    assert first["outcome"] == "not solved"
    assert float(first["largest_norm"]) > 0


def test_the_gru_solves_short_sequences():
    row = adding.train("gru", 6, seed=0, H=16, B=32, steps=1500, lr=1e-2)
    assert row["outcome"] == "solved"
    assert float(row["mse"]) < adding.SOLVED
    assert row["steps"] < 1500


def test_the_chrono_start_spreads_the_memory_of_the_gru_over_the_length():
    H, T = 200, 50
    network = adding.NETWORKS["gru-chrono"](H, T, np.random.default_rng(0))
    params = gru.Params(*(p.detach().numpy().astype(float) for p in network.parameters()))
    _, cache = gru.step(np.zeros((1, 2)), np.zeros((1, H)), params)
    memory = cache.z / (1 - cache.z)  # u steps for a bias of log u
    assert memory.min() >= 1 - 1e-5
    assert memory.max() <= T - 1 + 1e-3
    assert abs(memory.mean() - T / 2) < 3  # four standard errors of a uniform mean
    np.testing.assert_allclose(cache.r, 0.5)
    np.testing.assert_allclose(cache.n, 0)


@pytest.mark.parametrize("start", ["-chrono", ""])
def test_other_starts_of_a_cell_have_its_size(start):
    assert adding.matched_hidden(f"gru{start}", 64) == 64
    assert adding.matched_hidden(f"lstm{start}", 64) == 55


def test_a_run_that_blows_up_is_said_to_diverge():
    row = adding.train("irnn", 100, seed=0, H=32, B=8, steps=200, lr=10.0, clip=0.0)
    assert row["outcome"] in ("diverged", "not solved")
    assert row["outcome"] == "diverged" or float(row["mse"]) > adding.SOLVED


def test_the_command_writes_a_file_that_says_how_it_was_made(tmp_path, capsys):
    path = tmp_path / "adding.csv"
    arguments = ["--networks", "tanh", "lstm", "--lengths", "4", "--seeds", "0", "1"]
    arguments += ["--steps", "2", "--hidden", "3", "--batch", "2", "--csv", str(path)]
    assert adding.main(arguments) == 0
    head = path.read_text(encoding="utf-8").splitlines()[:3]
    assert head[0].startswith("# command: python -m experiments.adding --networks tanh lstm")
    assert head[1].startswith("# versions: python ")
    assert head[2].startswith("# machine: ")
    rows = pd.read_csv(path, comment="#")
    assert list(rows.network) == ["tanh", "tanh", "lstm", "lstm"]
    assert list(rows.seed) == [0, 1, 0, 1]
    assert [p.name for p in tmp_path.iterdir()] == ["adding.csv"]
    assert "network lstm" in capsys.readouterr().out


def test_every_learning_rate_is_run(tmp_path):
    path = tmp_path / "adding.csv"
    arguments = ["--lengths", "4", "--lr", "0.001", "0.01", "--clip", "0", "1", "--steps", "1"]
    assert adding.main([*arguments, "--hidden", "2", "--batch", "2", "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#")
    assert list(zip(rows["clip"], rows.lr, strict=True)) == [
        (0, 0.001),
        (1, 0.001),
        (0, 0.01),
        (1, 0.01),
    ]


RECORDED = Path(__file__).resolve().parents[2] / "book" / "results"


@pytest.mark.parametrize(
    ("file", "network", "clip"),
    [("adding-rnn", "irnn", 1.0), ("adding-rnn-unclipped", "tanh", 0.0)],
)
def test_a_recorded_run_of_chapter_3_can_be_repeated(file, network, clip):
    rows = pd.read_csv(RECORDED / f"{file}.csv", comment="#")
    rows = rows[(rows.network == network) & (rows["T"] == 10) & (rows.outcome == "solved")]
    row = rows.sort_values("steps").iloc[0]
    again = adding.train(
        network, 10, int(row.seed), H=int(row.H), steps=2 * int(row.steps), lr=row.lr, clip=clip
    )
    assert again["outcome"] == "solved"
    assert again["parameters"] == row.parameters


def test_sizes_can_be_matched_and_rates_compared(tmp_path):
    path = tmp_path / "adding.csv"
    arguments = ["--networks", "gru", "lstm", "--lengths", "4", "--lr", "0.01", "0.001"]
    arguments += ["--match-parameters", "--hidden", "8", "--steps", "2", "--batch", "2"]
    assert adding.main([*arguments, "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#")
    assert list(rows.lr) == [0.01, 0.001, 0.01, 0.001]
    assert list(rows.H) == [8, 8, 7, 7]
    assert abs(rows.parameters[0] / rows.parameters[2] - 1) < 0.1
