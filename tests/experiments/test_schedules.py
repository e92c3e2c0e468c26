"""The comparison of schedules, made short."""

import numpy as np
import pandas as pd
import pytest
import torch

from course_pkg.training import schedules as package
from experiments import schedules


@pytest.fixture(scope="module")
def parts():
    return schedules.load_columns()


def test_the_command_records_every_run_and_the_mean_curves(tmp_path):
    results, curves = tmp_path / "results.csv", tmp_path / "curves.csv"
    arguments = ["--schedules", "constant", "one-cycle", "--budgets", "24", "--peaks", "0.01"]
    files = ["--csv", str(results), "--curves", str(curves)]
    assert schedules.main([*arguments, "--seeds", "0", "1", *files]) == 0
    rows = pd.read_csv(results, comment="#")
    assert list(zip(rows.schedule, rows.seed, strict=True)) == [
        ("constant", 0),
        ("one-cycle", 0),
        ("constant", 1),
        ("one-cycle", 1),
    ]
    points = pd.read_csv(curves, comment="#")
    one_cycle = points[points.schedule == "one-cycle"]
    assert list(one_cycle["update"]) == list(range(2, 25, 2))
    wanted = [0.01 * package.one_cycle(update - 1, 24) for update in one_cycle["update"]]
    assert np.allclose(one_cycle.rate, wanted, rtol=1e-2)
    # The last point of a curve is the mean of what the runs came to.
    ends = points.groupby("schedule").valid_loss.last()
    means = rows.groupby("schedule").valid_loss.mean()
    assert np.allclose(ends, means, atol=1e-3)


@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_no_schedule_exceeds_the_peak_and_each_reaches_it(name):
    factor = schedules.SCHEDULES[name](100)
    assert max(map(factor, range(100))) == pytest.approx(1.0, abs=1e-3)


def test_the_schedules_are_those_of_the_package():
    steps = range(40)
    made = {name: [make(40)(step) for step in steps] for name, make in schedules.SCHEDULES.items()}
    assert made["cosine"] == [package.cosine(step, 40) for step in steps]
    assert made["slanted triangle"] == [package.slanted_triangular(step, 40) for step in steps]
    assert made["warm-up"] == [package.warm_up(step, 4) for step in steps]
    assert set(made["constant"]) == {1.0}


def test_the_reader_answers_alike_however_much_padding_follows(parts):
    _, valid = parts
    torch.manual_seed(0)
    reader = schedules.Reader()
    longer = torch.cat([valid.x, torch.full((9, *valid.x.shape[1:]), 7.0)])
    with torch.no_grad():
        wanted = reader(valid.x, valid.lengths)
        assert torch.allclose(reader(longer, valid.lengths), wanted, atol=1e-6)
        n = int(valid.lengths[3])
        alone = reader(valid.x[:n, 3:4], valid.lengths[3:4])
    assert torch.allclose(alone[0], wanted[3], atol=1e-6)


def test_the_digits_are_those_of_the_chapter(parts):
    train, valid = parts
    assert (len(train.labels), len(valid.labels)) == (1000, 500)
    assert (train.lengths.min(), train.lengths.max()) == (4, 20)


def test_the_factor_multiplies_the_peak(parts):
    half, _ = schedules.train(*parts, 5, factor=lambda step: 0.5, peak=0.02, budget=3)
    whole, curve = schedules.train(*parts, 5, factor=lambda step: 1.0, peak=0.01, budget=3)
    for one, other in zip(half.parameters(), whole.parameters(), strict=True):
        assert torch.equal(one, other)
    assert [point.update for point in curve] == [1, 2, 3]


def test_a_recorded_run_comes_out_about_the_same(parts):
    recorded = pd.read_csv("book/results/schedules.csv", comment="#")
    row = recorded[(recorded.budget == 120) & (recorded.peak == 0.01)].iloc[0]
    factor = schedules.SCHEDULES[row.schedule](120)
    reader, _ = schedules.train(*parts, int(row.seed), factor=factor, peak=0.01, budget=120)
    loss, accuracy = schedules.measure(reader, parts[1])
    # Sums in single precision differ from one processor to the next, and training makes it more.
    assert loss == pytest.approx(row.valid_loss, abs=0.1)
    assert accuracy == pytest.approx(row.valid_accuracy, abs=0.05)
