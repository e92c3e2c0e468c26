"""The training loop: what one update does, when it stops, what it writes, what it refuses."""

import gc
import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_pkg.data.batching.padding import pad_batch
from course_pkg.models.language_model import LanguageModel
from course_pkg.training import loop
from course_pkg.training.distributed import Share
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.log import read_records
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.recipes.saved_model import load_model, save_model
from course_pkg.training.resuming.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from course_pkg.training.resuming.opening import CHECKPOINT
from course_pkg.training.resuming.state import State
from course_pkg.training.schedules import one_cycle
from course_pkg.training.settings import Settings, make_optimiser
from course_pkg.training.tasks.next_token import PredictNext
from course_pkg.training.update import update
from tests.training.small import CPU, classify, language, text, weights

SETTINGS = Settings(epochs=2, lr=1e-2, log_every=1)


def state_of(task, settings):
    optimiser = make_optimiser(settings, task.model.parameters())
    return State(task.model, optimiser, EarlyStopping(), run={})


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


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("ragged", [False, True])
def test_accumulated_batches_are_one_large_batch(optimiser, ragged):
    settings = Settings(
        steps=1, lr=0.1, optimiser=optimiser, weight_decay=0.01, clip=0.1,
        momentum=0.9 if optimiser == "sgd" else 0.0,
    )  # fmt: skip
    large, small = (classify(ragged=ragged, double=True) for _ in range(2))
    data = large._parts["train"]
    rows = [np.arange(24), np.arange(7), np.arange(7, 8), np.arange(8, 24)]
    batches = [large._batch(data, indices, Share()) for indices in rows]
    found = []
    for task, group in ((large, batches[:1]), (small, batches[1:])):
        state = state_of(task, settings)
        for _ in range(3):
            mean, norm = update(task, task.model, state, group, settings)
        found.append((mean.value, norm))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(weights(large), weights(small), rtol=0, atol=1e-12)


def test_a_mean_of_means_would_be_another_gradient():
    """What accumulation gets wrong when each batch is averaged before: ragged batches show it."""
    task = classify(double=True)
    data = task._parts["train"]
    whole = task._batch(data, np.arange(8), Share())
    parts = [task._batch(data, rows, Share()) for rows in (np.arange(7), np.arange(7, 8))]
    right = task.loss(task.model, whole)
    of_means = sum(cross_entropy(task.model(x), labels) for x, labels in parts) / 2
    assert abs((right.total / right.number - of_means).item()) > 1e-3


def test_the_last_group_of_an_epoch_may_be_smaller():
    task = classify(batch=16)  # 7 batches, the last of 4 sequences
    result = fit(task, replace(SETTINGS, accumulate=3))
    assert result.steps == 6
    assert [record["step"] for record in evaluations(result)] == [3, 6]


def test_a_gradient_is_clipped_to_the_norm_and_reported_before():
    task, settings = classify(), Settings(steps=1, lr=1.0, optimiser="sgd", clip=0.01)
    before = weights(task)
    batch = [next(task.batches(0))]
    _, norm = update(task, task.model, state_of(task, settings), batch, settings)
    assert norm > 0.05
    assert float((weights(task) - before).norm()) == pytest.approx(0.01, rel=1e-3)
    free = replace(settings, clip=0.0)
    task = classify()
    update(task, task.model, state_of(task, free), batch, free)
    assert float((weights(task) - before).norm()) == pytest.approx(norm, rel=1e-4)


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


class Guarded:
    """A task that says when its test part is looked at."""

    def __init__(self, task):
        self._task, self.asked = task, []

    def __getattr__(self, name):
        return getattr(self._task, name)

    def evaluate(self, part, device):
        self.asked.append(part)
        return self._task.evaluate(part, device)


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


def test_a_finished_run_is_resumed_without_a_step(tmp_path):
    task = classify()
    first = fit(task, SETTINGS, folder=tmp_path)
    again = classify(seed=0)
    second = fit(again, SETTINGS, folder=tmp_path, resume=True)
    assert (second.steps, second.best) == (first.steps, first.best)
    assert second.records == first.records
    assert torch.equal(weights(task), weights(again))


