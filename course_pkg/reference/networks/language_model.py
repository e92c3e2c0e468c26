"""A language model: an embedding, one recurrent cell, a readout that scores the next token."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_generator, check_size
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_cell,
    check_ids,
    check_named_tuple,
    check_params,
)
from course_pkg.reference.layers import embedding, linear
from course_pkg.reference.learning.initialization import DType, check_dtype
from course_pkg.reference.networks import classifier
from course_pkg.reference.networks.stack import Cell


class Params(NamedTuple):
    """The parameters of the whole model."""

    embedding: Array  # (V, E), one row per token
    cell: Any  # the cell's named tuple Params, with I = E
    readout: linear.Params  # W (V, H) and b (V,)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    cell: Cell
    embedding: embedding.Cache
    run: Any  # the cell's cache
    readout: linear.Cache


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dstates: tuple[Array, ...]  # dh0 or (dh0, dc0), each (B, H)
    embedding: Array  # (V, E), what reached the rows that were read
    cell: Any  # the cell's named tuple Params, holding gradients
    readout: linear.Params  # holding gradients


def start(
    cell: Cell, V: int, E: int, H: int, rng: np.random.Generator, *, dtype: DType = np.float64
) -> Params:
    """Draw the parameters that training starts from.

    The embedding is normal with variance 1/E, so that its rows have length 1 on average. The rest
    is drawn as in :func:`course_pkg.reference.networks.classifier.start`.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    V, E, H : int
        Tokens, size of an embedding, hidden size.
    rng : numpy.random.Generator
    dtype : float32 or float64

    Returns
    -------
    Params

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> params = start(gru, 30, 8, 16, np.random.default_rng(0))
    >>> params.embedding.shape, params.cell.W_ih.shape, params.readout.W.shape
    ((30, 8), (48, 8), (30, 16))
    """
    for name, size in (("V", V), ("E", E), ("H", H)):
        check_size(name, size)
    check_generator(rng)
    table = (rng.normal(size=(V, E)) * E**-0.5).astype(check_dtype(dtype))
    # What reads embeddings and scores tokens is a classifier of vectors, with V classes.
    recurrent, readout = classifier.start(cell, E, H, V, rng, dtype=dtype)
    return Params(table, recurrent, readout)


def forward(
    cell: Cell, ids: IntArray, params: Params, *states: Array
) -> tuple[tuple[Array, ...], Cache]:
    """Score, after each token, what comes next.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    ids : ndarray of integers in 0..V-1, (T, B)
        Time-major tokens.
    params : Params
    *states : ndarrays, (B, H)
        The initial states, all or none: h0, or h0 and c0 of an LSTM; zeros by default. The final
        states of an earlier call read on where it stopped.

    Returns
    -------
    (logits, h_n) or (logits, h_n, c_n) : ndarrays, (T, B, V) and (B, H)
        ``logits[t]`` scores the token at t + 1, for
        :func:`course_pkg.reference.losses.cross_entropy.forward`; then the final states.
    cache : Cache

    Notes
    -----
    With w_t the token at t and h_t the state after reading it::

        x_t = embedding[w_t]    h_t = cell(x_t, h_{t-1})    logits_t = W h_t + b

    Equation: eq-language-model

    Source: :cite:t:`mikolov2012`; the embedding: :cite:t:`bengio2003`.

    Tied weights are one array given twice, as ``embedding`` and as ``readout.W``, with E = H. Its
    gradient is then the sum of the two that :func:`backward` returns.

    Examples
    --------
    >>> from course_pkg.reference.cells import lstm
    >>> params = start(lstm, 30, 8, 16, np.random.default_rng(0))
    >>> text = np.array([[3], [1], [4], [1]])  # (T, B) = (4, 1)
    >>> (logits, h_n, c_n), _ = forward(lstm, text, params)
    >>> logits.shape, h_n.shape
    ((4, 1, 30), (1, 16))
    >>> (_, *states), _ = forward(lstm, text[:3], params)  # stop after three, carry the states
    >>> (last, *_), _ = forward(lstm, text[3:], params, *states)
    >>> bool(np.allclose(last[0], logits[3], rtol=0, atol=1e-12))
    True
    """
    check_cell(cell, ("GATES", "STATES", "Params", "forward", "backward"))
    shapes = check_model_params(cell, params)
    check_ids("ids", ids, shapes.sizes["V"])
    if ids.ndim != 2:
        raise ValueError(f"ids: expected shape (T, B), got {ids.shape}")
    check_states(shapes, cell, states, ids.shape[1])
    x, looked_up = embedding.forward(ids, params.embedding)  # (T, B, E)
    (y, *final), run = cell.forward(x, params.cell, *states)  # y (T, B, H)
    logits, readout = linear.forward(y, params.readout)  # (T, B, V)
    return (logits, *final), Cache(cell, looked_up, run, readout)


def backward(dlogits: Array, cache: Cache, *dstates: Array | None) -> Grads:
    """Carry gradients from the logits and the final states back to parameters and initial states.

    Parameters
    ----------
    dlogits : ndarray, (T, B, V)
        Gradient of the loss with respect to the logits.
    cache : Cache
        What :func:`forward` returned.
    *dstates : ndarrays, (B, H), or None
        Gradients with respect to the final states, h_n, or h_n and c_n; None, or nothing, for
        those not used.

    Returns
    -------
    Grads
        For :func:`course_pkg.reference.learning.tree.pick_gradients`.

    Examples
    --------
    >>> from course_pkg.reference.cells import rnn
    >>> params = start(rnn, 30, 8, 16, np.random.default_rng(0))
    >>> (logits, h_n), cache = forward(rnn, np.array([[3], [1], [4]]), params)
    >>> grads = backward(np.ones_like(logits), cache)
    >>> grads.embedding.any(axis=1).nonzero()[0]  # only what was read gets a gradient
    array([1, 3, 4])
    """
    check_named_tuple("cache", cache, Cache._fields)
    cell, looked_up, run, readout = cache
    if len(dstates) > len(cell.STATES):
        expected = ", ".join(f"d{state}_n" for state in cell.STATES)
        raise TypeError(f"dstates: expected at most {expected}, got {len(dstates)} arrays")
    shapes = Shapes()
    shapes.array("y (in the cache)", readout.h, ("T", "B", "H"))
    shapes.array("b (in the cache)", readout.params.b, ("V",))
    shapes.array("dlogits", dlogits, ("T", "B", "V"))
    top = linear.backward(dlogits, readout)
    below = cell.backward(top.dh, run, *dstates)
    return Grads(
        dstates=tuple(getattr(below, f"d{state}0") for state in cell.STATES),
        embedding=embedding.backward(below.dx, looked_up),
        cell=cell.Params(*(getattr(below, f"d{name}") for name in cell.Params._fields)),
        readout=linear.Params(top.dW, top.db),
    )


def check_model_params(cell: Cell, params: Params) -> Shapes:
    """Raise unless the parts of a model fit together; return its sizes V, E and H.

    Examples
    --------
    >>> from course_pkg.reference.cells import rnn
    >>> params = start(rnn, 30, 8, 16, np.random.default_rng(0))
    >>> check_model_params(rnn, params._replace(embedding=np.zeros((30, 9))))
    Traceback (most recent call last):
        ...
    ValueError: params.cell.W_ih: expected shape (H, E) with E = 9 as in params.embedding, ...
    """
    check_named_tuple("params", params, Params._fields)
    check_named_tuple("params.readout", params.readout, linear.Params._fields)
    shapes = Shapes()
    shapes.array("params.embedding", params.embedding, ("V", "E"), finite=True)
    check_params(
        shapes, params.cell, cell.Params._fields, cell.GATES, name="params.cell", inputs="E"
    )
    shapes.array("params.readout.W", params.readout.W, ("V", "H"), finite=True)
    shapes.array("params.readout.b", params.readout.b, ("V",), finite=True)
    return shapes


def check_states(shapes: Shapes, cell: Cell, states: tuple[Array, ...], B: int) -> None:
    """Raise unless these are no states, or all that the cell has, each (B, H).

    Examples
    --------
    >>> from course_pkg.reference.cells import lstm
    >>> check_states(Shapes(), lstm, (np.zeros((2, 4)),), 2)
    Traceback (most recent call last):
        ...
    TypeError: states: expected h0, c0 or nothing, got 1 arrays
    """
    if len(states) not in (0, len(cell.STATES)):
        expected = ", ".join(f"{state}0" for state in cell.STATES)
        raise TypeError(f"states: expected {expected} or nothing, got {len(states)} arrays")
    for name, state in zip(cell.STATES, states, strict=False):
        shapes.array(f"{name}0", state, (f"{B}", "H"))
