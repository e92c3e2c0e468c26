"""Gradients that are summed over many rows are as exact in single precision as torch's."""

import numpy as np
import pytest
import torch

from course_pkg.reference.cells import (
    gru,
    gru_reset_before,
    jordan,
    lstm,
    lstm_1997,
    lstm_coupled,
    lstm_layer_norm,
    lstm_peephole,
    mgu,
    rnn,
)
from course_pkg.reference.gradients import truncated
from course_pkg.reference.layers import batch_norm, embedding, layer_norm, linear, rms_norm
from course_pkg.reference.layers.row_sums import BLOCK_ROWS, sum_rows
from tests.reference.compare import DTYPES

I, H = 2, 2
T, B = 20, 10_000
N = T * B
rng = np.random.default_rng(0)
X, DY = rng.random((T, B, I)), rng.random((T, B, H))  # all above 0, so that sums grow steadily
GAIN, BIAS = np.ones(H), np.zeros(H)


def vectors(dtype, *sizes):
    return [np.random.default_rng(0).normal(0, 0.5, size).astype(dtype) for size in sizes]


def rows(array, dtype):
    return array.reshape(N, -1).astype(dtype)


def of_sequence(cell):
    def gradients(dtype):
        G = cell.GATES * H
        params = cell.Params(*vectors(dtype, (G, I), (G, H), G, G))
        _, cache = cell.forward(X.astype(dtype), params)
        grads = cell.backward(DY.astype(dtype), cache)
        return [grads.db_ih, grads.db_hh]

    return gradients


def of_step(cell, gates, states, *more):
    def gradients(dtype):
        G = gates * H
        biases = (G,) if cell is lstm_layer_norm else (G, G)
        params = cell.Params(*vectors(dtype, (G, I), (G, H), *biases, *more))
        h = rows(DY, dtype)
        _, cache = cell.step(rows(X, dtype), *[h] * states, params)
        grads = cell.step_backward(*[h] * states, cache)
        return [getattr(grads, f"d{name}") for name in cell.Params._fields[2:]]

    return gradients


def of_linear(dtype):
    _, cache = linear.forward(X.astype(dtype), linear.Params(*vectors(dtype, (H, I), H)))
    return [linear.backward(DY.astype(dtype), cache).db]


def of_norm(module):
    def gradients(dtype):
        gain, bias = GAIN.astype(dtype), BIAS.astype(dtype)
        x = X.astype(dtype)
        if module is batch_norm:
            running = batch_norm.Running(bias, gain)
            _, cache = module.forward(x, module.Params(gain, bias), running, training=True)
        else:
            params = gain if module is rms_norm else module.Params(gain, bias)
            _, cache = module.forward(x, params)
        return list(module.backward(DY.astype(dtype), cache)[1:])

    return gradients


def of_jordan(dtype):
    params = jordan.Params(*vectors(dtype, (H, I), (H, H), H, (H, H), H))
    _, cache = jordan.forward(X.astype(dtype), params)
    grads = jordan.backward(DY.astype(dtype), cache)
    return [grads.db_h, grads.db_y]


def of_truncated(dtype):
    params = rnn.Params(*vectors(dtype, (H, I), (H, H), H, H))
    _, cache = rnn.forward(X.astype(dtype), params)
    return [truncated.backward(DY.astype(dtype), cache, np.ones(T, dtype)).db_ih]


def of_embedding(dtype):
    _, cache = embedding.forward(np.zeros(N, int), np.zeros((1, H), dtype))
    return [embedding.backward(rows(DY, dtype), cache)]


GRADIENTS = {
    "rnn": of_sequence(rnn),
    "lstm": of_sequence(lstm),
    "gru": of_sequence(gru),
    "rnn step": of_step(rnn, 1, 1),
    "lstm step": of_step(lstm, 4, 2),
    "gru step": of_step(gru, 3, 1),
    "lstm_1997 step": of_step(lstm_1997, 3, 2),
    "lstm_peephole step": of_step(lstm_peephole, 4, 2, H, H, H),
    "lstm_coupled step": of_step(lstm_coupled, 3, 2),
    "lstm_layer_norm step": of_step(lstm_layer_norm, 4, 2, 4 * H, 4 * H, H, H),
    "gru_reset_before step": of_step(gru_reset_before, 3, 1),
    "mgu step": of_step(mgu, 2, 1),
    "linear": of_linear,
    "layer_norm": of_norm(layer_norm),
    "rms_norm": of_norm(rms_norm),
    "batch_norm": of_norm(batch_norm),
    "jordan": of_jordan,
    "truncated": of_truncated,
    "embedding": of_embedding,
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_summed_over_many_rows(name):
    """What is summed is about 1 each time, so the error may be one rounding of N."""
    single, double = GRADIENTS[name](np.float32), GRADIENTS[name](np.float64)
    for ours, exact in zip(single, double, strict=True):
        assert ours.dtype == np.float32
        assert abs(ours - exact).max() < 6e-8 * N


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "count", [1, 2, *(k * BLOCK_ROWS + d for k in (1, 2, 9) for d in (-1, 0, 1))]
)
def test_every_row_is_summed_once(count, dtype):
    a = np.arange(3 * count, dtype=dtype).reshape(count, 3)  # integers: no rounding
    assert np.array_equal(sum_rows(a), a.sum(axis=0))
    assert sum_rows(a).dtype == dtype
    assert np.array_equal(sum_rows(a[:, None, ::-1]), a.sum(axis=0)[::-1])


VALUES = {
    "a tenth": np.full((10**6, 2), 0.1, np.float32),
    "between 0 and 1": np.random.default_rng(0).random((10**6, 2), np.float32),
    "around a tenth": np.random.default_rng(0).normal(0.1, 1, (10**6, 2)).astype(np.float32),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_million_rows_are_summed_as_exactly_as_by_torch(name):
    a = VALUES[name]
    exact = a.sum(axis=0, dtype=np.float64)
    torchs = torch.tensor(a).sum(0).numpy()
    error = abs(sum_rows(a) - exact).max()
    assert error <= 3 * abs(torchs - exact).max()
    assert error <= 1e-6 * abs(a).sum(axis=0, dtype=np.float64).max()
