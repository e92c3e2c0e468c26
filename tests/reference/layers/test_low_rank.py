"""`layers.low_rank` against torch, finite differences, the merged matrix and the PyTorch models."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_pkg.models.adapters import add_low_rank
from course_pkg.reference.layers import low_rank
from course_pkg.reference.layers.low_rank import Params
from tests.reference.compare import assert_gradients

CLOSE = {"rtol": 0, "atol": 1e-12}


def draw(leading=(3, 2), O=5, I=4, r=2, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    shapes = ((*leading, I), (O, I), (r, I), (O, r), (*leading, O))
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@given(st.lists(st.integers(1, 4), max_size=3), *[st.integers(1, 6)] * 3, st.floats(0.1, 32))
def test_equals_torch_forward_and_backward(leading, O, I, r, alpha):
    x, *params, dy = draw(tuple(leading), O, I, r)
    y, cache = low_rank.forward(x, Params(*params), alpha=alpha)
    grads = low_rank.backward(dy, cache)
    x_t, W, A, B = (torch.tensor(array, requires_grad=True) for array in (x, *params))
    y_t = x_t @ (W + alpha / r * (B @ A)).T
    np.testing.assert_allclose(y, y_t.detach(), rtol=1e-12, atol=1e-11)
    expected = torch.autograd.grad(y_t, (x_t, A, B), torch.tensor(dy))
    for mine, other in zip(grads, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-11)


def test_agrees_with_finite_differences():
    x, *params, dy = draw()
    _, cache = low_rank.forward(x, Params(*params), alpha=3.0)
    grads = low_rank.backward(dy, cache)
    _, A, B = params
    assert_gradients(
        lambda: float((low_rank.forward(x, Params(*params), alpha=3.0)[0] * dy).sum()),
        list(zip((x, A, B), grads, strict=True)),
    )


def test_the_gradients_are_those_of_the_full_matrix_seen_through_the_other_factor():
    x, *params, dy = draw()
    _, cache = low_rank.forward(x, Params(*params), alpha=3.0)
    grads, (_, A, B) = low_rank.backward(dy, cache), params
    dW = np.einsum("abo,abi->oi", dy, x)
    np.testing.assert_allclose(grads.dA, 1.5 * B.T @ dW, **CLOSE)
    np.testing.assert_allclose(grads.dB, 1.5 * dW @ A.T, **CLOSE)


def test_the_merged_matrix_does_what_both_do():
    x, *params, _ = draw()
    W = low_rank.merge(Params(*params), alpha=3.0)
    np.testing.assert_allclose(x @ W.T, low_rank.forward(x, Params(*params), alpha=3.0)[0], **CLOSE)
    assert np.linalg.matrix_rank(W - params[0]) == 2


def test_an_update_starts_at_nothing_and_only_b_learns_first():
    W = draw()[1]
    params = low_rank.start(W, 3, np.random.default_rng(0))
    assert (low_rank.merge(params, alpha=8.0) == W).all()
    assert abs(params.A).max() <= 0.5 < 8 * abs(params.A).max()
    x, *_, dy = draw()
    grads = low_rank.backward(dy, low_rank.forward(x, params, alpha=8.0)[1])
    assert (grads.dA == 0).all()
    assert (grads.dB != 0).all()


def test_the_count_is_what_there_is_to_count():
    _, A, B = low_rank.start(np.ones((12, 7)), 3, np.random.default_rng(0))
    assert low_rank.count(12, 7, 3) == A.size + B.size == 57


def test_is_what_the_models_compute():
    """The same numbers as a torch.nn.Linear that was adapted, forward and backward."""
    x, W, A, B, dy = draw()
    linear = nn.Linear(4, 5, bias=False, dtype=torch.float64)
    add_low_rank(linear, rank=2, alpha=3.0)
    held = linear.parametrizations.weight
    with torch.no_grad():
        for parameter, array in ((held.original, W), (held[0].A, A), (held[0].B, B)):
            parameter.copy_(torch.tensor(array))
    x_t = torch.tensor(x, requires_grad=True)
    y_t = linear(x_t)
    y_t.backward(torch.tensor(dy))
    y, cache = low_rank.forward(x, Params(W, A, B), alpha=3.0)
    np.testing.assert_allclose(y, y_t.detach(), **CLOSE)
    expected = x_t.grad, held[0].A.grad, held[0].B.grad
    for mine, other in zip(low_rank.backward(dy, cache), expected, strict=True):
        np.testing.assert_allclose(mine, other, **CLOSE)
    assert held.original.grad is None


def test_single_precision_stays_single():
    x, *params, dy = draw(dtype=np.float32)
    y, cache = low_rank.forward(x, Params(*params), alpha=3.0)
    found = [y, *low_rank.backward(dy, cache), low_rank.merge(Params(*params), alpha=3.0)]
    started = low_rank.start(params[0], 2, np.random.default_rng(0))
    assert {array.dtype for array in (*found, *started)} == {np.dtype(np.float32)}


BAD = {
    "x of another size": ({"x": np.zeros((2, 7))}, "W: expected shape .* I = 7 as in x"),
    "A of another size": ({"A": np.zeros((2, 3))}, "A: expected shape .* I = 4 as in x"),
    "B of another rank": ({"B": np.zeros((5, 3))}, "B: expected shape .* r = 2 as in A"),
    "NaN in A": ({"A": np.full((2, 4), np.nan)}, "A: expected finite values"),
    "a list": ({"x": [[1.0]]}, "x: expected a NumPy array, got list"),
    "alpha": ({"alpha": 0}, r"alpha: expected a number in \(0, inf\), got 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    changed, message = BAD[case]
    x, W, A, B, _ = draw()
    given_ = {"x": x, "W": W, "A": A, "B": B, "alpha": 1.0} | changed
    params = Params(given_["W"], given_["A"], given_["B"])
    with pytest.raises((ValueError, TypeError), match=message):
        low_rank.forward(given_["x"], params, alpha=given_["alpha"])


def test_other_bad_input_is_named():
    x, *params, dy = draw()
    _, cache = low_rank.forward(x, Params(*params), alpha=1.0)
    rng = np.random.default_rng(0)
    for call, message in (
        (lambda: low_rank.backward(dy[1:], cache), "dy: expected shape"),
        (lambda: low_rank.forward(x, params, alpha=1.0), "params: expected a named tuple"),
        (lambda: low_rank.start(params[0], 5, rng), r"r: expected at most 4 for W \(5, 4\), got 5"),
        (lambda: low_rank.start(params[0], 2, 0), "rng: expected a numpy.random.Generator"),
        (lambda: low_rank.count(3, 0, 1), "I: expected an integer of at least 1"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            call()
