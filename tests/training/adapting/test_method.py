"""LoRA and elastic weights as methods of adapting: what trains, what is held, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from course_pkg.models.adapters import merge
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.training.adapting.freezing import count, hash_of
from course_pkg.training.adapting.method import Adapting, adapt
from course_pkg.training.adapting.replay import with_replay
from course_pkg.training.loop import fit
from course_pkg.training.resuming.checkpoint import CheckpointError
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.classify import Classify, Labelled
from course_pkg.training.tasks.next_token import PredictNext
from tests.training.small import SETTINGS, language, text, weights

LORA = Adapting(method="lora", rank=2)


def sequences(count, seed):
    """Sequences of the tokens of ``text``, and whether they hold more 0 than 1."""
    x = np.random.default_rng(seed).integers(7, size=(count, 8))
    return Labelled(x, ((x == 0).sum(axis=1) > (x == 1).sum(axis=1)).astype(int))


def classify_tokens(base, **options):
    """A classifier with the body of a language model."""
    torch.manual_seed(1)
    model = SequenceClassifier(classes=2, tokens=7, embedding=6, hidden=12, **options)
    model.embedding.load_state_dict(base.model.embedding.state_dict())
    model.recurrent.load_state_dict(base.model.recurrent.state_dict())
    parts = {name: sequences(60, seed) for seed, name in enumerate(("train", "valid"))}
    return Classify(model, parts, batch=20)


@pytest.mark.parametrize("backend", ["torch", "ours"])
def test_lora_trains_the_additions_and_a_new_readout(backend):
    base = language(backend=backend)
    task = classify_tokens(base, backend=backend, pooling="concat")
    adaptation = adapt(task.model, LORA)
    assert [group.name for group in adaptation.groups] == ["recurrent 1", "readout"]
    assert {name.split(".")[-1] for name in adaptation.groups[0].parameters} == {"A", "B"}
    assert list(adaptation.groups[1].parameters) == ["readout.weight", "readout.bias"]
    frozen = hash_of(adaptation.frozen(task.model))
    fit(task, replace(SETTINGS, epochs=4), adaptation=adaptation)
    assert hash_of(adaptation.frozen(task.model)) == frozen
    assert torch.equal(task.model.embedding.weight, base.model.embedding.weight)
    x = torch.from_numpy(sequences(9, 5).x.T.copy())
    adapted = task.model.eval()(x).detach()
    merge(task.model)
    torch.testing.assert_close(task.model(x), adapted, rtol=0, atol=1e-6)
    names = [name for name, _ in base.model.recurrent.named_parameters()]
    assert [name for name, _ in task.model.recurrent.named_parameters()] == names


def test_lora_leaves_the_embedding_alone_also_where_an_old_readout_is_tied_to_it():
    model = LanguageModel(tokens=7, embedding=6, hidden=6, tied=True)
    old = PredictNext(model, {"train": text(200)}, batch=4, window=10)
    new = SequenceClassifier(classes=2, tokens=7, embedding=6, hidden=6)
    parts = {name: sequences(60, seed) for seed, name in enumerate(("train", "valid"))}
    task = with_replay(Classify(new, parts, batch=20), old, 0.5)
    adaptation = adapt(task.model, LORA)
    assert not model.embedding.weight.requires_grad
    assert "new.embedding.weight" in adaptation.frozen(task.model)
    assert new.readout.weight.requires_grad
    before = model.embedding.weight.clone()
    fit(task, SETTINGS, adaptation=adaptation)
    assert torch.equal(new.embedding.weight, before)


def test_lora_adds_to_a_readout_that_comes_from_the_base():
    task = language()
    before = weights(task)
    adaptation = adapt(task.model, LORA, new_readout=False)
    top = list(adaptation.groups[-1].parameters)
    assert top == [f"readout.parametrizations.weight.0.{name}" for name in "AB"]
    assert torch.equal(task.model.readout.weight.flatten(), before[-91:-7])


def test_lora_trains_a_small_share_of_a_model_of_the_usual_size():
    model = LanguageModel(tokens=1000, embedding=128, hidden=256)
    adaptation = adapt(model, Adapting(method="lora"), new_readout=False)
    assert count(model, adaptation).share < 0.04


def test_weights_are_held_the_tighter_the_stronger():
    base = language()
    fit(base, Settings(epochs=8, lr=2e-2))
    moved = []
    for elastic in (0.0, 10.0, 1e4):
        task = classify_tokens(base)
        adaptation = adapt(task.model, Adapting(elastic=elastic), base=base)
        fit(task, Settings(epochs=8, lr=1e-2, evaluate_every=10**6), adaptation=adaptation)
        old = torch.cat([p.flatten() for p in base.model.recurrent.parameters()])
        new = torch.cat([p.flatten() for p in task.model.recurrent.parameters()])
        moved.append((new - old).norm().item())
    free, held, tight = moved
    assert tight < 0.8 * held
    assert held < 0.8 * free


def test_the_springs_hold_what_comes_from_the_base_alone():
    base = language()
    task = classify_tokens(base)
    penalty = adapt(task.model, Adapting(elastic=1.0), base=base).penalty
    assert penalty().item() == 0.0
    with torch.no_grad():
        task.model.readout.weight.add_(1.0)
    assert penalty().item() == 0.0
    with torch.no_grad():
        task.model.recurrent.network.weight_hh_l0.add_(1.0)
    assert penalty().item() > 0.0
    same = language()
    penalty = adapt(same.model, Adapting(elastic=1.0), base=base, new_readout=False).penalty
    with torch.no_grad():
        same.model.readout.weight.add_(1.0)
    assert penalty().item() > 0.0


def test_springs_need_the_task_of_the_base_and_weights_of_its_shapes():
    task = classify_tokens(language())
    with pytest.raises(ValueError, match="base: expected the task of the base run for elastic > 0"):
        adapt(task.model, Adapting(elastic=1.0))
    with pytest.raises(ValueError, match=r"anchor.*: expected"):
        adapt(SequenceClassifier(classes=2, tokens=7), Adapting(elastic=1.0), base=language())


@pytest.mark.parametrize("other", [{"decay": 0.5}, {"method": "gradual"}, {"elastic": 2.0}])
def test_a_run_is_not_resumed_with_another_adaptation(tmp_path, other):
    def prepared(**adapting):
        task = language(length=500)
        return task, adapt(task.model, Adapting(**adapting), base=language(length=500))

    task, adaptation = prepared(elastic=1.0)
    fit(task, SETTINGS, adaptation=adaptation, folder=tmp_path)
    again, changed = prepared(**{"elastic": 1.0, **other})
    (name,) = other
    with pytest.raises(CheckpointError, match=rf"belongs to another run: .*adapting\.{name} was"):
        fit(again, SETTINGS, adaptation=changed, folder=tmp_path, resume=True)
    with pytest.raises(CheckpointError, match=r"adapting\.alpha was 8.0 and is 'absent'"):
        fit(language(length=500), SETTINGS, folder=tmp_path, resume=True)
    elsewhere = language(seed=1, length=500)
    changed = adapt(elsewhere.model, Adapting(elastic=1.0), base=elsewhere)
    with pytest.raises(CheckpointError, match=r"adapting\.anchor was"):
        fit(elsewhere, SETTINGS, adaptation=changed, folder=tmp_path, resume=True)


def test_lora_says_at_once_that_it_cannot_go_with_dropped_weights_of_our_layers():
    task = language(backend="ours", weight_drop=0.3)
    with pytest.raises(ValueError, match="method: expected another one than 'lora', or"):
        adapt(task.model, LORA, new_readout=False)
    assert not any("parametrizations" in name for name, _ in task.model.named_parameters())
    adapt(language(weight_drop=0.3).model, LORA, new_readout=False)  # torch's layers can