def test_a_run_is_not_overwritten(tmp_path):
    fit(classify(), SETTINGS, folder=tmp_path)
    with pytest.raises(FileExistsError, match="a run is here; resume it"):
        fit(classify(), SETTINGS, folder=tmp_path)


@pytest.mark.parametrize(
    ("task", "settings", "message"),
    [
        (lambda: classify(), replace(SETTINGS, lr=0.5), "settings.lr was 0.01 and is 0.5"),
        (lambda: classify(batch=8), SETTINGS, "task.batch was 16 and is 8"),
        (lambda: classify(counts=(99, 40, 40)), SETTINGS, "task.data.train was '"),
        (lambda: classify(counts=(100, 39, 40)), SETTINGS, "task.data.valid was '"),
        (lambda: classify(counts=(100, 40, 39)), SETTINGS, "task.data.test was '"),
        (lambda: language(), SETTINGS, "task.kind was 'classify' and is 'lm'"),
        (lambda: classify(dropout=0.5), SETTINGS, "task.model.dropout was 0.0 and is 0.5"),
    ],
)
def test_another_run_is_not_resumed(tmp_path, task, settings, message):
    fit(classify(), SETTINGS, folder=tmp_path)
    with pytest.raises(CheckpointError, match="belongs to another run: ") as error:
        fit(task(), settings, folder=tmp_path, resume=True)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tensors, about: tensors.pop("model.readout.bias"),
        lambda tensors, about: tensors.update({"model.readout.bias": torch.zeros(5)}),
        lambda tensors, about: tensors.pop("random.0.cpu"),
        lambda tensors, about: tensors.update({"random.0.cpu": torch.zeros(3)}),
        lambda tensors, about: tensors.pop("optimiser.0.exp_avg"),
        lambda tensors, about: tensors.update({"optimiser.0.exp_avg": torch.zeros(7)}),
        lambda tensors, about: tensors.update({"optimiser.0.step": torch.zeros(7)}),
        lambda tensors, about: [tensors.pop(n) for n in list(tensors) if n.startswith("optimis")],
        lambda tensors, about: [tensors.pop(n) for n in list(tensors) if n.startswith("best.")],
        lambda tensors, about: tensors.pop("best.readout.bias"),
        lambda tensors, about: tensors.update({"best.readout.bias": torch.zeros(5)}),
        lambda tensors, about: tensors.update({"best.what": torch.zeros(5)}),
        lambda tensors, about: tensors.update({"carry.0.1": torch.zeros(5)}),
        lambda tensors, about: about.pop("position"),
        lambda tensors, about: about.update(position={"step": "many", "what": 1}),
        lambda tensors, about: about["position"].update(step=None),
        lambda tensors, about: about["position"].update(step=10**6),
        lambda tensors, about: about["position"].update(step=1.5),
        lambda tensors, about: about["position"].update(records=-1),
        lambda tensors, about: about["position"].update(batch=10**6),
        lambda tensors, about: about["position"].update(epoch=7),
        lambda tensors, about: about["position"].update(epoch_loss=[0.0]),
        lambda tensors, about: about["position"].update(log_loss=[10**400, 1]),
        lambda tensors, about: about["stopping"].update(best=math.nan),
        lambda tensors, about: about["stopping"].update(best=None),
        lambda tensors, about: about["stopping"].update(best=10**400),
        lambda tensors, about: about["stopping"].update(evaluations_since=-1),
        lambda tensors, about: about["random"][0]["numpy"].__setitem__(1, 10**6),
        lambda tensors, about: about["random"][0]["numpy"].__setitem__(0, [10**30]),
        lambda tensors, about: about["random"][0]["python"].__setitem__(1, [10**30] * 625),
        lambda tensors, about: about.update(random=[{}]),
        lambda tensors, about: about.update(optimiser=[]),
        lambda tensors, about: about.update(stopping=None),
        lambda tensors, about: about.update(run=7),
    ],
)
def test_a_checkpoint_that_lacks_something_is_refused(tmp_path, spoil):
    path = tmp_path / CHECKPOINT
    fit(classify(), SETTINGS, folder=tmp_path)
    tensors, about = load_checkpoint(path)
    spoil(tensors, about)
    save_checkpoint(path, tensors, about)
    with pytest.raises(CheckpointError, match=r"^checkpoint\.safetensors: "):
        fit(classify(), SETTINGS, folder=tmp_path, resume=True)


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
        fit(Watch(task), Settings(epochs=12, lr=1e-2, log_every=1), folder=tmp_path)
    finally:
        tracemalloc.stop()
    assert len(levels) == 12
    # To keep the batches of the last eight epochs would take eight times as much.
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


