"""Recurrences whose gradient is written by hand: how they are run, and what they refuse."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, NoReturn

import torch
from torch import Tensor
from torch.autograd.forward_ad import unpack_dual

from course_pkg.models.checks import under_torch_func

Gradient = Literal["autograd", "by_hand"]


def _refuse(what: str) -> NoReturn:
    raise RuntimeError(f"gradient='by_hand' {what}; use gradient='autograd'")


def run_by_hand(
    recurrence: type[torch.autograd.Function], a_x: Tensor, W_hh: Tensor, *others: Any
) -> Any:
    """Run a recurrence; its states have the dtype of ``W_hh``, under autocast too.

    Raises
    ------
    RuntimeError
        If it is to be differentiated by other means than a backward pass: by ``torch.func``, or
        forward.
    """
    if not torch.compiler.is_compiling():
        if under_torch_func():
            _refuse("does not go through torch.func (grad, vmap, jvp, jacrev and the like)")
        tensors = [t for t in (a_x, W_hh, *others) if isinstance(t, Tensor)]
        if any(unpack_dual(t).tangent is not None for t in tensors):  # type: ignore[no-untyped-call]
            _refuse("cannot be differentiated forward")
    with full_precision(a_x.device):
        return recurrence.apply(a_x.to(W_hh.dtype), W_hh, *others)  # type: ignore[no-untyped-call]


def refuse_second_derivative() -> None:
    """Raise in a backward pass that autograd records in order to differentiate it again.

    Such a pass would use the saved states as constants, and the second derivative would be
    wrong without a word. torch.compile records every backward pass; it refuses a second itself.
    """
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        _refuse("cannot be differentiated twice")


def full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Return a context without autocast."""
    if torch.amp.is_autocast_available(device.type):  # not on the meta device
        return torch.autocast(device.type, enabled=False)
    return nullcontext()
