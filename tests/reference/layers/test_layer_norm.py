"""`layers.layer_norm` against torch, finite differences and its own promises."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.layers import layer_norm
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch


def draw(shape, H, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    sizes = [(*shape, H), (H,), (H,), (*shape, H)]
    return [rng.normal(size=size).astype(dtype) for size in sizes]


@given(
    shape=st.lists(st.integers(1, 4), max_size=3),
    H=st.integers(1, 5),
    eps=st.sampled_from([1e-5, 1e-3, 1.0]),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(shape, H, eps, dtype, seed):
    x, gain, bias, dy = draw(shape, H, seed, dtype)
    freeze(x, gain, bias, dy)
    y, cache = layer_norm.forward(x, layer_norm.Params(gain, bias), eps=eps)
    x_t, gain_t, bias_t = map(to_torch, (x, gain, bias))
    y_t = F.layer_norm(x_t, (H,), gain_t, bias_t, eps)
    y_t.backward(torch.tensor(dy))
    grads = layer_norm.backward(dy, cache)
    assert_close(y, y_t)
    assert_close(grads.dx, x_t.grad)
    assert_close(grads.dgain, gain_t.grad)
    assert_close(grads.dbias, bias_t.grad)


def test_finite_differences():
    x, gain, bias, dy = draw((2, 3), 4)
    params = layer_norm.Params(gain, bias)
    grads = layer_norm.backward(dy, layer_norm.forward(x, params)[1])
    assert_gradients(
        lambda: float((layer_norm.forward(x, params)[0] * dy).sum()),
        list(zip((x, gain, bias), grads, strict=True)),
    )


def test_a_vector_does_not_feel_its_neighbours():
    x, gain, bias, _ = draw((6,), 4)
    params = layer_norm.Params(gain, bias)
    together, _ = layer_norm.forward(x, params)
    alone = np.stack([layer_norm.forward(row, params)[0] for row in x])
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("value", [0.0, 1e4, -1e4])
def test_equal_numbers_become_the_bias(value):
    bias = np.array([1.0, 2.0, 3.0])
    params = layer_norm.Params(np.ones(3), bias)
    y, cache = layer_norm.forward(np.full((2, 3), value), params)
    assert np.array_equal(y, [bias, bias])
    assert np.isfinite(layer_norm.backward(np.ones((2, 3)), cache).dx).all()


X, ONES = np.zeros((2, 3)), np.ones(3)
PARAMS = layer_norm.Params(ONES, ONES)
ln = layer_norm.forward


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ln([1.0], PARAMS), TypeError, "x: expected a NumPy array, got list"),
        (lambda: ln(np.array(1.0), PARAMS), ValueError, "x: expected shape"),
        (lambda: ln(X.astype(int), PARAMS), TypeError, "x: .* got int64"),
        (lambda: ln(X[:, :0], PARAMS), ValueError, "x: .* H >= 1"),
        (lambda: ln(X, ONES), TypeError, r"params: .* \(gain, bias\), got ndarray"),
        (lambda: ln(X, PARAMS._replace(gain=ONES[:1])), ValueError, "gain: .* H = 3 as in x"),
        (lambda: ln(X, PARAMS._replace(bias=ONES[:1])), ValueError, "bias: .* H = 3 as in x"),
        (lambda: ln(X, PARAMS._replace(gain=ONES * np.nan)), ValueError, "gain: .*finite"),
        (lambda: ln(X, PARAMS._replace(bias=ONES * np.inf)), ValueError, "bias: .*finite"),
        (lambda: ln(X, PARAMS, eps=0.0), ValueError, "eps: .* got 0.0"),
        (lambda: ln(X, PARAMS, eps=np.nan), ValueError, "eps: .* got nan"),
        (lambda: layer_norm.backward(X[:1], ln(X, PARAMS)[1]), ValueError, "dy: expected shape"),
        (lambda: layer_norm.backward(X[0], ln(X, PARAMS)[1]), ValueError, "dy: expected shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
