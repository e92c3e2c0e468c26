"""The settings of a training run: one frozen object, checked when it is made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from course_pkg.checks import (
    check_count,
    check_flag,
    check_number,
    check_option,
    check_seed,
    check_size,
)
from course_pkg.training.schedules import SCHEDULES

OPTIMISERS = ("adam", "adamw", "sgd")
PRECISIONS = ("full", "bfloat16")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train. Either ``epochs`` or ``steps`` is needed; the rest has defaults.

    Parameters
    ----------
    epochs, steps : int, at least 1
        How long: in passes over the training part, or in updates.
    seed : int
        For dropout, and whatever else is drawn while training.
    deterministic : bool
        Refuse operations that differ from run to run on a graphics card.
    optimiser : {'adam', 'adamw', 'sgd'}
    lr : float, above 0
        The learning rate where the schedule is 1.
    momentum : float in [0, 1)
        For sgd.
    weight_decay : float, at least 0
    schedule : {'constant', 'cosine', 'one_cycle', 'slanted_triangular'}
    warm_up_steps : int, at least 0
    clip : float, at least 0
        The largest norm of the gradient; 0 means that it is not clipped.
    accumulate : int, at least 1
        How many batches are added up to one update: a large batch on a small machine.
    precision : {'full', 'bfloat16'}
        'bfloat16' computes products with 8 bits of mantissa by autocast; weights stay as they
        are. float16 is left out: it needs its loss scaled, bfloat16 does not.
    select_on : str
        The part that early stopping and the choice of the best weights look at; never test.
    select_by : str
        The metric that they look at.
    patience : int, at least 0, or None
        How many evaluations may pass without an improvement; None never stops early.
    min_delta : float, at least 0
        The least change that is an improvement.
    evaluate_every : int, at least 0
        Steps between evaluations; 0 means after every epoch. The last step is always evaluated.
    checkpoint_every : int, at least 0
        Steps between checkpoints; 0 means at evaluations only. Those have one in any case.
    log_every : int, at least 1
        Steps between two records of the training loss.
    tensorboard : bool
        Write TensorBoard's event files too.

    Raises
    ------
    TypeError, ValueError
        If a setting has a wrong type or range; the message names it.

    Examples
    --------
    >>> Settings(epochs=3, lr=4e-3, schedule="one_cycle").clip
    1.0
    >>> Settings(epochs=3, select_on="test")
    Traceback (most recent call last):
        ...
    ValueError: select_on: the test part is for one last measurement; a choice made on it ...
    """

    epochs: int | None = None
    steps: int | None = None
    seed: int = 0
    deterministic: bool = False
    optimiser: str = "adam"
    lr: float = 1e-3
    momentum: float = 0.0
    weight_decay: float = 0.0
    schedule: str = "constant"
    warm_up_steps: int = 0
    clip: float = 1.0
    accumulate: int = 1
    precision: str = "full"
    select_on: str = "valid"
    select_by: str = "loss"
    patience: int | None = None
    min_delta: float = 0.0
    evaluate_every: int = 0
    checkpoint_every: int = 0
    log_every: int = 50
    tensorboard: bool = False

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError(
                "epochs, steps: expected exactly one of the two, "
                f"got epochs={self.epochs} and steps={self.steps}"
            )
        for name in ("epochs", "steps", "accumulate", "log_every"):
            if getattr(self, name) is not None:
                self._keep(name, check_size(name, getattr(self, name)))
        for name in ("warm_up_steps", "evaluate_every", "checkpoint_every", "patience"):
            if getattr(self, name) is not None:
                self._keep(name, check_count(name, getattr(self, name)))
        for name in ("deterministic", "tensorboard"):
            self._keep(name, check_flag(name, getattr(self, name)))
        self._keep("seed", check_seed(self.seed))
        for name, interval in (
            ("lr", "(0, inf)"),
            ("momentum", "[0, 1)"),
            ("weight_decay", "[0, inf)"),
            ("clip", "[0, inf)"),
            ("min_delta", "[0, inf)"),
        ):
            self._keep(name, check_number(name, getattr(self, name), interval))
        check_option("optimiser", self.optimiser, OPTIMISERS)
        check_option("schedule", self.schedule, tuple(SCHEDULES))
        check_option("precision", self.precision, PRECISIONS)
        check_selection(self.select_on)
        if not isinstance(self.select_by, str):
            raise TypeError(f"select_by: expected a string, got {type(self.select_by).__name__}")
        if self.momentum and self.optimiser != "sgd":
            raise ValueError(f"momentum: expected 0 with {self.optimiser}, got {self.momentum}")

    def _keep(self, name: str, value: Any) -> None:
        """Keep the plain number of Python that a check returned: JSON knows no NumPy numbers."""
        object.__setattr__(self, name, value)


def check_selection(part: str) -> str:
    """Return the name of the part that a choice is made on, or raise if it may not be.

    It may not be where a word of the name begins with *test* or *train*, as in "final_test".

    Examples
    --------
    >>> check_selection("train")
    Traceback (most recent call last):
        ...
    ValueError: select_on: expected a held-out part such as 'valid', got 'train'
    """
    if not isinstance(part, str):
        raise TypeError(f"select_on: expected a string, got {type(part).__name__}")
    words = re.split(r"[\W\d_]+", part.lower())
    if any(word.startswith("test") for word in words):
        raise ValueError(
            "select_on: the test part is for one last measurement; a choice made on it "
            "makes that measurement too good. Choose on 'valid'"
        )
    if any(word.startswith("train") for word in words):
        raise ValueError(f"select_on: expected a held-out part such as 'valid', got {part!r}")
    return part


def make_optimiser(
    settings: Settings, parameters: Iterable[nn.Parameter] | Iterable[dict[str, Any]]
) -> torch.optim.Optimizer:
    """Make the optimiser that the settings name, for weights or for groups of them.

    Examples
    --------
    >>> type(make_optimiser(Settings(steps=1), nn.Linear(1, 1).parameters())).__name__
    'Adam'
    """
    lr, decay = settings.lr, settings.weight_decay
    if settings.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr, momentum=settings.momentum, weight_decay=decay)
    if settings.optimiser == "adam":
        return torch.optim.Adam(parameters, lr, weight_decay=decay)
    return torch.optim.AdamW(parameters, lr, weight_decay=decay)
