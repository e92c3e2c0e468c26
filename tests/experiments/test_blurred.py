"""Attention that is changed while a model writes: the changes, and the runs made short."""

import math
from pathlib import Path

import pandas as pd
import pytest
import torch

from experiments import blurred, digits

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def weights(change, scores):
    return change(scores, 0).softmax(dim=2)


def test_what_each_change_makes_of_the_weights():
    plain = torch.tensor([[[0.7, 0.2, 0.1]]])  # (B, T, S)
    scores = plain.log() + 5
    square = plain**0.5
    for change, wanted in (
        (blurred.flattened(1), plain),
        (blurred.flattened(2), square / square.sum()),
        (blurred.flattened(math.inf), torch.full((1, 1, 3), 1 / 3)),
        (blurred.mixed(0.5), plain / 2 + 1 / 6),
        (blurred.moved(1), torch.tensor([[[0.1, 0.7, 0.2]]])),
        (blurred.moved(-1), torch.tensor([[[0.2, 0.1, 0.7]]])),
    ):
        torch.testing.assert_close(weights(change, scores), wanted)


@pytest.mark.parametrize(("behind", "places"), [(0, [2, 1, 0]), (1, [2, 2, 1])])
def test_the_only_place_is_the_same_in_one_call_and_step_by_step(behind, places):
    change = blurred.only(behind)
    scores = torch.randn(2, 3, 3)
    one = weights(change, scores)
    assert one.argmax(dim=2).tolist() == [places, places]
    steps = [change(scores[:, t : t + 1], t).softmax(dim=2) for t in range(3)]
    torch.testing.assert_close(torch.cat(steps, dim=1), one)


def small_model():
    return digits.train(
        7, attention="additive", bidirectional=False, H=16, E=8, lengths=(4, 4), updates=3
    )


def test_no_change_changes_nothing_and_the_model_is_left_as_it_was():
    model, batch = small_model(), digits.pairs(digits.test_digits(4, 30), "reversal")
    inner = model.decoder.attention
    counted = blurred.share_right(model, batch, None)
    assert blurred.share_right(model, batch, blurred.flattened(1)) == counted
    assert model.decoder.attention is inner


def test_changed_attention_is_the_one_that_the_model_uses():
    model, batch = small_model(), digits.pairs(digits.test_digits(4, 30), "reversal")
    model.decoder.attention = blurred.Changed(model.decoder.attention, blurred.only(0))
    facts = blurred.pointing(model, batch)
    assert facts == {"weight_own": 1, "top_own": 1, "weight_behind": 0, "top_behind": 0}
    model.decoder.attention = blurred.Changed(model.decoder.attention, blurred.only(1))
    assert blurred.pointing(model, batch)["weight_behind"] == 1


def test_the_command_records_every_change_of_every_model(tmp_path):
    path = tmp_path / "blurred.csv"
    arguments = ["--seeds", "3", "--hidden", "6", "--lengths", "4", "5", "--updates", "3"]
    assert blurred.main([*arguments, "--tests", "9", "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#")
    assert [*rows.change] == [*blurred.CHANGES] * 2
    assert [*pd.read_csv(RESULTS / "blurred.csv", comment="#")] == [*rows]
