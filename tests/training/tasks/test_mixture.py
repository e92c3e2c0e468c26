"""A mixture: what is drawn, in which order, what each batch changes, what a checkpoint holds."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.shared import Heads, share_body
from course_pkg.training.adapting.groups import groups_of
from course_pkg.training.adapting.method import Adapting, adapt
from course_pkg.training.adapting.replay import with_replay
from course_pkg.training.distributed import Share
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.tasks.mixture import Mixture, task_shares
from tests.training.small import SETTINGS, classify, language, two_tasks


def drawn(task, epochs):
    """Which task each batch is of, one row an epoch."""
    return [[which[0].item() for which, *_ in task.batches(epoch)] for epoch in range(epochs)]


def test_probabilities_follow_from_sizes_and_exponent():
    sizes = [1000, 10, 100]
    np.testing.assert_allclose(task_shares(sizes), np.array(sizes) / 1110)
    np.testing.assert_allclose(task_shares(sizes, 0.0), np.ones(3) / 3)
    half = np.sqrt(sizes)
    np.testing.assert_allclose(task_shares(sizes, 0.5), half / half.sum())
    assert task_shares([10**300, 1], 5.0).tolist() == [1.0, 0.0]


def test_tasks_are_drawn_as_often_as_their_shares_say():
    task = Mixture({"a": language(), "b": language(length=900)}, shares=(0.3, 0.7))
    rows = drawn(task, 60)
    assert task.batches_per_epoch() == len(rows[0]) == round(language().batches_per_epoch() / 0.3)
    assert rows[0] != rows[1]
    share = np.mean(rows)
    assert abs(share - 0.7) < 4 * np.sqrt(0.21 / np.size(rows))
    assert drawn(task, 2) == rows[:2]
    other = Mixture(task.tasks, shares=(0.3, 0.7), seed=1)
    assert drawn(other, 1) != rows[:1]


def test_each_task_goes_through_its_own_epochs_and_misses_no_batch():
    parts = {"a": classify(batch=16), "b": classify(seed=3, batch=30)}
    task = Mixture(parts, shares=(0.5, 0.5))
    seen = {"a": [], "b": []}
    for epoch in range(5):
        for which, x, _ in task.batches(epoch):
            seen["ab"[which[0]]].append((x, bool(which[1])))
    for name, own in parts.items():
        expected = [
            (batch[0], place == 0)
            for epoch in range(30)
            for place, batch in enumerate(own.batches(epoch))
        ]
        assert len(seen[name]) > 2 * own.batches_per_epoch()
        for (x, begins), (wanted, first) in zip(seen[name], expected, strict=False):
            assert torch.equal(x, wanted)
            assert begins == first


def test_a_batch_is_learned_as_its_own_task_learns_it():
    task = two_tasks()
    text, count = task.tasks.values()
    carry = ()
    states = ()
    for which, *batch in islice(task.batches(0), 30):
        found = task.loss(task.model, (which, *batch), carry)
        own = (text, count)[which[0]]
        alone = own.loss(own.model, tuple(batch), () if which[1] or which[0] else states)
        assert torch.equal(found.total, alone.total)
        assert found.number == alone.number
        carry = tuple(tensor.detach() for tensor in found.carry)
        if which[0] == 0:
            states = tuple(tensor.detach() for tensor in alone.carry)
    assert len(states) == 2


def test_two_tasks_share_a_body_and_keep_their_readouts():
    task = two_tasks(shares=(0.5, 0.5))
    assert isinstance(task.model, Heads)
    text, count = task.model.values()
    assert text.recurrent is count.recurrent
    before = evaluate(task, "valid")
    assert list(before) == ["loss", "perplexity", "bits", "count_loss", "count_accuracy"]
    assert set(task.goals) == {*before, "count_loss", "count_accuracy"}
    fit(task, replace(SETTINGS, epochs=12, lr=2e-2))
    after = evaluate(task, "valid")
    assert after["loss"] < 0.8 * before["loss"]
    assert evaluate(task, "train")["count_accuracy"] > 0.85
    assert text.recurrent is count.recurrent
    assert text.embedding is count.embedding
    assert text.readout is not count.readout


def test_one_model_learns_both_texts_and_is_chosen_by_the_first():
    new, old = language(), language(seed=1, length=900)
    old.model = new.model
    task = with_replay(new, old, 0.5)
    assert task.model is new.model
    result = fit(task, replace(SETTINGS, epochs=3))
    assert result.best == evaluate(task, "valid")["loss"] == evaluate(new, "valid")["loss"]
    assert evaluate(task, "valid")["old_loss"] == evaluate(old, "valid")["loss"]
    assert with_replay(new, old, 0.0) is new


def test_replay_gives_the_old_task_the_body_of_the_new_one():
    new, old = language(), language(seed=1)
    readout = old.model.readout
    task = with_replay(new, old, 0.25)
    assert old.model.recurrent is new.model.recurrent
    assert old.model.readout is readout
    assert [*task.model] == ["new", "old"]
    tied = LanguageModel(tokens=7, embedding=12, hidden=12, tied=True)
    plain = SequenceClassifier(classes=2, tokens=7, embedding=12, hidden=12)
    share_body(plain, tied)
    assert tied.readout.weight is plain.embedding.weight


def test_layers_of_several_models_are_grouped_and_adapted_together():
    task = two_tasks()
    groups = groups_of(task.model)
    assert [group.name for group in groups] == ["embedding", "recurrent 1", "readout"]
    names = ["text.readout.weight", "text.readout.bias", "count.readout.weight"]
    assert list(groups[-1].parameters) == [*names, "count.readout.bias"]
    base = language(seed=3)
    adaptation = adapt(task.model, Adapting(elastic=1.0, decay=0.5), base=base)
    assert [group.factor for group in adaptation.groups] == [0.25, 0.5, 1.0]
    assert adaptation.penalty().item() > 0.0  # other weights than the base's
    task = two_tasks()
    adaptation = adapt(task.model, Adapting(method="lora", rank=2))
    assert [*adaptation.groups[-1].parameters] == [*names, "count.readout.bias"]
    body = task.model["text"].recurrent.network.weight_hh_l0.detach().clone()
    fit(task, replace(SETTINGS, epochs=1), adaptation=adaptation)
    assert not torch.equal(task.model["text"].recurrent.network.weight_hh_l0, body)


def test_several_processes_need_one_model():
    task = two_tasks()
    with pytest.raises(ValueError, match="share: expected one process for tasks with several"):
        next(task.batches(0, Share(0, 2)))
    one = language()
    mixed = Mixture({"a": one, "b": one})
    _, x, _ = next(mixed.batches(0, Share(1, 2)))
    assert x.shape[1] == 2


def test_bad_arguments_are_refused_by_name():
    task = language()
    for tasks, options, message in [
        ({}, {}, "tasks: expected at least one"),
        ({"a b": task}, {}, "tasks: expected names such as 'new' or 'old', got 'a b'"),
        ({"train": task}, {}, "tasks: expected names such as"),
        ({"a": task}, {"shares": (0.5, 0.5)}, "shares: expected one for each of 1 tasks, got 2"),
        ({"a": task, "b": task}, {"shares": (0.5, 0.4)}, "shares: expected numbers that add up"),
        ({"a": task, "b": task}, {"shares": (1.0, 0.0)}, r"shares\[1\]: expected a number in"),
        ({"a": task}, {"exponent": -1.0}, "exponent: expected a number in"),
    ]:
        with pytest.raises(ValueError, match=message):
            Mixture(tasks, **options)
    with pytest.raises(ValueError, match=r"others\[0\].recurrent: expected weights of the shapes"):
        share_body(LanguageModel(tokens=7, hidden=4), LanguageModel(tokens=7, hidden=5))
    with pytest.raises(ValueError, match="share: expected a number in"):
        with_replay(task, task, 1.0)


def test_another_mixture_is_another_task():
    one = Mixture({"a": language(), "b": language(length=900)})
    other = Mixture({"a": language(), "b": language(length=900)}, exponent=0.5)
    assert one.identity() != other.identity()
    assert one.identity() == Mixture({"a": language(), "b": language(length=900)}).identity()


def test_a_run_that_has_not_met_a_task_yet_is_resumed(tmp_path):
    settings = replace(SETTINGS, epochs=None, steps=5)
    for resume in (False, True):
        task = two_tasks(shares=(0.001, 0.999))
        readout = task.model["text"].readout.weight.detach().clone()
        fit(task, settings, folder=tmp_path, resume=resume)
        assert torch.equal(task.model["text"].readout.weight, readout)  # no batch was of it
