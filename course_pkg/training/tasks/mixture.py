"""A mixture of tasks: each batch comes from one of them, drawn at random.

With one model this is replay: a new text, and now and then a batch of the old one. With models that
share their parts it is multi-task learning: one body, several readouts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import count, islice
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from course_pkg.checks import check_number, check_seed, check_size
from course_pkg.models.shared import Heads
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.early_stopping import Goal
from course_pkg.training.seeding import generator
from course_pkg.training.tasks.protocol import Batch, Carry, Loss, Task

DRAW = 1  # on the generator's path: the draws of tasks, apart from the orders of their batches


def task_shares(sizes: Sequence[int], exponent: float = 1.0) -> npt.NDArray[np.float64]:
    """Return with which probability a batch comes from each task.

    Parameters
    ----------
    sizes : K integers of at least 1
        How large each task is, such as its number of batches.
    exponent : float, at least 0
        1 draws tasks by their sizes, 0 all alike; in between, small ones come more often than
        their size says.

    Returns
    -------
    ndarray, (K,)
        They add up to 1.

    Notes
    -----
    ``p_k = n_k^exponent / sum_j n_j^exponent``.

    Equation: eq-task-sampling

    Examples
    --------
    >>> task_shares([900, 100]).round(2), task_shares([900, 100], 0.5).round(2)
    (array([0.9, 0.1]), array([0.75, 0.25]))
    """
    check_number("exponent", exponent, "[0, inf)")
    for k, size in enumerate(sizes):
        check_size(f"sizes[{k}]", size)
    if len(sizes) == 0:
        raise ValueError("sizes: expected at least one, got none")
    powers = (np.asarray(sizes, dtype=np.float64) / max(sizes)) ** exponent  # none is too large
    shares: npt.NDArray[np.float64] = powers / powers.sum()
    return shares


class Mixture:
    """Learn several tasks at once; each batch is drawn from one of them.

    An epoch has as many batches as it takes, on average, to see those of the first task once. Every
    task goes on where it was, through epochs of its own, so none of its batches comes more often
    than another. What is drawn depends on the seed and the number of the epoch alone.

    Parameters
    ----------
    tasks : mapping of str to Task
        The first one is what the mixture is for: its metrics keep their names, and those of the
        others get the name of their task before them. Tasks may have one model, or several that
        share modules, as :func:`course_pkg.models.shared.share_body` makes them.
    shares : sequence of float, optional
        With which probability a batch comes from each task; they add up to 1. By default
        :func:`task_shares` of their numbers of batches.
    exponent : float
        For :func:`task_shares`.
    seed : int

    Raises
    ------
    TypeError, ValueError
        If there is no task, a name is no identifier, or the shares are no probabilities above 0.

    Notes
    -----
    Batches of one update are averaged value by value: with ``accumulate`` above 1 a token of one
    task may count as much as a whole sequence of another.

    Examples
    --------
    >>> from course_pkg.models.language_model import LanguageModel
    >>> from course_pkg.training.tasks.next_token import PredictNext
    >>> model = LanguageModel(tokens=5, hidden=4)
    >>> def text(seed):
    ...     ids = np.random.default_rng(seed).integers(5, size=500)
    ...     return PredictNext(model, {"train": ids[:400], "valid": ids[400:]}, batch=2, window=10)
    >>> task = Mixture({"new": text(0), "old": text(1)}, shares=(0.8, 0.2))
    >>> task.batches_per_epoch(), [int(which[0]) for which, *_ in task.batches(0)][:9]
    (25, [0, 1, 0, 0, 0, 0, 0, 0, 1])
    """

    skips_weights = True  # a batch says nothing to the readouts of other tasks

    def __init__(
        self,
        tasks: Mapping[str, Task],
        *,
        shares: Sequence[float] | None = None,
        exponent: float = 1.0,
        seed: int = 0,
    ) -> None:
        if not tasks:
            raise ValueError("tasks: expected at least one, got none")
        for name in tasks:  # of a module and of metrics; `train` would hide a method of torch
            if not name.isidentifier() or hasattr(nn.ModuleDict, name):
                raise ValueError(f"tasks: expected names such as 'new' or 'old', got {name!r}")
        self.tasks, self.seed = dict(tasks), check_seed(seed)
        self._list = list(self.tasks.values())
        self._sizes = [task.batches_per_epoch() for task in self._list]
        self.shares = _probabilities(shares, self._sizes, exponent)
        self._batches = max(1, round(self._sizes[0] / float(self.shares[0])))
        models = {name: task.model for name, task in self.tasks.items()}
        self.main = self._list[0]
        self._alike = all(model is self.main.model for model in models.values())
        self.model: nn.Module = self.main.model if self._alike else Heads(models)
        self.parts = self.main.parts
        self.goals: Mapping[str, Goal] = MappingProxyType(
            {
                self._metric(name, metric): goal
                for name, task in self.tasks.items()
                for metric, goal in task.goals.items()
            }
        )
        others = ", ".join(list(self.tasks)[1:])
        self.how_measured = self.main.how_measured + (
            f" Metrics of other tasks begin with their names: {others}." if others else ""
        )

    def batches_per_epoch(self) -> int:
        """Return the number of batches in an epoch."""
        return self._batches

    def batches(self, epoch: int, share: Share = ALONE) -> Iterator[Batch]:
        """Yield the batches of an epoch: before what the task's batch holds, a tensor (2,).

        It says which task it is of, and whether it begins an epoch of that task, whose streams
        start from zeros then.
        """
        if share.world > 1 and not self._alike:
            raise ValueError(
                f"share: expected one process for tasks with several models, got {share.world}"
            )
        done = np.zeros(len(self._list), dtype=int)  # batches of each task, in all epochs before
        for earlier in range(epoch):
            done += np.bincount(self._draw(earlier), minlength=len(done))
        streams = [self._stream(k, int(start), share) for k, start in enumerate(done)]
        for k in self._draw(epoch):
            yield next(streams[k])

    def loss(self, net: nn.Module, batch: Batch, carry: Carry = ()) -> Loss:
        """Compute the loss of a batch by the task that it is of."""
        which, *rest = batch
        k, begins = which.tolist()
        name = list(self.tasks)[k]
        states = _unpacked(carry, len(self._list))
        head = net if self._alike else cast(nn.Module, partial(net, name))
        found: Loss = self._list[k].loss(head, tuple(rest), () if begins else states[k])
        states[k] = found.carry
        return found._replace(carry=_packed(states))

    def evaluate(self, part: str, device: torch.device) -> dict[str, float]:
        """Return the metrics of all tasks that have the part."""
        return {
            self._metric(name, metric): value
            for name, task in self.tasks.items()
            if part in task.parts
            for metric, value in task.evaluate(part, device).items()
        }

    def identity(self) -> dict[str, Any]:
        """Return what tells this mixture from others: its tasks, their shares, the seed."""
        return {
            "kind": "mixture",
            "tasks": {name: task.identity() for name, task in self.tasks.items()},
            "shares": self.shares.tolist(),
            "seed": self.seed,
        }

    def _metric(self, task: str, metric: str) -> str:
        return metric if self.tasks[task] is self.main else f"{task}_{metric}"

    def _draw(self, epoch: int) -> npt.NDArray[np.int64]:
        """Return which task each batch of an epoch is of."""
        rng = generator(self.seed, epoch, DRAW)
        drawn: npt.NDArray[np.int64] = rng.choice(len(self._list), self._batches, p=self.shares)
        return drawn

    def _stream(self, k: int, start: int, share: Share) -> Iterator[Batch]:
        """Yield the batches of task k, epoch after epoch, from the one with this number on."""
        epoch, skipped = divmod(start, self._sizes[k])
        for number in count(epoch):
            batches = enumerate(self._list[k].batches(number, share))
            for place, batch in islice(batches, skipped, None):
                yield torch.tensor([k, place == 0]), *batch
            skipped = 0


def _probabilities(
    shares: Sequence[float] | None, sizes: Sequence[int], exponent: float
) -> npt.NDArray[np.float64]:
    if shares is None:
        return task_shares(sizes, exponent)
    if len(shares) != len(sizes):
        raise ValueError(f"shares: expected one for each of {len(sizes)} tasks, got {len(shares)}")
    for k, value in enumerate(shares):
        check_number(f"shares[{k}]", value, "(0, 1]")
    if abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares: expected numbers that add up to 1, got a sum of {sum(shares)}")
    return np.asarray(shares, dtype=np.float64) / sum(shares)


def _packed(states: Sequence[Carry]) -> Carry:
    """Return the states of all tasks as one: their numbers of tensors, then the tensors."""
    return torch.tensor([len(state) for state in states]), *(t for state in states for t in state)


def _unpacked(carry: Carry, tasks: int) -> list[Carry]:
    if not carry:
        return [()] * tasks
    sizes, *tensors = carry
    left = iter(tensors)
    return [tuple(islice(left, size)) for size in sizes.tolist()]
