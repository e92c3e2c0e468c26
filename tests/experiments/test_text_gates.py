"""The runs of gates over a text, made short."""

import numpy as np
import pandas as pd
import pytest

from experiments import text_gates


def test_the_command_records_a_row_for_each_seed(tmp_path):
    path = tmp_path / "gates.csv"
    arguments = ["--seeds", "3", "4", "--hidden", "10", "--updates", "2"]
    assert text_gates.main([*arguments, "--csv", str(path)]) == 0
    assert "# command: python -m experiments.text_gates --seeds 3 4" in path.read_text("utf-8")
    rows = pd.read_csv(path, comment="#")
    assert rows.seed.tolist() == [3, 4]
    assert rows.bits.between(6, 7).all()  # hardly trained: about log2 of 96
    assert rows.contrast_untrained.between(0, 0.5).all()


def test_holding_no_gate_changes_nothing_and_holding_all_is_the_cell_of_1997():
    model = text_gates.train(0, H=6, updates=1)
    held = np.array([[False] * 6, [True] * 6])
    everywhere = np.ones_like(text_gates.BLANK)
    usual, never_forgets = text_gates.bits_held_open(model, held, everywhere)
    _, cache = text_gates.lstm.forward(model.inputs()[:, None], model.params())
    scores = model.readout(text_gates.torch.from_numpy(cache.h[1:-1, 0]).float())
    ids = text_gates.as_ids(text_gates.ZEN)[1:]
    nats = text_gates.nn.functional.cross_entropy(scores, ids).item()
    assert usual == pytest.approx(nats / np.log(2), abs=1e-5)
    assert never_forgets != pytest.approx(usual, abs=1e-3)
    nowhere = text_gates.bits_held_open(model, held, ~everywhere)
    np.testing.assert_allclose(nowhere, usual)


def test_the_groups_follow_the_contrasts():
    gates = np.random.default_rng(0).uniform(size=(len(text_gates.ZEN), 20))
    gates[text_gates.BLANK, 7] *= 0.1
    none, chosen, largest, smallest, *at_random = text_gates.groups(gates, np.random.default_rng(0))
    assert not none.any()
    assert np.flatnonzero(chosen).tolist() == [7]
    assert largest[7]
    assert not smallest[7]
    assert {row.sum() for row in (largest, smallest, *at_random)} == {8}
    assert len(at_random) == 15
