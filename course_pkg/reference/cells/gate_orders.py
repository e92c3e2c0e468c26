"""Weights from torch's layout to those of Keras and ONNX, and back: the same gates, shuffled.

Every library stacks the gates of one layer into tall matrices, each in an order of its own:

=======  ==========  ==========  =======================================================
library  LSTM        GRU         arrays
=======  ==========  ==========  =======================================================
torch    i, f, g, o  r, z, n     W_ih (G*H, I), W_hh (G*H, H), b_ih and b_hh (G*H,)
Keras    i, f, g, o  z, r, n     the transposed matrices; LSTM one bias, GRU both as rows
ONNX     i, o, f, g  z, r, n     a leading axis for the direction; both biases end to end
=======  ==========  ==========  =======================================================

Keras and ONNX call the candidates g and n c and h.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from course_pkg.checks import check_option
from course_pkg.reference.cells import gru, lstm
from course_pkg.reference.checks import Array, Shapes, check_named_tuple, check_params

CellName = Literal["lstm", "gru"]
Params = lstm.Params | gru.Params

TORCH = {"lstm": "ifgo", "gru": "rzn"}
KERAS = {"lstm": "ifgo", "gru": "zrn"}
ONNX = {"lstm": "iofg", "gru": "zrn"}


class KerasWeights(NamedTuple):
    """What ``layer.get_weights()`` of ``keras.layers.LSTM`` and ``GRU`` returns."""

    kernel: Array  # (I, G*H)
    recurrent_kernel: Array  # (H, G*H)
    bias: Array  # LSTM (4H,), GRU with reset_after=True (2, 3H)


class OnnxWeights(NamedTuple):
    """The inputs W, R and B of the ONNX operators LSTM and GRU, for one direction."""

    W: Array  # (1, G*H, I)
    R: Array  # (1, G*H, H)
    B: Array  # (1, 2*G*H)


def reorder(array: Array, order: str, new_order: str) -> Array:
    """Put the row blocks of an array into another order.

    Parameters
    ----------
    array : ndarray, (G*H, ...)
        One block of H rows per gate.
    order, new_order : str
        One letter per gate, as the blocks are and as they shall be.

    Returns
    -------
    ndarray
        A copy, shaped like ``array``.

    Raises
    ------
    ValueError
        If the orders do not hold the same letters, each once, or the rows do not divide.

    Examples
    --------
    >>> reorder(np.array([10.0, 11.0, 20.0, 21.0, 30.0, 31.0]), "rzn", "zrn")
    array([20., 21., 10., 11., 30., 31.])
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"array: expected a NumPy array, got {type(array).__name__}")
    if not order or len(set(order)) != len(order):
        raise ValueError(f"order: expected different letters, got {order!r}")
    if sorted(order) != sorted(new_order):
        raise ValueError(f"new_order: expected the letters of {order!r}, got {new_order!r}")
    if array.ndim == 0 or array.shape[0] == 0 or array.shape[0] % len(order):
        raise ValueError(
            f"array: expected a multiple of {len(order)} rows, one block per gate, "
            f"got shape {array.shape}"
        )
    block = dict(zip(order, np.split(array, len(order)), strict=True))
    return np.concatenate([block[gate] for gate in new_order])


def _checked(params: Params, cell: CellName) -> str:
    """Check parameters in torch's layout and return its order of the gates."""
    check_option("cell", cell, ("lstm", "gru"))
    check_params(Shapes(), params, lstm.Params._fields, gates=len(TORCH[cell]))
    return TORCH[cell]


def _params(cell: CellName, W_ih: Array, W_hh: Array, b_ih: Array, b_hh: Array) -> Params:
    kind = lstm.Params if cell == "lstm" else gru.Params
    return kind(W_ih, W_hh, b_ih, b_hh)


def to_keras(params: Params, cell: CellName) -> KerasWeights:
    """Convert to what ``layer.set_weights`` of a Keras LSTM, or GRU, takes.

    Parameters
    ----------
    params : lstm.Params or gru.Params
    cell : {'lstm', 'gru'}

    Returns
    -------
    KerasWeights
        Copies. The LSTM of Keras has one bias, the sum of the two; its GRU has two, as rows,
        because the reset gate stands between them.

    Examples
    --------
    >>> b = np.array([1.0, 2.0, 3.0])
    >>> to_keras(gru.Params(np.ones((3, 1)), np.ones((3, 1)), b, 10 * b), "gru").bias
    array([[ 2.,  1.,  3.],
           [20., 10., 30.]])
    """
    order = _checked(params, cell)
    W_ih, W_hh, b_ih, b_hh = (reorder(array, order, KERAS[cell]) for array in params)
    bias = b_ih + b_hh if cell == "lstm" else np.stack([b_ih, b_hh])
    return KerasWeights(W_ih.T.copy(), W_hh.T.copy(), bias)


