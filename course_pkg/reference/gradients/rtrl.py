"""Real-time recurrent learning: the gradient carried forward with the state, no way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_size
from course_pkg.reference.cells import rnn
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_lengths,
    check_named_tuple,
    check_params,
    valid_steps,
)
from course_pkg.reference.learning.initialization import check_dtype


class Sensitivity(NamedTuple):
    """How the state moves when a parameter or the initial state moves.

    All parameters in one array: column j of the last axis belongs to ``W_ih[:, j]`` for j < I,
    then come the columns of ``W_hh``, and last the bias.
    """

    to_params: Array  # (B, H, H, I+H+1), [b, k, m, j] = dh_k / d(row m, column j)
    to_h0: Array  # (B, H, H), [b, k, m] = dh_k / dh0_m


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dh0: Array
    dW_ih: Array
    dW_hh: Array
    db_ih: Array
    db_hh: Array


def init(B: int, I: int, H: int, dtype: np.dtype[np.floating]) -> Sensitivity:
    """Make the sensitivity of the initial state: to no parameter, and to itself alone."""
    B, I, H = (check_size(name, size) for name, size in zip("BIH", (B, I, H), strict=True))
    dtype = check_dtype(dtype)
    eye = np.broadcast_to(np.eye(H, dtype=dtype), (B, H, H))
    return Sensitivity(np.zeros((B, H, H, I + H + 1), dtype=dtype), eye.copy())


def step(
    x: Array,
    h: Array,
    sensitivity: Sensitivity,
    params: rnn.Params,
    nonlinearity: rnn.Nonlinearity = "tanh",
) -> tuple[Array, Sensitivity]:
    """Advance the state, and with it its derivatives.

    Parameters
    ----------
    x : ndarray, (B, I)
    h : ndarray, (B, H)
    sensitivity : Sensitivity
        That of ``h``.
    params : course_pkg.reference.cells.rnn.Params
    nonlinearity : {'tanh', 'relu'}

    Returns
    -------
    h_next : ndarray, (B, H)
    sensitivity : Sensitivity
        That of ``h_next``.

    Notes
    -----
    With ``a = W_ih x + W_hh h + b``, ``z = (x, h, 1)`` and the slope ``f'(a)``:
    ``dh_next_k/dtheta_mj = f'(a_k) (1[k = m] z_j + sum_l W_hh_kl dh_l/dtheta_mj)``.
    The first part is what the parameter does now, the second what it did before.

    Equation: eq-rtrl-sensitivity

    Source: :cite:t:`williamszipser1989`.

    Examples
    --------
    >>> params = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1))
    >>> start = init(1, 1, 1, np.dtype(np.float64))
    >>> h, s = step(np.array([[2.0]]), np.array([[3.0]]), start, params, "relu")
    >>> h, s.to_params.ravel()  # the derivatives to W_ih, W_hh and b are x, h and 1
    (array([[5.]]), array([2., 3., 1.]))
    """
    check_named_tuple("sensitivity", sensitivity, Sensitivity._fields)
    h_next, _ = rnn.step(x, h, params, nonlinearity)
    B, H = h.shape
    I = x.shape[1]
    shapes = Shapes()
    shapes.array("h", h, ("B", "H"))
    shapes.array("sensitivity.to_h0", sensitivity.to_h0, ("B", "H", "H"))
    shapes.array("sensitivity.to_params", sensitivity.to_params, ("B", "H", "H", "J"))
    if shapes.sizes["J"] != I + H + 1:
        raise ValueError(
            f"sensitivity.to_params: expected shape (B, H, H, I+H+1) with I+H+1 = {I + H + 1}, "
            f"got {sensitivity.to_params.shape}"
        )
    slope = rnn._slope(h_next, nonlinearity)
    z = np.concatenate([x, h, np.ones((B, 1), dtype=h.dtype)], axis=1)  # (B, I+H+1)
    before = params.W_hh @ sensitivity.to_params.reshape(B, H, -1)
    to_params = before.reshape(B, H, H, I + H + 1)
    units = np.arange(H)
    to_params[:, units, units] += z[:, None, :]  # a row of the weights feeds one unit only
    return h_next, Sensitivity(
        to_params=slope[:, :, None, None] * to_params,
        to_h0=slope[:, :, None] * (params.W_hh @ sensitivity.to_h0),
    )


def gradients(
    x: Array,
    params: rnn.Params,
    dy: Array,
    h0: Array | None = None,
    *,
    dh_n: Array | None = None,
    lengths: Sequence[int] | IntArray | None = None,
    nonlinearity: rnn.Nonlinearity = "tanh",
) -> Grads:
    """Compute the gradients of :func:`course_pkg.reference.cells.rnn.backward` in one forward run.

    Parameters
    ----------
    x : ndarray, (T, B, I)
    params : course_pkg.reference.cells.rnn.Params
    dy : ndarray, (T, B, H)
        Gradient of the loss with respect to each state. Step t uses ``dy[t]`` only, so a learner
        that sees one step at a time could ask for it there.
    h0 : ndarray, (B, H), optional
        The initial state; zeros by default.
    dh_n : ndarray, (B, H), optional
        Gradient with respect to the last valid state.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps of each sequence.
    nonlinearity : {'tanh', 'relu'}

    Returns
    -------
    Grads
        Gradients with respect to ``h0`` and the four parameters. There is none for ``x``: its
        sensitivities would grow with time.

    Notes
    -----
    ``dL/dtheta = sum_t sum_k dL/dh_tk dh_tk/dtheta``. Memory: B H^2 (I + H + 1) numbers however
    long the sequence is; BPTT keeps about T B (I + H). Work per step: B H^3 (I + H + 1)
    multiplications; BPTT needs about 3 B H (I + H), forward and backward together.

    Equation: eq-rtrl-gradient

    Source: :cite:t:`williamszipser1989`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = rnn.Params(*(rng.normal(size=s) for s in [(4, 3), (4, 4), (4,), (4,)]))
    >>> x, dy = rng.normal(size=(6, 2, 3)), rng.normal(size=(6, 2, 4))
    >>> _, cache = rnn.forward(x, params)
    >>> by_bptt = rnn.backward(dy, cache)
    >>> by_rtrl = gradients(x, params, dy)
    >>> bool(abs(by_rtrl.dW_hh - by_bptt.dW_hh).max() < 1e-12)
    True
    """
    shapes = Shapes()
    shapes.array("x", x, ("T", "B", "I"))
    check_params(shapes, params, rnn.Params._fields, rnn.GATES)
    shapes.array("dy", dy, ("T", "B", "H"))
    T, B, I, H = (shapes.sizes[symbol] for symbol in "TBIH")
    if h0 is not None:
        shapes.array("h0", h0, ("B", "H"))
    if dh_n is not None:
        shapes.array("dh_n", dh_n, ("B", "H"))
    last: IntArray = np.full(B, T)
    if lengths is not None:
        last = check_lengths(lengths, T, B)
        x = np.where(valid_steps(last, T), x, 0)  # whatever the padding held, NaN included
        dy = np.where(valid_steps(last, T), dy, 0)
    if dh_n is not None:
        dy = dy.copy()
        dy[last - 1, np.arange(B)] += dh_n  # h_n is y at the last valid step

    h = np.zeros((B, H), dtype=x.dtype) if h0 is None else h0
    sensitivity = init(B, I, H, x.dtype)
    dparams = np.zeros((H, I + H + 1), dtype=x.dtype)
    dh0 = np.zeros((B, H), dtype=x.dtype)
    for t in range(T):
        h, sensitivity = step(x[t], h, sensitivity, params, nonlinearity)
        dparams += np.einsum("bk,bkmj->mj", dy[t], sensitivity.to_params)
        dh0 += np.einsum("bk,bkm->bm", dy[t], sensitivity.to_h0)
    db = dparams[:, -1]
    return Grads(
        dh0=dh0,
        dW_ih=dparams[:, :I].copy(),
        dW_hh=dparams[:, I : I + H].copy(),
        db_ih=db.copy(),
        db_hh=db.copy(),
    )
