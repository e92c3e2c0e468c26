"""Input checks of the networks: every message says what was expected and what was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course_pkg.checks import check_option, check_size
from course_pkg.reference.checks import check_lengths

MOST_LAYERS = 1000  # to build a million takes longer than anybody waits, even without weights

Lengths = Sequence[int] | Tensor
NamedStates = Sequence[tuple[str, Tensor | None]]


def check_layers(name: str, value: int) -> int:
    """Return a number of layers, or raise unless it is an integer in 1..1000.

    Examples
    --------
    >>> check_layers("layers", 10**9)
    Traceback (most recent call last):
        ...
    ValueError: layers: expected at most 1000, got 1000000000
    """
    if check_size(name, value) > MOST_LAYERS:
        raise ValueError(f"{name}: expected at most {MOST_LAYERS}, got {value}")
    return value


def _autocasts(device: torch.device) -> bool:
    return torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type)


def under_torch_func() -> bool:
    """Say whether ``torch.func`` transforms what runs: grad, vmap, jvp, jacrev and the like."""
    active: bool = torch._C._are_functorch_transforms_active()  # torch asks here itself
    return active


def values_of(tensor: Tensor, summary: Callable[[Tensor], Tensor] | None = None) -> Any:
    """Return what a tensor, or a summary of it, holds as plain numbers; None where nobody can look.

    This is so on the meta device; under torch.compile and torch.export, whose user has checked
    the values before; while a CUDA graph is recorded; and under torch.vmap, for which one tensor
    stands for many.

    Examples
    --------
    >>> values_of(torch.tensor([3, 1]))
    [3, 1]
    >>> values_of(torch.ones(2, device="meta")) is None
    True
    """
    if torch.compiler.is_compiling() or tensor.is_meta:
        return None
    if tensor.is_cuda and torch.cuda.is_current_stream_capturing():
        return None
    try:
        return (tensor if summary is None else summary(tensor)).tolist()
    except RuntimeError:
        if not under_torch_func():
            raise
        return None


def check_tensor(name: str, value: object, like: Tensor | None, source: str) -> Tensor:
    """Return ``value`` if it is a Tensor with the dtype of ``like``, or raise.

    Under autocast any two floating types go together. Without ``like`` any dtype will do.

    Examples
    --------
    >>> check_tensor("x", torch.zeros(2, dtype=torch.float64), torch.zeros(1), "the parameters")
    Traceback (most recent call last):
        ...
    TypeError: x: expected torch.float32 as in the parameters, got torch.float64
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: expected a Tensor, got {type(value).__name__}")
    if like is None or value.dtype == like.dtype:
        return value
    if value.is_floating_point() and _autocasts(value.device):
        return value
    raise TypeError(f"{name}: expected {like.dtype} as in {source}, got {value.dtype}")


def check_input(x: object, I: int, like: Tensor | None) -> None:
    """Raise unless ``x`` is a Tensor (T, B, I) with the dtype of the parameter ``like``.

    Examples
    --------
    >>> check_input(torch.zeros(5, 3), 3, None)
    Traceback (most recent call last):
        ...
    ValueError: x: expected shape (T, B, I) with I = 3, got (5, 3)
    """
    shape = tuple(check_tensor("x", x, like, "the parameters").shape)
    if len(shape) != 3 or shape[2] != I or 0 in shape:
        raise ValueError(f"x: expected shape (T, B, I) with I = {I}, got {shape}")


def check_states(states: NamedStates, shape: tuple[int, int, int], like: Tensor | None) -> None:
    """Raise unless each state is None or a Tensor (L*D, B, H) with the dtype of ``like``.

    Examples
    --------
    >>> check_states([("h0", torch.zeros(3, 4))], (1, 3, 4), None)
    Traceback (most recent call last):
        ...
    ValueError: h0: expected shape (L*D, B, H) = (1, 3, 4), got (3, 4)
    """
    for name, state in states:
        if state is None:
            continue
        check_tensor(name, state, like, "the parameters")
        if state.shape != shape:
            raise ValueError(
                f"{name}: expected shape (L*D, B, H) = {shape}, got {tuple(state.shape)}"
            )


