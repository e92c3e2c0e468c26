"""Our PyTorch network against ``torch.nn.RNN`` and the NumPy reference, gradients included."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from course_pkg.models.rnn import RNN, RNNLayer
from course_pkg.reference import rnn as reference

SIZES = [(6, 4, 3, 5), (1, 4, 3, 5), (6, 1, 3, 5), (6, 4, 1, 5), (6, 4, 3, 1), (1, 1, 1, 1)]
CASES = list(itertools.product((1, 2, 3), (False, True), ("tanh", "relu")))


def gradients(net, x, h0, dy, dh_n):
    """Outputs and the gradients with respect to input, first state and parameters."""
    x, h0 = x.clone().requires_grad_(), h0.clone().requires_grad_()
    y, h_n = net(x, h0)
    loss = (y * dy).sum() + (h_n * dh_n).sum()
    return [y, h_n, *torch.autograd.grad(loss, [x, h0, *net.parameters()])]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize(("L", "both", "squash"), CASES)
def test_equals_torch_nn_forward_and_backward(sizes, L, both, squash):
    T, B, I, H = sizes
    torch.manual_seed(0)
    D = 2 if both else 1
    theirs = nn.RNN(I, H, L, nonlinearity=squash, bidirectional=both, dtype=torch.float64)
    x, h0 = torch.randn(T, B, I).double(), torch.randn(L * D, B, H).double()
    dy, dh_n = torch.randn(T, B, D * H).double(), torch.randn(L * D, B, H).double()
    ours = gradients(RNN.from_torch(theirs), x, h0, dy, dh_n)
    for mine, other in zip(ours, gradients(theirs, x, h0, dy, dh_n), strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-10)


def test_equals_the_numpy_reference_forward_and_backward():
    torch.manual_seed(0)
    net = RNN(3, 5, dtype=torch.float64)
    x, h0 = torch.randn(6, 4, 3).double(), torch.randn(1, 4, 5).double()
    dy, dh_n = torch.randn(6, 4, 5).double(), torch.randn(1, 4, 5).double()
    ours = gradients(net, x, h0, dy, dh_n)
    params = reference.Params(*(p.detach().numpy() for p in net.parameters()))
    (y, h_n), cache = reference.forward(x.numpy(), params, h0[0].numpy())
    grads = reference.backward(dy.numpy(), cache, dh_n[0].numpy())
    expected = [y, h_n[None], grads.dx, grads.dh0[None], *grads[2:]]
    for mine, other in zip(ours, expected, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), other, rtol=0, atol=1e-10)


def test_weights_move_both_ways():
    torch.manual_seed(0)
    first = RNN(3, 4, 2, bidirectional=True, nonlinearity="relu", dtype=torch.float64)
    theirs = first.to_torch()
    again = RNN.from_torch(theirs)
    for a, b in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(first(x)[0], theirs(x)[0], rtol=0, atol=1e-12)
    assert theirs.nonlinearity == "relu"


def test_an_absent_first_state_is_zero():
    net = RNN(3, 4, 2)
    x = torch.randn(5, 2, 3)
    assert torch.equal(net(x)[0], net(x, torch.zeros(2, 2, 4))[0])


def test_starts_with_the_bound_of_torch_nn():
    torch.manual_seed(0)
    net = RNN(50, 100)
    largest = max(p.abs().max().item() for p in net.parameters())
    assert 0.099 < largest <= 0.1


def test_runs_in_half_precision_under_autocast():
    net = RNN(3, 4)
    x = torch.randn(5, 2, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, _ = net(x)
    torch.testing.assert_close(y.float(), net(x)[0], rtol=0, atol=0.05)


def test_follows_its_input_to_another_dtype():
    net = RNN(3, 4).double()
    y, h_n = net(torch.randn(5, 2, 3, dtype=torch.float64))
    assert y.dtype == h_n.dtype == torch.float64


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_equals_the_cpu_on_a_gpu():
    torch.manual_seed(0)
    net = RNN(3, 4, 2, bidirectional=True, dtype=torch.float64)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    expected, _ = net(x)
    y, h_n = net.to("cuda")(x.to("cuda"))
    assert y.device.type == h_n.device.type == "cuda"
    torch.testing.assert_close(y.cpu(), expected, rtol=0, atol=1e-10)
    assert RNN.from_torch(net.to_torch()).layers[0].W_ih.device.type == "cuda"


BAD = {
    "I of 0": (lambda: RNN(0, 4), ValueError, "I: expected an integer of at least 1, got 0"),
    "H of 0": (lambda: RNNLayer(3, 0), ValueError, "H: expected an integer of at least 1, got 0"),
    "no layers": (lambda: RNN(3, 4, 0), ValueError, "num_layers: expected .* got 0"),
    "nonlinearity": (
        lambda: RNN(3, 4, nonlinearity="sine"),
        ValueError,
        "nonlinearity: expected 'tanh' or 'relu', got 'sine'",
    ),
    "rank of x": (
        lambda: RNN(3, 4)(torch.zeros(5, 3)),
        ValueError,
        r"x: expected shape .* \(5, 3\)",
    ),
    "size of x": (lambda: RNN(3, 4)(torch.zeros(5, 2, 7)), ValueError, "x: expected .* I = 3, got"),
    "no steps": (lambda: RNN(3, 4)(torch.zeros(0, 2, 3)), ValueError, "x: expected shape"),
    "h0 for one sequence": (
        lambda: RNN(3, 4)(torch.zeros(5, 2, 3), torch.zeros(1, 1, 4)),
        ValueError,
        r"h0: expected shape \(L\*D, B, H\) = \(1, 2, 4\), got \(1, 1, 4\)",
    ),
    "from a GRU": (lambda: RNN.from_torch(nn.GRU(3, 4)), TypeError, "other: expected .* got GRU"),
    "batch first": (
        lambda: RNN.from_torch(nn.RNN(3, 4, batch_first=True)),
        ValueError,
        "other: expected batch_first=False, got True",
    ),
    "no biases": (
        lambda: RNN.from_torch(nn.RNN(3, 4, bias=False)),
        ValueError,
        "other: expected bias=True",
    ),
    "dropout": (
        lambda: RNN.from_torch(nn.RNN(3, 4, 2, dropout=0.5)),
        ValueError,
        "other: expected dropout=0.0, got 0.5",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call()
