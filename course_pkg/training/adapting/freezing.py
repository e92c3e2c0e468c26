"""Frozen weights: how many there are, and the proof that training left them alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_pkg.training.adapting.groups import Adaptation


class Counts(NamedTuple):
    """How many numbers of a model are trained, and how many are not."""

    trained: int
    frozen: int

    @property
    def share(self) -> float:
        """The trained ones, as a share of all."""
        return self.trained / (self.trained + self.frozen)


def count(model: nn.Module, adaptation: Adaptation) -> Counts:
    """Count what an adaptation trains, now or in a later epoch, and what stays frozen.

    Parameters
    ----------
    model : Module
    adaptation : Adaptation

    Returns
    -------
    Counts

    Examples
    --------
    >>> from course_pkg.models.classifier import SequenceClassifier
    >>> from course_pkg.training.adapting.method import Adapting, adapt
    >>> model = SequenceClassifier(classes=3, tokens=50, embedding=8, hidden=8)
    >>> count(model, adapt(model, Adapting(method="features")))
    Counts(trained=27, frozen=976)
    """
    frozen = sum(weight.numel() for weight in adaptation.frozen(model).values())
    return Counts(sum(weight.numel() for weight in model.parameters()) - frozen, frozen)


def hash_of(weights: Mapping[str, Tensor]) -> str:
    """Return a SHA-256 over weights: their names, types, shapes and every bit.

    The same before and after a training shows that it has left them alone.

    Parameters
    ----------
    weights : mapping of str to Tensor
        On any device, in any order.

    Returns
    -------
    str
        64 digits in base 16.

    Examples
    --------
    >>> weights = {"W": torch.zeros(2), "b": torch.ones(1)}
    >>> before = hash_of(weights)
    >>> weights["W"][0] = -0.0  # equal to 0.0, and other bits
    >>> bool(weights["W"][0] == 0), hash_of(weights) == before
    (True, False)
    """
    found = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        found.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
