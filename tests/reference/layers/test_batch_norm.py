"""`layers.batch_norm` against torch, finite differences and its own promises."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.layers import batch_norm
from course_pkg.reference.layers.batch_norm import Params, Running
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch


def draw(shape, H, seed=0, dtype=np.float64):
    """Return x, the parameters, the running averages, and a gradient into y."""
    rng = np.random.default_rng(seed)
    sizes = [(*shape, H), (H,), (H,), (H,), (H,), (*shape, H)]
    x, gain, bias, mean, var, dy = (rng.normal(size=size).astype(dtype) for size in sizes)
    return x, Params(gain, bias), Running(mean, var * var), dy


@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    H=st.integers(1, 5),
    eps=st.sampled_from([1e-5, 1e-3]),
    momentum=st.sampled_from([0.0, 0.1, 1.0]),
    training=st.booleans(),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(shape, H, eps, momentum, training, dtype, seed):
    shape = [shape[0] + 1, *shape[1:]]
    x, params, running, dy = draw(shape, H, seed, dtype)
    freeze(x, *params, *running, dy)
    (y, after), cache = batch_norm.forward(
        x, params, running, training=training, momentum=momentum, eps=eps
    )
    theirs = torch.nn.BatchNorm1d(H, eps=eps, momentum=momentum, dtype=torch.tensor(x).dtype)
    theirs.train(training)
    with torch.no_grad():
        for tensor, array in zip(
            (theirs.weight, theirs.bias, theirs.running_mean, theirs.running_var),
            (*params, *running),
            strict=True,
        ):
            tensor.copy_(torch.tensor(array))
    x_t = to_torch(x)
    y_t = theirs(x_t.reshape(-1, H)).reshape(y.shape)
    y_t.backward(torch.tensor(dy))
    grads = batch_norm.backward(dy, cache)
    # Two vectors that nearly agree in a feature are divided by almost nothing: float32 has few
    # digits left of them, in torch as in ours.
    if dtype == np.float64:
        assert_close(y, y_t)
        assert_close(grads.dx, x_t.grad)
        assert_close(grads.dgain, theirs.weight.grad)
    else:
        assert np.allclose(y, y_t.detach(), rtol=1e-3, atol=1e-3)
    assert_close(grads.dbias, theirs.bias.grad)
    assert_close(after.mean, theirs.running_mean)
    assert_close(after.var, theirs.running_var)


@pytest.mark.parametrize("training", [False, True])
def test_float32_equals_torch_on_an_ordinary_batch(training):
    x, params, running, dy = draw((40,), 3, dtype=np.float32)
    (y, _), cache = batch_norm.forward(x, params, running, training=training)
    x_t, gain_t, bias_t = map(to_torch, (x, *params))
    mean_t, var_t = map(torch.tensor, running)
    y_t = torch.nn.functional.batch_norm(x_t, mean_t, var_t, gain_t, bias_t, training=training)
    y_t.backward(torch.tensor(dy))
    assert_close(y, y_t)
    for ours, theirs in zip(batch_norm.backward(dy, cache), (x_t, gain_t, bias_t), strict=True):
        assert_close(ours, theirs.grad)


@pytest.mark.parametrize("training", [False, True])
def test_finite_differences(training):
    x, params, running, dy = draw((2, 3), 4)

    def run():
        return batch_norm.forward(x, params, running, training=training)

    grads = batch_norm.backward(dy, run()[1])
    assert_gradients(
        lambda: float((run()[0][0] * dy).sum()), list(zip((x, *params), grads, strict=True))
    )


def test_a_vector_feels_its_neighbours_in_training_only():
    x, params, running, _ = draw((5,), 3)
    other = x.copy()
    other[1:] += 1
    for training in (True, False):
        (y, after), _ = batch_norm.forward(x, params, running, training=training)
        (y_other, _), _ = batch_norm.forward(other, params, running, training=training)
        assert np.array_equal(y[0], y_other[0]) is not training
        assert all(
            np.array_equal(a, b) is not training for a, b in zip(after, running, strict=True)
        )


@pytest.mark.parametrize("value", [0.0, 1e4, -1e4])
def test_a_constant_feature_becomes_the_bias(value):
    params = Params(np.ones(2), np.array([3.0, 4.0]))
    start = Running(np.zeros(2), np.ones(2))
    (y, after), cache = batch_norm.forward(np.full((3, 2), value), params, start, training=True)
    assert np.array_equal(y, [[3, 4]] * 3)
    assert np.isfinite(batch_norm.backward(np.ones((3, 2)), cache).dx).all()
    assert np.allclose(after.var, 0.9)


X, ONES = np.zeros((2, 3)), np.ones(3)
PARAMS, RUNNING = Params(ONES, ONES), Running(ONES, ONES)


def bn(x=X, params=PARAMS, running=RUNNING, training=True, **options):
    return batch_norm.forward(x, params, running, training=training, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bn([1.0]), TypeError, "x: expected a NumPy array, got list"),
        (lambda: bn(X[:1]), ValueError, "x: expected at least two vectors in training"),
        (lambda: bn(X[0]), ValueError, "x: expected at least two vectors in training"),
        (lambda: bn(X[:0]), ValueError, "x: .* N0 >= 1"),
        (lambda: bn(params=(ONES, ONES)), TypeError, "params: .* got tuple"),
        (lambda: bn(params=Params(ONES[:1], ONES)), ValueError, "gain: .* H = 3 as in x"),
        (lambda: bn(params=Params(ONES, ONES[:1])), ValueError, "bias: .* H = 3 as in x"),
        (lambda: bn(params=Params(ONES * np.nan, ONES)), ValueError, "gain: .*finite"),
        (lambda: bn(params=Params(ONES, ONES * np.nan)), ValueError, "bias: .*finite"),
        (lambda: bn(running=PARAMS), TypeError, r"running: .* \(mean, var\), got Params"),
        (lambda: bn(running=Running(ONES[:1], ONES)), ValueError, "running.mean: .* H = 3"),
        (lambda: bn(running=Running(ONES, ONES[:1])), ValueError, "running.var: .* H = 3"),
        (lambda: bn(running=Running(ONES * np.inf, ONES)), ValueError, "running.mean: .*finite"),
        (lambda: bn(running=Running(ONES, ONES * np.inf)), ValueError, "running.var: .*finite"),
        (lambda: bn(running=Running(ONES, -ONES)), ValueError, "running.var: .* got -1.0"),
        (lambda: bn(momentum=1.1), ValueError, "momentum: .* got 1.1"),
        (lambda: bn(eps=0), ValueError, "eps: .* got 0"),
        (lambda: batch_norm.backward(X[:1], bn()[1]), ValueError, "dy: expected shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
