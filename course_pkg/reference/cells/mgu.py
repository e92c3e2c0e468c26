"""The minimal gated unit: a GRU whose two gates are one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, check_named_tuple, check_params
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.layers.row_sums import sum_rows

GATES = 2  # row blocks of the weights: f, n
STATES = ("h",)  # what is carried from step to step


class Params(NamedTuple):
    """Row blocks f, n: the gate and the candidate."""

    W_ih: Array  # (2H, I)
    W_hh: Array  # (2H, H)
    b_ih: Array  # (2H,)
    b_hh: Array  # (2H,), nothing stands between the two biases: they only add


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
        ``W_ih (2H, I)``, ``W_hh (2H, H)``, ``b_ih (2H,)``, ``b_hh (2H,)``.

    Returns
    -------
    h_next : ndarray, (B, H)
        The state after the step.
    cache : StepCache

    Notes
    -----
    ::

        f = sigmoid(W_if x + b_if + W_hf h + b_hf)
        n = tanh(W_in x + b_in + W_hn (f * h) + b_hn)
        h_next = (1 - f) * h + f * n

    The gate f is how much is replaced, and at the same time how much of the state the candidate
    sees.

    Equation: eq-mgu

    Source: :cite:t:`zhou2016`.

    Examples
    --------
    A gate of 0 copies the state, whatever the input.

    >>> b = np.array([-100.0, 0.0])
    >>> params = Params(np.ones((2, 1)), np.ones((2, 1)), b_ih=b, b_hh=np.zeros(2))
    >>> step(np.array([[3.0]]), np.array([[0.25]]), params)[0]
    array([[0.25]])
    """
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    check_params(shapes, params, Params._fields, GATES)
    shapes.array("h", h, ("B", "H"))
    W_ih, W_hh, b_ih, b_hh = params
    W_hf, W_hn = np.split(W_hh, 2)  # (H, H) each
    a_f, a_n = np.split(x @ W_ih.T + b_ih + b_hh, 2, axis=1)  # (B, H) each
    f = sigmoid(a_f + h @ W_hf.T)
    n = np.tanh(a_n + (f * h) @ W_hn.T)
    h_next = (1 - f) * h + f * n
    return h_next, StepCache(x, h, f, n, params)


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), before the step
    f: Array  # (B, H), the gate
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
        Gradients with respect to ``x``, ``h`` and the four parameters.

    Notes
    -----
    Equation: eq-mgu-backward

    Examples
    --------
    >>> b = np.array([-100.0, 0.0])  # the gate is 0: the gradient passes unchanged
    >>> params = Params(np.ones((2, 1)), np.ones((2, 1)), b_ih=b, b_hh=np.zeros(2))
    >>> _, cache = step(np.array([[3.0]]), np.array([[0.25]]), params)
    >>> step_backward(np.array([[2.0]]), cache).dh
    array([[2.]])
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, f, n, params = cache
    shapes = Shapes()
    shapes.array("h (in the cache)", h, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    W_hf, W_hn = np.split(params.W_hh, 2)  # (H, H) each
    da_n = dh_next * f * (1 - n * n)
    d_fh = da_n @ W_hn  # (B, H), gradient of f * h
    df = dh_next * (n - h) + d_fh * h  # the gate acts in two places
    da_f = df * f * (1 - f)
    da = np.concatenate([da_f, da_n], axis=1)  # (B, 2H)
    return StepGrads(
        dx=da @ params.W_ih,  # (B, I)
        dh=dh_next * (1 - f) + d_fh * f + da_f @ W_hf,  # (B, H)
        dW_ih=da.T @ x,  # (2H, I)
        dW_hh=np.concatenate([da_f.T @ h, da_n.T @ (f * h)]),  # (2H, H)
        db_ih=sum_rows(da),  # (2H,)
        db_hh=sum_rows(da),  # (2H,)
    )
