"""A run is opened: whose files stay, which run is resumed, what is refused."""

import math
import re
from dataclasses import replace

import pytest
import torch

from course_pkg.training.loop import fit
from course_pkg.training.resuming.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from course_pkg.training.resuming.opening import CHECKPOINT
from tests.training.small import CPU, SETTINGS, Guarded, classify, language, weights


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
    with pytest.raises(CheckpointError, match=f"^{re.escape(str(path))}: "):
        fit(classify(), SETTINGS, folder=tmp_path, resume=True)


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


def test_what_json_cannot_say_is_found_before_the_first_step():
    task = classify()
    task._about["device"] = CPU
    calls = []
    task.batches = lambda *arguments: calls.append(1)
    with pytest.raises(TypeError, match="not JSON serializable"):
        fit(task, SETTINGS)
    assert not calls


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
