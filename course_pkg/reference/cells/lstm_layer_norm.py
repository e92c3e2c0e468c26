"""The LSTM with layer normalisation: every product, and the cell shown, is normalised first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, check_named_tuple
from course_pkg.reference.layers import layer_norm
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.layers.row_sums import sum_rows


class Params(NamedTuple):
    """Row blocks i, f, g, o; three normalisations, the first two without a shift of their own."""

    W_ih: Array  # (4H, I)
    W_hh: Array  # (4H, H)
    b: Array  # (4H,), the only bias of the gates
    gain_ih: Array  # (4H,)
    gain_hh: Array  # (4H,)
    gain_c: Array  # (H,)
    bias_c: Array  # (H,)


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
        ``W_ih (4H, I)``, ``W_hh (4H, H)``, ``b``, ``gain_ih`` and ``gain_hh (4H,)``, ``gain_c``
        and ``bias_c (H,)``.

    Returns
    -------
    (h_next, c_next) : ndarrays, (B, H)
    cache : StepCache

    Notes
    -----
    With norm() bringing a vector to mean 0 and variance 1, and a_i, a_f, a_g, a_o the four row
    blocks of ``gain_ih * norm(W_ih x) + gain_hh * norm(W_hh h) + b``::

        i = sigmoid(a_i)    f = sigmoid(a_f)    g = tanh(a_g)    o = sigmoid(a_o)
        c_next = f * c + i * g
        h_next = o * tanh(gain_c * norm(c_next) + bias_c)

    The cell that is carried on is not normalised, only what is shown of it.

    Equation: eq-lstm-layer-norm

    Source: :cite:t:`ba2016`, supplementary material; their other two shifts are one with ``b``.

    Examples
    --------
    An input a thousand times larger changes nothing.

    >>> rng = np.random.default_rng(0)
    >>> W_ih, W_hh = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    >>> one, two = np.ones(8), np.ones(2)
    >>> params = Params(W_ih, W_hh, 0 * one, one, one, two, 0 * two)
    >>> x, h, c = rng.normal(size=(1, 3)), rng.normal(size=(1, 2)), rng.normal(size=(1, 2))
    >>> (small, _), _ = step(x, h, c, params)
    >>> (large, _), _ = step(1000 * x, h, c, params)
    >>> bool(np.allclose(small, large, rtol=0, atol=1e-4))
    True
    """
    check_named_tuple("params", params, Params._fields)
    shapes = Shapes()
    shapes.array("x", x, ("B", "I"))
    symbols = (("4H", "I"), ("4H", "H"), ("4H",), ("4H",), ("4H",), ("H",), ("H",))
    for name, value, shape in zip(Params._fields, params, symbols, strict=True):
        shapes.array(name, value, shape, finite=True)
    shapes.array("h", h, ("B", "H"))
    shapes.array("c", c, ("B", "H"))
    W_ih, W_hh, b, gain_ih, gain_hh, gain_c, bias_c = params
    no_shift = np.zeros_like(b)  # (4H,): b shifts the sum of the two
    a_x, norm_ih = layer_norm.forward(
        x @ W_ih.T, layer_norm.Params(gain_ih, no_shift), name="W_ih x"
    )
    a_h, norm_hh = layer_norm.forward(
        h @ W_hh.T, layer_norm.Params(gain_hh, no_shift), name="W_hh h"
    )
    a_i, a_f, a_g, a_o = np.split(a_x + a_h + b, 4, axis=1)  # (B, H) each
    i = sigmoid(a_i)
    f = sigmoid(a_f)
    g = np.tanh(a_g)
    o = sigmoid(a_o)
    c_next = f * c + i * g
    shown, norm_c = layer_norm.forward(c_next, layer_norm.Params(gain_c, bias_c), name="c")
    tanh_c = np.tanh(shown)
    h_next = o * tanh_c
    cache = StepCache(x, h, c, i, f, g, o, tanh_c, norm_ih, norm_hh, norm_c, params)
    return (h_next, c_next), cache


class StepCache(NamedTuple):
    """What :func:`step_backward` needs from :func:`step`."""

    x: Array  # (B, I)
    h: Array  # (B, H), before the step
    c: Array  # (B, H), before the step
    i: Array  # (B, H), input gate
    f: Array  # (B, H), forget gate
    g: Array  # (B, H), candidate
    o: Array  # (B, H), output gate
    tanh_c: Array  # (B, H), tanh of the normalised cell after the step
    norm_ih: layer_norm.Cache
    norm_hh: layer_norm.Cache
    norm_c: layer_norm.Cache
    params: Params


class StepGrads(NamedTuple):
    """Gradients of one step, each shaped like what it belongs to."""

    dx: Array
    dh: Array
    dc: Array
    dW_ih: Array
    dW_hh: Array
    db: Array
    dgain_ih: Array
    dgain_hh: Array
    dgain_c: Array
    dbias_c: Array


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
    >>> rng = np.random.default_rng(0)
    >>> shapes = [(8, 3), (8, 2), (8,), (8,), (8,), (2,), (2,)]
    >>> params = Params(*(rng.normal(size=shape) for shape in shapes))
    >>> x, h, c = rng.normal(size=(1, 3)), rng.normal(size=(1, 2)), rng.normal(size=(1, 2))
    >>> _, cache = step(x, h, c, params)
    >>> grads = step_backward(np.ones((1, 2)), np.zeros((1, 2)), cache)
    >>> bool(abs((grads.dx * x).sum()) < 1e-4)  # to lengthen x would change next to nothing
    True
    """
    check_named_tuple("cache", cache, StepCache._fields)
    x, h, c, i, f, g, o, tanh_c, norm_ih, norm_hh, norm_c, params = cache
    shapes = Shapes()
    shapes.array("h (in the cache)", h, ("B", "H"))
    shapes.array("dh_next", dh_next, ("B", "H"))
    shapes.array("dc_next", dc_next, ("B", "H"))
    do = dh_next * tanh_c
    shown = layer_norm.backward(dh_next * o * (1 - tanh_c * tanh_c), norm_c)
    dc_next = dc_next + shown.dx  # directly, and through the normalisation and h_next
    di = dc_next * g
    df = dc_next * c
    dg = dc_next * i
    da = np.concatenate(
        [di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)], axis=1
    )  # (B, 4H)
    from_x = layer_norm.backward(da, norm_ih)
    from_h = layer_norm.backward(da, norm_hh)
    return StepGrads(
        dx=from_x.dx @ params.W_ih,  # (B, I)
        dh=from_h.dx @ params.W_hh,  # (B, H)
        dc=dc_next * f,  # (B, H)
        dW_ih=from_x.dx.T @ x,  # (4H, I)
        dW_hh=from_h.dx.T @ h,  # (4H, H)
        db=sum_rows(da),  # (4H,)
        dgain_ih=from_x.dgain,  # (4H,)
        dgain_hh=from_h.dgain,  # (4H,)
        dgain_c=shown.dgain,  # (H,)
        dbias_c=shown.dbias,  # (H,)
    )
