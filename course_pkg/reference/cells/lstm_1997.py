"""The LSTM of 1997: no forget gate, so the cell keeps all it was ever given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, check_named_tuple, check_params
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.layers.row_sums import sum_rows


class Params(NamedTuple):
    """Row blocks i, g, o: those of :mod:`course_pkg.reference.cells.lstm` without f."""

    W_ih: Array  # (3H, I)
    W_hh: Array  # (3H, H)
    b_ih: Array  # (3H,)
    b_hh: Array  # (3H,)


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
        ``W_ih (3H, I)``, ``W_hh (3H, H)``, ``b_ih (3H,)``, ``b_hh (3H,)``.

    Returns
    -------
    (h_next, c_next) : ndarrays, (B, H)
    cache : StepCache

    Notes
    -----
    With a_i, a_g, a_o the three row blocks of ``W_ih x + b_ih + W_hh h + b_hh``::

        i = sigmoid(a_i)    g = tanh(a_g)    o = sigmoid(a_o)
        c_next = c + i * g
        h_next = o * tanh(c_next)

    The paper squashes the candidate to (-2, 2) by ``4 sigmoid(a) - 2`` and the cell to (-1, 1)
    by ``2 sigmoid(c) - 1``; ``tanh`` in both places is today's usage. There, the cells of a block
    share one input and one output gate; here each has its own. Its learning rule cuts every path
    between steps but the one through the cell; the gradient here is the whole one.

    Equation: eq-lstm-1997

    Source: :cite:t:`hochreiterschmidhuber1997`.

    Examples
    --------
    The same input again and again fills the cell without bound.

    >>> W, b = np.zeros((3, 1)), np.array([100.0, 100.0, 100.0])
    >>> h, c = np.zeros((1, 1)), np.zeros((1, 1))
    >>> for _ in range(5):
    ...     (h, c), _ = step(np.ones((1, 1)), h, c, Params(W, W, b, np.zeros(3)))
    >>> c
    array([[5.]])
    """
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    check_params(shapes, params, Params._fields, gates=3)
    shapes.array("h", h, ("B", "H"))
    shapes.array("c", c, ("B", "H"))
    W_ih, W_hh, b_ih, b_hh = params
    a = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh  # (B, 3H)
    a_i, a_g, a_o = np.split(a, 3, axis=1)  # (B, H) each
    i = sigmoid(a_i)
    g = np.tanh(a_g)
    o = sigmoid(a_o)
    c_next = c + i * g
    tanh_c = np.tanh(c_next)
    h_next = o * tanh_c
    return (h_next, c_next), StepCache(x, h, i, g, o, tanh_c, params)


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), before the step
    i: Array  # (B, H), input gate
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
        Gradients of the loss with respect to the state and the cell after the step.
    cache : StepCache
        What :func:`step` returned.

    Returns
    -------
    StepGrads

    Examples
    --------
    The constant error carousel: along the cell the gradient passes unchanged.

    >>> W, b = np.zeros((3, 1)), np.zeros(3)
    >>> _, cache = step(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), Params(W, W, b, b))
    >>> step_backward(np.zeros((1, 1)), np.ones((1, 1)), cache).dc
    array([[1.]])
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, i, g, o, tanh_c, params = cache
    shapes = Shapes()
    shapes.array("h (in the cache)", h, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    shapes.array("dc_next", dc_next, ("B", "H"))
    do = dh_next * tanh_c
    dc_next = dc_next + dh_next * o * (1 - tanh_c * tanh_c)  # directly, and through h_next
    di = dc_next * g
    dg = dc_next * i
    da = np.concatenate([di * i * (1 - i), dg * (1 - g * g), do * o * (1 - o)], axis=1)  # (B, 3H)
    return StepGrads(
        dx=da @ params.W_ih,  # (B, I)
        dh=da @ params.W_hh,  # (B, H)
        dc=dc_next,  # (B, H), no gate in the way
        dW_ih=da.T @ x,  # (3H, I)
        dW_hh=da.T @ h,  # (3H, H)
        db_ih=sum_rows(da),  # (3H,)
        db_hh=sum_rows(da),  # (3H,)
    )
