"""The training loop: update, evaluate, keep the best, save, stop."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch

from course_pkg.metrics.means import Mean
from course_pkg.training import distributed
from course_pkg.training.adapting.groups import Adaptation
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.log import RunLog, tensorboard_class
from course_pkg.training.progress import ProgressBar
from course_pkg.training.resuming.checkpoint import save_checkpoint
from course_pkg.training.resuming.opening import CHECKPOINT, open_run
from course_pkg.training.resuming.position import Position, plan_of
from course_pkg.training.resuming.state import State, read_own
from course_pkg.training.schedules import make_schedule
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.protocol import Batch, Task
from course_pkg.training.update import update


class Result(NamedTuple):
    """What a run came to. The model of the task holds the best weights."""

    steps: int
    epochs: int  # whole ones
    stopped_early: bool
    best: float  # the metric that was selected by, at its best; always finite
    records: list[dict[str, Any]]  # what the log says, training and evaluations in order


def fit(
    task: Task,
    settings: Settings,
    *,
    adaptation: Adaptation | None = None,
    device: torch.device | None = None,
    folder: Path | None = None,
    resume: bool = False,
    share: Share = ALONE,
    show_progress: bool | None = None,
) -> Result:
    """Train the model of a task in place, and leave it with its best weights.

    Parameters
    ----------
    task : Task
    settings : Settings
    adaptation : Adaptation, optional
        Which weights of a model that was trained before are trained, how fast and from which
        epoch on; see :func:`course_pkg.training.adapting.method.adapt`. By default all are, with
        the rate of the settings. Weights that thaw in the run stay trainable after it.
    device : torch.device, optional
        The CPU by default. The model is moved there.
    folder : Path, optional
        Where the log and the checkpoint go; must exist. Without it nothing is written.
    resume : bool
        Go on from the checkpoint in ``folder``, or start if there is none yet. On the CPU, with
        the same number of threads, the later steps are the same to the last bit.
    share : Share
        Which of several processes this is.
    show_progress : bool, optional
        By default, if the error stream is a terminal.

    Returns
    -------
    Result

    Raises
    ------
    TypeError
        If what tells the task from others cannot be written as JSON.
    ValueError
        If the settings ask for a part or a metric that the task does not have, or ``resume``
        is true without a folder.
    FileExistsError
        If ``folder`` holds a run, or files with the names of a run's, and ``resume`` is false.
    CheckpointError
        If the checkpoint is damaged or belongs to another run.
    FloatingPointError
        If the loss or the gradient is no longer finite, or the metric that is selected by never
        was. The last checkpoint is kept.

    Notes
    -----
    Every generator is seeded with ``settings.seed`` plus the rank. What one step does is
    :func:`course_pkg.training.update.update`.

    Examples
    --------
    >>> import numpy as np
    >>> from course_pkg.models.language_model import LanguageModel
    >>> from course_pkg.training.tasks.next_token import PredictNext
    >>> text = np.repeat(np.random.default_rng(0).integers(5, size=200), 3)  # 4 4 4 3 3 3 2 ...
    >>> model = LanguageModel(tokens=5, embedding=4, hidden=8)
    >>> task = PredictNext(model, {"train": text[:501], "valid": text[501:]}, batch=5, window=10)
    >>> result = fit(task, Settings(epochs=20, lr=0.02))
    >>> result.steps, result.best < 1.1  # nats per token; it began near log 5 = 1.61
    (200, True)
    """
    device = torch.device("cpu") if device is None else device
    check_fits(task, settings)
    plan = plan_of(task.batches_per_epoch(), settings)
    factor = make_schedule(settings.schedule, plan.total, warm_up_steps=settings.warm_up_steps)
    state = open_run(
        task, settings, plan, folder, resume=resume, share=share, device=device,
        adaptation=adaptation,
    )  # fmt: skip
    position, stopping = state.position, state.stopping
    log = RunLog(
        folder, keep=position.records, tensorboard=settings.tensorboard, writes=share.is_main
    )
    bar = ProgressBar(
        plan.total, done=position.step, show=show_progress if share.is_main else False
    )
    if adaptation is not None:
        adaptation.start_epoch(state.model, position.epoch)
    net = distributed.wrap(state.model, share)
    net.train()
    batches = _rest_of_epoch(task, position, share)
    penalty = adaptation.penalty if adaptation is not None else None
    try:
        while position.step < plan.total and not stopping.should_stop:
            group = list(islice(batches, settings.accumulate))
            if not group:
                raise RuntimeError(
                    f"task: expected {plan.per_epoch} batches in an epoch, got {position.batch}"
                )
            lr = settings.lr * factor(position.step)
            for parameters in state.optimiser.param_groups:
                parameters["lr"] = lr * parameters.get("factor", 1.0)
            loss, norm = update(task, net, state, group, settings, share, device, penalty)
            position.add(len(group), loss)
            step, epoch = position.step, position.epoch + position.batch / plan.per_epoch
            bar.show_step(step, f"loss {loss.value:.4f}")
            if step % settings.log_every == 0:
                mean = position.log_loss.value
                log.write(step=step, epoch=epoch, train_loss=mean, gradient_norm=norm, lr=lr)
                position.log_loss = Mean()
            epoch_loss, epoch_done = position.epoch_loss.value, position.batch >= plan.per_epoch
            if epoch_done:
                position.start_epoch()
                state.carry = ()
                if adaptation is not None and adaptation.start_epoch(state.model, position.epoch):
                    net = distributed.wrap(state.model, share)  # it looks for weights once
                batches = _rest_of_epoch(task, position, share)
            due = _is_due(step, settings.evaluate_every, plan.total, epoch_done)
            if due:
                found = _evaluate(task, settings.select_on, device, share)
                stopping.observe(found[settings.select_by], state.model)
                named = {f"{settings.select_on}_{name}": value for name, value in found.items()}
                log.write(step=step, epoch=epoch, epoch_train_loss=epoch_loss, **named)
            if due or (settings.checkpoint_every and step % settings.checkpoint_every == 0):
                _save(state, log, folder, share, device)
    finally:
        bar.close()
        log.close()
    if stopping.best is None:
        raise FloatingPointError(
            f"{settings.select_on} {settings.select_by}: expected a finite number after some "
            f"evaluation, got none in {stopping.evaluations_since}, so no weights are the best: "
            "a smaller learning rate, or clipping, may help"
        )
    stopping.restore(state.model)
    early = position.step < plan.total
    return Result(position.step, position.epoch, early, stopping.best, log.records())


def evaluate(task: Task, part: str, device: torch.device | None = None) -> dict[str, float]:
    """Return the metrics of the model on a part, with dropout off, and put its mode back.

    Parameters
    ----------
    task : Task
    part : str
        The test part too; once, when nothing is chosen any more.
    device : torch.device, optional
        The CPU by default.

    Returns
    -------
    dict of str to float

    Raises
    ------
    ValueError
        If the task has no such part.

    Examples
    --------
    >>> import numpy as np
    >>> from course_pkg.models.language_model import LanguageModel
    >>> from course_pkg.training.tasks.next_token import PredictNext
    >>> model = LanguageModel(tokens=5, hidden=4)
    >>> task = PredictNext(model, {"train": np.arange(100) % 5, "valid": np.arange(9) % 3})
    >>> list(evaluate(task, "valid"))
    ['loss', 'perplexity', 'bits']
    """
    if part not in task.parts:
        raise ValueError(
            f"part: expected a part of the task, one of {list(task.parts)}, got {part!r}"
        )
    device = torch.device("cpu") if device is None else device
    mode = task.model.training
    task.model.eval()
    try:
        with torch.no_grad():
            return task.evaluate(part, device)
    finally:
        task.model.train(mode)


def _rest_of_epoch(task: Task, position: Position, share: Share) -> Iterator[Batch]:
    """Yield the batches of this epoch that are not done yet."""
    return islice(task.batches(position.epoch, share), position.batch, None)


def _evaluate(task: Task, part: str, device: torch.device, share: Share) -> dict[str, float]:
    found = evaluate(task, part, device) if share.is_main else None
    metrics: dict[str, float] = distributed.from_main(found, share)
    return metrics


def _save(
    state: State, log: RunLog, folder: Path | None, share: Share, device: torch.device
) -> None:
    """Write a checkpoint that knows of the records up to here."""
    state.position.records = log.count
    own = distributed.gather(read_own(state.carry, device), share)
    log.sync()
    if folder is not None and share.is_main:
        save_checkpoint(Path(folder) / CHECKPOINT, *state.packed(own))


def _is_due(step: int, every: int, total: int, epoch_done: bool) -> bool:
    return step == total or (step % every == 0 if every else epoch_done)


def check_fits(task: Task, settings: Settings) -> None:
    """Raise if a task cannot be trained with these settings.

    Raises
    ------
    ValueError
        If the settings ask for a part or a metric that the task does not have, or the task has
        no batches.
    ModuleNotFoundError
        If they ask for TensorBoard, and it is not installed.
    """
    if settings.tensorboard:
        tensorboard_class()
    if settings.select_on not in task.parts:
        raise ValueError(
            f"select_on: expected a part of the task, one of {list(task.parts)}, "
            f"got {settings.select_on!r}"
        )
    if settings.select_by not in task.goals:
        raise ValueError(
            f"select_by: expected a metric of the task, one of {sorted(task.goals)}, "
            f"got {settings.select_by!r}"
        )
    if task.batches_per_epoch() < 1:
        raise ValueError("task: expected at least one batch per epoch, got none")
