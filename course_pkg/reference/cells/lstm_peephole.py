"""The LSTM with peepholes: the gates look at the cell itself, not only at what it shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, check_named_tuple, check_params
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.layers.row_sums import sum_rows


class Params(NamedTuple):
    """Row blocks i, f, g, o as in :mod:`course_pkg.reference.cells.lstm`, and three peepholes."""

    W_ih: Array  # (4H, I)
    W_hh: Array  # (4H, H)
    b_ih: Array  # (4H,)
    b_hh: Array  # (4H,)
    p_i: Array  # (H,), each gate sees its own cell only: a diagonal matrix
    p_f: Array  # (H,)
    p_o: Array  # (H,)


def step(x: Array, h: Array, c: Array, params: Params) -> tuple[tuple[Array, Array], StepCache]:
    """Advance the state and the cell by one time step.

    For a whole sequence, give this module to :func:`course_pkg.reference.networks.unroll.forward`.

    Parameters
    ----------
    x : ndarray, (B, I)
        The input of this step, one row per sequence.
    h, c : ndarrays, (B, H)
        The state and the cell before the step.
    params : Params
        ``W_ih (4H, I)``, ``W_hh (4H, H)``, ``b_ih (4H,)``, ``b_hh (4H,)``, ``p_i``, ``p_f`` and
        ``p_o (H,)``.

    Returns
    -------
    (h_next, c_next) : ndarrays, (B, H)
    cache : StepCache

    Notes
    -----
    With a_i, a_f, a_g, a_o the four row blocks of ``W_ih x + b_ih + W_hh h + b_hh``::

        i = sigmoid(a_i + p_i * c)    f = sigmoid(a_f + p_f * c)    g = tanh(a_g)
        c_next = f * c + i * g
        o = sigmoid(a_o + p_o * c_next)
        h_next = o * tanh(c_next)

    The output gate sees the cell after the step. Why look at all: with a closed output gate the
    state is 0, and without peepholes the other gates are then blind to the cell.

    Equation: eq-lstm-peephole

    Source: :cite:t:`gersschmidhuber2000`, :cite:t:`gers2002`; in the form used today, with a tanh
    before the output gate.

    Examples
    --------
    The cell alone opens its output gate.

    >>> W, b = np.zeros((4, 1)), np.array([-100.0, 100.0, 0.0, -100.0])
    >>> params = Params(W, W, b, np.zeros(4), np.zeros(1), np.zeros(1), p_o=np.full(1, 100.0))
    >>> x, h = np.zeros((2, 1)), np.zeros((2, 1))
    >>> (h, c), _ = step(x, h, np.array([[0.5], [2.0]]), params)
    >>> h.round(4)
    array([[0.   ],
           [0.964]])
    """
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    check_params(shapes, params, Params._fields, gates=4)
    shapes.array("h", h, ("B", "H"))
    shapes.array("c", c, ("B", "H"))
    W_ih, W_hh, b_ih, b_hh, p_i, p_f, p_o = params
    a = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh  # (B, 4H)
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)  # (B, H) each
    i = sigmoid(a_i + p_i * c)
    f = sigmoid(a_f + p_f * c)
    g = np.tanh(a_g)
    c_next = f * c + i * g
    o = sigmoid(a_o + p_o * c_next)  # not before c_next is known
    tanh_c = np.tanh(c_next)
    h_next = o * tanh_c
    # A copy in the cache, so that a caller cannot change it through the cell.
    return (h_next, c_next), StepCache(x, h, c, c_next.copy(), i, f, g, o, tanh_c, params)


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), before the step
    c: Array  # (B, H), before the step
    c_next: Array  # (B, H), after the step
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
    dp_i: Array
    dp_f: Array
    dp_o: Array


def step_backward(dh_next: Array, dc_next: Array, cache: StepCache) -> StepGrads:
    """Carry gradients back through one :func:`step`.

    Parameters
    ----------
    dh_next, dc_next : ndarrays, (B, H)
        Gradients of the loss with respect to the state and the cell after the step.
    cache : StepCache
        What :func:`step` returned.

    Returns
    -------
    StepGrads

    Examples
    --------
    >>> W, b, p = np.zeros((4, 1)), np.zeros(4), np.zeros(1)
    >>> params = Params(W, W, b, b, p, p, p_o=np.ones(1))
    >>> _, cache = step(np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), params)
    >>> step_backward(np.zeros((1, 1)), np.ones((1, 1)), cache).dc
    array([[0.5]])
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, c, c_next, i, f, g, o, tanh_c, params = cache
    _, _, _, _, p_i, p_f, p_o = params
    shapes = Shapes()
    shapes.array("h (in the cache)", h, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    shapes.array("dc_next", dc_next, ("B", "H"))
    da_o = dh_next * tanh_c * o * (1 - o)
    # Three ways to c_next: directly, through h_next, and through the output gate's peephole.
    dc_next = dc_next + dh_next * o * (1 - tanh_c * tanh_c) + da_o * p_o
    da_i = dc_next * g * i * (1 - i)
    da_f = dc_next * c * f * (1 - f)
    da_g = dc_next * i * (1 - g * g)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (B, 4H)
    return StepGrads(
        dx=da @ params.W_ih,  # (B, I)
        dh=da @ params.W_hh,  # (B, H)
        dc=dc_next * f + da_i * p_i + da_f * p_f,  # (B, H)
        dW_ih=da.T @ x,  # (4H, I)
        dW_hh=da.T @ h,  # (4H, H)
        db_ih=sum_rows(da),  # (4H,)
        db_hh=sum_rows(da),  # (4H,)
        dp_i=sum_rows(da_i * c),  # (H,)
        dp_f=sum_rows(da_f * c),  # (H,)
        dp_o=sum_rows(da_o * c_next),  # (H,)
    )
