"""The training loop: forward, backward, clip, update; evaluate, keep the best, save, resume."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from course_pkg.training import distributed
from course_pkg.training.checkpoint import load_checkpoint, save_checkpoint
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.log import MetricLog, read_records
from course_pkg.training.metrics import Mean
from course_pkg.training.progress import ProgressBar
from course_pkg.training.schedules import make_schedule
from course_pkg.training.seeding import seed_everything
from course_pkg.training.settings import Settings, make_optimiser
from course_pkg.training.state import Position, pack, read_own, unpack
from course_pkg.training.task import Batch, Carry, Task

CHECKPOINT = "checkpoint.safetensors"


class Result(NamedTuple):
    """What a run came to. The model of the task holds the best weights."""

    steps: int
    epochs: int  # whole ones
    stopped_early: bool
    best: float  # the metric that was selected by, at its best
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
    ValueError
        If the settings ask for a part or a metric that the task does not have.
    FileExistsError
        If ``folder`` holds a run and ``resume`` is false.
    CheckpointError
        If the checkpoint is damaged or belongs to another run.
    FloatingPointError
        If the loss or the gradient is no longer finite. The last checkpoint is kept.

    Notes
    -----
    Every generator is seeded with ``settings.seed`` plus the rank. The gradient of an update is
    the sum over its batches and processes, divided by the number of values that were summed: the
    mean over one large batch, also if the batches are ragged.
    """
    device = torch.device("cpu") if device is None else device
    _check(task, settings)
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

    seed_everything((settings.seed + share.rank) % 2**32, deterministic=settings.deterministic)
    position = Position()
    carry: Carry = ()
    if folder is not None:
        path = Path(folder) / CHECKPOINT
        if path.exists() and not resume:
            raise FileExistsError(f"{path}: a run is here; resume it, or take an empty folder")
        if path.exists():
            position, carry = unpack(
                load_checkpoint(path),
                model, optimiser, stopping, run, share.rank, share.world, device,
            )  # fmt: skip
    if folder is not None and share.is_main:
        for half in Path(folder).glob(".*.part"):  # what a killed run was writing
            half.unlink()
    net = distributed.wrap(model, share)
    log = _Log(folder, position.records, settings, share)
    bar = ProgressBar(total, done=position.step, show=show_progress if share.is_main else False)
    started = time.monotonic()

    def save() -> None:
        position.records = log.count
        own = distributed.gather(read_own(carry, device), share)
        if folder is not None and share.is_main:
            packed = pack(model, optimiser, stopping, position, own, run)
            save_checkpoint(Path(folder) / CHECKPOINT, *packed)

    try:
        while position.step < total and not stopping.should_stop:
            batches = islice(task.batches(position.epoch, share), position.batch, None)
            while position.step < total and not stopping.should_stop:
                group = list(islice(batches, settings.accumulate))
                if not group:
                    break
                for parameters in optimiser.param_groups:
                    parameters["lr"] = settings.lr * factor(position.step)
                loss, norm, carry = update(
                    task, net, optimiser, group, carry, settings, share, device
                )
                position.step += 1
                position.batch += len(group)
                position.epoch_loss = position.epoch_loss.add(*loss)
                position.log_loss = position.log_loss.add(*loss)
                bar.show_step(position.step, f"loss {loss.value:.4f}")
                if position.step % settings.log_every == 0:
                    log.write(
                        step=position.step,
                        epoch=position.epoch + position.batch / per_epoch,
                        train_loss=position.log_loss.value,
                        gradient_norm=norm,
                        lr=settings.lr * factor(position.step - 1),
                        seconds=round(time.monotonic() - started, 3),
                    )
                    position.log_loss = Mean()
                epoch_done = position.batch >= per_epoch
                evaluated = _is_due(position.step, settings.evaluate_every, total, epoch_done)
                epoch_loss = position.epoch_loss.value
                if epoch_done:
                    position.epoch, position.batch, position.epoch_loss = (
                        position.epoch + 1,
                        0,
                        Mean(),
                    )
                    carry = ()
                if evaluated:
                    found = _evaluate(task, settings.select_on, device, share)
                    stopping.observe(found[settings.select_by], model)
                    log.write(
                        step=position.step,
                        epoch=position.epoch + position.batch / per_epoch,
                        epoch_train_loss=epoch_loss,
                        **{f"{settings.select_on}_{name}": value for name, value in found.items()},
                        seconds=round(time.monotonic() - started, 3),
                    )
                every = settings.checkpoint_every
                if evaluated or (every and position.step % every == 0):
                    save()
                if epoch_done:
                    break
    finally:
        bar.close()
        log.close()
    stopping.restore(model)
    return Result(
        steps=position.step,
        epochs=position.epoch,
        stopped_early=position.step < total,
        best=math.nan if stopping.best is None else stopping.best,
        records=log.records(),
    )


