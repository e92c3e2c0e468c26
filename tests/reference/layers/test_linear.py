"""The readout against ``torch.nn.functional.linear`` and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from course_pkg.reference.gradients.gradcheck import numerical_gradient, relative_error
from course_pkg.reference.layers import linear


@pytest.mark.parametrize("leading", [(6, 4), (1, 1), (3,), ()], ids=str)
def test_equals_torch_forward_and_backward(leading):
    rng = np.random.default_rng(0)
    h, W, b = rng.normal(size=(*leading, 5)), rng.normal(size=(2, 5)), rng.normal(size=2)
    y, cache = linear.forward(h, linear.Params(W, b))
    dy = rng.normal(size=y.shape)
    grads = linear.backward(dy, cache)
    tensors = [torch.tensor(a, requires_grad=True) for a in (h, W, b)]
    expected = torch.nn.functional.linear(*tensors)
    np.testing.assert_allclose(y, expected.detach(), rtol=0, atol=1e-12)
    for mine, other in zip(
        grads, torch.autograd.grad(expected, tensors, torch.tensor(dy)), strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)


def test_agrees_with_finite_differences():
    rng = np.random.default_rng(1)
    h, params = (
        rng.normal(size=(3, 2, 4)),
        linear.Params(rng.normal(size=(2, 4)), rng.normal(size=2)),
    )
    y, cache = linear.forward(h, params)
    dy = rng.normal(size=y.shape)
    grads = linear.backward(dy, cache)
    for array, grad in zip((h, *params), grads, strict=True):
        measured = numerical_gradient(
            lambda: float((linear.forward(h, params)[0] * dy).sum()), array
        )
        assert relative_error(measured, grad) < 1e-7


BAD = {
    "h of another size": ({"h": np.zeros((2, 7))}, "W: expected shape .* H = 7 as in h"),
    "bias of another size": ({"b": np.zeros(1)}, "b: expected shape .* O = 2 as in W"),
    "NaN in W": ({"W": np.full((2, 5), np.nan)}, "W: expected finite values"),
    "a list": ({"h": [[1.0]]}, "h: expected a NumPy array, got list"),
    "integers": ({"h": np.zeros((3, 5), dtype=int)}, "h: expected float32 or float64, got int"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    changed, message = BAD[case]
    given = {"h": np.zeros((3, 5)), "W": np.zeros((2, 5)), "b": np.zeros(2)} | changed
    with pytest.raises((ValueError, TypeError), match=message):
        linear.forward(given["h"], linear.Params(given["W"], given["b"]))


def test_a_gradient_of_another_shape_is_named():
    _, cache = linear.forward(np.zeros((3, 5)), linear.Params(np.zeros((2, 5)), np.zeros(2)))
    with pytest.raises(ValueError, match="dy: expected shape"):
        linear.backward(np.zeros((4, 2)), cache)