def from_keras(weights: KerasWeights, cell: CellName) -> Params:
    """Convert from what ``layer.get_weights()`` of a Keras LSTM, or GRU, returns.

    Parameters
    ----------
    weights : KerasWeights
        Of an LSTM, or of a GRU with ``reset_after=True``, the default. Without it the GRU is
        another one, :mod:`course_pkg.reference.cells.gru_reset_before`.
    cell : {'lstm', 'gru'}

    Returns
    -------
    lstm.Params or gru.Params
        Copies; for the LSTM ``b_ih`` holds the only bias and ``b_hh`` is 0.

    Examples
    --------
    >>> bias = np.array([[2.0, 1.0, 3.0], [20.0, 10.0, 30.0]])
    >>> from_keras(KerasWeights(np.ones((1, 3)), np.ones((1, 3)), bias), "gru").b_hh
    array([10., 20., 30.])
    """
    check_option("cell", cell, ("lstm", "gru"))
    check_named_tuple("weights", weights, KerasWeights._fields)
    order = KERAS[cell]
    columns = f"{len(order)}H"
    shapes = Shapes()
    shapes.array("kernel", weights.kernel, ("I", columns), finite=True)
    shapes.array("recurrent_kernel", weights.recurrent_kernel, ("H", columns), finite=True)
    if cell == "lstm":
        b_ih = shapes.array("bias", weights.bias, (columns,), finite=True)
        b_hh = np.zeros_like(b_ih)
    else:
        b_ih, b_hh = shapes.array("bias", weights.bias, ("2", columns), finite=True)
    arrays = (weights.kernel.T, weights.recurrent_kernel.T, b_ih, b_hh)
    return _params(cell, *(reorder(array, order, TORCH[cell]) for array in arrays))


def to_onnx(params: Params, cell: CellName) -> OnnxWeights:
    """Convert to the inputs W, R and B of the ONNX operator LSTM, or GRU.

    Parameters
    ----------
    params : lstm.Params or gru.Params
    cell : {'lstm', 'gru'}

    Returns
    -------
    OnnxWeights
        Copies, with the leading axis for the direction. The GRU operator needs the attribute
        ``linear_before_reset=1``.

    Examples
    --------
    >>> W, b = np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 4.0])
    >>> to_onnx(lstm.Params(W, W, b, 10 * b), "lstm").B
    array([[ 1.,  4.,  2.,  3., 10., 40., 20., 30.]])
    """
    order = _checked(params, cell)
    W_ih, W_hh, b_ih, b_hh = (reorder(array, order, ONNX[cell]) for array in params)
    return OnnxWeights(W_ih[None], W_hh[None], np.concatenate([b_ih, b_hh])[None])


def from_onnx(weights: OnnxWeights, cell: CellName) -> Params:
    """Convert from the inputs W, R and B of the ONNX operator LSTM, or GRU.

    Parameters
    ----------
    weights : OnnxWeights
        For one direction; of a GRU with the attribute ``linear_before_reset=1``.
    cell : {'lstm', 'gru'}

    Returns
    -------
    lstm.Params or gru.Params
        Copies.

    Examples
    --------
    >>> B = np.array([[1.0, 4.0, 2.0, 3.0, 10.0, 40.0, 20.0, 30.0]])
    >>> from_onnx(OnnxWeights(np.ones((1, 4, 1)), np.ones((1, 4, 1)), B), "lstm").b_hh
    array([10., 20., 30., 40.])
    """
    check_option("cell", cell, ("lstm", "gru"))
    check_named_tuple("weights", weights, OnnxWeights._fields)
    order = ONNX[cell]
    gates = len(order)
    shapes = Shapes()
    shapes.array("W", weights.W, ("1", f"{gates}H", "I"), finite=True)
    shapes.array("R", weights.R, ("1", f"{gates}H", "H"), finite=True)
    shapes.array("B", weights.B, ("1", f"{2 * gates}H"), finite=True)
    arrays = (weights.W[0], weights.R[0], *np.split(weights.B[0], 2))
    return _params(cell, *(reorder(array, order, TORCH[cell]) for array in arrays))
