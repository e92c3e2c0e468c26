"""LoRA: adapt a trained model by the product of two thin matrices beside each of its weights.

Every weight that is chosen is read as ``W + alpha/r B A``. ``W`` is frozen; ``A`` is drawn and
``B`` is zero, so the model computes at first what it computed before. All code that reads a
weight by its name reads the sum, so any cell and backend can be adapted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from course_pkg.checks import check_number, check_option, check_size
from course_pkg.models.by_hand import full_precision
from course_pkg.models.weights import uniform

TARGETS = ("recurrent", "linear")
MATRIX = re.compile(r"weight_[ih]h(_l\d+)?(_reverse)?|W_[ih]h")  # torch.nn's names, and ours


class LowRank(nn.Module):
    """What is added to one weight.

    Parameters
    ----------
    weight : Parameter, (O, I)
        The weight W of the base model; for a recurrent layer all of its gates, stacked.
    rank : int
        r. A weight with fewer rows or columns gets as many as it has: more would add nothing.
    alpha : float above 0
        The update is multiplied by ``alpha / r``.

    Notes
    -----
    ``W' = W + alpha/r B A``. A starts uniform in +-1/sqrt(I), B at zero.

    Equation: eq-low-rank

    Source: :cite:t:`hu2022`.

    Examples
    --------
    >>> low_rank = LowRank(nn.Linear(3, 4).weight, rank=2, alpha=8.0)
    >>> low_rank.A.shape, low_rank.B.shape, low_rank.scale
    (torch.Size([2, 3]), torch.Size([4, 2]), 4.0)
    """

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        O, I = weight.shape
        r = min(check_size("rank", rank), O, I)
        self.scale = check_number("alpha", alpha, "(0, inf)") / r
        self.A = uniform(r, I, size=I, device=weight.device, dtype=weight.dtype)
        self.B = nn.Parameter(weight.new_zeros(O, r))

    def forward(self, W: Tensor) -> Tensor:
        """Return the weight that is used, (O, I)."""
        with full_precision(W.device):
            return W + self.scale * (self.B @ self.A)


class Place(NamedTuple):
    """A weight, and what is added to it."""

    module: str  # the name of the module that holds it
    weight: str  # its name there
    base: nn.Parameter  # (O, I), frozen
    low_rank: LowRank


class Merged(NamedTuple):
    """What :func:`unmerge` needs."""

    places: tuple[Place, ...]
    trained: frozenset[str]  # the other parameters that were trained


def add_low_rank(
    model: nn.Module,
    *,
    rank: int,
    alpha: float = 8.0,
    targets: Sequence[str] = TARGETS,
    whole: Sequence[str] = (),
) -> tuple[str, ...]:
    """Freeze a model, and put a trainable update of low rank beside its weights.

    Parameters
    ----------
    model : Module
        It is changed in place, but reads the same weights as before, to the last bit.
    rank, alpha
        As for :class:`LowRank`.
    targets : sequence of {'recurrent', 'linear'}
        Which matrices get an update: ``W_ih`` and ``W_hh`` of every recurrent layer, of any cell,
        torch's and ours; the weights of every ``torch.nn.Linear``. A matrix with two places,
        such as an embedding that is also the readout, gets one update, and stays one matrix.
    whole : sequence of str
        Names of parts, or of parameters, that are trained as they are and get no update: the new
        readout of a new task, ``("readout",)``.

    Returns
    -------
    tuple of str
        The names of the weights that are adapted.

    Raises
    ------
    TypeError
        If ``targets`` or ``whole`` is one name and no sequence of names.
    ValueError
        If the model is adapted already, or has no such weight or part.

    Notes
    -----
    Everything but the A and B and what is in ``whole`` is frozen: biases and embeddings too. The A
    are drawn from torch's generator. The weights' names in a ``state_dict`` change, until
    :func:`merge`.

    Equation: eq-low-rank

    Source: :cite:t:`hu2022`.

    Examples
    --------
    >>> from course_pkg.models.language_model import LanguageModel
    >>> model = LanguageModel(tokens=30, embedding=8, hidden=16)
    >>> add_low_rank(model, rank=2, targets=["recurrent"])
    ('recurrent.network.weight_ih_l0', 'recurrent.network.weight_hh_l0')
    >>> [tuple(p.shape) for p in model.parameters() if p.requires_grad]  # A and B of each
    [(2, 8), (64, 2), (2, 16), (64, 2)]
    """
    _check_model(model)
    for name, value in (("targets", targets), ("whole", whole)):
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TypeError(f"{name}: expected a sequence of names, got {value!r}")
    if not targets:
        raise ValueError(f"targets: expected some of {', '.join(TARGETS)}, got none")
    for target in targets:
        check_option("targets", target, TARGETS)
    if any(parametrize.is_parametrized(module) for module in model.modules()):
        raise ValueError("model: expected plain weights, got some that are adapted already")
    kept = {id(parameter) for part in whole for parameter in _part(model, part)}
    chosen = {
        id(weight)
        for module in model.modules()
        for name, weight in module.named_parameters(recurse=False)
        if id(weight) not in kept and _is_target(module, name, targets)
    }
    if not chosen:
        raise ValueError(f"model: expected weights that are {' or '.join(targets)}, got none")
    check_size("rank", rank)
    places: list[Place] = []
    made: dict[int, LowRank] = {}  # one update for each matrix, wherever it is used
    for where, module in model.named_modules():
        for name, weight in module.named_parameters(recurse=False):
            if id(weight) in chosen:
                if id(weight) not in made:
                    made[id(weight)] = LowRank(weight, rank, alpha)
                places.append(Place(where, name, weight, made[id(weight)]))
    for parameter in model.parameters():
        parameter.requires_grad_(id(parameter) in kept)
    _put(model, places)
    return tuple(f"{place.module}.{place.weight}".lstrip(".") for place in places)


def merge(model: nn.Module) -> Merged:
    """Add every update to its weight, and leave a plain model without a trace of them.

    Parameters
    ----------
    model : Module
        One that :func:`add_low_rank` has adapted. Afterwards it computes the same, its weights
        have their old names, and all of its parameters can be trained.

    Returns
    -------
    Merged
        For :func:`unmerge`.

    Raises
    ------
    ValueError
        If the model has no updates.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(3, 2))
    >>> _ = add_low_rank(model, rank=1)
    >>> merged = merge(model)
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias']
    """
    _check_model(model)
    places, order = [], {}
    for where, module in model.named_modules():
        lists: Any = module.parametrizations if parametrize.is_parametrized(module) else {}
        for name, weights in lists.items():
            if isinstance(weights[0], LowRank):
                places.append(Place(where, name, weights.original, weights[0]))
                order[where] = weights.order
    if not places:
        raise ValueError("model: expected one with updates of low rank, got none")
    with torch.no_grad():
        sums = {
            id(place.base): nn.Parameter(place.low_rank(place.base), requires_grad=False)
            for place in places
        }
    for place in places:
        module = model.get_submodule(place.module)
        # With leave_parametrized=True the sum would be written over the base weight.
        parametrize.remove_parametrizations(module, place.weight, leave_parametrized=False)
        setattr(module, place.weight, sums[id(place.base)])
    for where, names in order.items():  # torch puts what comes back at the end
        parameters = model.get_submodule(where)._parameters
        for name in names:
            parameters[name] = parameters.pop(name)
    trained = frozenset(name for name, p in model.named_parameters() if p.requires_grad)
    model.requires_grad_(True)
    return Merged(tuple(places), trained)


def unmerge(model: nn.Module, merged: Merged) -> None:
    """Take a model back to where it was before :func:`merge`: its base weights are the same bits.

    Subtracting the update would give them up to rounding only; they were kept instead.

    Parameters
    ----------
    model : Module
        The model that was merged.
    merged : Merged
        What :func:`merge` returned.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(3, 2))
    >>> weight = model[0].weight
    >>> _ = add_low_rank(model, rank=1)
    >>> unmerge(model, merge(model))
    >>> model[0].parametrizations.weight.original is weight
    True
    """
    _check_model(model)
    if not isinstance(merged, Merged):
        raise TypeError(f"merged: expected what merge returned, got {type(merged).__name__}")
    for place in merged.places:
        name = f"{place.module}.{place.weight}".lstrip(".")
        found = dict(model.named_parameters(remove_duplicate=False)).get(name)
        if found is None or found.shape != place.base.shape:
            raise ValueError(f"model: expected the one that was merged, with the weight {name}")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in merged.trained)
    for place in merged.places:
        setattr(model.get_submodule(place.module), place.weight, place.base)
    _put(model, merged.places)


def trainable_share(model: nn.Module) -> float:
    """Return which share of a model's parameters is trained.

    Notes
    -----
    An update of rank r has ``r (O + I)`` parameters, its weight ``O I``. Both are counted in the
    whole.

    Equation: eq-low-rank-count

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(99, 100))  # 9900 + 100 parameters
    >>> _ = add_low_rank(model, rank=2)  # 2 (99 + 100) = 398 of 10398
    >>> round(trainable_share(model), 4)
    0.0383
    """
    _check_model(model)
    counts = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    total = sum(count for count, _ in counts)
    if total == 0:
        raise ValueError("model: expected parameters, got none")
    return sum(count for count, trained in counts if trained) / total


def _check_model(model: object) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: expected a Module, got {type(model).__name__}")


def _is_target(module: nn.Module, name: str, targets: Sequence[str]) -> bool:
    if isinstance(module, nn.Linear):
        return name == "weight" and "linear" in targets
    return MATRIX.fullmatch(name) is not None and "recurrent" in targets


def _part(model: nn.Module, part: str) -> list[nn.Parameter]:
    """Return the parameters of a part of the model, or the parameter of this name."""
    found = [
        parameter
        for name, parameter in model.named_parameters(remove_duplicate=False)
        if f"{name}.".startswith(f"{part}.")
    ]
    if not found:
        raise ValueError(f"whole: expected the name of a part of the model, got {part!r}")
    return found


def _put(model: nn.Module, places: Sequence[Place]) -> None:
    """Have the modules read their weights with the updates.

    torch.nn's recurrent modules keep a list of their weights. They look before each call whether
    one is another tensor now, and a weight that is computed always is.
    """
    order = {place.module: list(model.get_submodule(place.module)._parameters) for place in places}
    for place in places:
        module: Any = model.get_submodule(place.module)
        parametrize.register_parametrization(module, place.weight, place.low_rank)
        module.parametrizations[place.weight].order = order[place.module]
        place.base.requires_grad_(False)
