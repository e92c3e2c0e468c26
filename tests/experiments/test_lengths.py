"""First and last token at other lengths: the sequences, and the recorded runs made short."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import lengths

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


@pytest.mark.parametrize("T", [6, 7, 14, 33])
def test_the_bag_says_nothing_of_the_answer(T):
    x, different = lengths.make_sequences(T, 4000, np.random.default_rng(1))
    assert x.shape == (T, 4000)
    np.testing.assert_array_equal(different, x[0] != x[-1])
    assert set(x.sum(axis=0)) == ({-1, 1} if T % 2 else {0})
    for total in set(x.sum(axis=0)):  # the same share of both answers, whatever the bag
        assert abs(different[x.sum(axis=0) == total].mean() - 0.5) < 0.05
    for last in (-1, 1):
        assert abs(different[x[-1] == last].mean() - 0.5) < 0.05


def test_a_network_that_saw_one_length_is_right_there():
    model = lengths.train(3, [6], updates=200)
    found = lengths.accuracy(model, *lengths.as_tensors(6, 500, np.random.default_rng(4)))
    assert found > 0.95


def test_the_command_records_every_network_at_every_length(tmp_path):
    path = tmp_path / "lengths.csv"
    arguments = ["--seeds", "0", "1", "--lengths", "6", "8", "--updates", "2", "--tests", "8"]
    assert lengths.main([*arguments, "--csv", str(path)]) == 0
    assert path.read_text(encoding="utf-8").startswith(
        "# command: python -m experiments.lengths --seeds 0 1"
    )
    rows = pd.read_csv(path, comment="#")
    assert len(rows) == 2 * 3 * 3
    assert set(rows.trained) == set(lengths.TRAINED)
    again = lengths.run(1, "even", lengths=(6, 8), updates=2, tests=8)
    written = rows[(rows.seed == 1) & (rows.trained == "even")].accuracy
    assert [float(row["accuracy"]) for row in again] == list(written)


def test_a_network_trained_on_even_lengths_alone_is_worse_at_odd_ones():
    """The recorded runs in small."""
    rows = pd.DataFrame(lengths.run(1, "even", lengths=(14, 19), updates=500, tests=200))
    found = rows.accuracy.astype(float).groupby(rows.length % 2).mean()
    assert found[0] > 0.95
    assert found[1] < 0.6


def test_the_records_have_forty_seeds():
    rows = pd.concat(
        pd.read_csv(RESULTS / f"{name}.csv", comment="#") for name in ("lengths", "lengths-more")
    )
    assert rows.groupby(["trained", "length"]).seed.nunique().eq(40).all()
    assert len(rows) == 40 * 3 * 28  # none twice
    assert set(rows.trained) == set(lengths.TRAINED)
