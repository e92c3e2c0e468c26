"""The training loop: what it learns, when it evaluates, saves and stops."""

import gc
import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_pkg.training import loop
from course_pkg.training.log import read_records
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.resuming.checkpoint import (
    load_checkpoint,
)
from course_pkg.training.resuming.opening import CHECKPOINT
from course_pkg.training.schedules import one_cycle
from course_pkg.training.settings import Settings
from course_pkg.training.update import update
from tests.training.small import CPU, SETTINGS, Guarded, classify, language, weights


def losses(result):
    return [record["train_loss"] for record in result.records if "train_loss" in record]


def evaluations(result):
    return [record for record in result.records if "valid_loss" in record]


@pytest.mark.parametrize("make", [classify, language])
def test_it_learns_and_repeats_itself(make):
    settings = Settings(epochs=12, lr=2e-2, log_every=1)
    first, second = make(dropout=0.1), make(dropout=0.1)
    before = evaluate(first, "valid")["loss"]
    one, two = fit(first, settings), fit(second, settings)
    assert losses(one) == losses(two)
    assert torch.equal(weights(first), weights(second))
    assert one.best < 0.6 * before
    assert one.steps == 12 * first.batches_per_epoch()
    assert one.epochs == len(evaluations(one)) == 12
    assert not one.stopped_early


def test_the_first_steps_are_those_of_a_plain_loop():
    task = classify(batch=16, double=True)
    model = classify(batch=16, double=True).model
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    expected = []
    for epoch in range(2):
        for x, labels in task.batches(epoch):
            optimiser.zero_grad()
            loss = cross_entropy(model(x), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.05)
            optimiser.step()
            expected.append(loss.item())
    result = fit(task, replace(SETTINGS, clip=0.05))
    np.testing.assert_allclose(losses(result), expected, rtol=0, atol=1e-12)


def test_the_last_group_of_an_epoch_may_be_smaller():
    task = classify(batch=16)  # 7 batches, the last of 4 sequences
    result = fit(task, replace(SETTINGS, accumulate=3))
    assert result.steps == 6
    assert [record["step"] for record in evaluations(result)] == [3, 6]


def test_the_learning_rate_follows_the_schedule():
    result = fit(classify(), replace(SETTINGS, schedule="one_cycle", lr=0.3, clip=1.0))
    rates = [record["lr"] for record in result.records if "lr" in record]
    assert rates == [0.3 * one_cycle(step, 14) for step in range(14)]


def test_a_stream_carries_its_state_and_forgets_it_between_epochs():
    task = language()
    seen = []
    loss = task.loss
    task.loss = lambda net, batch, carry: (seen.append(carry), loss(net, batch, carry))[1]
    fit(task, SETTINGS)
    per_epoch = task.batches_per_epoch()
    assert [len(carry) for carry in seen] == 2 * [0, *[2] * (per_epoch - 1)]
    assert not any(state.requires_grad for carry in seen for state in carry)
    assert float(seen[1][0].abs().max()) > 0


def test_early_stopping_ends_the_run_with_the_best_weights():
    task = classify(counts=(16, 40, 40), batch=16)
    settings = Settings(epochs=400, lr=5e-2, patience=5)
    result = fit(task, settings)
    values = [record["valid_loss"] for record in evaluations(result)]
    assert result.stopped_early
    assert len(values) < 400
    assert result.best == min(values)
    assert len(values) - 1 - values.index(min(values)) == 6  # one more than the patience
    assert evaluate(task, "valid")["loss"] == result.best  # not the last weights: the best
    assert values[-1] > result.best


