"""The state of a run, packed into a checkpoint and put back from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from course_pkg.checks import check_count, check_number
from course_pkg.training.distributed import Share
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.resuming.checkpoint import UNFIT, Checkpoint, CheckpointError
from course_pkg.training.resuming.position import Position, read_position
from course_pkg.training.seeding import RandomState, get_random_state, set_random_state
from course_pkg.training.tasks.protocol import Carry


class Own(NamedTuple):
    """What each process of a group has of its own."""

    random: RandomState
    carry: Carry  # the state that the next batch starts from


def read_own(carry: Carry, device: torch.device) -> Own:
    """Read what this process has of its own, as tensors on the CPU."""
    return Own(get_random_state(device), tuple(tensor.cpu() for tensor in carry))


@dataclass
class State:
    """What changes while a run goes on: everything that a later step depends on.

    The schedule is not here, as it is a function of the step. Nor are the settings: ``run`` names
    them, so that a checkpoint is resumed by the run that wrote it alone.
    """

    model: nn.Module
    optimiser: torch.optim.Optimizer
    stopping: EarlyStopping
    run: Mapping[str, Any]  # what tells this run from others, as JSON: task and settings
    position: Position = field(default_factory=Position)
    carry: Carry = ()  # the state that the next batch starts from, for streams
    skips: bool = False  # whether updates leave weights out, as those of a mixture of tasks

    def packed(self, own: Sequence[Own]) -> Checkpoint:
        """Return the state as tensors and JSON; ``own`` has an entry for each process, by rank."""
        tensors: dict[str, Tensor] = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.stopping.weights.items()}
        numbers: dict[str, dict[str, Any]] = {}
        for index, values in self.optimiser.state_dict()["state"].items():
            numbers[str(index)] = {}
            for name, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser.{index}.{name}"] = value
                else:
                    numbers[str(index)][name] = value
        for rank, mine in enumerate(own):
            tensors |= {f"random.{rank}.{name}": t for name, t in mine.random.tensors.items()}
            tensors |= {f"carry.{rank}.{i}": tensor for i, tensor in enumerate(mine.carry)}
        about = {
            "run": self.run,
            "position": asdict(self.position),
            "optimiser": {"state": numbers},  # its settings are the run's
            "stopping": self.stopping.about(),
            "random": [mine.random.about for mine in own],
        }
        return Checkpoint(tensors, about)

    def unpack(self, checkpoint: Checkpoint, share: Share, device: torch.device) -> None:
        """Put everything back where :meth:`packed` found it.

        Raises
        ------
        CheckpointError
            If the checkpoint belongs to another run, or to another number of processes, or does
            not hold what a run needs. The model may have changed then.
        """
        tensors, about = checkpoint
        try:
            check_same_run(about["run"], self.run)
            if len(about["random"]) != share.world:
                raise CheckpointError(
                    f"written by {len(about['random'])} processes, resumed by {share.world}; "
                    "start as many as before"
                )
            check_tensors("model", _below("model", tensors), self.model.state_dict())
            self.model.load_state_dict(_below("model", tensors))
            self.position = read_position(about["position"])
            _load_optimiser(self.optimiser, about["optimiser"], _below("optimiser", tensors))
            _check_optimiser(self.optimiser, self.position, skips=self.skips)
            best = _below("best", tensors)
            _check_stopping(about["stopping"], best, self.model)
            self.stopping.resume(about["stopping"], _on(device, best))
            found = _on(device, _below(f"carry.{share.rank}", tensors))
            self.carry = tuple(found[str(i)] for i in range(len(found)))
            own = RandomState(_below(f"random.{share.rank}", tensors), about["random"][share.rank])
            set_random_state(own, device)
        except CheckpointError:
            raise
        except UNFIT as error:
            raise CheckpointError(
                f"does not hold the state of this run ({type(error).__name__}: {error})"
            ) from error


def _load_optimiser(
    optimiser: torch.optim.Optimizer, about: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> None:
    state: dict[int, dict[str, Any]] = {
        int(index): dict(values) for index, values in about["state"].items()
    }
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        state[int(index)][key] = tensor
    # The groups are this run's own: with those of the file it could learn in another way.
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def check_tensors(what: str, tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Raise unless tensors have the names and shapes that are expected.

    Examples
    --------
    >>> check_tensors("model", {"W": torch.zeros(3)}, {"W": torch.zeros(2)})
    Traceback (most recent call last):
        ...
    ValueError: model.W: expected shape (2,), got (3,)
    """
    for name in sorted(tensors.keys() ^ expected.keys()):
        there = "is missing" if name in expected else "is not of this model"
        raise ValueError(f"{what}.{name}: {there}")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            raise ValueError(
                f"{what}.{name}: expected shape {tuple(expected[name].shape)}, "
                f"got {tuple(tensor.shape)}"
            )


def _check_stopping(about: Mapping[str, Any], best: Mapping[str, Tensor], model: nn.Module) -> None:
    """Raise unless there are the weights of the best evaluation, if there was one."""
    check_count("evaluations_since", about["evaluations_since"])
    if about["best"] is not None:
        check_number("best", about["best"], "(-inf, inf)")
    check_tensors("best", best, {} if about["best"] is None else model.state_dict())


def _check_optimiser(optimiser: torch.optim.Optimizer, position: Position, *, skips: bool) -> None:
    """Raise unless the optimiser remembers what it needs for every parameter it has changed."""
    for group in optimiser.param_groups:
        # A group that thaws later has not been changed before the first batch of its epoch.
        now = position.epoch + (position.batch > 0)
        updated = position.step > 0 and group.get("since", 0) < now
        names = {"exp_avg", "exp_avg_sq", "step"}
        if isinstance(optimiser, torch.optim.SGD):
            names = {"momentum_buffer"} if group["momentum"] else set()
        for parameter in group["params"]:
            state = optimiser.state.get(parameter, {})  # [] would put an empty one there
            trained = parameter.requires_grad or "since" in group
            if skips and not state:
                continue
            if state.keys() != (names if updated and trained else set()):
                raise ValueError(f"optimiser: expected {sorted(names)}, got {sorted(state)}")
            for name, value in state.items():
                shape = () if name == "step" else parameter.shape
                if not isinstance(value, Tensor) or value.shape != shape:
                    raise ValueError(f"optimiser: {name}: expected a tensor of shape {shape}")


def check_same_run(saved: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Raise unless a checkpoint was written by the same task with the same settings.

    Examples
    --------
    >>> check_same_run({"settings": {"lr": 0.1, "seed": 0}}, {"settings": {"lr": 0.2, "seed": 0}})
    Traceback (most recent call last):
        ...
    course_pkg.training.resuming.checkpoint.CheckpointError: belongs to another run: ...
    """
    old, new = _flat("", saved), _flat("", run)
    differences = [
        f"{key} was {old.get(key, 'absent')!r} and is {new.get(key, 'absent')!r}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    if differences:
        raise CheckpointError(
            "belongs to another run: "
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
