"""A classifier of sequences: a recurrent cell, its last state, a linear readout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_generator, check_size
from course_pkg.reference.checks import Array, IntArray, Shapes, check_cell, check_named_tuple
from course_pkg.reference.layers import linear
from course_pkg.reference.learning.initialization import DType, orthogonal, xavier_uniform
from course_pkg.reference.networks.stack import Cell


class Params(NamedTuple):
    """The parameters of the whole classifier."""

    cell: Any  # the cell's named tuple Params
    readout: linear.Params  # W (C, H) and b (C,)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    cell: Cell
    run: Any  # the cell's cache
    readout: linear.Cache


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dx: Array  # (T, B, I)
    cell: Any  # the cell's named tuple Params, holding gradients
    readout: linear.Params  # holding gradients


def start(
    cell: Cell, I: int, H: int, C: int, rng: np.random.Generator, *, dtype: DType = np.float64
) -> Params:
    """Draw the parameters that training starts from.

    Recurrent matrices are orthogonal, all others uniform with Glorot's variance, gate by gate;
    biases are 0, but for a forget gate: 1.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    I, H, C : int
        Features, hidden size, classes.
    rng : numpy.random.Generator
    dtype : float32 or float64

    Returns
    -------
    Params

    Notes
    -----
    Source: :cite:t:`glorot2010`, :cite:t:`saxe2014`; the forget bias: :cite:t:`gers2000`,
    :cite:t:`jozefowicz2015`.

    Examples
    --------
    >>> from course_pkg.reference.cells import lstm
    >>> params = start(lstm, 28, 4, 10, np.random.default_rng(0))
    >>> params.cell.W_ih.shape, params.readout.W.shape, params.cell.b_ih[4:8]
    ((16, 28), (10, 4), array([1., 1., 1., 1.]))
    """
    check_size("C", C)
    recurrent = start_cell(cell, I, H, rng, dtype=dtype)
    readout = linear.Params(xavier_uniform(C, H, rng, dtype=dtype), np.zeros(C, dtype=dtype))
    return Params(recurrent, readout)


def start_cell(
    cell: Cell, I: int, H: int, rng: np.random.Generator, *, dtype: DType = np.float64
) -> Any:
    """Draw the parameters of one recurrent layer, as :func:`start` does.

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> start_cell(gru, 28, 4, np.random.default_rng(0)).W_ih.shape
    (12, 28)
    """
    check_cell(cell, ("GATES", "STATES", "Params"))
    for name, size in (("I", I), ("H", H)):
        check_size(name, size)
    check_generator(rng)
    gates = range(cell.GATES)
    b_ih = np.zeros(cell.GATES * H, dtype=dtype)
    if "c" in cell.STATES:  # an LSTM, whose second block of rows is the forget gate
        b_ih[H : 2 * H] = 1
    return cell.Params(
        W_ih=np.concatenate([xavier_uniform(H, I, rng, dtype=dtype) for _ in gates]),
        W_hh=np.concatenate([orthogonal(H, H, rng, dtype=dtype) for _ in gates]),
        b_ih=b_ih,
        b_hh=np.zeros_like(b_ih),
    )


def forward(
    cell: Cell, x: Array, params: Params, *, lengths: Sequence[int] | IntArray | None = None
) -> tuple[Array, Cache]:
    """Score the classes of every sequence by its last state.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    x : ndarray, (T, B, I)
        Time-major input.
    params : Params
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence. What lies behind is never read.

    Returns
    -------
    logits : ndarray, (B, C)
        For :func:`course_pkg.reference.losses.cross_entropy.forward`.
    cache : Cache

    Notes
    -----
    ``logits = W h_T + b``, with h_T the state after the last valid step.

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> rng = np.random.default_rng(0)
    >>> logits, _ = forward(gru, rng.normal(size=(5, 2, 3)), start(gru, 3, 4, 10, rng))
    >>> logits.shape
    (2, 10)
    """
    check_cell(cell, ("Params", "forward", "backward"))
    check_named_tuple("params", params, Params._fields)
    check_named_tuple("params.readout", params.readout, linear.Params._fields)
    (_, h_n, *_), run = cell.forward(x, params.cell, lengths=lengths)  # h_n (B, H)
    logits, readout = linear.forward(h_n, params.readout)  # (B, C)
    return logits, Cache(cell, run, readout)


def backward(dlogits: Array, cache: Cache) -> Grads:
    """Carry gradients from the logits back to the parameters and the input.

    Parameters
    ----------
    dlogits : ndarray, (B, C)
        Gradient of the loss with respect to the logits.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads
        For :func:`course_pkg.reference.learning.tree.pick_gradients`.

    Examples
    --------
    >>> from course_pkg.reference.cells import rnn
    >>> rng = np.random.default_rng(0)
    >>> logits, cache = forward(rnn, rng.normal(size=(5, 2, 3)), start(rnn, 3, 4, 10, rng))
    >>> grads = backward(np.ones_like(logits), cache)
    >>> grads.dx.shape, grads.cell.W_hh.shape, grads.readout.W.shape
    ((5, 2, 3), (4, 4), (10, 4))
    """
    check_named_tuple("cache", cache, Cache._fields)
    cell, run, readout = cache
    shapes = Shapes()
    shapes.array("h_n (in the cache)", readout.h, ("B", "H"))
    shapes.array("b (in the cache)", readout.params.b, ("C",))
    shapes.array("dlogits", dlogits, ("B", "C"))
    top = linear.backward(dlogits, readout)
    # Only the last state was used: the outputs of all other steps get no gradient of their own.
    below = cell.backward(None, run, top.dh)
    found = cell.Params(*(getattr(below, f"d{name}") for name in cell.Params._fields))
    return Grads(below.dx, found, linear.Params(top.dW, top.db))
