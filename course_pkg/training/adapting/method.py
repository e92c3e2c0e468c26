"""The methods of adapting: which layers are trained, how fast, and from when on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from torch import nn

from course_pkg.checks import check_flag, check_number, check_option, check_size
from course_pkg.models.adapters import add_low_rank
from course_pkg.models.shared import Heads
from course_pkg.training.adapting.elastic import ElasticPenalty, fisher
from course_pkg.training.adapting.freezing import hash_of
from course_pkg.training.adapting.groups import Adaptation, Group, groups_of
from course_pkg.training.distributed import ALONE

if TYPE_CHECKING:
    from course_pkg.training.tasks.protocol import Task

METHODS = ("full", "features", "gradual", "lora")


@dataclass(frozen=True, kw_only=True)
class Adapting:
    """The table ``adapting`` of a recipe: how a model that was trained before learns on.

    Parameters
    ----------
    method : {'full', 'features', 'gradual', 'lora'}
        Train everything; the readout alone, on frozen features; the readout first and then, layer
        by layer downwards, the others too; or small additions to frozen weights.
    decay : float in (0, 1]
        The learning rate of a layer group over the rate of the group above it. The readout, on
        top, has the rate of the run.
    thaw_every : int, at least 1
        With 'gradual': epochs until the next group down is trained too.
    rank : int, at least 1
        With 'lora': the rank of the additions; a weight with fewer rows or columns has as many.
    alpha : float, above 0
        With 'lora': an addition is multiplied by alpha over its rank.
    elastic : float, at least 0
        How strongly the weights are held at those of the base run, by elastic weight
        consolidation; 0 means not at all.
    replay : float in [0, 1)
        The share of the batches that come from the training part of the base run.

    Raises
    ------
    TypeError, ValueError
        If a value has a wrong type or range, or ``elastic`` is to hold weights that are frozen.

    Examples
    --------
    >>> Adapting(method="gradual", decay=0.4).thaw_every
    1
    >>> Adapting(method="features", elastic=10.0)
    Traceback (most recent call last):
        ...
    ValueError: elastic: expected 0 with 'features', which freezes the base's weights, got 10.0
    """

    method: str = "full"
    decay: float = 1.0
    thaw_every: int = 1
    rank: int = 4
    alpha: float = 8.0
    elastic: float = 0.0
    replay: float = 0.0

    def __post_init__(self) -> None:
        check_option("method", self.method, METHODS)
        for name, interval in (
            ("decay", "(0, 1]"),
            ("alpha", "(0, inf)"),
            ("elastic", "[0, inf)"),
            ("replay", "[0, 1)"),
        ):
            object.__setattr__(self, name, check_number(name, getattr(self, name), interval))
        for name in ("thaw_every", "rank"):
            object.__setattr__(self, name, check_size(name, getattr(self, name)))
        if self.elastic and self.method in ("features", "lora"):
            raise ValueError(
                f"elastic: expected 0 with {self.method!r}, which freezes the base's weights, "
                f"got {self.elastic}"
            )


def adapt(
    model: nn.Module, adapting: Adapting, *, new_readout: bool = True, base: Task | None = None
) -> Adaptation:
    """Prepare a model that holds the weights of a base run, and say how it is trained.

    Parameters
    ----------
    model : Module
        A LanguageModel or a SequenceClassifier. Its weights are frozen as its first epoch wants
        it; with 'lora' the additions are put into it.
    adapting : Adapting
    new_readout : bool
        Whether the readout was drawn anew, as for another task, or is the base run's too. A new
        one is trained as a whole with 'lora', and ``elastic`` does not hold it.
    base : Task, optional
        The task of the base run, whose model holds the base's weights; needed for ``elastic``.

    Returns
    -------
    Adaptation
        With 'lora', :func:`course_pkg.models.adapters.merge` makes a plain model of the trained
        one. For :func:`course_pkg.training.loop.fit`.

    Raises
    ------
    TypeError
        If the layers of the model are not named as those of these two.
    ValueError
        If ``elastic`` is above 0 and there is no base, or its weights have other shapes; with
        'lora', if the model drops weights of this package's own layers.

    Notes
    -----
    The rate of group l is the rate of group l + 1, above it, times ``decay``.

    Equation: eq-discriminative

    Source: gradual unfreezing and discriminative rates: :cite:t:`howard2018`.

    Examples
    --------
    >>> from course_pkg.models.classifier import SequenceClassifier
    >>> model = SequenceClassifier(classes=2, tokens=30, embedding=8, hidden=8)
    >>> adaptation = adapt(model, Adapting(method="gradual", decay=0.5))
    >>> for group in adaptation.groups:
    ...     print(group.name, group.factor, group.since)
    embedding 0.25 2
    recurrent 1 0.5 1
    readout 1.0 0
    """
    check_flag("new_readout", new_readout)
    about: dict[str, Any] = asdict(adapting)
    penalty = None
    if adapting.elastic:
        penalty, about["anchor"] = _springs(model, adapting.elastic, base, new_readout)
    if adapting.method == "lora":
        _check_weight_drop(model)
        whole = [f"{prefix}readout" for prefix in _prefixes(model)] if new_readout else []
        add_low_rank(model, rank=adapting.rank, alpha=adapting.alpha, whole=whole)
        # With replay an old readout may be tied: its matrix is the embedding, and stays the base's.
        for group in groups_of(model) if whole else ():
            if group.name == "embedding":
                for weight in group.parameters.values():
                    weight.requires_grad_(False)
    groups = _with_rates(groups_of(model), adapting)
    if adapting.method == "features":
        groups = groups[-1:]
    if adapting.method == "lora":
        groups = [replace(group, parameters=_trained(group)) for group in groups if _trained(group)]
    adaptation = Adaptation(tuple(groups), penalty, about)
    adaptation.start_epoch(model, 0)
    return adaptation


def _check_weight_drop(model: nn.Module) -> None:
    """Raise now, and not at the first update, if W_hh cannot be both adapted and dropped."""
    for module in model.modules():
        rate = getattr(module, "weight_drop", 0.0)
        if rate and getattr(module.recurrent, "backend", None) == "ours":
            raise ValueError(
                "method: expected another one than 'lora', or weight_drop = 0, for a model with "
                f"the backend 'ours', got weight_drop = {rate}"
            )


def _springs(
    model: nn.Module, strength: float, base: Task | None, new_readout: bool
) -> tuple[ElasticPenalty, str]:
    """Tie the weights that come from the base run to it; return the hash of its weights too."""
    if base is None:
        raise ValueError("base: expected the task of the base run for elastic > 0, got none")
    groups = groups_of(base.model)
    names = [name for group in groups[: -1 if new_readout else None] for name in group.parameters]
    anchor = {name: base.model.get_parameter(name).detach() for name in names}
    information = fisher(base.model, base.batches(0, ALONE))
    prefix, *_ = _prefixes(model)
    penalty = ElasticPenalty(
        model,
        {f"{prefix}{name}": weight for name, weight in anchor.items()},
        {f"{prefix}{name}": information[name] for name in anchor},
        strength,
    )
    return penalty, hash_of(anchor)


def _prefixes(model: nn.Module) -> list[str]:
    """Return what stands before the names of a task model's weights: of several, for each one."""
    return [f"{name}." for name in model] if isinstance(model, Heads) else [""]


def _trained(group: Group) -> dict[str, nn.Parameter]:
    return {name: weight for name, weight in group.parameters.items() if weight.requires_grad}


def _with_rates(groups: list[Group], adapting: Adapting) -> list[Group]:
    """Give each group its rate and its first epoch, by how many groups are above it."""
    every = adapting.thaw_every if adapting.method == "gradual" else 0
    above = range(len(groups) - 1, -1, -1)
    return [
        replace(group, factor=adapting.decay**number, since=every * number)
        for group, number in zip(groups, above, strict=True)
    ]
