"""`course_pkg.reference.layers.rms_norm` against torch, finite differences and its own promises."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.layers import rms_norm
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch


def draw(shape, H, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=size).astype(dtype) for size in [(*shape, H), (H,), (*shape, H)]]


@given(
    shape=st.lists(st.integers(1, 4), max_size=3),
    H=st.integers(1, 5),
    eps=st.sampled_from([1e-5, 1e-3, 1.0]),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(shape, H, eps, dtype, seed):
    x, gain, dy = draw(shape, H, seed, dtype)
    freeze(x, gain, dy)
    y, cache = rms_norm.forward(x, gain, eps=eps)
    x_t, gain_t = map(to_torch, (x, gain))
    y_t = F.rms_norm(x_t, (H,), gain_t, eps)
    y_t.backward(torch.tensor(dy))
    grads = rms_norm.backward(dy, cache)
    assert_close(y, y_t)
    assert_close(grads.dx, x_t.grad)
    assert_close(grads.dgain, gain_t.grad)


def test_finite_differences():
    x, gain, dy = draw((2, 3), 4)
    grads = rms_norm.backward(dy, rms_norm.forward(x, gain)[1])
    assert_gradients(
        lambda: float((rms_norm.forward(x, gain)[0] * dy).sum()),
        list(zip((x, gain), grads, strict=True)),
    )


@pytest.mark.parametrize("value", [0.0, 1e4, -1e4])
def test_extremes(value):
    y, cache = rms_norm.forward(np.full((2, 3), value), np.ones(3))
    assert np.allclose(y, np.sign(value))
    assert np.isfinite(rms_norm.backward(np.ones((2, 3)), cache).dx).all()


X, GAIN = np.zeros((2, 3)), np.ones(3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rms_norm.forward([1.0], GAIN), TypeError, "x: expected a NumPy array, got list"),
        (lambda: rms_norm.forward(X[:0], GAIN), ValueError, "x: .* N0 >= 1"),
        (lambda: rms_norm.forward(X, GAIN[:1]), ValueError, "gain: .* H = 3 as in x"),
        (lambda: rms_norm.forward(X, GAIN * np.nan), ValueError, "gain: .*finite"),
        (lambda: rms_norm.forward(X, GAIN, eps=-1.0), ValueError, "eps: .* got -1.0"),
        (
            lambda: rms_norm.backward(X[:, :1], rms_norm.forward(X, GAIN)[1]),
            ValueError,
            "dy: expected shape",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
