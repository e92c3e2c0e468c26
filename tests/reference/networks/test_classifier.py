"""The NumPy classifier against autograd and finite differences."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy as torch_cross_entropy

from course_pkg.reference.cells import gru, lstm, rnn
from course_pkg.reference.gradients.gradcheck import numerical_gradient
from course_pkg.reference.layers import linear
from course_pkg.reference.learning.tree import pick_gradients
from course_pkg.reference.losses import cross_entropy
from course_pkg.reference.networks import classifier

CELLS = {"rnn": (rnn, nn.RNN), "gru": (gru, nn.GRU), "lstm": (lstm, nn.LSTM)}
cells = pytest.mark.parametrize("kind", CELLS)
shapes = pytest.mark.parametrize(
    ("T", "B", "I", "H", "C", "lengths"),
    [(5, 3, 2, 4, 3, None), (5, 3, 2, 4, 3, [5, 1, 3]), (1, 1, 1, 1, 2, None)],
)


def case(kind, T, B, I, H, C):
    rng = np.random.default_rng(0)
    params = classifier.start(CELLS[kind][0], I, H, C, rng)
    return params, rng.normal(size=(T, B, I)), rng.integers(0, C, B)


def in_numpy(kind, x, labels, params, lengths):
    logits, cache = classifier.forward(CELLS[kind][0], x, params, lengths=lengths)
    loss, loss_cache = cross_entropy.forward(logits, labels)
    return loss, classifier.backward(cross_entropy.backward(1.0, loss_cache), cache)


@cells
@shapes
def test_gradients_are_torchs(kind, T, B, I, H, C, lengths):
    params, x, labels = case(kind, T, B, I, H, C)
    loss, grads = in_numpy(kind, x, labels, params, lengths)
    cell, readout = CELLS[kind][1](I, H).double(), nn.Linear(H, C).double()
    with torch.no_grad():
        arrays = [*params.cell, *params.readout]
        for parameter, array in zip(
            [*cell.parameters(), *readout.parameters()], arrays, strict=True
        ):
            parameter.copy_(torch.from_numpy(array))
    x_torch = torch.from_numpy(x).requires_grad_()
    lengths = [T] * B if lengths is None else lengths
    last = []
    for b, length in enumerate(lengths):
        y, _ = cell(x_torch[:length, b : b + 1])
        last.append(y[-1])
    theirs = torch_cross_entropy(readout(torch.cat(last)), torch.from_numpy(labels))
    theirs.backward()
    assert float(loss) == pytest.approx(theirs.item(), abs=1e-12)
    np.testing.assert_allclose(grads.dx, x_torch.grad, rtol=0, atol=1e-10)
    ours = [*grads.cell, *grads.readout]
    for gradient, parameter in zip(ours, [*cell.parameters(), *readout.parameters()], strict=True):
        np.testing.assert_allclose(gradient, parameter.grad, rtol=0, atol=1e-10)


@cells
@shapes
def test_gradients_are_finite_differences(kind, T, B, I, H, C, lengths):
    params, x, labels = case(kind, T, B, I, H, C)
    _, grads = in_numpy(kind, x, labels, params, lengths)
    picked = pick_gradients(params, grads)
    for part in ("cell", "readout"):
        for name in getattr(params, part)._fields:
            array = getattr(getattr(params, part), name)
            expected = numerical_gradient(
                lambda: float(in_numpy(kind, x, labels, params, lengths)[0]), array
            )
            np.testing.assert_allclose(
                getattr(getattr(picked, part), name), expected, rtol=0, atol=1e-7
            )


@cells
def test_the_start_is_orthogonal_gate_by_gate(kind):
    cell = CELLS[kind][0]
    params = classifier.start(cell, 3, 6, 4, np.random.default_rng(1), dtype=np.float32)
    for block in np.split(params.cell.W_hh, cell.GATES):
        np.testing.assert_allclose(block @ block.T, np.eye(6), atol=1e-6)
    bias = np.zeros(cell.GATES * 6)
    if kind == "lstm":
        bias[6:12] = 1
    np.testing.assert_array_equal(params.cell.b_ih, bias)
    np.testing.assert_array_equal(params.cell.b_hh, 0 * bias)
    assert {array.dtype for array in [*params.cell, *params.readout]} == {np.dtype(np.float32)}


RNG = np.random.default_rng(0)
PARAMS = classifier.start(rnn, 2, 4, 3, RNG)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: classifier.start(rnn, 0, 1, 2, RNG), ValueError, "I: expected an integer of at"),
        (lambda: classifier.start(rnn, 1, 1.5, 2, RNG), TypeError, "H: expected an integer, got"),
        (lambda: classifier.start(rnn, 1, 1, 0, RNG), ValueError, "C: expected an integer of at"),
        (lambda: classifier.start(rnn, 1, 1, 2, 0), TypeError, "rng: expected a numpy.random"),
        (
            lambda: classifier.forward(rnn, np.zeros((5, 1, 3)), PARAMS),
            ValueError,
            "W_ih: expected shape",
        ),
        (
            lambda: classifier.forward(rnn, np.zeros((5, 1, 2)), PARAMS.cell),
            TypeError,
            r"params: expected a named tuple \(cell, readout\), got Params",
        ),
        (
            lambda: classifier.forward(
                rnn,
                np.zeros((5, 1, 2)),
                PARAMS._replace(readout=linear.Params(np.zeros((3, 5)), np.zeros(3))),
            ),
            ValueError,
            "W: expected shape",
        ),
        (
            lambda: classifier.backward(
                np.zeros((2, 3)), classifier.forward(rnn, np.zeros((5, 1, 2)), PARAMS)[1]
            ),
            ValueError,
            r"dlogits: expected shape \(B, C\)",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
