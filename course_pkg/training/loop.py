"""The training loop: update, evaluate, keep the best, save, stop, resume."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch

from course_pkg.data.files.atomic import remove_leftovers
from course_pkg.metrics.means import Mean
from course_pkg.training import distributed
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.log import RECORDS, TABLE, RunLog, tensorboard_class
from course_pkg.training.progress import ProgressBar
from course_pkg.training.resuming.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from course_pkg.training.resuming.position import Position, check_position
from course_pkg.training.resuming.state import pack, read_own, unpack
from course_pkg.training.schedules import make_schedule
from course_pkg.training.seeding import seed_everything
from course_pkg.training.settings import Settings, make_optimiser
from course_pkg.training.tasks.protocol import Batch, Carry, Task
from course_pkg.training.update import update

CHECKPOINT = "checkpoint.safetensors"


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
    if resume and folder is None:
        raise ValueError("resume: expected a folder to go on in, got none")
    check_fits(task, settings)
    model = task.model.to(device)
    optimiser = make_optimiser(settings, model.parameters())
    stopping = EarlyStopping(
        settings.patience, min_delta=settings.min_delta, goal=task.goals[settings.select_by]
    )
    per_epoch = task.batches_per_epoch()
    updates_per_epoch = math.ceil(per_epoch / settings.accumulate)
    total = settings.steps or (settings.epochs or 0) * updates_per_epoch
    factor = make_schedule(settings.schedule, total, warm_up_steps=settings.warm_up_steps)
    run = {"settings": asdict(settings), "task": task.identity()}
    json.dumps(run)  # now, and not at the first checkpoint

    seed_everything((settings.seed + share.rank) % 2**32, deterministic=settings.deterministic)
    position = Position()
    carry: Carry = ()
    if folder is not None:
        # The other processes may be late: process 0 has begun the log then.
        names = (CHECKPOINT, RECORDS, TABLE) if share.is_main else (CHECKPOINT,)
        for name in names:
            if (Path(folder) / name).exists() and not resume:
                raise FileExistsError(
                    f"{Path(folder) / name}: a run is here; resume it, or take an empty folder"
                )
        path = Path(folder) / CHECKPOINT
        if path.exists():
            try:
                position, carry = unpack(
                    load_checkpoint(path),
                    model, optimiser, stopping, run, share.rank, share.world, device,
                )  # fmt: skip
                check_position(position, per_epoch, settings.accumulate, total)
            except CheckpointError as error:
                raise CheckpointError(_named(path, str(error))) from error
    if folder is not None and share.is_main:
        remove_leftovers(folder, (RECORDS, TABLE, CHECKPOINT))
    net = distributed.wrap(model, share)
    log = RunLog(
        folder, keep=position.records, tensorboard=settings.tensorboard, writes=share.is_main
    )
    bar = ProgressBar(total, done=position.step, show=show_progress if share.is_main else False)
    started = time.monotonic()

    def save() -> None:
        position.records = log.count
        own = distributed.gather(read_own(carry, device), share)
        log.sync()
        if folder is not None and share.is_main:
            packed = pack(model, optimiser, stopping, position, own, run)
            save_checkpoint(Path(folder) / CHECKPOINT, *packed)

    def seconds() -> float:  # of this process: a resumed run starts from 0
        return round(time.monotonic() - started, 3)

    model.train()
    batches = _rest_of_epoch(task, position, share)
    try:
        while position.step < total and not stopping.should_stop:
            group = list(islice(batches, settings.accumulate))
            if not group:
                raise RuntimeError(
                    f"task: expected {per_epoch} batches in an epoch, got {position.batch}"
                )
            lr = settings.lr * factor(position.step)
            for parameters in optimiser.param_groups:
                parameters["lr"] = lr
            loss, norm, carry = update(task, net, optimiser, group, carry, settings, share, device)
            position.add(len(group), loss)
            bar.show_step(position.step, f"loss {loss.value:.4f}")
            if position.step % settings.log_every == 0:
                log.write(
                    step=position.step,
                    epoch=position.epoch + position.batch / per_epoch,
                    train_loss=position.log_loss.value,
                    gradient_norm=norm,
                    lr=lr,
                    seconds=seconds(),
                )
                position.log_loss = Mean()
            epoch_done = position.batch >= per_epoch
            epoch_loss = position.epoch_loss.value
            if epoch_done:
                position.start_epoch()
                carry = ()
                batches = _rest_of_epoch(task, position, share)
            due = _is_due(position.step, settings.evaluate_every, total, epoch_done)
            if due:
                found = _evaluate(task, settings.select_on, device, share)
                stopping.observe(found[settings.select_by], model)
                log.write(
                    step=position.step,
                    epoch=position.epoch + position.batch / per_epoch,
                    epoch_train_loss=epoch_loss,
                    **{f"{settings.select_on}_{name}": value for name, value in found.items()},
                    seconds=seconds(),
                )
            every = settings.checkpoint_every
            if due or (every and position.step % every == 0):
                save()
    finally:
        bar.close()
        log.close()
    if stopping.best is None:
        raise FloatingPointError(
            f"{settings.select_on} {settings.select_by}: expected a finite number after some "
            f"evaluation, got none in {stopping.evaluations_since}, so no weights are the best: "
            "a smaller learning rate, or clipping, may help"
        )
    stopping.restore(model)
    return Result(
        steps=position.step,
        epochs=position.epoch,
        stopped_early=position.step < total,
        best=stopping.best,
        records=log.records(),
    )


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


def _is_due(step: int, every: int, total: int, epoch_done: bool) -> bool:
    return step == total or (step % every == 0 if every else epoch_done)


def _named(path: Path, message: str) -> str:
    """Name the file in a message about it, once."""
    return message if message.startswith(path.name) else f"{path.name}: {message}"


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