def ragged_means(task, part):
    """The metrics of a part, sequence by sequence."""
    x, labels = task._parts[part]
    found = []
    for sequence, label in zip(x, labels, strict=True):
        batch = pad_batch([sequence])
        logits = task.model(torch.from_numpy(batch.x)).double()
        loss = cross_entropy(logits, torch.tensor([label]))
        found.append([float(loss), float(logits.argmax() == label)])
    return np.mean(found, axis=0)


@pytest.mark.parametrize("ragged", [False, True])
def test_an_evaluation_is_the_mean_over_sequences(ragged):
    task = classify(ragged=ragged, double=True, counts=(40, 300, 10))
    with torch.no_grad():
        expected = ragged_means(task, "valid")
        found = evaluate(task, "valid")
    np.testing.assert_allclose([found["loss"], found["accuracy"]], expected, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_the_perplexity_counts_every_target_whatever_the_batch(monkeypatch, batch):
    monkeypatch.setattr("course_pkg.training.tasks.next_token.AT_ONCE", 7)  # 99 targets: not whole
    task, ids = language(double=True, batch=batch), torch.from_numpy(text()[-100:])
    found = evaluate(task, "test")
    with torch.no_grad():
        logits, _ = task.model(ids[:-1, None])
        loss = cross_entropy(logits[:, 0], ids[1:])
    assert found["loss"] == pytest.approx(float(loss), abs=1e-12)
    assert found["perplexity"] == pytest.approx(math.exp(float(loss)))
    assert found["bits"] == pytest.approx(float(loss) / math.log(2))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"epochs": None}, ValueError, "epochs, steps: expected exactly one of the two, got ep"),
        ({"steps": 5}, ValueError, "epochs, steps: expected exactly one"),
        ({"epochs": 0}, ValueError, "epochs: expected an integer of at least 1, got 0"),
        ({"epochs": 1.5}, TypeError, "epochs: expected an integer, got float"),
        ({"lr": 0}, ValueError, "lr: expected a number in"),
        ({"lr": "fast"}, TypeError, "lr: expected a number, got str"),
        ({"lr": math.nan}, ValueError, "lr: expected a number in"),
        ({"clip": -1}, ValueError, "clip: expected a number in"),
        ({"momentum": 0.9}, ValueError, "momentum: expected 0 with adam, got 0.9"),
        ({"weight_decay": -1}, ValueError, "weight_decay: expected a number in"),
        ({"accumulate": 0}, ValueError, "accumulate: expected an integer of at least 1"),
        ({"log_every": 0}, ValueError, "log_every: expected an integer of at least 1"),
        ({"patience": -1}, ValueError, "patience: expected an integer of at least 0"),
        ({"patience": True}, TypeError, "patience: expected an integer, got bool"),
        ({"evaluate_every": -1}, ValueError, "evaluate_every: expected an integer of at least 0"),
        ({"warm_up_steps": 1.0}, TypeError, "warm_up_steps: expected an integer, got float"),
        ({"min_delta": -1}, ValueError, "min_delta: expected a number in"),
        ({"seed": -1}, ValueError, "seed: expected an integer in 0.."),
        ({"optimiser": "adagrad"}, ValueError, "optimiser: expected one of 'adam', 'adamw', 'sg"),
        ({"schedule": "step"}, ValueError, "schedule: expected one of"),
        ({"precision": "float16"}, ValueError, "precision: expected one of 'full', 'bfloat16'"),
        ({"select_on": "test"}, ValueError, "a choice made on it makes that measurement too good"),
        ({"select_on": "train"}, ValueError, "select_on: expected a held-out part"),
        ({"select_on": 3}, TypeError, "select_on: expected a string, got int"),
        ({"select_by": None}, TypeError, "select_by: expected a string, got NoneType"),
        ({"deterministic": "no"}, TypeError, "deterministic: expected True or False, got 'no'"),
        ({"tensorboard": 1}, TypeError, "tensorboard: expected True or False, got 1"),
        ({"lr": 10**400}, ValueError, "lr: expected a number"),
    ],
)
def test_bad_settings_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        Settings(**{"epochs": 1} | changes)


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


