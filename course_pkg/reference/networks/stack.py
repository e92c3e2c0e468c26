"""Several layers, one or both directions, of any of ``rnn``, ``gru`` and ``lstm``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_cell,
    check_lengths,
    check_named_tuple,
    check_params,
)

StepIndex = tuple[IntArray, IntArray]


class Cell(Protocol):
    """``rnn``, ``gru`` or ``lstm``, or any other module with these names."""

    GATES: int
    STATES: tuple[str, ...]
    Params: Any
    forward: Callable[..., Any]
    backward: Callable[..., Any]


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    cell: Cell
    runs: list[Any]  # L*D caches of the cell, in the order of the layers
    masks: list[Array]  # L-1 dropout masks, or none
    D: int
    backwards: StepIndex  # reverses the steps


class Grads(NamedTuple):
    """Gradients of a whole stack, each shaped like what it belongs to."""

    dx: Array  # (T, B, I)
    dstates: tuple[Array, ...]  # dh0 or (dh0, dc0), each (L*D, B, H)
    layers: list[Any]  # L*D named tuples of the cell's type Params, holding the gradients


def reversed_steps(lengths: IntArray, T: int) -> StepIndex:
    """Return the index that reverses each sequence within its own length.

    Parameters
    ----------
    lengths : (B,) integers in 1..T
    T : int

    Returns
    -------
    (steps, batch) : ndarrays, (T, B) and (B,)
        ``x[steps, batch]`` starts at each sequence's own end and leaves the padding where it
        is. Applied twice it gives ``x`` again.

    Examples
    --------
    >>> steps, batch = reversed_steps(np.array([3, 2]), T=3)
    >>> steps
    array([[2, 1],
           [1, 0],
           [0, 2]])
    """
    lengths = check_lengths(lengths, T, np.size(lengths))
    t = np.arange(T)[:, None]
    return np.where(t < lengths, lengths - 1 - t, t), np.arange(len(lengths))


def _check(
    cell: Cell,
    x: Array,
    layers: Sequence[Any],
    states: Sequence[Array],
    D: int,
    lengths: Sequence[int] | IntArray | None,
    masks: Sequence[Array],
) -> tuple[Shapes, IntArray | None]:
    """Check the arguments of :func:`forward`; return the sizes, and lengths as an array."""
    check_cell(cell, ("GATES", "STATES", "Params", "forward", "backward"))
    if isinstance(D, (bool, float)) or D not in (1, 2):
        raise ValueError(f"D: expected 1 or 2, got {D!r}")
    for name, value in (("layers", layers), ("masks", masks)):
        if not isinstance(value, (list, tuple, np.ndarray)) or hasattr(value, "_fields"):
            raise TypeError(f"{name}: expected a list or tuple, got {type(value).__name__}")
    if len(layers) == 0 or len(layers) % D:
        raise ValueError(f"layers: expected L*D with D = {D} and L >= 1, got {len(layers)}")
    width = "H" if D == 1 else "2H"  # of a layer's output
    shapes = Shapes()
    shapes.array("x", x, ("T", "B", "I"))
    for index, params in enumerate(layers):
        check_params(
            shapes,
            params,
            cell.Params._fields,
            cell.GATES,
            name=f"layers[{index}]",
            inputs="I" if index < D else width,
        )
    if len(states) not in (0, len(cell.STATES)):
        expected = ", ".join(f"{state}0" for state in cell.STATES)
        raise TypeError(f"states: expected {expected} or nothing, got {len(states)} arrays")
    for state, initial in zip(cell.STATES, states, strict=False):
        shapes.array(f"{state}0", initial, (f"{len(layers)}", "B", "H"))
    if len(masks) not in (0, len(layers) // D - 1):
        raise ValueError(f"masks: expected L-1 = {len(layers) // D - 1}, got {len(masks)}")
    for index, mask in enumerate(masks):
        shapes.array(f"masks[{index}]", mask, ("T", "B", width), finite=True)
    if lengths is not None:
        lengths = check_lengths(lengths, shapes.sizes["T"], shapes.sizes["B"])
    return shapes, lengths


def forward(
    cell: Cell,
    x: Array,
    layers: Sequence[Any],
    *states: Array,
    D: int = 1,
    lengths: Sequence[int] | IntArray | None = None,
    masks: Sequence[Array] = (),
    **options: Any,
) -> tuple[tuple[Array, ...], Cache]:
    """Run a stack of layers over a batch of sequences.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    x : ndarray, (T, B, I)
        Time-major input.
    layers : sequence of L*D Params
        In the order of torch: the first layer's forward direction, its reverse direction, the
        second layer's, and so on. Later layers read D*H inputs.
    *states : ndarrays, (L*D, B, H)
        The initial states, all or none: h0, or h0 and c0 of an LSTM; zeros by default.
    D : {1, 2}
        Number of directions. The reverse direction starts at each sequence's own end.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence. What lies behind is never read.
    masks : sequence of L-1 ndarrays, (T, B, D*H), optional
        Dropout between the layers: each multiplies the output of a layer but the last. For a
        rate p a mask holds 0 with probability p, and 1 / (1 - p) elsewhere.
    **options
        Passed on to the cell: ``nonlinearity`` of ``rnn``.

    Returns
    -------
    (y, h_n) or (y, h_n, c_n) : ndarrays, (T, B, D*H), then (L*D, B, H)
        The last layer's states, both directions side by side (0 behind the end of a sequence),
        and every layer's final states: the reverse direction's is that of the first step.
    cache : Cache

    Raises
    ------
    TypeError, ValueError
        If the numbers of layers, directions, states and masks do not fit together.

    Notes
    -----
    Equation: eq-stacked, eq-bidirectional

    Source: both directions, :cite:t:`schusterpaliwal1997`; dropout between the layers only,
    :cite:t:`zaremba2014`.

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> rng = np.random.default_rng(0)
    >>> shapes = [[(12, I), (12, 4), (12,), (12,)] for I in (3, 3, 8, 8)]
    >>> layers = [gru.Params(*(rng.normal(size=s) for s in layer)) for layer in shapes]
    >>> (y, h_n), _ = forward(gru, rng.normal(size=(5, 2, 3)), layers, D=2)
    >>> y.shape, h_n.shape
    ((5, 2, 8), (4, 2, 4))
    >>> bool((y[-1, :, :4] == h_n[2]).all() and (y[0, :, 4:] == h_n[3]).all())
    True
    """
    shapes, lengths = _check(cell, x, layers, states, D, lengths, masks)
    T, B, L = shapes.sizes["T"], shapes.sizes["B"], len(layers) // D
    backwards = reversed_steps(np.full(B, T) if lengths is None else lengths, T)
    runs, finals = [], []
    for layer in range(L):
        sides = []  # one output (T, B, H) per direction
        for direction in range(D):
            index = layer * D + direction
            inputs = x[backwards] if direction else x
            initial = [state[index] for state in states]
            (side, *final), run = cell.forward(
                inputs, layers[index], *initial, lengths=lengths, **options
            )
            sides.append(side[backwards] if direction else side)
            finals.append(final)
            runs.append(run)
        y = np.concatenate(sides, axis=2)  # (T, B, D*H)
        x = y * masks[layer] if len(masks) > 0 and layer < L - 1 else y
    stacked = [np.stack(state) for state in zip(*finals, strict=True)]  # (L*D, B, H) each
    return (y, *stacked), Cache(cell, runs, [mask.copy() for mask in masks], D, backwards)


def backward(dy: Array | None, cache: Cache, *dstates: Array | None) -> Grads:
    """Backpropagate through all layers: the gradients of :func:`forward`.

    Parameters
    ----------
    dy : ndarray, (T, B, D*H), or None
        Gradient of the loss with respect to ``y``; None means that ``y`` was not used.
    cache : Cache
        What :func:`forward` returned.
    *dstates : ndarrays, (L*D, B, H), or None
        Gradients with respect to the final states, h_n, or h_n and c_n; None, or nothing, for
        those not used.

    Returns
    -------
    Grads

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> rng = np.random.default_rng(0)
    >>> shapes = [[(12, I), (12, 4), (12,), (12,)] for I in (3, 4)]
    >>> layers = [gru.Params(*(rng.normal(size=s) for s in layer)) for layer in shapes]
    >>> (y, h_n), cache = forward(gru, rng.normal(size=(5, 2, 3)), layers)
    >>> grads = backward(np.ones_like(y), cache)
    >>> grads.dx.shape, grads.dstates[0].shape, grads.layers[1].W_ih.shape
    ((5, 2, 3), (2, 2, 4), (12, 4))
    """
    check_named_tuple("cache", cache, Cache._fields)
    cell, runs, masks, D, backwards = cache
    y_side = runs[-1].h[1:]  # (T, B, H)
    H = y_side.shape[2]
    shapes = Shapes()
    shapes.array("y (in the cache)", y_side, ("T", "B", "H"))
    if dy is not None:
        shapes.array("dy", dy, ("T", "B", "H" if D == 1 else "2H"))
    if len(dstates) > len(cell.STATES):
        expected = ", ".join(f"d{state}_n" for state in cell.STATES)
        raise TypeError(f"dstates: expected at most {expected}, got {len(dstates)} arrays")
    for state, gradient in zip(cell.STATES, dstates, strict=False):
        if gradient is not None:
            shapes.array(f"d{state}_n", gradient, (f"{len(runs)}", "B", "H"))
    dy = np.concatenate([np.zeros_like(y_side)] * D, axis=2) if dy is None else dy
    grads = []  # of each layer and direction, the last one first
    for layer in reversed(range(len(runs) // D)):
        dx = np.zeros_like(runs[layer * D].x)
        for direction in reversed(range(D)):
            index = layer * D + direction
            side = dy[:, :, direction * H : (direction + 1) * H]
            final = [None if gradient is None else gradient[index] for gradient in dstates]
            side = side[backwards] if direction else side
            grads.append(cell.backward(side, runs[index], *final))
            dx += grads[-1].dx[backwards] if direction else grads[-1].dx
        dy = dx * masks[layer - 1] if len(masks) > 0 and layer > 0 else dx
    grads.reverse()
    S = len(cell.STATES)
    return Grads(
        dx=dx,
        dstates=tuple(
            np.stack(state) for state in zip(*(g[1 : 1 + S] for g in grads), strict=True)
        ),
        layers=[cell.Params(*g[1 + S :]) for g in grads],
    )
