"""The GRU, reset gate after the product as in torch: one step to read, a sequence to use."""

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

GATES = 3  # row blocks of the weights: r, z, n
STATES = ("h",)  # what is carried from step to step


class Params(NamedTuple):
    """The parameters of one layer, laid out as in ``torch.nn.GRU``: row blocks r, z, n."""

    W_ih: Array  # (3H, I)
    W_hh: Array  # (3H, H)
    b_ih: Array  # (3H,)
    b_hh: Array  # (3H,)


def step(x: Array, h: Array, params: Params) -> tuple[Array, StepCache]:
    """Advance the state by one time step.

    Parameters
    ----------
    x : ndarray, (B, I)
        The input of this step, one row per sequence.
    h : ndarray, (B, H)
        The state before the step.
    params : Params
        ``W_ih (3H, I)``, ``W_hh (3H, H)``, ``b_ih (3H,)``, ``b_hh (3H,)``.

    Returns
    -------
    h_next : ndarray, (B, H)
        The state after the step.
    cache : StepCache

    Notes
    -----
    ::

        r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
        z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
        n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
        h_next = (1 - z) * n + z * h

    The reset gate multiplies after the matrix product, so both biases of n are needed. For the
    gate before the product see ``gru_reset_before``; for the convention in which z and 1 - z
    change places see ``gru_conventions``.

    Equation: eq-gru-gates, eq-gru-candidate, eq-gru-state

    Source: :cite:t:`cho2014`, with the reset gate where torch and cuDNN put it.

    Examples
    --------
    An update gate of 1 copies the state, whatever the input.

    >>> b = np.array([0.0, 100.0, 0.0])
    >>> params = Params(np.ones((3, 1)), np.ones((3, 1)), b_ih=b, b_hh=np.zeros(3))
    >>> step(np.array([[3.0]]), np.array([[0.25]]), params)[0]
    array([[0.25]])
    """
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    check_params(shapes, params, Params._fields, GATES)
    shapes.array("h", h, ("B", "H"))
    W_ih, W_hh, b_ih, b_hh = params
    x_r, x_z, x_n = np.split(x @ W_ih.T + b_ih, 3, axis=1)  # (B, H) each
    h_r, h_z, m = np.split(h @ W_hh.T + b_hh, 3, axis=1)  # (B, H) each
    r = sigmoid(x_r + h_r)  # how much of the past the candidate sees
    z = sigmoid(x_z + h_z)  # how much of the past is kept
    n = np.tanh(x_n + r * m)  # the candidate
    h_next = (1 - z) * n + z * h
    return h_next, StepCache(x, h, r, z, n, m, params)


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), before the step
    r: Array  # (B, H), reset gate
    z: Array  # (B, H), update gate
    n: Array  # (B, H), candidate
    m: Array  # (B, H), the memory offered to the candidate: W_hn h + b_hn
    params: Params


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
    Equation: eq-gru-backward-state, eq-gru-backward-candidate, eq-gru-backward-gates

    Equation: eq-gru-backward-h, eq-gru-backward-parameters

    Examples
    --------
    >>> b = np.array([0.0, 100.0, 0.0])  # the update gate is 1: the gradient passes unchanged
    >>> params = Params(np.ones((3, 1)), np.ones((3, 1)), b_ih=b, b_hh=np.zeros(3))
    >>> _, cache = step(np.array([[3.0]]), np.array([[0.25]]), params)
    >>> step_backward(np.array([[2.0]]), cache).dh
    array([[2.]])
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, r, z, n, m, params = cache
    shapes = Shapes()
    shapes.array("h (in the cache)", h, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    dn = dh_next * (1 - z)
    dz = dh_next * (h - n)
    da_n = dn * (1 - n * n)
    dr = da_n * m
    dm = da_n * r
    da_r = dr * r * (1 - r)
    da_z = dz * z * (1 - z)
    da_x = np.concatenate([da_r, da_z, da_n], axis=1)  # (B, 3H), for x @ W_ih.T + b_ih
    da_h = np.concatenate([da_r, da_z, dm], axis=1)  # (B, 3H), for h @ W_hh.T + b_hh
    return StepGrads(
        dx=da_x @ params.W_ih,  # (B, I)
        dh=dh_next * z + da_h @ params.W_hh,  # (B, H)
        dW_ih=da_x.T @ x,  # (3H, I)
        dW_hh=da_h.T @ h,  # (3H, H)
        db_ih=sum_rows(da_x),  # (3H,)
        db_hh=sum_rows(da_h),  # (3H,)
    )


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`: 5 arrays of T*B*H numbers, and x."""

    x: Array  # (T, B, I), padding replaced by 0
    h: Array  # (T+1, B, H), h[0] is the initial state
    gates: Array  # (T, B, 3H), after their nonlinearities: r, z, n side by side
    m: Array  # (T, B, H), W_hn h + b_hn
    params: Params
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
) -> tuple[tuple[Array, Array], Cache]:
    """Run the GRU over a batch of sequences.

    Parameters
    ----------
    x : ndarray, (T, B, I)
        Time-major input.
    params : Params
        ``W_ih (3H, I)``, ``W_hh (3H, H)``, ``b_ih (3H,)``, ``b_hh (3H,)``.
    h0 : ndarray, (B, H), optional
        The initial state; zeros by default.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence. What lies behind is never read.

    Returns
    -------
    (y, h_n) : ndarrays, (T, B, H) and (B, H)
        The state after each step (0 behind the end of a sequence), and after the last valid one.
    cache : Cache

    Notes
    -----
    The equations of :func:`step`, at every step.

    Equation: eq-gru-gates, eq-gru-candidate, eq-gru-state

    Source: :cite:t:`cho2014`, with the reset gate where torch and cuDNN put it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(12, 3), (12, 4), (12,), (12,)]))
    >>> x = rng.normal(size=(5, 2, 3))
    >>> (y, h_n), _ = forward(x, params)
    >>> y.shape, h_n.shape
    ((5, 2, 4), (2, 4))
    >>> (_, middle), _ = forward(x[:2], params)  # split after two steps, carry the state
    >>> (rest, _), _ = forward(x[2:], params, middle)
    >>> bool(np.allclose(rest, y[2:], rtol=0, atol=1e-12))
    True
    """
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
    # The input's part of every step in one product: it does not wait for the state. Each step
    # then turns its own slice, in place, from W_ih x + b into the gates: one array less.
    gates = np.empty((T, B, 3 * H), dtype=x.dtype)
    np.dot(x.reshape(T * B, I), W_ih.T, out=gates.reshape(T * B, 3 * H))
    b = b_ih.copy()
    b[: 2 * H] += b_hh[: 2 * H]  # not for n: there the reset gate stands between the two
    gates += b
    rz = gates[:, :, : 2 * H]  # (T, B, 2H): one sigmoid for both
    r, z, n = _by_gate(gates)  # (T, B, H) each
    m = np.empty((T, B, H), dtype=x.dtype)
    h = np.empty((T + 1, B, H), dtype=x.dtype)
    h[0] = 0 if h0 is None else h0
    W_hh_T = np.ascontiguousarray(W_hh.T)  # read T times: worth a copy in the order of reading
    for t in range(T):
        a_h = np.dot(h[t], W_hh_T)  # (B, 3H); np.dot starts sooner than @
        rz[t] = sigmoid(rz[t] + a_h[:, : 2 * H])
        m[t] = a_h[:, 2 * H :] + b_hh[2 * H :]
        n[t] = np.tanh(n[t] + r[t] * m[t])
        h[t + 1] = n[t] + z[t] * (h[t] - n[t])  # (1 - z) n + z h, with one product less

    cache = Cache(x, h, gates, m, params, lengths)
    if lengths is None:  # copies, so that a caller cannot change the cache
        return (h[1:].copy(), h[-1].copy()), cache
    return (np.where(valid_steps(lengths, T), h[1:], 0), h[lengths, np.arange(B)]), cache


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
    The equations of :func:`step_backward`, from the last step to the first.

    Equation: eq-gru-backward-state, eq-gru-backward-candidate, eq-gru-backward-gates

    Equation: eq-gru-backward-h, eq-gru-backward-parameters

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = Params(*(rng.normal(size=s) for s in [(12, 3), (12, 4), (12,), (12,)]))
    >>> (y, h_n), cache = forward(rng.normal(size=(5, 2, 3)), params)
    >>> grads = backward(np.ones_like(y), cache)
    >>> grads.dx.shape, grads.dh0.shape, grads.dW_hh.shape
    ((5, 2, 3), (2, 4), (12, 4))
    """
    check_named_tuple("cache", cache, Cache._fields)
    x, h, gates, m, params, lengths = cache
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
    r, z, n = _by_gate(gates)  # (T, B, H) each
    rz = gates[:, :, : 2 * H]  # (T, B, 2H)
    da_n = np.empty_like(m)  # (T, B, H)
    da_h = np.empty_like(gates)  # (T, B, 3H), gradient of h @ W_hh.T + b_hh
    da_r, da_z, dm = _by_gate(da_h)  # (T, B, H) each
    da_rz = da_h[:, :, : 2 * H]  # (T, B, 2H)
    da_by_gate = da_h.reshape(T, B, 3, H)  # a view
    for steps in time_blocks(T, da_h[0].nbytes):
        # First what dh is multiplied by on its way, for all steps of the block at once.
        da_n[steps] = (1 - z[steps]) * (1 - n[steps] * n[steps])
        da_rz[steps] = rz[steps] * (1 - rz[steps])  # the sigmoid's slope, for r and z at once
        da_r[steps] *= da_n[steps] * m[steps]
        da_z[steps] *= h[:-1][steps] - n[steps]  # the state before the step
        dm[steps] = da_n[steps] * r[steps]
        for t in reversed(range(steps.start, steps.stop)):
            dh = dh + dy[t]  # (B, H): from the next step, and from the output
            da_n[t] *= dh
            da_by_gate[t] *= dh[:, None]
            dh = dh * z[t] + np.dot(da_h[t], W_hh)
    # Sums over time and batch at once: the same weights were used at every step.
    da = da_h.reshape(T * B, 3 * H)
    dW_hh = da.T @ h[:-1].reshape(T * B, H)
    db_hh = sum_rows(da)
    # The input's side differs in n alone, where the reset gate stands between the two.
    da[:, 2 * H :] = da_n.reshape(T * B, H)
    return Grads(
        dx=(da @ W_ih).reshape(T, B, I),
        dh0=dh,
        dW_ih=da.T @ x.reshape(T * B, I),
        dW_hh=dW_hh,
        db_ih=sum_rows(da),
        db_hh=db_hh,
    )


def parameter_count(I: int, H: int, L: int = 1, D: int = 1) -> int:
    """Count the parameters of L layers in D directions, with both biases.

    Three times those of the plain network: one block of rows for each of r, z, n.

    Notes
    -----
    Equation: eq-gru-parameters

    Examples
    --------
    >>> parameter_count(3, 4)
    108
    """
    return 3 * rnn.parameter_count(I, H, L, D)


def _by_gate(gates: Array) -> Array:
    """Show (T, B, 3H) as (3, T, B, H): views of r, z, n, so that writing to them works."""
    T, B, rows = gates.shape
    return np.moveaxis(gates.reshape(T, B, 3, rows // 3), 2, 0)
