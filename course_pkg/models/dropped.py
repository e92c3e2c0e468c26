"""Dropout in a recurrent network that reads in windows: on what flows, and on recurrent weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import dropout
from torch.nn.utils.parametrize import is_parametrized

from course_pkg.checks import check_flag, check_number
from course_pkg.models.checks import check_input, check_states, named_states
from course_pkg.models.recurrent import Recurrent, State


def drop(x: Tensor, p: float, *, same_mask: bool = False) -> Tensor:
    """Set each number of a sequence to 0 with probability p, and divide the others by 1 - p.

    Parameters
    ----------
    x : Tensor, (T, B, H)
    p : float in [0, 1)
    same_mask : bool
        Draw one mask for all steps of a sequence, in place of a new one at each step.

    Returns
    -------
    Tensor, (T, B, H)

    Notes
    -----
    Equation: eq-dropout

    Source: a new mask at each step: :cite:t:`zaremba2014`; one for all: :cite:t:`gal2016`.

    Examples
    --------
    >>> dropped = drop(torch.ones(3, 1, 8), 0.5, same_mask=True)
    >>> bool((dropped == dropped[0]).all()), set(dropped.flatten().tolist()) <= {0.0, 2.0}
    (True, True)
    """
    if check_number("p", p, "[0, 1)") == 0:
        return x
    return (
        x * dropout(torch.ones_like(x[:1]), p)
        if check_flag("same_mask", same_mask)
        else dropout(x, p)
    )


def run_dropped(
    recurrent: Recurrent,
    x: Tensor,
    state: State = (),
    *,
    between: float = 0.0,
    same_mask: bool = False,
    weight_drop: float = 0.0,
) -> tuple[Tensor, State]:
    """Run a network of one direction with dropout inside, as it is trained.

    Parameters
    ----------
    recurrent : Recurrent
    x : Tensor, (T, B, I)
    state : tuple of Tensors, (L, B, H)
        As for the network itself.
    between : float in [0, 1)
        Dropout on what goes from one layer to the next.
    same_mask : bool
        As for :func:`drop`.
    weight_drop : float in [0, 1)
        Dropout on the entries of every W_hh. The mask is drawn once: all steps and all sequences
        of the window multiply their states by the same matrix, so a unit that is cut off from
        another one stays so, and the memory is not shaken at every step.

    Returns
    -------
    y : Tensor, (T, B, H)
    state : tuple of Tensors, (L, B, H)

    Notes
    -----
    The weights keep their names and values; their gradients flow through the masks.

    Source: weight drop: :cite:t:`merity2018`, after :cite:t:`wan2013`.

    Examples
    --------
    >>> y, (h,) = run_dropped(Recurrent("gru", 3, 4), torch.zeros(5, 2, 3), weight_drop=0.5)
    >>> y.shape, h.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """
    if recurrent.output_size != recurrent.hidden_size:
        raise ValueError("recurrent: expected one direction, got two")
    check_number("weight_drop", weight_drop, "[0, 1)")
    names = ("h0", "c0") if recurrent.cell == "lstm" else ("h0",)
    states, like = named_states(state, names), next(recurrent.parameters())
    check_input(x, recurrent.input_size, like)
    L, shape = recurrent.states, (recurrent.states, x.shape[1], recurrent.hidden_size)
    check_states(states, shape, like)
    starts = [x.new_zeros(shape) if value is None else value for _, value in states]
    y, ends = x, []
    for l in range(L):
        if l > 0:
            y = drop(y, between, same_mask=same_mask)
        y, *last = _run_layer(recurrent, l, y, [start[l] for start in starts], weight_drop)
        ends.append(last)
    return y, tuple(torch.stack(each) for each in zip(*ends, strict=True))


def _run_layer(
    recurrent: Recurrent, l: int, x: Tensor, starts: list[Tensor], weight_drop: float
) -> tuple[Tensor, ...]:
    """Return the outputs (T, B, H) of layer l and its last states (B, H), some of W_hh dropped."""
    network: Any = recurrent.network
    if recurrent.backend == "ours":
        layer, dropped = network.layers[l], {}
        if weight_drop and is_parametrized(layer, "W_hh"):
            raise NotImplementedError(
                "weight_drop: expected 0 while W_hh of this package's layers is adapted, got "
                f"{weight_drop}; use backend='torch'"
            )
        if weight_drop:
            dropped["W_hh"] = dropout(layer.W_hh, weight_drop)  # (G*H, H)
        found: tuple[Tensor, ...] = functional_call(layer, dropped, (x, *starts, None))
        return found
    weights = [getattr(network, f"{name}_l{l}") for name in ("weight_ih", "weight_hh")]
    weights[1] = dropout(weights[1], weight_drop)
    weights += [getattr(network, f"{name}_l{l}") for name in ("bias_ih", "bias_hh")]
    # What torch.nn's modules call themselves; one layer, no dropout, one direction, time first.
    options = (True, 1, 0.0, True, False, False)
    states = [start[None] for start in starts]
    if recurrent.cell == "lstm":
        y, h, c = torch.lstm(x, states, weights, *options)
        return y, h[0], c[0]
    kernel = torch.gru if recurrent.cell == "gru" else torch.rnn_tanh
    y, h = kernel(x, states[0], weights, *options)
    return y, h[0]
