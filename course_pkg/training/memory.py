"""Does a model fit? Asked before its weights are filled, not when the machine stands still."""

from __future__ import annotations

import psutil
import torch
from torch import nn

from course_pkg.training.settings import Settings


def copies_kept(settings: Settings) -> int:
    """Return how many numbers training keeps for each weight.

    The weight, its gradient, the best one so far, and what the optimiser remembers.

    Examples
    --------
    >>> copies_kept(Settings(steps=1)), copies_kept(Settings(steps=1, optimiser="sgd"))
    (5, 3)
    """
    if settings.optimiser == "sgd":
        return 3 + (settings.momentum > 0)
    return 3 + 2  # Adam's two moments


def free_bytes(device: torch.device) -> int:
    """Return how much memory a device has left for us."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def check_memory(model: nn.Module, settings: Settings, device: torch.device) -> None:
    """Raise unless a model can be held and trained in the memory that is free.

    Parameters
    ----------
    model : Module
        It may be on the meta device, where weights have no memory yet.
    settings : Settings
    device : torch.device
        Where it will be trained; it is filled on the CPU in any case.

    Raises
    ------
    ValueError
        If it cannot. What the activations take comes on top: a model that passes may still be
        too large for its batches.

    Examples
    --------
    >>> with torch.device("meta"):
    ...     model = nn.Linear(10**6, 10**6)
    >>> check_memory(model, Settings(steps=1), torch.device("cpu"))
    Traceback (most recent call last):
        ...
    ValueError: not enough memory: 1,000,001,000,000 weights take 3,725.3 GiB to hold, and ...
    """
    count = sum(parameter.numel() for parameter in model.parameters())
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    trained = weights * copies_kept(settings)
    filled_on = torch.device("cpu")
    for where, needed, what in ((filled_on, weights, "hold"), (device, trained, "train")):
        free = free_bytes(where)
        if needed > free:
            raise ValueError(
                f"not enough memory: {count:,} weights take {_written(needed)} to {what}, "
                f"and {_written(free)} are free on {where}; fewer units or layers need less"
            )


def _written(count: int) -> str:
    """Write a number of bytes in the unit that suits it."""
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.1f} MiB"