@pytest.mark.parametrize("after_the_best", [1, 4])
def test_early_stopping_remembers_the_best_over_an_interruption(
    tmp_path, monkeypatch, after_the_best
):
    settings = Settings(epochs=400, lr=5e-2, patience=5)
    quiet, disturbed, resumed = (classify(counts=(16, 40, 40), batch=16) for _ in range(3))
    expected = fit(quiet, settings)
    values = [record["valid_loss"] for record in evaluations(expected)]
    stop = values.index(min(values)) + 1 + after_the_best  # one step an epoch

    def interrupted(*arguments):
        if len(calls) == stop:
            raise KeyboardInterrupt
        calls.append(1)
        return update(*arguments)

    calls = []
    monkeypatch.setattr(loop, "update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(disturbed, settings, folder=tmp_path)
    monkeypatch.undo()
    found = fit(resumed, settings, folder=tmp_path, resume=True)
    assert (found.steps, found.best) == (expected.steps, expected.best)
    assert torch.equal(weights(resumed), weights(quiet))


def test_selection_can_look_at_another_metric():
    task = classify()
    result = fit(task, replace(SETTINGS, epochs=5, select_by="accuracy"))
    assert result.best == max(record["valid_accuracy"] for record in evaluations(result))


def test_the_test_part_is_never_looked_at_while_training():
    task = Guarded(classify())
    fit(task, SETTINGS)
    assert set(task.asked) == {"valid"}
    names = (
        "test",
        "Test",
        " TEST ",
        "test_2",
        "final_test",
        "held_out_test",
        "eval-test",
        "x2test",
    )
    for name in (*names, "train", "my-train"):
        with pytest.raises(ValueError, match="select_on: "):
            Settings(epochs=1, select_on=name)
    assert Settings(epochs=1, select_on="contest_latest").select_on == "contest_latest"


def test_evaluation_has_no_dropout_and_changes_nothing():
    task = classify(dropout=0.5)
    task.model.train()
    state, before = torch.get_rng_state(), weights(task)
    assert evaluate(task, "valid") == evaluate(task, "valid")
    assert task.model.training
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(weights(task), before)


def test_evaluations_and_checkpoints_come_when_they_are_due(tmp_path):
    settings = Settings(steps=10, lr=1e-2, evaluate_every=4, checkpoint_every=3, log_every=5)
    result = fit(classify(), settings, folder=tmp_path)
    assert [record["step"] for record in evaluations(result)] == [4, 8, 10]
    assert [r["step"] for r in result.records if "train_loss" in r] == [5, 10]
    assert load_checkpoint(tmp_path / CHECKPOINT).about["position"]["step"] == 10
    assert read_records(tmp_path) == result.records
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("make", [classify, language])
def test_bfloat16_trains_and_weights_stay_in_full_precision(make):
    task = make()
    result = fit(task, replace(SETTINGS, epochs=8, precision="bfloat16"))
    full = fit(make(), replace(SETTINGS, epochs=8))
    assert {p.dtype for p in task.model.parameters()} == {torch.float32}
    assert losses(result) != losses(full)
    assert result.best == pytest.approx(full.best, abs=0.1)


@pytest.mark.parametrize("bad", ["weights", "lr"])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_checkpoint(tmp_path, bad):
    task = classify()
    fit(task, replace(SETTINGS, epochs=1), folder=tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()
    if bad == "weights":
        with torch.no_grad():
            task.model.readout.bias.fill_(math.nan)
    settings = Settings(steps=200, lr=1e38 if bad == "lr" else 1e-3, clip=0.0, optimiser="sgd")
    with pytest.raises(FloatingPointError, match="a smaller learning rate, or clipping"):
        fit(task, settings)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_memory_does_not_grow_with_the_epochs(tmp_path):
    def make():
        return language(batch=32, window=64, length=20_000)

    class Watch(Guarded):
        def evaluate(self, part, device):
            gc.collect()
            levels.append(tracemalloc.get_traced_memory()[0])
            return {"loss": 1.0}

    levels, task = [], make()
    epoch = sum(tensor.nbytes for batch in task.batches(0) for tensor in batch)
    fit(make(), Settings(steps=1))  # the first optimiser of a process imports a great deal
    tracemalloc.start()
    try:
        fit(Watch(task), Settings(epochs=8, lr=1e-2, log_every=1), folder=tmp_path)
    finally:
        tracemalloc.stop()
    assert len(levels) == 8
    # To keep the batches of the last four epochs would take four times as much.
    assert max(levels[4:]) - levels[3] < epoch / 2


def test_tensors_do_not_pile_up_with_the_epochs():
    counts = []

    class Watch(Guarded):
        def evaluate(self, part, device):
            gc.collect()
            counts.append(sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects()))
            return {"loss": 1.0}

    fit(Watch(language()), Settings(epochs=6, lr=1e-2))
    assert counts[-1] <= counts[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"select_on": "dev"}, r"select_on: expected a part of the task, one of \['train', 'val"),
        ({"select_by": "bleu"}, r"select_by: expected a metric of the task, one of \['accuracy'"),
    ],
)
def test_settings_that_do_not_fit_the_task_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        fit(classify(), replace(SETTINGS, **changes), device=CPU)


def test_a_task_that_has_fewer_batches_than_it_says_is_found_out():
    task = classify()
    task.batches_per_epoch = lambda: 9
    with pytest.raises(RuntimeError, match="task: expected 9 batches in an epoch, got 7"):
        fit(task, SETTINGS)


def test_a_task_without_batches_is_refused():
    task = classify()
    task.batches_per_epoch = lambda: 0
    with pytest.raises(ValueError, match="task: expected at least one batch per epoch, got none"):
        fit(task, SETTINGS)


class Saying(Guarded):
    """A task whose evaluations have the given losses."""

    def __init__(self, task, values):
        super().__init__(task)
        self.values = iter(values)

    def evaluate(self, part, device):
        return {"loss": next(self.values), "accuracy": 0.5}


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_run_whose_evaluations_were_never_finite_is_no_success(tmp_path, bad):
    message = "valid loss: expected a finite number after some evaluation, got none in 2"
    with pytest.raises(FloatingPointError, match=message):
        fit(Saying(classify(), [bad, bad]), SETTINGS, folder=tmp_path)
    assert (tmp_path / CHECKPOINT).exists()
    assert fit(Saying(classify(), [bad, 0.5]), SETTINGS).best == 0.5


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"part: expected a part of the task, one of \['train'"):
        evaluate(classify(), "nope")


def test_the_log_is_on_the_disk_before_the_checkpoint_that_counts_it(tmp_path, monkeypatch):
    order = []
    sync, save = loop.RunLog.sync, loop.save_checkpoint
    monkeypatch.setattr(loop.RunLog, "sync", lambda log: (order.append("log"), sync(log)))
    monkeypatch.setattr(loop, "save_checkpoint", lambda *a: (order.append("checkpoint"), save(*a)))
    fit(classify(), SETTINGS, folder=tmp_path)
    assert order == ["log", "checkpoint"] * 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
@pytest.mark.parametrize("make", [classify, language])
def test_a_graphics_card_gives_the_same_curve_and_resumes(make, tmp_path):
    cuda, settings = torch.device("cuda"), replace(SETTINGS, checkpoint_every=3)
    on_cpu, task = fit(make(), settings), make()
    on_card = fit(task, settings, device=cuda, folder=tmp_path)
    np.testing.assert_allclose(losses(on_card), losses(on_cpu), rtol=0, atol=1e-3)
    again = make()
    fit(again, settings, device=cuda, folder=tmp_path, resume=True)
    torch.testing.assert_close(weights(again), weights(task), rtol=0, atol=0)
