"""Where a run computes: on the processor or on a graphics card."""

from __future__ import annotations

import torch

from course_pkg.checks import check_option


class DeviceError(RuntimeError):
    """The machine does not have the device that was asked for."""


DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str = "auto", *, local_rank: int = 0) -> torch.device:
    """Return the device of this name, after a look whether it is there.

    Parameters
    ----------
    name : {'auto', 'cpu', 'cuda', 'mps'}
        'auto' takes a CUDA device if there is one and the CPU otherwise. It never takes 'mps',
        where the course has not been tried: one has to ask for it.
    local_rank : int
        Which CUDA device, when several processes share a machine.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If the name is unknown.
    DeviceError
        If this machine has no such device; the message says what it has.

    Examples
    --------
    >>> pick_device("cpu")
    device(type='cpu')
    """
    check_option("device", name, DEVICES)
    cuda = torch.cuda.is_available()
    if name == "cuda" and not cuda:
        raise DeviceError(
            f"device: expected a CUDA device, found none; this machine has {_found()}"
        )
    if name == "mps" and not torch.backends.mps.is_available():
        raise DeviceError(
            f"device: expected an MPS device, found none; this machine has {_found()}"
        )
    if name == "cuda" or (name == "auto" and cuda):
        count = torch.cuda.device_count()
        if not 0 <= local_rank < count:
            raise DeviceError(
                f"device: expected one CUDA device per process, found {count} "
                f"for a process with local rank {local_rank}"
            )
        return torch.device("cuda", local_rank)
    return torch.device("cpu" if name == "auto" else name)


def _found() -> str:
    """List the devices of this machine."""
    devices = ["cpu"]
    if torch.cuda.is_available():
        devices.append("cuda")
    if torch.backends.mps.is_available():
        devices.append("mps")
    return ", ".join(devices)
