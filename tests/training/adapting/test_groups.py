"""Layer groups: who is in them, what trains when and how fast, and what stays to the last bit."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.training.adapting.freezing import count, hash_of
from course_pkg.training.adapting.groups import Adaptation, Group, groups_of
from course_pkg.training.adapting.method import Adapting, adapt
from course_pkg.training.loop import fit
from course_pkg.training.settings import Settings
from tests.training.small import SETTINGS, language, weights


@pytest.mark.parametrize("backend", ["torch", "ours"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_weight_is_in_one_group_and_groups_go_upwards(backend, bidirectional):
    model = SequenceClassifier(
        classes=2, tokens=9, embedding=4, hidden=4, layers=11, backend=backend,
        bidirectional=bidirectional,
    )  # fmt: skip
    groups = groups_of(model)
    layers = [f"recurrent {l}" for l in range(1, 12)]
    assert [group.name for group in groups] == ["embedding", *layers, "readout"]
    names = [name for group in groups for name in group.parameters]
    assert sorted(names) == sorted(name for name, _ in model.named_parameters())
    assert {len(group.parameters) for group in groups[1:-1]} == {4 * (1 + bidirectional)}
    if backend == "torch":
        assert all("_l10" in name for name in groups[-2].parameters)


def test_vectors_need_no_embedding_and_tied_weights_are_the_embeddings():
    model = SequenceClassifier(classes=2, features=3, hidden=4)
    assert [group.name for group in groups_of(model)] == ["recurrent 1", "readout"]
    tied = LanguageModel(tokens=9, embedding=4, hidden=4, tied=True)
    assert list(groups_of(tied)[-1].parameters) == ["readout.bias"]


def test_a_model_without_named_layers_is_refused():
    with pytest.raises(TypeError, match=r"model: expected a LanguageModel or a Seq.* got a Linear"):
        groups_of(nn.Linear(1, 1))


def test_training_everything_at_one_rate_is_training_without_an_adaptation():
    plain, adapted = language(dropout=0.2), language(dropout=0.2)
    fit(plain, SETTINGS)
    fit(adapted, SETTINGS, adaptation=adapt(adapted.model, Adapting()))
    assert torch.equal(weights(plain), weights(adapted))


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_frozen_weights_keep_every_bit(optimiser):
    task = language(layers=2, dropout=0.2)
    adaptation = adapt(task.model, Adapting(method="features"))
    frozen = adaptation.frozen(task.model)
    assert len(frozen) == 9
    before, readout = hash_of(frozen), task.model.readout.weight.detach().clone()
    fit(task, replace(SETTINGS, optimiser=optimiser, weight_decay=0.1), adaptation=adaptation)
    assert hash_of(frozen) == hash_of(adaptation.frozen(task.model)) == before
    assert not torch.equal(task.model.readout.weight, readout)
    assert count(task.model, adaptation).trained == 12 * 7 + 7


def test_the_hash_sees_one_bit_and_does_not_ask_for_the_order():
    one, two = torch.zeros(3), torch.ones(2)
    before = hash_of({"a": one, "b": two})
    assert before == hash_of({"b": two, "a": one})
    assert before != hash_of({"a": one, "c": two})
    assert before != hash_of({"a": one.double(), "b": two})
    assert before != hash_of({"a": one[:, None], "b": two})
    one.view(torch.int32)[1] = 1  # the least number above 0
    assert before != hash_of({"a": one, "b": two})


def moved(task, settings, adaptation):
    """Train, and return by how much each group has moved after each epoch."""
    groups, seen = groups_of(task.model), []
    start = [[p.detach().clone() for p in group.parameters.values()] for group in groups]
    evaluate = task.evaluate

    def watch(part, device):
        seen.append(
            [
                max(
                    float((p - old).abs().max())
                    for p, old in zip(group.parameters.values(), olds, strict=True)
                )
                for group, olds in zip(groups, start, strict=True)
            ]
        )
        return evaluate(part, device)

    task.evaluate = watch
    fit(task, settings, adaptation=adaptation)
    return seen


def test_gradual_unfreezing_goes_down_one_group_at_a_time():
    task = language(layers=2)
    adaptation = adapt(task.model, Adapting(method="gradual", thaw_every=2))
    assert [group.since for group in adaptation.groups] == [6, 4, 2, 0]
    seen = moved(task, Settings(epochs=8, lr=1e-3), adaptation)
    for epoch, moves in enumerate(seen):
        assert [move > 0 for move in moves] == [epoch >= since for since in (6, 4, 2, 0)]


def test_rates_fall_from_group_to_group():
    """One step of Adam moves a weight by its rate, whatever its gradient."""
    task = language(layers=2, double=True)
    settings = Settings(steps=1, lr=1e-2, clip=0.0)
    (moves,) = moved(task, settings, adapt(task.model, Adapting(decay=0.4)))
    rates = [1e-2 * 0.4**above for above in (3, 2, 1, 0)]
    assert moves == pytest.approx(rates, rel=1e-3)


def test_a_penalty_is_added_to_the_mean_loss():
    settings = Settings(steps=1, lr=0.5, optimiser="sgd", clip=0.0)
    plain, held = (language(double=True) for _ in range(2))
    bias = held.model.readout.bias
    adaptation = replace(
        adapt(held.model, Adapting()), penalty=lambda: 3.0 * (bias * torch.arange(7.0)).sum()
    )
    one, two = fit(plain, settings), fit(held, settings, adaptation=adaptation)
    assert one.records[-1]["epoch_train_loss"] == two.records[-1]["epoch_train_loss"]
    change = (plain.model.readout.bias - bias).detach()
    torch.testing.assert_close(change, 1.5 * torch.arange(7.0).double(), rtol=0, atol=1e-12)


def test_a_penalty_moves_weights_that_no_batch_uses():
    task = language()
    extra = nn.Parameter(torch.ones(()))
    task.model.readout.extra = extra
    adaptation = replace(adapt(task.model, Adapting()), penalty=lambda: extra**2)
    settings = Settings(steps=1, lr=0.5, optimiser="sgd", clip=0.0)
    fit(task, settings, adaptation=adaptation)
    assert extra.item() == 0.0


def test_nothing_to_train_is_refused():
    with pytest.raises(ValueError, match="groups: expected at least one weight to train, got none"):
        Adaptation((Group("readout", {}),))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "frozen"}, "method: expected one of 'full'"),
        ({"decay": 0.0}, "decay: expected a number in"),
        ({"decay": 1.5}, "decay: expected a number in"),
        ({"thaw_every": 0}, "thaw_every: expected an integer of at least 1"),
        ({"rank": 0}, "rank: "),
        ({"alpha": 0.0}, "alpha: "),
        ({"elastic": -1.0}, "elastic: "),
        ({"replay": 1.0}, "replay: "),
        ({"elastic": 1.0, "method": "lora"}, "elastic: expected 0 with 'lora'"),
    ],
)
def test_wrong_values_are_refused_by_name(values, message):
    with pytest.raises(ValueError, match=message):
        Adapting(**values)
