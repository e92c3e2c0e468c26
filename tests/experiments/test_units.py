"""The search for a unit that knows of quotes, made short."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from experiments import units
from experiments.characters import fresh_model

IDS = np.random.default_rng(0).integers(0, 6, 40)


@pytest.fixture
def weights():
    return units.weights_of(fresh_model(6, 0, H=5, E=3))


@pytest.mark.parametrize(
    ("text", "expected"),
    [('"a" "b"', "1100110"), ('"a\n\nb', "11100"), ('"a\nb"', "11110"), ("", "")],
)
def test_quotes_open_and_close_and_a_blank_line_closes_them(text, expected):
    assert "".join("01"[int(value)] for value in units.inside_quotes(text)) == expected


def test_the_correlation_is_the_usual_one():
    rng = np.random.default_rng(0)
    cells, inside = rng.normal(size=(50, 3)), rng.random(50) < 0.3
    expected = [np.corrcoef(cells[:, u], inside)[0, 1] for u in range(3)]
    np.testing.assert_allclose(units.correlations(cells, inside), expected, atol=1e-12)


def test_the_weights_in_numpy_are_the_model():
    model = fresh_model(6, 0, H=5, E=3)
    with torch.no_grad():
        logits, _ = model(torch.from_numpy(IDS[:, None]))
    expected = logits[:, 0].softmax(1)[:, 2]
    p = units.probabilities(
        units.weights_of(model), IDS, np.array([0]), np.array([np.nan]), target=2
    )
    np.testing.assert_allclose(p[:, 0], expected, atol=1e-6)


def test_a_cell_that_is_held_at_its_own_value_changes_nothing(weights):
    """At the first step; later the cell would have moved on."""
    first = units.cells_along(weights, IDS[:1])[0]
    values = np.array([np.nan, first[3], first[3] + 1])
    p = units.probabilities(weights, IDS[:1], np.full(3, 3), values, target=2)[0]
    assert p[0] == pytest.approx(p[1], abs=1e-12)
    assert abs(p[0] - p[2]) > 1e-6


def test_networks_side_by_side_do_not_touch(weights):
    numbers, values = np.array([0, 1, 4]), np.array([np.nan, 0.5, -2.0])
    together = units.probabilities(weights, IDS, numbers, values, target=1)
    for k in range(3):
        alone = units.probabilities(weights, IDS, numbers[k : k + 1], values[k : k + 1], target=1)
        np.testing.assert_allclose(together[:, k], alone[:, 0], atol=1e-12)


def test_the_command_writes_both_files(tmp_path):
    table, text = tmp_path / "units.csv", tmp_path / "text.csv"
    arguments = ["--hidden", "6", "--updates", "2", "--controls", "2"]
    assert units.main([*arguments, "--csv", str(table), "--text", str(text)]) == 0
    rows = pd.read_csv(table, comment="#")
    assert rows.updates.tolist() == [0, 2]
    assert rows.measured.between(-1, 1).all()
    assert rows.p_close.isna().tolist() == [True, False]
    shown = pd.read_csv(text, comment="#")
    assert len(shown) == units.SHOWN
    assert all(json.loads(character) for character in shown.character)
