"""Layer groups: which weights are trained, how fast, and from which epoch on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from course_pkg.checks import check_count, check_number
from course_pkg.models.shared import Heads

# The layer in a recurrent weight's name: torch.nn's `weight_ih_l0`, ours `layers.0.W_ih`.
LAYER = re.compile(r"_l(\d+)(?:_reverse)?(?:\.|$)|(?:^|\.)layers\.(\d+)\.")


@dataclass(frozen=True)
class Group:
    """Some layers that are trained alike.

    Parameters
    ----------
    name : str
    parameters : dict of str to Parameter
        By their names in the model.
    factor : float, above 0
        The group's learning rate over the rate of the run.
    since : int, at least 0
        The first epoch, counted from 0, in which the group is trained; before it is frozen.
    """

    name: str
    parameters: dict[str, nn.Parameter]
    factor: float = 1.0
    since: int = 0

    def __post_init__(self) -> None:
        check_number("factor", self.factor, "(0, inf)")
        check_count("since", self.since)


@dataclass(frozen=True)
class Adaptation:
    """How a model is trained: what :func:`course_pkg.training.loop.fit` asks.

    Parameters
    ----------
    groups : tuple of Group
        From the input to the output. Weights in no group stay frozen.
    penalty : callable, optional
        Called at each update; what it returns, a tensor (), is added to the mean loss of the
        update. The training loss in the log is the one without it.
    about : dict
        What tells this adaptation from others, as JSON: a checkpoint is resumed only with the
        adaptation that wrote it.
    """

    groups: tuple[Group, ...]
    penalty: Callable[[], Tensor] | None = None
    about: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not any(group.parameters for group in self.groups):
            raise ValueError("groups: expected at least one weight to train, got none")

    def start_epoch(self, model: nn.Module, epoch: int) -> bool:
        """Freeze and thaw the weights of a model as this epoch wants it.

        Parameters
        ----------
        model : Module
        epoch : int
            Counted from 0.

        Returns
        -------
        bool
            Whether a weight was frozen or thawed.
        """
        trained = {
            id(parameter)
            for group in self.groups
            if group.since <= epoch
            for parameter in group.parameters.values()
        }
        changed = [p for p in model.parameters() if p.requires_grad != (id(p) in trained)]
        for parameter in changed:
            parameter.requires_grad_(id(parameter) in trained)
        return bool(changed)

    def for_optimiser(self) -> list[dict[str, Any]]:
        """Return the groups as an optimiser of torch takes them; it keeps the two more keys."""
        return [
            {
                "params": list(group.parameters.values()),
                "factor": group.factor,
                "since": group.since,
            }
            for group in self.groups
            if group.parameters
        ]

    def frozen(self, model: nn.Module) -> dict[str, Tensor]:
        """Return the weights that are in no group, and so never change, by name."""
        trained = {id(p) for group in self.groups for p in group.parameters.values()}
        return {name: p for name, p in model.named_parameters() if id(p) not in trained}


def groups_of(model: nn.Module) -> list[Group]:
    """Put the weights of a task model into layer groups, from the input to the output.

    Parameters
    ----------
    model : Module
        With the parts ``recurrent``, ``readout`` and, if it reads ids, ``embedding``, as a
        LanguageModel or a SequenceClassifier; or several of these that share a body.

    Returns
    -------
    list of Group
        The embedding, each recurrent layer, the readout. A matrix that embedding and readout
        share (tied weights) is the embedding's. The readouts of several models are one group.

    Raises
    ------
    TypeError
        If the model has no such parts.

    Examples
    --------
    >>> from course_pkg.models.language_model import LanguageModel
    >>> groups = groups_of(LanguageModel(tokens=30, hidden=8, layers=2))
    >>> [(group.name, len(group.parameters)) for group in groups]
    [('embedding', 1), ('recurrent 1', 4), ('recurrent 2', 4), ('readout', 2)]
    """
    models = list(model.children()) if isinstance(model, Heads) else [model]
    parts = dict(models[0].named_children())
    if not {"recurrent", "readout"} <= parts.keys():
        raise TypeError(
            "model: expected a LanguageModel or a SequenceClassifier, whose layers are named, "
            f"got a {type(model).__name__}"
        )
    recurrent: Any = parts["recurrent"]
    directions = recurrent.output_size // recurrent.hidden_size
    found: dict[int, dict[str, nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        inner = name.partition(".")[2] if isinstance(model, Heads) else name
        found.setdefault(_place(inner, directions), {})[name] = parameter
    names = {0: "embedding", READOUT: "readout"}
    return [Group(names.get(place, f"recurrent {place}"), found[place]) for place in sorted(found)]


READOUT = 2**31  # the place of the readout: behind any number of recurrent layers


def _place(name: str, directions: int) -> int:
    """Return 0 for the embedding, l for the recurrent layer l, and ``READOUT``."""
    part, layer = name.split(".")[0], LAYER.search(name)
    if part == "embedding":
        return 0
    if part != "recurrent" or layer is None:
        return READOUT
    # Ours lists the readers of a layer one after the other; torch.nn gives both its number.
    return 1 + (int(layer[1]) if layer[1] else int(layer[2]) // directions)
