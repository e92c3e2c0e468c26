"""The plain (Elman) recurrent network: one step to read, a whole sequence to use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from course_pkg.checks import check_option, check_size
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
from course_pkg.reference.layers.row_sums import sum_rows

Nonlinearity = Literal["tanh", "relu"]
GATES = 1  # row blocks of the weights
STATES = ("h",)  # what is carried from step to step


class Params(NamedTuple):
    """The parameters of one layer, laid out as in ``torch.nn.RNN``."""

    W_ih: Array  # (H, I)
    W_hh: Array  # (H, H)
    b_ih: Array  # (H,)
    b_hh: Array  # (H,)


def step(
    x: Array, h: Array, params: Params, nonlinearity: Nonlinearity = "tanh"
) -> tuple[Array, StepCache]:
    """Advance the state by one time step.

    Parameters
    ----------
    x : ndarray, (B, I)
        The input of this step, one row per sequence.
    h : ndarray, (B, H)
        The state before the step.
    params : Params
        ``W_ih (H, I)``, ``W_hh (H, H)``, ``b_ih (H,)``, ``b_hh (H,)``.
    nonlinearity : {'tanh', 'relu'}

    Returns
    -------
    h_next : ndarray, (B, H)
        The state after the step.
    cache : StepCache

    Notes
    -----
    Equation: eq-rnn-step

    Source: :cite:t:`elman1990`.

    Examples
    --------
    >>> W_ih, W_hh = np.array([[1.0], [0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])
    >>> params = Params(W_ih, W_hh, b_ih=np.zeros(2), b_hh=np.zeros(2))
    >>> h, _ = step(np.array([[1.0]]), np.zeros((1, 2)), params)
    >>> h.round(4)
    array([[0.7616, 0.    ]])
    >>> h, _ = step(np.array([[0.0]]), h, params)  # the first unit's value moves to the second
    >>> h.round(4)
    array([[0.   , 0.642]])
    """
    check_option("nonlinearity", nonlinearity, ("tanh", "relu"))
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    check_params(shapes, params, Params._fields, GATES)
    shapes.array("h", h, ("B", "H"))
    W_ih, W_hh, b_ih, b_hh = params
    a = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh  # (B, H)
    h_next = _squash(a, nonlinearity)  # (B, H)
    # A copy in the cache, so that a caller cannot change it through the state.
    return h_next, StepCache(x, h, h_next.copy(), params, nonlinearity)


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), the state before the step
    h_next: Array  # (B, H), the state after the step
    params: Params
    nonlinearity: Nonlinearity


class StepGrads(NamedTuple):
    """Gradients of one step, each shaped like what it belongs to."""

    dx: Array
    dh: Array
    dW_ih: Array
    dW_hh: Array
    db_ih: Array
    db_hh: Array


def step_backward(dh_next: Array, cache: StepCache) -> StepGrads:
    """Carry a gradient back through one :func:`step`.

    Parameters
    ----------
    dh_next : ndarray, (B, H)
        Gradient of the loss with respect to the state after the step.
    cache : StepCache
        What :func:`step` returned.

    Returns
    -------
    StepGrads
        Gradients with respect to ``x``, ``h`` and the four parameters.

    Notes
    -----
    Equation: eq-bptt-preactivation, eq-bptt-inputs

    Source: :cite:t:`rumelhart1986`.

    Examples
    --------
    >>> params = Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1))
    >>> h, cache = step(np.array([[0.5]]), np.array([[0.25]]), params)
    >>> step_backward(np.ones((1, 1)), cache).dh.round(4)  # 1 - tanh(0.75)**2
    array([[0.5966]])
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, h_next, params, nonlinearity = cache
    shapes = Shapes()
    shapes.array("h_next (in the cache)", h_next, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    da = dh_next * _slope(h_next, nonlinearity)  # (B, H)
    return StepGrads(
        dx=da @ params.W_ih,  # (B, I)
        dh=da @ params.W_hh,  # (B, H)
        dW_ih=da.T @ x,  # (H, I)
        dW_hh=da.T @ h,  # (H, H)
        db_ih=sum_rows(da),  # (H,)
        db_hh=sum_rows(da),  # (H,)
    )


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    x: Array  # (T, B, I), padding replaced by 0
    h: Array  # (T+1, B, H), h[0] is the initial state
    params: Params
    nonlinearity: Nonlinearity
    lengths: IntArray | None  # (B,)


class Grads(NamedTuple):
    """Gradients of a whole sequence, each shaped like what it belongs to."""

    dx: Array
    dh0: Array
    dW_ih: Array
    dW_hh: Array
    db_ih: Array
    db_hh: Array


def forward(
    x: Array,
    params: Params,
    h0: Array | None = None,
    *,
    lengths: Sequence[int] | IntArray | None = None,
    nonlinearity: Nonlinearity = "tanh",
) -> tuple[tuple[Array, Array], Cache]:
    """Run the network over a batch of sequences.

    Parameters
    ----------
    x : ndarray, (T, B, I)
        Time-major input.
    params : Params
        ``W_ih (H, I)``, ``W_hh (H, H)``, ``b_ih (H,)``, ``b_hh (H,)``.
    h0 : ndarray, (B, H), optional
        The initial state; zeros by default.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence. What lies behind is never read.
    nonlinearity : {'tanh', 'relu'}

    Returns
    -------
    (y, h_n) : ndarrays, (T, B, H) and (B, H)
        The state after each step (0 behind the end of a sequence), and after the last valid one.
    cache : Cache

    Notes
    -----
    Equation: eq-rnn-step

    Source: :cite:t:`elman1990`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(4, 3), (4, 4), (4,), (4,)]))
    >>> x = rng.normal(size=(5, 2, 3))
    >>> (y, h_n), _ = forward(x, params)
    >>> y.shape, h_n.shape
    ((5, 2, 4), (2, 4))
    >>> (_, middle), _ = forward(x[:2], params)  # split after two steps, carry the state
    >>> (rest, _), _ = forward(x[2:], params, middle)
    >>> bool(np.allclose(rest, y[2:], rtol=0, atol=1e-12))
    True
    """
    check_option("nonlinearity", nonlinearity, ("tanh", "relu"))
    shapes = Shapes()
    shapes.array("x", x, ("T", "B", "I"))
    check_params(shapes, params, Params._fields, GATES)
    T, B, I, H = (shapes.sizes[symbol] for symbol in "TBIH")
    if h0 is not None:
        shapes.array("h0", h0, ("B", "H"))
    if lengths is not None:
        lengths = check_lengths(lengths, T, B)
        x = np.where(valid_steps(lengths, T), x, 0)  # whatever the padding held, NaN included

    W_ih, W_hh, b_ih, b_hh = params
    h = np.empty((T + 1, B, H), dtype=x.dtype)
    h[0] = 0 if h0 is None else h0
    # The input's part of every step in one product: it does not wait for the state. Each step
    # then turns its own slice, in place, from W_ih x + b into the state: one array less.
    np.dot(x.reshape(T * B, I), W_ih.T, out=h[1:].reshape(T * B, H))
    h[1:] += b_ih + b_hh
    W_hh_T = np.ascontiguousarray(W_hh.T)  # read T times: worth a copy in the order of reading
    for t in range(T):
        a = h[t + 1]  # (B, H), a view: what is written to it is written to h
        a += np.dot(h[t], W_hh_T)  # np.dot starts sooner than @
        _squash(a, nonlinearity, a)  # writes its result to its input
        if lengths is not None:
            a[t >= lengths] = 0  # these have ended: nothing may grow on in the padding

    y = h[1:].copy()  # copies, so that a caller cannot change the cache
    h_n = h[-1].copy() if lengths is None else h[lengths, np.arange(B)]
    return (y, h_n), Cache(x, h, params, nonlinearity, lengths)


def backward(dy: Array | None, cache: Cache, dh_n: Array | None = None) -> Grads:
    """Backpropagate through time: the gradients of :func:`forward`.

    Parameters
    ----------
    dy : ndarray, (T, B, H), or None
        Gradient of the loss with respect to ``y``; None means that ``y`` was not used.
    cache : Cache
        What :func:`forward` returned.
    dh_n : ndarray, (B, H), optional
        Gradient with respect to ``h_n``; None means that ``h_n`` was not used.

    Returns
    -------
    Grads
        Gradients with respect to ``x``, ``h0`` and the four parameters.

    Notes
    -----
    Equation: eq-bptt-state, eq-bptt-preactivation, eq-bptt-weights, eq-bptt-inputs

    Source: :cite:t:`werbos1990`; unrolled for a gradient: :cite:t:`rumelhart1986`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(4, 3), (4, 4), (4,), (4,)]))
    >>> (y, h_n), cache = forward(rng.normal(size=(5, 2, 3)), params)
    >>> grads = backward(np.ones_like(y), cache)
    >>> grads.dx.shape, grads.dh0.shape, grads.dW_hh.shape
    ((5, 2, 3), (2, 4), (4, 4))
    """
    check_named_tuple("cache", cache, Cache._fields)
    x, h, params, nonlinearity, lengths = cache
    T, B, I = x.shape
    H = h.shape[2]
    shapes = Shapes()
    shapes.array("y (in the cache)", h[1:], ("T", "B", "H"))
    if dy is not None:
        shapes.array("dy", dy, ("T", "B", "H"))
    if dh_n is not None:
        shapes.array("dh_n", dh_n, ("B", "H"))
    dy = np.zeros_like(h[1:]) if dy is None else dy
    dh = np.zeros_like(h[0]) if dh_n is None else dh_n
    if lengths is not None:
        # h_n is y at the last valid step, so its gradient enters there; nothing enters behind.
        dy = np.where(valid_steps(lengths, T), dy, 0)
        dy[lengths - 1, np.arange(B)] += dh
        dh = np.zeros_like(dh)

    W_ih, W_hh, _, _ = params
    da = np.empty_like(h[1:])  # (T, B, H)
    for steps in time_blocks(T, da[0].nbytes):
        _slope(h[1:][steps], nonlinearity, da[steps])  # what dh is multiplied by, written to da
        for t in reversed(range(steps.start, steps.stop)):
            dh = dh + dy[t]  # (B, H): from the next step, and from the output
            da[t] *= dh
            dh = np.dot(da[t], W_hh)
    # Sums over time and batch at once: the same weights were used at every step.
    da_all = da.reshape(T * B, H)
    db = sum_rows(da_all)
    return Grads(
        dx=(da_all @ W_ih).reshape(T, B, I),
        dh0=dh,
        dW_ih=da_all.T @ x.reshape(T * B, I),
        dW_hh=da_all.T @ h[:-1].reshape(T * B, H),
        db_ih=db,
        db_hh=db.copy(),
    )


def parameter_count(I: int, H: int, L: int = 1, D: int = 1) -> int:
    """Count the parameters of L layers in D directions, with both biases.

    Parameters
    ----------
    I, H : int
        Input and hidden size.
    L, D : int
        Number of layers, and of directions (1 or 2).

    Returns
    -------
    int

    Notes
    -----
    Equation: eq-rnn-parameters

    Examples
    --------
    >>> parameter_count(3, 4)
    36
    >>> parameter_count(3, 4, L=2, D=2)
    184
    """
    I, H, L, D = (check_size(name, n) for name, n in zip("IHLD", (I, H, L, D), strict=True))
    if D > 2:
        raise ValueError(f"D: expected 1 or 2, got {D}")
    first = H * I + H * H + 2 * H
    later = H * (D * H) + H * H + 2 * H
    return D * (first + (L - 1) * later)


def _squash(a: Array, nonlinearity: Nonlinearity, out: Array | None = None) -> Array:
    return np.tanh(a, out=out) if nonlinearity == "tanh" else np.maximum(a, 0, out=out)


def _slope(h: Array, nonlinearity: Nonlinearity, out: Array | None = None) -> Array:
    """Derivative of the nonlinearity, from its own output: no need to keep ``a``."""
    if nonlinearity == "relu":
        return np.sign(h, out=out)  # h is 0 or above
    return np.subtract(1, np.multiply(h, h, out=out), out=out)
