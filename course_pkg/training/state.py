"""The whole state of a run, packed into a checkpoint and put back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from course_pkg.training.checkpoint import Checkpoint, CheckpointError
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.metrics import Mean
from course_pkg.training.seeding import RandomState, get_random_state, set_random_state
from course_pkg.training.task import Carry


@dataclass
class Position:
    """How far a run is."""

    epoch: int = 0
    batch: int = 0  # batches of this epoch that are done
    step: int = 0  # updates
    records: int = 0  # lines of the log
    epoch_loss: Mean = field(default_factory=Mean)  # over the batches of this epoch that are done
    log_loss: Mean = field(default_factory=Mean)  # since the last record

    def add(self, batches: int, loss: Mean) -> None:
        """Take note of an update."""
        self.step += 1
        self.batch += batches
        self.epoch_loss = self.epoch_loss.add(*loss)
        self.log_loss = self.log_loss.add(*loss)

    def start_epoch(self) -> None:
        """Go on to the first batch of the next epoch."""
        self.epoch, self.batch, self.epoch_loss = self.epoch + 1, 0, Mean()


class Own(NamedTuple):
    """What each process of a group has of its own."""

    random: RandomState
    carry: Carry  # the state that the next batch starts from


def read_own(carry: Carry, device: torch.device) -> Own:
    """Read what this process has of its own, as tensors on the CPU."""
    return Own(get_random_state(device), tuple(tensor.cpu() for tensor in carry))


def pack(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    stopping: EarlyStopping,
    position: Position,
    own: list[Own],
    run: Mapping[str, Any],
) -> Checkpoint:
    """Collect everything that a later step depends on.

    Parameters
    ----------
    model, optimiser, stopping, position
        As they are now. The schedule has no state: it is a function of the step.
    own : list of Own
        Of every process, by rank.
    run : mapping
        What tells this run from others, as JSON: task and settings.

    Returns
    -------
    Checkpoint
    """
    tensors: dict[str, Tensor] = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in stopping.weights.items()}
    optimiser_state = optimiser.state_dict()
    numbers: dict[str, dict[str, Any]] = {}
    for index, values in optimiser_state["state"].items():
        numbers[str(index)] = {}
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimiser.{index}.{name}"] = value
            else:
                numbers[str(index)][name] = value
    for rank, mine in enumerate(own):
        tensors |= {f"random.{rank}.{name}": state for name, state in mine.random.tensors.items()}
        tensors |= {f"carry.{rank}.{i}": tensor for i, tensor in enumerate(mine.carry)}
    about = {
        "run": run,
        "position": asdict(position),
        "optimiser": {"state": numbers, "param_groups": optimiser_state["param_groups"]},
        "stopping": stopping.about(),
        "random": [mine.random.about for mine in own],
    }
    return Checkpoint(tensors, about)


def unpack(
    checkpoint: Checkpoint,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    stopping: EarlyStopping,
    run: Mapping[str, Any],
    rank: int,
    world: int,
    device: torch.device,
) -> tuple[Position, Carry]:
    """Put everything back where :func:`pack` found it.

    Returns
    -------
    position : Position
    carry : tuple of Tensor

    Raises
    ------
    CheckpointError
        If the checkpoint belongs to another run, or to another number of processes, or does not
        hold what a run needs.
    """
    tensors, about = checkpoint
    try:
        check_same_run(about["run"], run)
        if len(about["random"]) != world:
            raise CheckpointError(
                f"checkpoint: written by {len(about['random'])} processes, resumed by {world}; "
                "start as many as before"
            )
        model.load_state_dict(_below("model", tensors))
        state: dict[int, dict[str, Any]] = {
            int(index): dict(values) for index, values in about["optimiser"]["state"].items()
        }
        for name, tensor in _below("optimiser", tensors).items():
            index, key = name.split(".", 1)
            state[int(index)][key] = tensor
        groups = about["optimiser"]["param_groups"]
        optimiser.load_state_dict({"state": state, "param_groups": groups})
        _check_optimiser(optimiser)
        stopping.resume(about["stopping"], _on(device, _below("best", tensors)))
        carry = _on(device, _below(f"carry.{rank}", tensors))
        where = dict(about["position"])
        position = Position(
            **where
            | {"epoch_loss": Mean(*where["epoch_loss"]), "log_loss": Mean(*where["log_loss"])}
        )
        random = RandomState(_below(f"random.{rank}", tensors), about["random"][rank])
        set_random_state(random, device)
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
        raise CheckpointError(
            f"checkpoint: does not hold the state of this run ({type(error).__name__}: {error})"
        ) from error
    return position, tuple(carry[str(i)] for i in range(len(carry)))


def _check_optimiser(optimiser: torch.optim.Optimizer) -> None:
    """Raise unless the optimiser remembers the same kinds of numbers for every parameter."""
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    kinds = {tuple(sorted(optimiser.state[p])) for p in parameters}
    if len(kinds) > 1:
        raise ValueError(f"optimiser: expected one kind of state, got {sorted(kinds)}")
    for parameter in parameters:
        for name, value in optimiser.state[parameter].items():
            if isinstance(value, Tensor) and value.dim() and value.shape != parameter.shape:
                raise ValueError(
                    f"optimiser: {name}: expected shape {tuple(parameter.shape)}, "
                    f"got {tuple(value.shape)}"
                )


def check_same_run(saved: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Raise unless a checkpoint was written by the same task with the same settings.

    Examples
    --------
    >>> check_same_run({"settings": {"lr": 0.1, "seed": 0}}, {"settings": {"lr": 0.2, "seed": 0}})
    Traceback (most recent call last):
        ...
    course_pkg.training.checkpoint.CheckpointError: checkpoint: belongs to another run: ...
    """
    old, new = _flat("", saved), _flat("", run)
    differences = [
        f"{key} was {old.get(key, 'absent')!r} and is {new.get(key, 'absent')!r}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    if differences:
        raise CheckpointError(
            "checkpoint: belongs to another run: "
            + "; ".join(differences)
            + ". Resume with the old settings, or start anew in an empty folder"
        )


def _flat(path: str, tree: Any) -> dict[str, Any]:
    if not isinstance(tree, Mapping):
        return {path: list(tree) if isinstance(tree, tuple) else tree}
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= _flat(f"{path}.{key}" if path else str(key), value)
    return found


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Pick the tensors of one kind, without the prefix."""
    start = f"{prefix}."
    return {name[len(start) :]: t for name, t in tensors.items() if name.startswith(start)}


def _on(device: torch.device, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.to(device) for name, tensor in tensors.items()}
