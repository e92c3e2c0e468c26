"""What the plain network has and the others have not: a choice of the nonlinearity.

Everything else is tested for all three in `test_stack.py`.
"""

import pytest
import torch
from torch import nn

from course_pkg.models.rnn import RNN


def results(module, x, h0, lengths=None):
    """Outputs, and the gradients with respect to input, first state and parameters."""
    x, h0 = x.clone().requires_grad_(), h0.clone().requires_grad_()
    y, h_n = module(x, h0) if lengths is None else module(x, h0, lengths)
    loss = (y * y).sum() + h_n.sum()
    return [y, h_n, *torch.autograd.grad(loss, [x, h0, *module.parameters()])]


@pytest.mark.parametrize("gradient", ["autograd", "by_hand"])
@pytest.mark.parametrize("both", [False, True], ids=["one direction", "both"])
@pytest.mark.parametrize("L", [1, 2])
def test_relu_equals_torch_forward_and_backward(gradient, both, L):
    torch.manual_seed(0)
    theirs = nn.RNN(3, 5, L, nonlinearity="relu", bidirectional=both, dtype=torch.float64)
    ours = RNN.from_torch(theirs, gradient=gradient)
    x = torch.randn(6, 4, 3, dtype=torch.float64)
    h0 = torch.randn(L * (2 if both else 1), 4, 5, dtype=torch.float64)
    for mine, other in zip(results(ours, x, h0), results(theirs, x, h0), strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-10)


def test_relu_by_hand_equals_autograd_on_ragged_batches():
    torch.manual_seed(0)
    loop = RNN(3, 5, nonlinearity="relu", dtype=torch.float64)
    by_hand = RNN.from_torch(loop.to_torch(), gradient="by_hand")
    x, h0 = torch.randn(6, 4, 3, dtype=torch.float64), torch.randn(1, 4, 5, dtype=torch.float64)
    lengths = [2, 6, 1, 4]
    for mine, other in zip(
        results(by_hand, x, h0, lengths), results(loop, x, h0, lengths), strict=True
    ):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-12)


def test_the_nonlinearity_moves_with_the_weights():
    ours = RNN(3, 4, 2, nonlinearity="relu")
    theirs = ours.to_torch()
    assert theirs.nonlinearity == "relu"
    assert [layer.nonlinearity for layer in RNN.from_torch(theirs).layers] == ["relu", "relu"]