def update(
    task: Task,
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    group: Sequence[Batch],
    carry: Carry,
    settings: Settings,
    share: Share = ALONE,
    device: torch.device | None = None,
) -> tuple[Mean, float, Carry]:
    """Change the weights once, by the mean gradient over a group of batches.

    Parameters
    ----------
    task, net, optimiser, settings, share, device
        As in :func:`fit`; ``net`` is the model, or the model wrapped for a group of processes.
    group : sequence of batches
        One, or several to accumulate.
    carry : tuple of Tensor
        The state that the first batch starts from; empty at the start of a stream.

    Returns
    -------
    loss : Mean
        Over all batches and processes.
    norm : float
        Of the gradient, before clipping.
    carry : tuple of Tensor
        For the next batch, cut off from the graph: truncated backpropagation through time.

    Raises
    ------
    FloatingPointError
        If the loss or the gradient is not finite; the weights are then unchanged.
    """
    device = torch.device("cpu") if device is None else device
    optimiser.zero_grad(set_to_none=True)
    number_summed, totals = 0, []
    for number, batch in enumerate(group, start=1):
        # Processes exchange gradients once per update, with its last batch.
        wait = number < len(group) and share.world > 1
        quiet: AbstractContextManager[Any] = net.no_sync() if wait else nullcontext()  # type: ignore[operator]
        with quiet:
            with torch.autocast(
                device.type, dtype=torch.bfloat16, enabled=settings.precision == "bfloat16"
            ):
                loss = task.loss(net, tuple(t.to(device) for t in batch), carry)
            loss.total.backward()  # type: ignore[no-untyped-call]
        totals.append(loss.total.detach())
        number_summed += loss.number
        carry = tuple(tensor.detach() for tensor in loss.carry)
    mean = Mean(*distributed.add_up([float(sum(totals)), number_summed], share, device))
    parameters = [p for group in optimiser.param_groups for p in group["params"] if p.requires_grad]
    # Each process holds the gradient of its sum; a group has averaged them: undo that, and divide.
    scale = share.world / mean.number
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.mul_(scale)
    norm = float(nn.utils.clip_grad_norm_(parameters, settings.clip or math.inf))
    if not math.isfinite(mean.value) or not math.isfinite(norm):
        raise FloatingPointError(
            f"the loss is {mean.value} and the norm of its gradient {norm}: "
            "a smaller learning rate, or clipping, may help"
        )
    optimiser.step()
    return mean, norm, carry


def evaluate(task: Task, part: str, device: torch.device | None = None) -> dict[str, float]:
    """Return the metrics of the model on a part, with dropout off, and put its mode back."""
    device = torch.device("cpu") if device is None else device
    mode = task.model.training
    task.model.eval()
    try:
        with torch.no_grad():
            return task.evaluate(part, device)
    finally:
        task.model.train(mode)


def _evaluate(task: Task, part: str, device: torch.device, share: Share) -> dict[str, float]:
    found = evaluate(task, part, device) if share.is_main else None
    metrics: dict[str, float] = distributed.from_main(found, share)
    return metrics


def _is_due(step: int, every: int, total: int, epoch_done: bool) -> bool:
    return step == total or (step % every == 0 if every else epoch_done)


def _check(task: Task, settings: Settings) -> None:
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


class _Log:
    """The log in the folder, or a list if there is none; nothing in the other processes."""

    def __init__(self, folder: Path | None, keep: int, settings: Settings, share: Share) -> None:
        self.folder = folder
        self.kept: list[dict[str, Any]] = []
        self.file: MetricLog | None = None
        if folder is not None and share.is_main:
            self.file = MetricLog(Path(folder), keep=keep, tensorboard=settings.tensorboard)

    @property
    def count(self) -> int:
        return self.file.records if self.file is not None else 0

    def write(self, **record: Any) -> None:
        if self.file is not None:
            self.file.write(record)
        elif self.folder is None:
            self.kept.append(record)

    def records(self) -> list[dict[str, Any]]:
        return self.kept if self.file is None else read_records(self.file.folder)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
