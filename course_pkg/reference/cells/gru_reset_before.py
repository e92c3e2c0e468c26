"""The GRU with the reset gate before the matrix product, as it was first published."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, check_named_tuple, check_params
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.layers.row_sums import sum_rows


class Params(NamedTuple):
    """Row blocks r, z, n, shaped as those of :mod:`course_pkg.reference.cells.gru`."""

    W_ih: Array  # (3H, I)
    W_hh: Array  # (3H, H)
    b_ih: Array  # (3H,)
    b_hh: Array  # (3H,), here nothing stands between the two biases: they only add


def step(x: Array, h: Array, params: Params) -> tuple[Array, StepCache]:
    """Advance the state by one time step.

    For a whole sequence, give this module to :func:`course_pkg.reference.networks.unroll.forward`.

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
        n = tanh(W_in x + b_in + W_hn (r * h) + b_hn)
        h_next = (1 - z) * n + z * h

    Only n differs from :func:`course_pkg.reference.cells.gru.step`, but in general no choice of
    parameters turns one into the other: here a reset gate scales one unit of the state before all
    units are mixed, there one unit of the mixture. After the product is faster, because
    ``W_hh h`` is then one product for all three blocks.

    Equation: eq-gru-reset-before

    Source: :cite:t:`cho2014`.

    Examples
    --------
    A reset gate of 0 hides the state from the candidate.

    >>> b = np.array([-100.0, -100.0, 0.0])
    >>> params = Params(np.ones((3, 1)), np.ones((3, 1)), b_ih=b, b_hh=np.zeros(3))
    >>> h, _ = step(np.array([[0.5], [0.5]]), np.array([[0.9], [-0.9]]), params)
    >>> h.round(4)
    array([[0.4621],
           [0.4621]])
    """
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    check_params(shapes, params, Params._fields, gates=3)
    shapes.array("h", h, ("B", "H"))
    W_ih, W_hh, b_ih, b_hh = params
    W_hr, W_hz, W_hn = np.split(W_hh, 3)  # (H, H) each
    a_r, a_z, a_n = np.split(x @ W_ih.T + b_ih + b_hh, 3, axis=1)  # (B, H) each
    r = sigmoid(a_r + h @ W_hr.T)
    z = sigmoid(a_z + h @ W_hz.T)
    n = np.tanh(a_n + (r * h) @ W_hn.T)
    h_next = (1 - z) * n + z * h
    return h_next, StepCache(x, h, r, z, n, params)


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), before the step
    r: Array  # (B, H), reset gate
    z: Array  # (B, H), update gate
    n: Array  # (B, H), candidate
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

    Notes
    -----
    Equation: eq-gru-reset-before-backward

    Examples
    --------
    >>> b = np.array([0.0, 100.0, 0.0])  # the update gate is 1: the gradient passes unchanged
    >>> params = Params(np.ones((3, 1)), np.ones((3, 1)), b_ih=b, b_hh=np.zeros(3))
    >>> _, cache = step(np.array([[3.0]]), np.array([[0.25]]), params)
    >>> step_backward(np.array([[2.0]]), cache).dh
    array([[2.]])
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, r, z, n, params = cache
    shapes = Shapes()
    shapes.array("h (in the cache)", h, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    W_hr, W_hz, W_hn = np.split(params.W_hh, 3)  # (H, H) each
    da_n = dh_next * (1 - z) * (1 - n * n)
    da_z = dh_next * (h - n) * z * (1 - z)
    d_rh = da_n @ W_hn  # (B, H), gradient of r * h
    da_r = d_rh * h * r * (1 - r)
    da = np.concatenate([da_r, da_z, da_n], axis=1)  # (B, 3H)
    return StepGrads(
        dx=da @ params.W_ih,  # (B, I)
        dh=dh_next * z + d_rh * r + da_r @ W_hr + da_z @ W_hz,  # (B, H)
        dW_ih=da.T @ x,  # (3H, I)
        dW_hh=np.concatenate([da_r.T @ h, da_z.T @ h, da_n.T @ (r * h)]),  # (3H, H)
        db_ih=sum_rows(da),  # (3H,)
        db_hh=sum_rows(da),  # (3H,)
    )
