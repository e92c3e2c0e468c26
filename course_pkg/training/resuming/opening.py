"""A run is opened: made anew, or taken up where its checkpoint says that it was."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch

from course_pkg.data.files.atomic import remove_leftovers
from course_pkg.training.adapting.groups import Adaptation
from course_pkg.training.distributed import Share
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.log import RECORDS
from course_pkg.training.resuming.checkpoint import CheckpointError, load_checkpoint
from course_pkg.training.resuming.position import Plan, check_position
from course_pkg.training.resuming.state import State
from course_pkg.training.seeding import seed_everything
from course_pkg.training.settings import Settings, make_optimiser
from course_pkg.training.tasks.protocol import Task

CHECKPOINT = "checkpoint.safetensors"


def open_run(
    task: Task,
    settings: Settings,
    plan: Plan,
    folder: Path | None,
    *,
    resume: bool,
    share: Share,
    device: torch.device,
    adaptation: Adaptation | None = None,
) -> State:
    """Seed everything, and return the state to train from.

    Parameters
    ----------
    task, settings, folder, resume, share, device, adaptation
        As in :func:`course_pkg.training.loop.fit`. The model of the task is moved to the device.
    plan : Plan

    Returns
    -------
    State

    Raises
    ------
    ValueError
        If ``resume`` is true without a folder.
    TypeError
        If what tells the task from others cannot be written as JSON.
    FileExistsError
        If the folder holds a run, or files with the names of a run's, and ``resume`` is false.
    CheckpointError
        If the checkpoint is damaged or belongs to another run.
    """
    if resume and folder is None:
        raise ValueError("resume: expected a folder to go on in, got none")
    model = task.model.to(device)
    run = {"settings": asdict(settings), "task": task.identity()}
    if adaptation is None:
        optimiser = make_optimiser(settings, model.parameters())
    else:
        optimiser = make_optimiser(settings, adaptation.for_optimiser())
        run["adapting"] = adaptation.about
    state = State(
        model,
        optimiser,
        EarlyStopping(
            settings.patience, min_delta=settings.min_delta, goal=task.goals[settings.select_by]
        ),
        run=run,
        skips=getattr(task, "skips_weights", False),
    )
    json.dumps(state.run)  # now, and not at the first checkpoint
    seed_everything((settings.seed + share.rank) % 2**32, deterministic=settings.deterministic)
    if folder is None:
        return state
    # The other processes may be late: process 0 has begun the log then.
    for name in (CHECKPOINT, RECORDS) if share.is_main else (CHECKPOINT,):
        if (Path(folder) / name).exists() and not resume:
            raise FileExistsError(
                f"{Path(folder) / name}: a run is here; resume it, or take an empty folder"
            )
    path = Path(folder) / CHECKPOINT
    if path.exists():
        try:
            state.unpack(load_checkpoint(path), share, device)
            check_position(state.position, plan)
        except CheckpointError as error:
            message = str(error)
            named = message if message.startswith(str(path)) else f"{path}: {message}"
            raise CheckpointError(named) from error
    if share.is_main:
        remove_leftovers(folder, (RECORDS, CHECKPOINT))
    return state
