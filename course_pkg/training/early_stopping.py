"""Early stopping: wait a while after the best evaluation, then give its weights back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor, nn

from course_pkg.checks import check_count, check_number, check_option

Goal = Literal["min", "max"]


class EarlyStopping:
    """Watch a metric of the validation part, and keep the weights of its best value.

    Parameters
    ----------
    patience : int, at least 0, or None
        How many evaluations in a row may pass without an improvement. With 0 the first one stops
        the run, and curves are noisy: a few are better. None never stops, and still keeps the
        best weights.
    min_delta : float, at least 0
        A change must be larger than this to count as an improvement.
    goal : {'min', 'max'}
        Whether smaller values are better, as of a loss, or larger ones, as of an accuracy.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or range.

    Notes
    -----
    Source: :cite:t:`prechelt1998` measured rules of this kind.

    Examples
    --------
    >>> model, stopping = nn.Linear(1, 1), EarlyStopping(patience=2)
    >>> for value in (0.9, 0.5, 0.7, 0.6, 0.8):
    ...     _ = nn.init.constant_(model.weight, value)
    ...     better = stopping.observe(value, model)
    >>> stopping.should_stop, stopping.best, stopping.evaluations_since
    (True, 0.5, 3)
    >>> stopping.restore(model)
    >>> model.weight.item()
    0.5
    """

    def __init__(
        self, patience: int | None = None, *, min_delta: float = 0.0, goal: Goal = "min"
    ) -> None:
        if patience is not None:
            check_count("patience", patience)
        check_option("goal", goal, ("min", "max"))
        self.patience = patience
        self.min_delta = check_number("min_delta", min_delta, "[0, inf)")
        self.goal = goal
        self.best: float | None = None  # None before the first evaluation
        self.evaluations_since = 0  # since the best one
        self.weights: dict[str, Tensor] = {}  # of the best evaluation

    def observe(self, value: float, model: nn.Module) -> bool:
        """Take note of an evaluation; return whether it is the best so far.

        NaN and infinity are never an improvement.
        """
        sign = 1.0 if self.goal == "min" else -1.0
        gain = math.inf if self.best is None else sign * (self.best - value)
        if not math.isfinite(value) or not gain > self.min_delta:
            self.evaluations_since += 1
            return False
        self.best, self.evaluations_since = float(value), 0
        self.weights = {name: tensor.detach().clone() for name, tensor in _state(model).items()}
        return True

    @property
    def should_stop(self) -> bool:
        """Whether more evaluations than ``patience`` have passed since the best one."""
        return self.patience is not None and self.evaluations_since > self.patience

    def restore(self, model: nn.Module) -> None:
        """Put the weights of the best evaluation into the model; without one, do nothing."""
        if self.weights:
            model.load_state_dict(self.weights)

    def about(self) -> dict[str, Any]:
        """Return what a checkpoint has to keep besides ``weights``, as JSON."""
        return {"best": self.best, "evaluations_since": self.evaluations_since}

    def resume(self, about: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        """Go on from what :meth:`about` returned and the weights beside it."""
        self.best = None if about["best"] is None else float(about["best"])
        self.evaluations_since = int(about["evaluations_since"])
        self.weights = {name: tensor.clone() for name, tensor in weights.items()}


def _state(model: nn.Module) -> dict[str, Tensor]:
    state: dict[str, Tensor] = model.state_dict()
    return state
