"""Run any cell over a sequence, step by step: for reading, for variants, and as a check.

``rnn``, ``gru`` and ``lstm`` have a faster ``forward`` and ``backward`` of their own. This one is
the plain loop that they must agree with, and the only one that the variants have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, NamedTuple, Protocol

import numpy as np

from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_cell,
    check_lengths,
    check_named_tuple,
    valid_steps,
)


class Cell(Protocol):
    """A module with ``step`` and ``step_backward``, such as ``course_pkg.reference.cells.lstm``.

    A protocol names what is needed, so any module that has it will do.
    """

    step: Callable[..., Any]
    step_backward: Callable[..., Any]


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    cell: Cell
    steps: list[Any]  # T step caches
    states: int  # 1, or 2 for a cell with h and c
    x: Array  # (T, B, I)
    h_n: Array  # (B, H)
    lengths: IntArray | None  # (B,)


class Grads(NamedTuple):
    """Gradients of a whole sequence."""

    dx: Array  # (T, B, I)
    dstates: tuple[Array, ...]  # one (B, H) per initial state
    dparams: tuple[Array, ...]  # shaped and ordered like the parameters


def forward(
    cell: Cell,
    x: Array,
    params: Any,
    *states: Array,
    lengths: Sequence[int] | IntArray | None = None,
) -> tuple[tuple[Array, ...], Cache]:
    """Run a cell over a batch of sequences.

    Parameters
    ----------
    cell : module
        With ``step(x, *states, params)`` and ``step_backward``.
    x : ndarray, (T, B, I)
        Time-major input.
    params : Params
        What the cell's ``step`` expects.
    *states : ndarrays, (B, H)
        The initial states, in the order of ``step``: h, or h and c.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence. What lies behind is never read.

    Returns
    -------
    (y, h_n) or (y, h_n, c_n) : ndarrays, (T, B, H) and (B, H)
        The state after each step (0 behind the end of a sequence), and the final states.
    cache : Cache

    Examples
    --------
    >>> from course_pkg.reference.cells import lstm
    >>> rng = np.random.default_rng(0)
    >>> params = lstm.Params(*(rng.normal(size=s) for s in [(16, 3), (16, 4), (16,), (16,)]))
    >>> x, h0, c0 = rng.normal(size=(5, 2, 3)), np.zeros((2, 4)), np.zeros((2, 4))
    >>> (y, h_n, c_n), _ = forward(lstm, x, params, h0, c0)
    >>> (same, _, _), _ = lstm.forward(x, params, h0, c0)
    >>> bool(np.allclose(y, same, rtol=0, atol=1e-12))
    True
    """
    check_cell(cell, ("step", "step_backward"))
    shapes = Shapes()
    shapes.array("x", x, ("T", "B", "I"))
    names = list(signature(cell.step).parameters)  # x, then h or h and c, then params
    if "params" not in names:
        raise TypeError(f"cell: expected step(x, *states, params), got step({', '.join(names)})")
    wanted = names[1 : names.index("params")]
    if len(states) != len(wanted):
        listed = ", ".join(wanted)
        raise TypeError(f"states: expected the initial {listed}, got {len(states)} arrays")
    for index, state in enumerate(states):
        shapes.array(f"states[{index}]", state, ("B", "H"))
    T, B, H = (shapes.sizes[symbol] for symbol in "TBH")
    valid = np.ones((T, B, 1), dtype=bool)
    if lengths is not None:
        lengths = check_lengths(lengths, T, B)
        valid = valid_steps(lengths, T)
        x = np.where(valid, x, 0)  # whatever the padding held, NaN included
    y = np.empty((T, B, H), dtype=x.dtype)
    steps = []
    for t in range(T):
        out, cache = cell.step(x[t], *states, params)
        new = out if isinstance(out, tuple) else (out,)
        # Behind its end a sequence keeps its states, so the last ones are the final ones.
        states = tuple(np.where(valid[t], a, b) for a, b in zip(new, states, strict=True))
        y[t] = np.where(valid[t], states[0], 0)
        steps.append(cache)
    return (y, *states), Cache(cell, steps, len(states), x, states[0].copy(), lengths)


def backward(dy: Array | None, cache: Cache, *dstates: Array | None) -> Grads:
    """Backpropagate through time: the gradients of :func:`forward`.

    Parameters
    ----------
    dy : ndarray, (T, B, H), or None
        Gradient of the loss with respect to ``y``; None means that ``y`` was not used.
    cache : Cache
        What :func:`forward` returned.
    *dstates : ndarrays, (B, H), or None
        Gradients with respect to the final states; None, or nothing, for those not used.

    Returns
    -------
    Grads

    Examples
    --------
    >>> from course_pkg.reference.cells import rnn
    >>> rng = np.random.default_rng(0)
    >>> params = rnn.Params(*(rng.normal(size=s) for s in [(4, 3), (4, 4), (4,), (4,)]))
    >>> (y, h_n), cache = forward(rnn, rng.normal(size=(5, 2, 3)), params, np.zeros((2, 4)))
    >>> [gradient.shape for gradient in backward(np.ones_like(y), cache).dparams]
    [(4, 3), (4, 4), (4,), (4,)]
    """
    check_named_tuple("cache", cache, Cache._fields)
    cell, steps, states, x, h_n, lengths = cache
    T, B, _ = x.shape
    shapes = Shapes()
    shapes.array("x (in the cache)", x, ("T", "B", "I"))
    shapes.array("h_n (in the cache)", h_n, ("B", "H"))
    if dy is not None:
        shapes.array("dy", dy, ("T", "B", "H"))
    if len(dstates) > states:
        raise TypeError(f"dstates: expected at most {states}, got {len(dstates)}")
    for index, gradient in enumerate(dstates):
        if gradient is not None:
            shapes.array(f"dstates[{index}]", gradient, ("B", "H"))
    d = [np.zeros_like(h_n) if gradient is None else gradient for gradient in dstates]
    d += [np.zeros_like(h_n)] * (states - len(dstates))
    valid = np.ones((T, B, 1), bool) if lengths is None else valid_steps(lengths, T)
    dx = np.empty_like(x)
    dparams: tuple[Array, ...] = ()
    for t in reversed(range(T)):
        dh = d[0] if dy is None else d[0] + np.where(valid[t], dy[t], 0)
        # What reaches a step behind the end of a sequence passes it by.
        inside = [np.where(valid[t], gradient, 0) for gradient in (dh, *d[1:])]
        grads = cell.step_backward(*inside, steps[t])
        dx[t] = grads[0]
        before, of_params = grads[1 : 1 + states], grads[1 + states :]
        d = [np.where(valid[t], a, b) for a, b in zip(before, (dh, *d[1:]), strict=True)]
        dparams = tuple(map(np.add, dparams, of_params)) if dparams else tuple(of_params)
    return Grads(dx, tuple(d), dparams)
