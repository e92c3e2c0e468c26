"""Weights: how they are drawn, read by name, and copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

# What torch.nn calls the parameters of a layer; a suffix says which layer and direction.
TORCH_NAMES = {"W_ih": "weight_ih", "W_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}


def uniform(
    *shape: int,
    size: int,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Parameter:
    """Draw a parameter uniform in +-1/sqrt(size), as ``torch.nn`` does.

    Examples
    --------
    >>> W_hh = uniform(3 * 4, 4, size=4)
    >>> W_hh.shape, bool(W_hh.abs().max() <= 0.5)
    (torch.Size([12, 4]), True)
    """
    bound = size**-0.5
    return nn.Parameter(torch.empty(shape, device=device, dtype=dtype).uniform_(-bound, bound))


def torch_name(name: str, layer: int, *, backward: bool) -> str:
    """Return what ``torch.nn`` calls one of our parameters.

    Examples
    --------
    >>> torch_name("W_hh", 1, backward=True)
    'weight_hh_l1_reverse'
    """
    return f"{TORCH_NAMES[name]}_l{layer}{'_reverse' if backward else ''}"


@contextmanager
def in_evaluation(module: nn.Module) -> Iterator[None]:
    """Put a module and all its parts into evaluation mode, and back where they were.

    Examples
    --------
    >>> layer = nn.Dropout(0.5)
    >>> with in_evaluation(layer):
    ...     print(layer(torch.ones(3)))
    tensor([1., 1., 1.])
    >>> layer.training
    True
    """
    trained = [part for part in module.modules() if part.training]
    try:
        for part in trained:
            part.training = False
        yield
    finally:
        for part in trained:
            part.training = True


def read(where: str, module: nn.Module, name: str) -> Tensor:
    """Return a weight as the module uses it in evaluation; one that is trained requires a gradient.

    Parameters
    ----------
    where : str
        What to call the module in a message.
    module : Module
        Its weights may be parametrised (``torch.nn.utils.parametrize``) or pruned
        (``torch.nn.utils.prune``): then they are computed from other parameters.
    name : str

    Raises
    ------
    TypeError
        If this is no parameter, but for example a tensor that a hook sets before each pass.

    Examples
    --------
    >>> from torch.nn.utils import prune
    >>> linear = prune.l1_unstructured(nn.Linear(2, 1), "weight", amount=1)
    >>> int((read("linear", linear, "weight") == 0).sum())
    1
    """
    weight: Tensor
    with torch.enable_grad():  # what is computed from trained parameters says so
        if parametrize.is_parametrized(module, name):
            # In training some parametrisations move on, or draw anew, whenever they are read.
            with in_evaluation(module.get_submodule(f"parametrizations.{name}")):
                weight = getattr(module, name)
        elif hasattr(module, f"{name}_orig") and hasattr(module, f"{name}_mask"):
            # The product that the module holds is as old as its last forward pass.
            weight = getattr(module, f"{name}_orig") * getattr(module, f"{name}_mask")
        else:
            found = getattr(module, name, None)
            if not isinstance(found, nn.Parameter):
                raise TypeError(
                    f"{where}.{name}: expected a parameter, got {type(found).__name__}; "
                    "if a hook computes it, remove the hook first"
                )
            weight = found
    return weight


def write(weight: Tensor, module: nn.Module, name: str) -> None:
    """Copy a weight into a parameter, and whether it is trained.

    Examples
    --------
    >>> linear = nn.Linear(2, 1)
    >>> write(torch.tensor([[3.0, 4.0]]), linear, "weight")
    >>> linear.weight.tolist(), linear.weight.requires_grad
    ([[3.0, 4.0]], False)
    """
    parameter = module.get_parameter(name)
    with torch.no_grad():
        parameter.copy_(weight)
    parameter.requires_grad_(weight.requires_grad)
