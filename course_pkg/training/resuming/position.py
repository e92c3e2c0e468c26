"""How far a run is: epoch, batch, step, and the means that are under way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from course_pkg.checks import check_count, check_number
from course_pkg.metrics.means import Mean
from course_pkg.training.resuming.checkpoint import CheckpointError
from course_pkg.training.settings import Settings


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


def read_position(saved: Mapping[str, Any]) -> Position:
    """Read a position from a checkpoint's JSON, and check the kinds of its numbers.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> read_position(asdict(Position(step=3))).step
    3
    """
    epoch, batch, step, records = (
        check_count(name, saved[name]) for name in ("epoch", "batch", "step", "records")
    )
    epoch_loss, log_loss = (_mean(name, *saved[name]) for name in ("epoch_loss", "log_loss"))
    return Position(epoch, batch, step, records, epoch_loss, log_loss)


def _mean(name: str, total: float, number: float) -> Mean:
    return Mean(*(check_number(name, value, "(-inf, inf)") for value in (total, number)))


class Plan(NamedTuple):
    """How far a run is to go."""

    per_epoch: int  # batches in an epoch
    accumulate: int  # batches to an update; the last update of an epoch may have fewer
    total: int  # updates in the whole run


def plan_of(per_epoch: int, settings: Settings) -> Plan:
    """Return how far a run with these settings goes.

    Examples
    --------
    >>> plan_of(7, Settings(epochs=3, accumulate=2))
    Plan(per_epoch=7, accumulate=2, total=12)
    """
    updates = math.ceil(per_epoch / settings.accumulate)
    return Plan(per_epoch, settings.accumulate, settings.steps or (settings.epochs or 0) * updates)


def check_position(position: Position, plan: Plan) -> None:
    """Raise unless a run with this plan can be where a checkpoint says that it is.

    Parameters
    ----------
    position : Position
    plan : Plan

    Raises
    ------
    CheckpointError
        If it cannot.

    Examples
    --------
    >>> check_position(Position(epoch=1, batch=4, step=6), Plan(per_epoch=7, accumulate=2, total=9))
    >>> check_position(Position(epoch=1, batch=4, step=5), Plan(per_epoch=7, accumulate=2, total=9))
    Traceback (most recent call last):
        ...
    course_pkg.training.resuming.checkpoint.CheckpointError: position: no run with these ...
    """
    epoch, batch, step = position.epoch, position.batch, position.step
    in_epoch = math.ceil(plan.per_epoch / plan.accumulate)
    right = step == epoch * in_epoch + batch // plan.accumulate and step <= plan.total
    if not right or batch >= plan.per_epoch or batch % plan.accumulate:
        raise CheckpointError(
            f"position: no run with these settings is at epoch {epoch}, batch {batch}, step {step}"
        )
