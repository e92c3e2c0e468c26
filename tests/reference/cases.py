"""Random layers for the tests of the recurrent networks, and the same run through torch.nn."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from course_pkg.reference.cells import gru, lstm, rnn

CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm}
TORCH = {rnn: torch.nn.RNN, gru: torch.nn.GRU, lstm: torch.nn.LSTM}


class Case(NamedTuple):
    """Everything a forward and a backward run need: the sizes are those of the arrays."""

    x: np.ndarray  # (T, B, I)
    layers: list[Any]  # L*D Params
    states: list[np.ndarray]  # h0, or h0 and c0, (L*D, B, H)
    dy: np.ndarray  # (T, B, D*H)
    dstates: list[np.ndarray]  # gradients into the final states, (L*D, B, H)


class Run(NamedTuple):
    """Outputs and gradients, in the order of :mod:`course_pkg.reference.networks.stack`."""

    y: Any
    final: list[Any]
    dx: Any
    dstates: list[Any]
    dlayers: list[Any]


def random_params(cell: Any, I: int, H: int, rng: np.random.Generator, dtype: Any) -> Any:
    """Draw parameters that neither vanish nor saturate the gates."""
    rows = cell.GATES * H
    shapes = [(rows, I), (rows, H), (rows,), (rows,)]
    return cell.Params(*(rng.normal(0, 0.7, shape).astype(dtype) for shape in shapes))


def random_case(
    cell: Any, T: int, B: int, I: int, H: int, L: int = 1, D: int = 1, dtype: Any = np.float64
) -> Case:
    """Draw a case; the same sizes always give the same numbers."""
    rng = np.random.default_rng([T, B, I, H, L, D])

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(dtype)

    layers = [
        random_params(cell, I if layer == 0 else D * H, H, rng, dtype)
        for layer in range(L)
        for _ in range(D)
    ]
    states = [normal(L * D, B, H) for _ in cell.STATES]
    dstates = [normal(L * D, B, H) for _ in cell.STATES]
    return Case(normal(T, B, I), layers, states, normal(T, B, D * H), dstates)


def ragged(T: int, B: int) -> np.ndarray:
    """Return unsorted lengths, 1 and T among them where there is room."""
    return (np.arange(B) * 3 + T - 1) % T + 1


def run_torch(cell: Any, case: Case, D: int = 1, lengths: Any = None, **options: Any) -> Run:
    """Run a case through torch.nn, forward and backward."""
    x, layers, states, dy, dstates = case
    kind = TORCH[cell]
    H, L = layers[0].W_hh.shape[1], len(layers) // D
    net = kind(x.shape[2], H, num_layers=L, bidirectional=D == 2, **options)
    net = net.to(torch.from_numpy(x).dtype)
    names = [f"l{layer}{end}" for layer in range(L) for end in ("", "_reverse")[:D]]
    weights = [
        [
            getattr(net, f"{part}_{name}")
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        for name in names
    ]
    with torch.no_grad():
        for ours, theirs in zip(layers, weights, strict=True):
            for array, tensor in zip(ours, theirs, strict=True):
                tensor.copy_(torch.from_numpy(array))
    tensor_x = torch.tensor(x, requires_grad=True)
    start = [torch.tensor(state, requires_grad=True) for state in states]
    packed: Any = tensor_x
    if lengths is not None:
        packed = pack_padded_sequence(tensor_x, torch.tensor(lengths), enforce_sorted=False)
    y, final = net(packed, tuple(start) if len(start) == 2 else start[0])
    if lengths is not None:
        y, _ = pad_packed_sequence(y, total_length=len(x))
    final = list(final) if len(start) == 2 else [final]
    torch.autograd.backward([y, *final], [torch.tensor(d) for d in (dy, *dstates)])
    return Run(
        y,
        final,
        tensor_x.grad,
        [state.grad for state in start],
        [[tensor.grad for tensor in layer] for layer in weights],
    )


def run_layer(cell: Any, case: Case, lengths: Any = None, **options: Any) -> Run:
    """Run a case of one layer in one direction through the reference."""
    x, (params,), states, dy, dstates = case
    (y, *final), cache = cell.forward(
        x, params, *(state[0] for state in states), lengths=lengths, **options
    )
    grads = cell.backward(dy, cache, *(gradient[0] for gradient in dstates))
    S = len(states)
    return Run(
        y,
        [state[None] for state in final],
        grads[0],
        [gradient[None] for gradient in grads[1 : 1 + S]],
        [list(grads[1 + S :])],
    )