def named_states(state: object, names: Sequence[str]) -> list[tuple[str, Tensor | None]]:
    """Give each part of a state its name; None and an empty tuple stand for zeros.

    Examples
    --------
    >>> named_states((), ["h0", "c0"])
    [('h0', None), ('c0', None)]
    >>> named_states(torch.zeros(2, 3, 4), ["h0", "c0"])
    Traceback (most recent call last):
        ...
    TypeError: state: expected a tuple (h0, c0), got Tensor
    """
    if state is None:
        state = ()
    if not isinstance(state, (tuple, list)) or len(state) not in (0, len(names)):
        came = type(state).__name__
        came = f"{came} of {len(state)}" if isinstance(state, (tuple, list)) else came
        raise TypeError(f"state: expected a tuple ({', '.join(names)}), got {came}")
    return list(zip(names, state or [None] * len(names), strict=True))


def check_id_tensor(name: str, ids: object) -> None:
    """Raise unless ``ids`` is a Tensor (T, B) of integers that an embedding takes.

    Examples
    --------
    >>> check_id_tensor("ids", torch.zeros(5, 2))
    Traceback (most recent call last):
        ...
    TypeError: ids: expected a Tensor of int64 or int32, got torch.float32
    """
    if not isinstance(ids, Tensor) or ids.dtype not in (torch.int64, torch.int32):
        came = ids.dtype if isinstance(ids, Tensor) else type(ids).__name__
        raise TypeError(f"{name}: expected a Tensor of int64 or int32, got {came}")
    if ids.dim() != 2 or 0 in ids.shape:
        raise ValueError(f"{name}: expected shape (T, B), got {tuple(ids.shape)}")


def check_id_range(name: str, ids: Tensor, V: int) -> None:
    """Raise unless all ids lie in 0..V-1, where their values can be seen.

    On a CUDA device this waits for what runs there, as the check of lengths does. Without it an id
    out of range ends in an assertion on the device, after which no call in the process succeeds.

    Examples
    --------
    >>> check_id_range("ids", torch.tensor([[0, 7]]), 5)
    Traceback (most recent call last):
        ...
    ValueError: ids: expected ids in 0..4, got 7
    """
    for extreme in values_of(ids, lambda ids: torch.stack(torch.aminmax(ids))) or ():
        if not 0 <= extreme < V:
            raise ValueError(f"{name}: expected ids in 0..{V - 1}, got {extreme}")


def check_dtype(dtype: torch.dtype | None) -> None:
    """Raise unless parameters can have this dtype; None stands for torch's default.

    Examples
    --------
    >>> check_dtype(torch.int64)
    Traceback (most recent call last):
        ...
    TypeError: dtype: expected a floating type such as torch.float32, got torch.int64
    """
    if dtype is None:
        return
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise TypeError(f"dtype: expected a floating type such as torch.float32, got {dtype}")


def check_layer(I: int, H: int, gradient: str, dtype: torch.dtype | None) -> None:
    """Raise unless the sizes of a layer are at least 1, and gradient and dtype are known ones.

    Examples
    --------
    >>> check_layer(3, 4, "by_head", None)
    Traceback (most recent call last):
        ...
    ValueError: gradient: expected one of 'autograd', 'by_hand', got 'by_head'
    """
    check_size("I", I)
    check_size("H", H)
    check_option("gradient", gradient, ("autograd", "by_hand"))
    check_dtype(dtype)


def lengths_beside(x: Tensor, lengths: Lengths, *, name: str = "lengths") -> Tensor:
    """Return checked lengths as an int64 tensor (B,) on the device of ``x``, (T, B, ...).

    Examples
    --------
    >>> lengths_beside(torch.zeros(5, 2, 3), [5, 1])
    tensor([5, 1])
    """
    T, B = x.shape[:2]
    if not isinstance(lengths, Tensor) and not torch.compiler.is_compiling():
        check_lengths(lengths, T, B, name=name)
    tensor = torch.as_tensor(lengths, device=x.device)
    if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"{name}: expected integers, got {tensor.dtype}")
    if tensor.shape != (B,):
        raise ValueError(f"{name}: expected shape (B,) = ({B},), got {tuple(tensor.shape)}")
    if isinstance(lengths, Tensor) and (values := values_of(lengths)) is not None:
        check_lengths(values, T, B, name=name)
    return tensor.long()
