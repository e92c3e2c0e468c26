"""The LSTM with forget gate: one step to read, a whole sequence to use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_pkg.reference.cells import rnn
from course_pkg.reference.cells.time_blocks import time_blocks
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_lengths,
    check_named_tuple,
    check_params,
    valid_steps,
)
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.layers.row_sums import sum_rows

GATES = 4  # row blocks of the weights: i, f, g, o
STATES = ("h", "c")  # what is carried from step to step


class Params(NamedTuple):
    """The parameters of one layer, laid out as in ``torch.nn.LSTM``: row blocks i, f, g, o."""

    W_ih: Array  # (4H, I)
    W_hh: Array  # (4H, H)
    b_ih: Array  # (4H,)
    b_hh: Array  # (4H,)


def step(x: Array, h: Array, c: Array, params: Params) -> tuple[tuple[Array, Array], StepCache]:
    """Advance the state and the cell by one time step.

    Parameters
    ----------
    x : ndarray, (B, I)
        The input of this step, one row per sequence.
    h, c : ndarrays, (B, H)
        The state and the cell before the step.
    params : Params
        ``W_ih (4H, I)``, ``W_hh (4H, H)``, ``b_ih (4H,)``, ``b_hh (4H,)``.

    Returns
    -------
    (h_next, c_next) : ndarrays, (B, H)
        The state and the cell after the step.
    cache : StepCache

    Notes
    -----
    With a_i, a_f, a_g, a_o the four row blocks of ``W_ih x + b_ih + W_hh h + b_hh``::

        i = sigmoid(a_i)    f = sigmoid(a_f)    g = tanh(a_g)    o = sigmoid(a_o)
        c_next = f * c + i * g
        h_next = o * tanh(c_next)

    Equation: eq-lstm-gates, eq-lstm-cell, eq-lstm-state

    Source: :cite:t:`hochreiterschmidhuber1997`; the forget gate: :cite:t:`gers2000`.

    Examples
    --------
    A forget gate near 1 and an input gate near 0 keep the cell; the state shows it by halves.

    >>> W, b = np.zeros((4, 1)), np.array([-100.0, 100.0, 0.0, 0.0])
    >>> params = Params(W_ih=W, W_hh=W, b_ih=b, b_hh=np.zeros(4))
    >>> (h, c), _ = step(np.ones((1, 1)), np.zeros((1, 1)), np.array([[2.0]]), params)
    >>> c, h.round(4)
    (array([[2.]]), array([[0.482]]))
    """
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    check_params(shapes, params, Params._fields, GATES)
    shapes.array("h", h, ("B", "H"))
    shapes.array("c", c, ("B", "H"))
    W_ih, W_hh, b_ih, b_hh = params
    a = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh  # (B, 4H)
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)  # (B, H) each
    i = sigmoid(a_i)  # how much of the candidate is written
    f = sigmoid(a_f)  # how much of the old cell is kept
    g = np.tanh(a_g)  # the candidate: what would be written
    o = sigmoid(a_o)  # how much of the cell is shown
    c_next = f * c + i * g
    tanh_c = np.tanh(c_next)
    h_next = o * tanh_c
    return (h_next, c_next), StepCache(x, h, c, i, f, g, o, tanh_c, params)


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), before the step
    c: Array  # (B, H), before the step
    i: Array  # (B, H), input gate
    f: Array  # (B, H), forget gate
    g: Array  # (B, H), candidate
    o: Array  # (B, H), output gate
    tanh_c: Array  # (B, H), tanh of the cell after the step
    params: Params


class StepGrads(NamedTuple):
    """Gradients of one step, each shaped like what it belongs to."""

    dx: Array
    dh: Array
    dc: Array
    dW_ih: Array
    dW_hh: Array
    db_ih: Array
    db_hh: Array


def step_backward(dh_next: Array, dc_next: Array, cache: StepCache) -> StepGrads:
    """Carry gradients back through one :func:`step`.

    Parameters
    ----------
    dh_next, dc_next : ndarrays, (B, H)
        Gradients of the loss with respect to the state and the cell after the step; ``dc_next``
        without what reaches the cell through ``h_next``, which is added here.
    cache : StepCache
        What :func:`step` returned.

    Returns
    -------
    StepGrads
        Gradients with respect to ``x``, ``h``, ``c`` and the four parameters.

    Notes
    -----
    Equation: eq-lstm-backward-state, eq-lstm-backward-cell, eq-lstm-backward-gates

    Equation: eq-lstm-backward-inputs

    Source: the chain rule, applied to :func:`step`. :cite:t:`hochreiterschmidhuber1997` and
    :cite:t:`gers2000` cut some of these paths; :cite:t:`gravesschmidhuber2005` keep them all.

    Examples
    --------
    The gradient of the cell passes back through a step multiplied by the forget gate alone.

    >>> W, b = np.zeros((4, 1)), np.zeros(4)
    >>> _, cache = step(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), Params(W, W, b, b))
    >>> step_backward(np.zeros((1, 1)), np.ones((1, 1)), cache).dc
    array([[0.5]])
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, c, i, f, g, o, tanh_c, params = cache
    shapes = Shapes()
    shapes.array("h (in the cache)", h, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    shapes.array("dc_next", dc_next, ("B", "H"))
    do = dh_next * tanh_c
    dc_next = dc_next + dh_next * o * (1 - tanh_c * tanh_c)  # directly, and through h_next
    di = dc_next * g
    df = dc_next * c
    dg = dc_next * i
    da = np.concatenate(
        [di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)], axis=1
    )  # (B, 4H)
    return StepGrads(
        dx=da @ params.W_ih,  # (B, I)
        dh=da @ params.W_hh,  # (B, H)
        dc=dc_next * f,  # (B, H)
        dW_ih=da.T @ x,  # (4H, I)
        dW_hh=da.T @ h,  # (4H, H)
        db_ih=sum_rows(da),  # (4H,)
        db_hh=sum_rows(da),  # (4H,)
    )


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`: 7 arrays of T*B*H numbers, and x."""

    x: Array  # (T, B, I), padding replaced by 0
    h: Array  # (T+1, B, H), h[0] is the initial state
    c: Array  # (T+1, B, H), c[0] is the initial cell
    gates: Array  # (T, B, 4H), after their nonlinearities: i, f, g, o side by side
    tanh_c: Array  # (T, B, H), tanh of c[1:]
    params: Params
    lengths: IntArray | None  # (B,)


class Grads(NamedTuple):
    """Gradients of a whole sequence, each shaped like what it belongs to."""

    dx: Array
    dh0: Array
    dc0: Array
    dW_ih: Array
    dW_hh: Array
    db_ih: Array
    db_hh: Array


def forward(
    x: Array,
    params: Params,
    h0: Array | None = None,
    c0: Array | None = None,
    *,
    lengths: Sequence[int] | IntArray | None = None,
) -> tuple[tuple[Array, Array, Array], Cache]:
    """Run the LSTM over a batch of sequences.

    Parameters
    ----------
    x : ndarray, (T, B, I)
        Time-major input.
    params : Params
        ``W_ih (4H, I)``, ``W_hh (4H, H)``, ``b_ih (4H,)``, ``b_hh (4H,)``.
    h0, c0 : ndarrays, (B, H), optional
        The initial state and cell; zeros by default.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence. What lies behind is never read.

    Returns
    -------
    (y, h_n, c_n) : ndarrays, (T, B, H), (B, H) and (B, H)
        The state after each step (0 behind the end of a sequence), and the state and the cell
        after the last valid one.
    cache : Cache

    Notes
    -----
    The equations of :func:`step`, at every step.

    Equation: eq-lstm-gates, eq-lstm-cell, eq-lstm-state

    Source: :cite:t:`hochreiterschmidhuber1997`; the forget gate: :cite:t:`gers2000`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(16, 3), (16, 4), (16,), (16,)]))
    >>> x = rng.normal(size=(5, 2, 3))
    >>> (y, h_n, c_n), _ = forward(x, params)
    >>> y.shape, h_n.shape, c_n.shape
    ((5, 2, 4), (2, 4), (2, 4))
    >>> (_, h, c), _ = forward(x[:2], params)  # split after two steps, carry both
    >>> (rest, _, _), _ = forward(x[2:], params, h, c)
    >>> bool(np.allclose(rest, y[2:], rtol=0, atol=1e-12))
    True
    """
    shapes = Shapes()
    shapes.array("x", x, ("T", "B", "I"))
    check_params(shapes, params, Params._fields, GATES)
    T, B, I, H = (shapes.sizes[symbol] for symbol in "TBIH")
    if h0 is not None:
        shapes.array("h0", h0, ("B", "H"))
    if c0 is not None:
        shapes.array("c0", c0, ("B", "H"))
    if lengths is not None:
        lengths = check_lengths(lengths, T, B)
        x = np.where(valid_steps(lengths, T), x, 0)  # whatever the padding held, NaN included

    W_ih, W_hh, b_ih, b_hh = params
    # The input's part of every step in one product: it does not wait for the state. Each step
    # then turns its own slice, in place, from W_ih x + b into the gates: one array less.
    gates = np.empty((T, B, 4 * H), dtype=x.dtype)
    np.dot(x.reshape(T * B, I), W_ih.T, out=gates.reshape(T * B, 4 * H))
    gates += b_ih + b_hh
    i, f, g, o = _by_gate(gates)  # (T, B, H) each
    h = np.empty((T + 1, B, H), dtype=x.dtype)
    c = np.empty((T + 1, B, H), dtype=x.dtype)
    tanh_c = np.empty((T, B, H), dtype=x.dtype)
    h[0] = 0 if h0 is None else h0
    c[0] = 0 if c0 is None else c0
    # sigmoid(a) = 0.5 tanh(0.5 a) + 0.5 and tanh(a) = 1 tanh(1 a) + 0: one tanh for all four.
    # One copy per sequence: NumPy multiplies two whole arrays faster than B rows by one row.
    scale = np.tile(np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype=x.dtype), H), (B, 1))  # (B, 4H)
    shift = 1 - scale  # (B, 4H)
    W_hh_T = np.ascontiguousarray(W_hh.T)  # read T times: worth a copy in the order of reading
    for t in range(T):
        a = gates[t]  # (B, 4H), a view: what is written to it is written to gates
        a += np.dot(h[t], W_hh_T)  # np.dot starts sooner than @
        a *= scale
        np.tanh(a, out=a)
        a *= scale
        a += shift
        c[t + 1] = f[t] * c[t] + i[t] * g[t]  # (B, H)
        np.tanh(c[t + 1], out=tanh_c[t])
        np.multiply(o[t], tanh_c[t], out=h[t + 1])

    cache = Cache(x, h, c, gates, tanh_c, params, lengths)
    if lengths is None:  # copies, so that a caller cannot change the cache
        return (h[1:].copy(), h[-1].copy(), c[-1].copy()), cache
    y = np.where(valid_steps(lengths, T), h[1:], 0)
    last = lengths, np.arange(B)
    return (y, h[last], c[last]), cache


def backward(
    dy: Array | None, cache: Cache, dh_n: Array | None = None, dc_n: Array | None = None
) -> Grads:
    """Backpropagate through time: the gradients of :func:`forward`.

    Parameters
    ----------
    dy : ndarray, (T, B, H), or None
        Gradient of the loss with respect to ``y``; None means that ``y`` was not used.
    cache : Cache
        What :func:`forward` returned.
    dh_n, dc_n : ndarrays, (B, H), optional
        Gradients with respect to ``h_n`` and ``c_n``; None means that they were not used.

    Returns
    -------
    Grads
        Gradients with respect to ``x``, ``h0``, ``c0`` and the four parameters.

    Notes
    -----
    Equation: eq-lstm-backward-state, eq-lstm-backward-cell, eq-lstm-backward-gates

    Equation: eq-lstm-backward-inputs, eq-lstm-backward-params

    Source: the whole gradient, as :cite:t:`gravesschmidhuber2005` use it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(16, 3), (16, 4), (16,), (16,)]))
    >>> (y, h_n, c_n), cache = forward(rng.normal(size=(5, 2, 3)), params)
    >>> grads = backward(np.ones_like(y), cache)
    >>> grads.dx.shape, grads.dc0.shape, grads.dW_hh.shape
    ((5, 2, 3), (2, 4), (16, 4))
    """
    check_named_tuple("cache", cache, Cache._fields)
    x, h, c, gates, tanh_c, params, lengths = cache
    T, B, I = x.shape
    H = h.shape[2]
    shapes = Shapes()
    shapes.array("y (in the cache)", h[1:], ("T", "B", "H"))
    for name, gradient in (("dh_n", dh_n), ("dc_n", dc_n)):
        if gradient is not None:
            shapes.array(name, gradient, ("B", "H"))
    if dy is not None:
        shapes.array("dy", dy, ("T", "B", "H"))
    dy = np.zeros_like(h[1:]) if dy is None else dy
    dh = np.zeros_like(h[0]) if dh_n is None else dh_n
    dc = np.zeros_like(c[0]) if dc_n is None else dc_n
    if lengths is not None:
        # h_n and c_n are those of the last valid step, so their gradients enter there.
        dy = np.where(valid_steps(lengths, T), dy, 0)
        dy[lengths - 1, np.arange(B)] += dh
        dc_last, dh, dc = dc, np.zeros_like(dh), np.zeros_like(dc)

    W_ih, W_hh, _, _ = params
    i, f, g, o = _by_gate(gates)  # (T, B, H) each
    da = np.empty_like(gates)  # (T, B, 4H)
    da_i, da_f, da_g, da_o = _by_gate(da)  # (T, B, H) each
    da_ifg = da.reshape(T, B, 4, H)[:, :, :3]  # (T, B, 3, H), a view of the first three
    for steps in time_blocks(T, da[0].nbytes):
        # First what da is multiplied by, for all steps of the block at once.
        np.subtract(1, gates[steps], out=da[steps])  # in place: da is too large to write twice
        da[steps] *= gates[steps]  # the sigmoid's slope: i, f and o
        da_i[steps] *= g[steps]
        da_f[steps] *= c[:-1][steps]  # the cell before the step
        da_g[steps] = i[steps] * (1 - g[steps] * g[steps])  # a tanh, with a slope of its own
        da_o[steps] *= tanh_c[steps]
        dh_to_dc = o[steps] * (1 - tanh_c[steps] * tanh_c[steps])  # (block, B, H)
        for t in reversed(range(steps.start, steps.stop)):
            if lengths is not None:
                dc = np.where((lengths == t + 1)[:, None], dc_last, dc)
            dh = dh + dy[t]  # (B, H): from the next step, and from the output
            dc = dc + dh * dh_to_dc[t - steps.start]  # (B, H): from the next step and the state
            da_ifg[t] *= dc[:, None]
            da_o[t] *= dh
            dc = dc * f[t]
            dh = np.dot(da[t], W_hh)
    # Sums over time and batch at once: the same weights were used at every step.
    da_all = da.reshape(T * B, 4 * H)
    db = sum_rows(da_all)
    return Grads(
        dx=(da_all @ W_ih).reshape(T, B, I),
        dh0=dh,
        dc0=dc,
        dW_ih=da_all.T @ x.reshape(T * B, I),
        dW_hh=da_all.T @ h[:-1].reshape(T * B, H),
        db_ih=db,
        db_hh=db.copy(),
    )


def parameter_count(I: int, H: int, L: int = 1, D: int = 1) -> int:
    """Count the parameters of L layers in D directions, with both biases.

    Four times those of the plain network: one block of rows for each of i, f, g, o.

    Notes
    -----
    Equation: eq-lstm-parameters

    Examples
    --------
    >>> parameter_count(3, 4)
    144
    """
    return 4 * rnn.parameter_count(I, H, L, D)


def _by_gate(gates: Array) -> Array:
    """Show (T, B, 4H) as (4, T, B, H): views of i, f, g, o, so that writing to them works."""
    T, B, rows = gates.shape
    return np.moveaxis(gates.reshape(T, B, 4, rows // 4), 2, 0)
