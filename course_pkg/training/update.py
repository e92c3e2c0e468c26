"""One step of training: forward, backward, clip, update."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from course_pkg.metrics.means import Mean
from course_pkg.training import distributed
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.precision import autocast
from course_pkg.training.resuming.state import State
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.protocol import Batch, Task


def update(
    task: Task,
    net: nn.Module,
    state: State,
    group: Sequence[Batch],
    settings: Settings,
    share: Share = ALONE,
    device: torch.device | None = None,
    penalty: Callable[[], Tensor] | None = None,
) -> tuple[Mean, float]:
    """Change the weights once, by the mean gradient over a group of batches.

    Parameters
    ----------
    task, settings, share, device
        As in :func:`course_pkg.training.loop.fit`.
    net : Module
        The model, or the model wrapped for a group of processes.
    state : State
        Its ``optimiser`` makes the change. ``carry`` is what the first batch starts from, empty
        at the start of a stream, and afterwards what the next one does, cut off from the graph:
        truncated backpropagation through time.
    group : sequence of batches
        One, or several to accumulate.
    penalty : callable, optional
        Returns a tensor () that is added to the mean loss.

    Returns
    -------
    loss : Mean
        Over all batches and processes, without the penalty.
    norm : float
        Of the gradient, before clipping; the penalty's is in it.

    Raises
    ------
    FloatingPointError
        If the loss or the gradient is not finite; the weights are then unchanged.
    ValueError
        If the loss of a batch depends on no weight that is trained.

    Notes
    -----
    The gradient is the sum over all batches and processes, divided by the number of values that
    were summed: the mean over one large batch, also if the batches are ragged.
    """
    device = torch.device("cpu") if device is None else device
    optimiser = state.optimiser
    optimiser.zero_grad(set_to_none=True)
    number_summed, totals = 0, []
    for number, batch in enumerate(group, start=1):
        # Processes exchange gradients once per update, with its last batch.
        wait = number < len(group) and share.world > 1
        quiet: AbstractContextManager[Any] = net.no_sync() if wait else nullcontext()  # type: ignore[operator]
        with quiet:
            with autocast(device, settings.precision):
                loss = task.loss(net, tuple(t.to(device) for t in batch), state.carry)
            if not loss.total.requires_grad:
                raise ValueError(
                    "task: expected batches whose loss depends on a weight that is trained, got "
                    "one without; of a stream that a learned prompt begins, only the first window "
                    "depends on it"
                )
            loss.total.backward()  # type: ignore[no-untyped-call]
        totals.append(loss.total.detach())
        number_summed += loss.number
        state.carry = tuple(tensor.detach() for tensor in loss.carry)
    mean = Mean(*distributed.add_up([float(sum(totals)), number_summed], share, device))
    parameters = [p for group in optimiser.param_groups for p in group["params"] if p.requires_grad]
    # Each process holds the gradient of its sum; a group has averaged them: undo that, and divide.
    scale = share.world / mean.number
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.mul_(scale)
    if penalty is not None:
        _add_gradient(penalty(), parameters)
    norm = float(nn.utils.clip_grad_norm_(parameters, settings.clip or math.inf))
    if not math.isfinite(mean.value) or not math.isfinite(norm):
        raise FloatingPointError(
            f"the loss is {mean.value} and the norm of its gradient {norm}: "
            "a smaller learning rate, or clipping, may help"
        )
    optimiser.step()
    return mean, norm


def _add_gradient(value: Tensor, parameters: Sequence[nn.Parameter]) -> None:
    """Add the gradient of a value to what the parameters have.

    Not by ``backward``: in a group of processes that would start another exchange of gradients,
    and each process has computed the same penalty.
    """
    if not parameters or not value.requires_grad:
        return
    gradients = torch.autograd.grad(value, parameters, allow_unused=True)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
