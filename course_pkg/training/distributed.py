"""Several processes train one model: each takes a share of every batch.

Started by ``torchrun``, which tells each process its number by environment variables:

``torchrun --standalone --nproc-per-node 2 -m course_pkg train CONFIG.toml``

On a cluster, the same command runs on every machine, with the address of one of them:

``torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint HOST:29500
-m course_pkg train CONFIG.toml``

All processes see the same batches in the same order and cut their own share out of each, so the
sum of their gradients is the gradient of the whole batch: the loss curve is the same as
with one process, up to the order of sums. The run folder is written by process 0 alone; it has to
be on a disk that all machines see if the run is to be resumed elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from course_pkg.training.device import pick_device


class Share(NamedTuple):
    """Which process this is, among how many."""

    rank: int = 0  # 0..world - 1
    world: int = 1
    local_rank: int = 0  # the number on this machine: which graphics card to take

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files and draws the progress bar."""
        return self.rank == 0

    def of(self, B: int) -> slice:
        """Return the share of a batch of B sequences: neighbours, and all shares about equal.

        Examples
        --------
        >>> Share(rank=0, world=2).of(5), Share(rank=1, world=2).of(5)
        (slice(0, 2, None), slice(2, 5, None))
        """
        return slice(B * self.rank // self.world, B * (self.rank + 1) // self.world)


ALONE = Share()


@contextmanager
def process_group(device: str = "auto") -> Iterator[tuple[Share, torch.device]]:
    """Join the group of processes that torchrun started, and leave it at the end.

    Without torchrun there is one process and nothing to join.

    Parameters
    ----------
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Graphics cards talk by nccl, everything else by gloo.

    Yields
    ------
    share : Share
    device : torch.device
        Each process of a machine gets a graphics card of its own.

    Raises
    ------
    ValueError, RuntimeError
        If there is no such device, or fewer than processes.

    Examples
    --------
    >>> with process_group("cpu") as (share, device):
    ...     print(share.world, device)
    1 cpu
    """
    if not dist.is_torchelastic_launched():
        yield ALONE, pick_device(device)
        return
    share = Share(
        rank=int(os.environ["RANK"]),
        world=int(os.environ["WORLD_SIZE"]),
        local_rank=int(os.environ["LOCAL_RANK"]),
    )
    chosen = pick_device(device, local_rank=share.local_rank)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield share, chosen
    finally:
        dist.destroy_process_group()


def wrap(model: nn.Module, share: Share) -> nn.Module:
    """Make the model average its gradients over the processes; alone, return it as it is.

    Examples
    --------
    >>> model = nn.Linear(2, 1)
    >>> wrap(model, ALONE) is model
    True
    """
    return model if share.world == 1 else DistributedDataParallel(model)


def add_up(values: Sequence[float], share: Share, device: torch.device) -> list[float]:
    """Sum each value over the processes.

    Examples
    --------
    >>> add_up([1.5, 2.0], ALONE, torch.device("cpu"))
    [1.5, 2.0]
    """
    if share.world == 1:
        return [float(value) for value in values]
    dtype = torch.float32 if device.type == "mps" else torch.float64
    sums = torch.tensor(values, dtype=dtype, device=device)
    dist.all_reduce(sums)
    found: list[float] = sums.tolist()
    return found


def from_main(value: Any, share: Share) -> Any:
    """Return what process 0 passed in, in every process.

    Examples
    --------
    >>> from_main({"loss": 0.5}, ALONE)
    {'loss': 0.5}
    """
    if share.world == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def gather(value: Any, share: Share) -> list[Any]:
    """Return what every process passed in, by rank, in every process.

    Examples
    --------
    >>> gather("mine", ALONE)
    ['mine']
    """
    if share.world == 1:
        return [value]
    found: list[Any] = [None] * share.world
    dist.all_gather_object(found, value)
    return found
