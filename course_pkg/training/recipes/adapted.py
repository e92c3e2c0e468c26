"""A run that starts from another one: what it copies, what it trains, and what it leaves alone.

Between the building of a task and its training the weights of the base run are copied, and the
method of adapting says which of them are trained. After the training the frozen ones are looked at
again: they must be the same, to the last bit.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from course_pkg.models.adapters import merge
from course_pkg.models.shared import Heads
from course_pkg.training.adapting.freezing import count, hash_of
from course_pkg.training.adapting.groups import Adaptation, Group
from course_pkg.training.adapting.method import Adapting, adapt
from course_pkg.training.adapting.replay import with_replay
from course_pkg.training.recipes.adapter import ADAPTER, HEAD, save_adapter
from course_pkg.training.recipes.base import Base, copy_weights
from course_pkg.training.recipes.config import ConfigError, key_of
from course_pkg.training.recipes.tables import Built, Config
from course_pkg.training.tasks.protocol import Task
from course_pkg.training.tasks.registry import build


class Start(NamedTuple):
    """A task whose model starts from the weights of another run."""

    built: Built
    described: str  # the data and the model, for people
    task: Task  # to be trained: that of `built`, or its batches among those of the base run
    adaptation: Adaptation
    frozen: str  # the SHA-256 of the weights that are not trained, before the training
    words: str  # what is copied, trained and frozen, for people


def start_from(base: Base, config: Config) -> Start:
    """Build the task of a recipe, with the weights of a base run, ready to be trained.

    Parameters
    ----------
    base : Base
    config : Config
        With the table ``adapting``.

    Returns
    -------
    Start

    Raises
    ------
    ConfigError
        If the data or the model do not go with the base run, or the method needs the data of the
        base run and they are others now.
    """
    built = build(config, base.vocabulary)
    model, adapting = built.task.model, config.adapting or Adapting()
    described = built.describe()  # now: additions to its weights are no part of the model
    copied = copy_weights(base, model, config)
    task, old = built.task, None
    if adapting.elastic or adapting.replay:
        old = _task_of(base, adapting)
        if HEAD in copied:  # one model for both; else they share the body
            old.model = model
        task = with_replay(task, old, adapting.replay, seed=config.training.seed)
    try:
        adaptation = adapt(task.model, adapting, new_readout=HEAD not in copied, base=old)
    except (TypeError, ValueError) as error:
        raise ConfigError(key_of("adapting", vars(adapting), str(error))) from error
    frozen = hash_of(adaptation.frozen(task.model))
    parts = [name for name, part in model.named_children() if [*part.parameters()]]
    drawn = ", ".join(name for name in parts if name not in copied) or "nothing"
    words = (
        f"from {base.folder}, a run of {base.config.task!r} on {base.config.data.name}: "
        f"copied {', '.join(copied)}; drawn anew: {drawn}\n"
    ) + _words(task.model, adaptation, adapting.method)
    return Start(built, described, task, adaptation, frozen, words)


def _task_of(base: Base, adapting: Adapting) -> Task:
    """Build the base run's task again, with its own model and weights."""
    old = build(base.config, base.vocabulary).task
    if old.identity()["data"] != base.data:
        name = "elastic" if adapting.elastic else "replay"
        raise ConfigError(
            f"adapting.{name}: expected the data that {base.folder} was trained on; "
            f"{base.config.data.name!r} has changed since"
        )
    old.model.load_state_dict(base.model.state_dict())
    return old


def _words(model: nn.Module, adaptation: Adaptation, method: str) -> str:
    """Say what is trained and what is frozen, in three lines."""
    counts = count(model, adaptation)
    trained = [
        f"{'additions to ' if _adds(group) else ''}"
        f"{group.name}{f' from epoch {group.since + 1}' if group.since else ''}"
        f"{f' (rate x {group.factor:g})' if group.factor != 1 else ''}"
        for group in adaptation.groups
        if group.parameters
    ]
    place = 1 if isinstance(model, Heads) else 0  # of several models, their names stand first
    frozen = dict.fromkeys(name.split(".")[place] for name in adaptation.frozen(model))
    return (
        f"method {method}: {counts.trained:,} of {counts.trained + counts.frozen:,} parameters are "
        f"trained ({counts.share:.2%})\n"
        f"trained: {', '.join(trained)}\n"
        f"frozen: {', '.join(frozen) or 'nothing'}, {counts.frozen:,} parameters"
    )


def _adds(group: Group) -> bool:
    """Return whether all that is trained of a group stands beside its weights."""
    return all("parametrizations" in name for name in group.parameters)


def about_base(config: Config) -> dict[str, Any]:
    """Return what the files of a run say of the run that it started from, and of the method."""
    tables = asdict(config)
    return {"base": tables["base"], "adapting": tables["adapting"]}


def finish(start: Start, config: Config, folder: Path) -> str:
    """Prove that the frozen weights are as they were, and leave a plain model.

    Parameters
    ----------
    start : Start
        Its model has been trained. Additions to its weights are written to a file of their own,
        and merged into them.
    config : Config
    folder : Path
        The run folder.

    Returns
    -------
    str
        What was found, for people.

    Raises
    ------
    RuntimeError
        If a frozen weight has changed.
    """
    model = start.task.model
    weights: dict[str, Tensor] = start.adaptation.frozen(model)
    after = hash_of(weights)
    if after != start.frozen:
        raise RuntimeError(
            f"frozen weights have changed: their SHA-256 was {start.frozen} and is {after}"
        )
    if config.adapting is not None and config.adapting.method == "lora":
        # Of the new task's model: the readout of an old one, for replay, is no part of it.
        save_adapter(folder / ADAPTER, start.built.task.model, about_base(config))
        merge(model)
    if not weights:
        return "no weight was frozen"
    return f"the frozen weights are the same bits as before, SHA-256 {after}"
