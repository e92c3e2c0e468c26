"""The Jordan network against the same loop in torch and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from course_pkg.reference.cells import jordan
from course_pkg.reference.gradients.gradcheck import numerical_gradient, relative_error


def draw(T, B, I, H, O, seed=0):
    rng = np.random.default_rng(seed)
    shapes = [(H, I), (H, O), (H,), (O, H), (O,)]
    params = jordan.Params(*(rng.normal(size=shape) for shape in shapes))
    return rng.normal(size=(T, B, I)), params, rng.normal(size=(B, O)), rng.normal(size=(T, B, O))


@pytest.mark.parametrize("sizes", [(5, 3, 2, 4, 2), (1, 1, 1, 1, 1), (4, 1, 3, 2, 5)], ids=str)
@pytest.mark.parametrize("given", [True, False])
def test_equals_the_loop_in_torch_forward_and_backward(sizes, given):
    x, params, y0, dy = draw(*sizes)
    y, cache = jordan.forward(x, params, y0 if given else None)
    grads = jordan.backward(dy, cache)
    y0 = y0 if given else np.zeros_like(y0)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, y0, *params)]
    x_t, y_prev, W_ih, W_yh, b_h, W_hy, b_y = tensors
    outputs = []
    for x_step in x_t:
        h = torch.tanh(x_step @ W_ih.T + y_prev @ W_yh.T + b_h)
        y_prev = h @ W_hy.T + b_y
        outputs.append(y_prev)
    expected = torch.stack(outputs)
    np.testing.assert_allclose(y, expected.detach(), rtol=0, atol=1e-12)
    for mine, other in zip(
        grads, torch.autograd.grad(expected, tensors, torch.tensor(dy)), strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-10)


def test_agrees_with_finite_differences():
    x, params, y0, dy = draw(4, 2, 2, 3, 2, seed=1)
    _, cache = jordan.forward(x, params, y0)
    grads = jordan.backward(dy, cache)
    for array, grad in zip((x, y0, *params), grads, strict=True):
        measured = numerical_gradient(
            lambda: float((jordan.forward(x, params, y0)[0] * dy).sum()), array
        )
        assert relative_error(measured, grad) < 1e-7


def test_only_the_output_goes_on():
    # A run that starts anew from an output, with nothing else of the past, goes on as before.
    x, params, y0, _ = draw(6, 2, 2, 4, 1)
    y, _ = jordan.forward(x, params, y0)
    rest, _ = jordan.forward(x[3:], params, y[2])
    np.testing.assert_allclose(rest, y[3:], rtol=0, atol=1e-12)


BAD = {
    "rank of x": ({"x": np.zeros((4, 3))}, "x: expected shape"),
    "W_yh of another size": (
        {"W_yh": np.zeros((4, 3))},
        "W_hy: expected shape .* O = 3 as in W_yh",
    ),
    "y0 for one sequence": ({"y0": np.zeros((1, 1))}, "y0: expected shape .* B = 2 as in x"),
    "NaN in b_h": ({"b_h": np.full(4, np.nan)}, "b_h: expected finite values"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    changed, message = BAD[case]
    x, params, y0, _ = draw(3, 2, 2, 4, 1)
    given = {"x": x, "y0": y0, **params._asdict()} | changed
    x, y0 = given.pop("x"), given.pop("y0")
    with pytest.raises(ValueError, match=message):
        jordan.forward(x, jordan.Params(**given), y0)


def test_a_gradient_of_another_shape_is_named():
    x, params, y0, _ = draw(3, 2, 2, 4, 1)
    _, cache = jordan.forward(x, params, y0)
    with pytest.raises(ValueError, match="dy: expected shape"):
        jordan.backward(np.zeros((3, 2, 2)), cache)