def test_the_settings_of_the_optimiser_are_the_runs_own(tmp_path):
    settings = replace(SETTINGS, weight_decay=0.1)
    expected = classify()
    fit(expected, settings)
    half = classify()
    with pytest.raises(KeyboardInterrupt):
        fit(Interrupted(half, 9), replace(settings, checkpoint_every=1), folder=tmp_path)
    tensors, about = load_checkpoint(tmp_path / CHECKPOINT)
    assert "param_groups" not in about["optimiser"]
    about["optimiser"]["param_groups"] = [{"lr": 1e6, "weight_decay": 1e6, "params": [0]}]
    about["run"]["settings"]["checkpoint_every"] = 0
    save_checkpoint(tmp_path / CHECKPOINT, tensors, about)
    resumed = classify()
    fit(resumed, settings, folder=tmp_path, resume=True)
    assert torch.equal(weights(resumed), weights(expected))


class Interrupted(Guarded):
    """A task that is interrupted at a batch."""

    def __init__(self, task, number):
        super().__init__(task)
        self.left = number

    def loss(self, *arguments):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self._task.loss(*arguments)


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


def test_numpy_numbers_are_kept_as_plain_ones(tmp_path):
    settings = Settings(
        epochs=np.int64(1), lr=np.float32(0.01), seed=np.int64(3), clip=np.float64(1),
        patience=np.int32(3), warm_up_steps=np.int64(2), deterministic=np.bool_(False),
    )  # fmt: skip
    types = [type(value) for value in vars(settings).values()]
    assert set(types) <= {int, float, str, bool, type(None)}
    fit(classify(), settings, folder=tmp_path)
    model = LanguageModel(tokens=np.int64(7), hidden=np.int64(4))
    text = np.random.default_rng(0).integers(7, size=90)
    parts = {"train": text[:60], "valid": text[60:]}
    task = PredictNext(model, parts, batch=np.int64(2), window=np.int64(8))
    (tmp_path / "lm").mkdir()
    fit(task, settings, folder=tmp_path / "lm")
    save_model(tmp_path / "m", model)
    assert load_model(tmp_path / "m").model.settings["tokens"] == 7


def test_what_json_cannot_say_is_found_before_the_first_step():
    task = classify()
    task._about["device"] = CPU
    calls = []
    task.batches = lambda *arguments: calls.append(1)
    with pytest.raises(TypeError, match="not JSON serializable"):
        fit(task, SETTINGS)
    assert not calls


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"part: expected a part of the task, one of \['train'"):
        evaluate(classify(), "nope")


def test_a_run_without_a_folder_cannot_be_resumed():
    with pytest.raises(ValueError, match="resume: expected a folder to go on in, got none"):
        fit(classify(), SETTINGS, resume=True)


def test_files_of_somebody_else_stay(tmp_path):
    others = (tmp_path / ".x.part", tmp_path / ".metrics.jsonl-notes.part")
    log = tmp_path / "metrics.jsonl"
    for path in (log, *others):
        path.write_text("precious")
    with pytest.raises(FileExistsError, match=r"metrics\.jsonl"):
        fit(classify(), SETTINGS, folder=tmp_path)
    with pytest.raises(FileExistsError, match="expected the log of a run, found another file"):
        fit(classify(), SETTINGS, folder=tmp_path, resume=True)
    assert log.read_text() == "precious"
    log.unlink()
    fit(classify(), SETTINGS, folder=tmp_path)
    assert all(path.read_text() == "precious" for path in others)


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
