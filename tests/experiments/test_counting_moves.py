"""Moves at each further a, on short trainings."""

from pathlib import Path

import pandas as pd
import pytest

from experiments import counting, counting_moves

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def test_the_moves_are_those_of_the_networks_of_the_other_experiment(tmp_path, capsys):
    path = tmp_path / "moves.csv"
    arguments = ["--networks", "tanh", "gru", "--seeds", "3", "4", "--hidden", "4", "--steps", "4"]
    arguments += ["--match-parameters", "--longest", "2", "--csv", str(path)]
    assert counting_moves.main(arguments) == 0
    assert "gru 4: at the last a" in capsys.readouterr().out
    rows = pd.read_csv(path, comment="#").set_index(["network", "seed", "n"])
    assert len(rows) == 2 * 2 * 2 * counting.TESTED
    for name in ("tanh", "gru"):
        H = int(rows.loc[name, 3, 1].H)
        row = counting.train(name, 3, H=H, longest=2, steps=4)
        assert rows.loc[name, 3, 2].moves == float(row["moves_inside"])
        assert rows.loc[name, 3, 8].moves == float(row["moves_beyond"])


def test_the_recorded_networks_are_those_of_the_recorded_reach():
    moves, reach = (
        pd.read_csv(RESULTS / f"{name}.csv", comment="#") for name in ("counting-moves", "counting")
    )
    found = moves.set_index(["network", "seed", "H", "n"]).moves
    small = reach[reach.H.isin(moves.H) & reach.seed.isin(moves.seed) & (reach.parameters < 500)]
    assert len(small) == 4 * 5
    for row in small.itertuples():
        for n, recorded in ((20, row.moves_inside), (80, row.moves_beyond)):
            assert found[row.network, row.seed, row.H, n] == pytest.approx(
                recorded, rel=0.5, abs=1e-6
            )
