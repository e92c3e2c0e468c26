"""`gradients.truncated` against torch with `detach`, and against its definition."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import truncated
from course_pkg.reference.gradients.gradcheck import relative_error
from tests.reference.compare import assert_gradients, freeze

SIZES = [(1, 1, 1, 1), (1, 3, 2, 4), (6, 1, 2, 4), (6, 3, 1, 4), (6, 3, 2, 1), (7, 2, 3, 5)]


def draw(T=6, B=3, I=2, H=4, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    sizes = [(H, I), (H, H), (H,), (H,), (T, B, I), (T, B, H), (B, H)]
    arrays = [rng.normal(size=size).astype(dtype) for size in sizes]
    return rnn.Params(*arrays[:4]), *arrays[4:]


def assert_same(ours, theirs, tolerance=1e-12):
    for name, got, wanted in zip(rnn.Grads._fields, ours, theirs, strict=True):
        assert got.shape == wanted.shape, name
        assert got.dtype == wanted.dtype, name
        assert relative_error(got, wanted) < tolerance, name


def by_torch(params, x, dy, h0, carry, nonlinearity="tanh"):
    """Autograd on a network whose state is taken from a detached and an undetached part."""
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, h0, *params)]
    x_, h, W_ih, W_hh, b_ih, b_hh = leaves
    squash = torch.tanh if nonlinearity == "tanh" else torch.relu
    loss = torch.zeros((), dtype=h.dtype)
    for t, factor in enumerate(carry):
        h = factor * h + (1 - factor) * h.detach()  # the value of h, with a part of its gradient
        h = squash(x_[t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        loss = loss + (h * torch.tensor(dy[t])).sum()
    return [g.numpy() for g in torch.autograd.grad(loss, leaves)]


def contributions(params, x, dy, h0):
    """For each loss term t the gradients of each step s alone: [t][s] = (dx, dh0, dW_ih, ...)."""
    T = len(x)
    _, cache = rnn.forward(x, params, h0)
    table = []
    for t in range(T):
        dh, row = dy[t], [None] * T
        for s in reversed(range(t + 1)):
            _, step_cache = rnn.step(x[s], cache.h[s], params)
            row[s] = rnn.step_backward(dh, step_cache)
            dh = row[s].dh
        table.append(row)
    return table


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("carry", ["ones", "chunks", "random", "any"])
@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: "T{} B{} I{} H{}".format(*s))
def test_backward_equals_autograd(sizes, carry, nonlinearity):
    params, x, dy, h0 = draw(*sizes)
    T, rng = sizes[0], np.random.default_rng(1)
    factors = {
        "ones": np.ones(T),
        "chunks": truncated.chunks(T, 2),
        "random": truncated.random_cuts(T, 0.4, rng),
        "any": rng.normal(size=T),
    }[carry]
    freeze(*params, x, dy, h0, factors)
    _, cache = rnn.forward(x, params, h0, nonlinearity=nonlinearity)
    ours = truncated.backward(dy, cache, factors)
    assert_same(ours, by_torch(params, x, dy, h0, factors, nonlinearity))
    assert ours.db_ih is not ours.db_hh


@given(
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    ragged=st.booleans(),
    nonlinearity=st.sampled_from(["tanh", "relu"]),
    seed=st.integers(0, 2**16),
)
def test_without_cuts_all_are_the_whole_gradient(sizes, ragged, nonlinearity, seed):
    params, x, dy, h0 = draw(*sizes, seed=seed)
    T, B = sizes[:2]
    lengths = np.random.default_rng(seed).integers(1, T + 1, B) if ragged else None
    if ragged:
        for b, length in enumerate(lengths):
            x[length:, b] = dy[length:, b] = np.nan
    _, cache = rnn.forward(x, params, h0, lengths=lengths, nonlinearity=nonlinearity)
    whole = rnn.backward(dy, cache)
    assert_same(truncated.backward(dy, cache, truncated.chunks(T, T)), whole)
    for k1 in (1, 2, T):
        assert_same(truncated.backward_windows(dy, cache, k1, max(T, k1)), whole)


@pytest.mark.parametrize(("k1", "k2"), [(1, 1), (1, 3), (2, 2), (2, 5), (3, 4), (7, 7), (5, 9)])
def test_windows_are_the_sum_of_their_definition(k1, k2):
    params, x, dy, h0 = draw(T=7)
    _, cache = rnn.forward(x, params, h0)
    freeze(dy)
    ours = truncated.backward_windows(dy, cache, k1, k2)
    assert not np.shares_memory(ours.db_ih, ours.db_hh)
    wanted = [np.zeros_like(a) for a in ours]
    for t, row in enumerate(contributions(params, x, dy, h0)):
        window_end = min(7, k1 * (t // k1 + 1))  # counted from 1
        for s in range(max(0, window_end - k2), t + 1):
            wanted[0][s] += row[s].dx
            if s == 0:
                wanted[1] += row[s].dh
            for total, part in zip(wanted[2:], row[s][2:], strict=True):
                total += part
    assert_same(ours, wanted)


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_windows_without_overlap_are_chunks(k):
    params, x, dy, h0 = draw(T=6)
    _, cache = rnn.forward(x, params, h0)
    windows = truncated.backward_windows(dy, cache, k, k)
    assert_same(windows, truncated.backward(dy, cache, truncated.chunks(6, k)))


def test_random_cuts_are_right_in_the_mean():
    """All cuts of three steps, each with its probability: no sampling, no noise."""
    params, x, dy, h0 = draw(T=4)
    _, cache = rnn.forward(x, params, h0)
    p, mean = 0.3, None
    for cuts in itertools.product([True, False], repeat=3):
        carry = np.array([1.0, *(0.0 if cut else 1 / (1 - p) for cut in cuts)])
        probability = np.prod([p if cut else 1 - p for cut in cuts])
        grads = [probability * g for g in truncated.backward(dy, cache, carry)]
        mean = grads if mean is None else [a + b for a, b in zip(mean, grads, strict=True)]
    assert_same(mean, rnn.backward(dy, cache))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_the_noise_of_a_long_path_is_as_the_chapter_says(p):
    """A path over n steps has the variance (1-p)^-n - 1: all cuts of four steps enumerated."""
    one = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1))
    (y, _), cache = rnn.forward(np.ones((5, 1, 1)), one, nonlinearity="relu")
    dy = np.zeros_like(y)
    dy[-1] = 1.0  # the whole gradient of every input is 1
    mean, square = np.zeros(5), np.zeros(5)
    for cuts in itertools.product([True, False], repeat=4):
        carry = np.array([1.0, *(0.0 if cut else 1 / (1 - p) for cut in cuts)])
        probability = np.prod([p if cut else 1 - p for cut in cuts])
        dx = truncated.backward(dy, cache, carry).dx.ravel()
        mean += probability * dx
        square += probability * dx**2
    steps = np.arange(4, -1, -1)  # from each input to the last state
    np.testing.assert_allclose(mean, 1, rtol=1e-12)
    np.testing.assert_allclose(square - mean**2, (1 - p) ** -steps.astype(float) - 1, atol=1e-12)


def test_random_cuts_are_drawn_with_their_probability():
    carry = truncated.random_cuts(100_001, 0.2, np.random.default_rng(0))
    assert set(carry[1:]) == {0.0, 1.25}
    assert carry[0] == 1.0
    assert abs((carry[1:] == 0).mean() - 0.2) < 0.01
    assert (truncated.random_cuts(9, 0.0, np.random.default_rng(0)) == 1).all()


def test_finite_differences_where_the_cut_state_is_held_fixed():
    params, x, dy, h0 = draw(T=4)
    params = rnn.Params(*(0.5 * p for p in params))
    (y, _), cache = rnn.forward(x, params, h0)
    middle = y[1].copy()
    ours = truncated.backward(dy, cache, truncated.chunks(4, 2))

    def loss():
        first, _ = rnn.forward(x[:2], params, h0)[0]
        second, _ = rnn.forward(x[2:], params, middle)[0]
        return float((np.concatenate([first, second]) * dy).sum())

    assert_gradients(loss, list(zip((x, h0, *params), ours, strict=True)))


def test_float32_stays_float32():
    params, x, dy, h0 = draw(dtype=np.float32)
    _, cache = rnn.forward(x, params, h0)
    whole = rnn.backward(dy, cache)
    assert_same(truncated.backward(dy, cache, np.ones(6)), whole, 1e-4)
    assert_same(truncated.backward_windows(dy, cache, 2, 6), whole, 1e-4)


PARAMS, X, DY, H0 = draw()
_, CACHE = rnn.forward(X, PARAMS, H0)
RNG = np.random.default_rng(0)
ONES = np.ones(6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: truncated.chunks(0, 2), ValueError, "T: expected an integer of at least 1"),
        (lambda: truncated.chunks(3, 1.5), TypeError, "k: expected an integer, got float"),
        (lambda: truncated.random_cuts(0, 0.1, RNG), ValueError, "T: expected an integer"),
        (lambda: truncated.random_cuts(3, 1.0, RNG), ValueError, r"p: .* \[0, 1\), got 1.0"),
        (lambda: truncated.random_cuts(3, "1", RNG), TypeError, "p: expected a number"),
        (lambda: truncated.random_cuts(3, 0.1, 0), TypeError, "rng: expected a numpy.random"),
        (lambda: truncated.backward(DY[:1], CACHE, ONES), ValueError, "dy: .* T = 6"),
        (lambda: truncated.backward(None, CACHE, ONES), TypeError, "dy: .* got NoneType"),
        (lambda: truncated.backward(DY, None, ONES), TypeError, "cache: .* got NoneType"),
        (lambda: truncated.backward(DY, CACHE, ONES[:2]), ValueError, "carry: .* T = 6"),
        (lambda: truncated.backward(DY, CACHE, ONES.astype(bool)), TypeError, "carry: .* got bool"),
        (lambda: truncated.backward(DY, CACHE, ONES.astype(int)), TypeError, "carry: .* got int64"),
        (lambda: truncated.backward(DY, CACHE, [1.0] * 6), TypeError, "carry: .* got list"),
        (lambda: truncated.backward(DY, CACHE, np.nan * ONES), ValueError, "carry: .* finite"),
        (lambda: truncated.backward_windows(DY, CACHE, 0, 2), ValueError, "k1: expected an int"),
        (lambda: truncated.backward_windows(DY, CACHE, 1, 2.0), TypeError, "k2: expected an int"),
        (lambda: truncated.backward_windows(DY, CACHE, 3, 2), ValueError, "k2: .* k1 = 3, got 2"),
        (lambda: truncated.backward_windows(DY[:, :1], CACHE, 1, 2), ValueError, "dy: .* B = 3"),
        (lambda: truncated.backward_windows(DY, 1, 1, 2), TypeError, "cache: .* got int"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
