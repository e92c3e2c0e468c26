"""Products in bfloat16, on every processor."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import nn

from course_pkg.checks import check_option
from course_pkg.training.settings import PRECISIONS


@contextmanager
def autocast(device: torch.device, precision: str) -> Iterator[None]:
    """Compute products in bfloat16 within, if ``precision`` says so; weights stay as they are.

    On a CPU ``torch.nn.LSTM`` is computed by oneDNN, whose bfloat16 form needs instructions that
    many processors lack; the forward pass then fails. There it is computed without oneDNN.

    Parameters
    ----------
    device : torch.device
    precision : {'full', 'bfloat16'}

    Raises
    ------
    ValueError
        If the precision is another.

    Examples
    --------
    >>> a = torch.ones(2, 2)
    >>> with autocast(torch.device("cpu"), "bfloat16"):
    ...     (a @ a).dtype
    torch.bfloat16
    """
    if check_option("precision", precision, PRECISIONS) == "full":
        yield
        return
    with ExitStack() as stack:
        stack.enter_context(torch.autocast(device.type, dtype=torch.bfloat16))
        if device.type == "cpu" and not _onednn_has_bfloat16():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of settings that are left alone
                stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        yield


@functools.cache
def _onednn_has_bfloat16() -> bool:
    """Try a tiny LSTM; torch's generator is put back, so that a run draws what it always drew."""
    try:
        with (
            torch.random.fork_rng(devices=[]),
            torch.enable_grad(),
            torch.autocast("cpu", dtype=torch.bfloat16),
        ):
            nn.LSTM(1, 1)(torch.zeros(1, 1, 1))
    except RuntimeError:
        return False
    return True
