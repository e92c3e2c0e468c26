"""Jacobians, rates and parts by lag against autograd and finite differences."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import gradient_rates, jacobian, lag_parts
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze


def draw(T=5, B=3, I=2, H=4, seed=0, dtype=np.float64, nonlinearity="tanh"):
    rng = np.random.default_rng(seed)
    sizes = [(H, I), (H, H), (H,), (H,), (T, B, I), (B, H), (B, H)]
    arrays = [rng.normal(size=size).astype(dtype) for size in sizes]
    freeze(*arrays)
    params, (x, h0, dh_n) = rnn.Params(*arrays[:4]), arrays[4:]
    _, cache = rnn.forward(x, params, h0, nonlinearity=nonlinearity)
    return params, x, h0, dh_n, cache


def states_by_torch(params, x, h0, nonlinearity):
    """Return the states h_0 ... h_T, each a tensor of its own in the graph."""
    W_ih, W_hh, b_ih, b_hh = (torch.tensor(p) for p in params)
    squash = torch.tanh if nonlinearity == "tanh" else torch.relu
    states = [torch.tensor(h0).requires_grad_()]
    for x_t in torch.tensor(x):
        states.append(squash(x_t @ W_ih.T + b_ih + states[-1] @ W_hh.T + b_hh))
    return states


SIZES = st.tuples(*[st.integers(1, 4)] * 4)


@given(
    sizes=SIZES,
    nonlinearity=st.sampled_from(["tanh", "relu"]),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_the_product_and_the_carried_gradient_are_those_of_autograd(
    sizes, nonlinearity, dtype, seed
):
    params, x, h0, dh_n, cache = draw(*sizes, seed, dtype, nonlinearity)
    slope = jacobian.slopes(cache)
    states = states_by_torch(params, x, h0, nonlinearity)
    loss = (states[-1] * torch.tensor(dh_n)).sum()
    theirs = torch.autograd.grad(loss, states, retain_graph=True)
    assert_close(jacobian.carry_back(dh_n, slope, params.W_hh), torch.stack(theirs))
    rows = [
        torch.autograd.grad(states[-1][:, unit].sum(), states[0], retain_graph=True)[0]
        for unit in range(sizes[3])
    ]
    ours = jacobian.product(slope, params.W_hh)
    assert_close(ours, torch.stack(rows, dim=1))
    # The transposed product carries the gradient: both routes are one.
    assert_close(np.einsum("bij,bi->bj", ours, dh_n), theirs[0])


@given(sizes=SIZES, nonlinearity=st.sampled_from(["tanh", "relu"]), seed=st.integers(0, 2**16))
def test_the_parts_by_lag_are_the_gradients_of_separate_copies(sizes, nonlinearity, seed):
    params, x, h0, dh_n, cache = draw(*sizes, seed, np.float64, nonlinearity)
    copies = [torch.tensor(params.W_hh).requires_grad_() for _ in x]
    W_ih, _, b_ih, b_hh = (torch.tensor(p) for p in params)
    squash = torch.tanh if nonlinearity == "tanh" else torch.relu
    h = torch.tensor(h0)
    for x_t, W_hh in zip(torch.tensor(x), copies, strict=True):
        h = squash(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
    (h * torch.tensor(dh_n)).sum().backward()
    parts = lag_parts.weight_gradient_by_lag(dh_n, cache)
    assert_close(parts.lag, torch.stack([copy.grad for copy in reversed(copies)]))
    assert_close(parts.total, rnn.backward(None, cache, dh_n).dW_hh)
    assert_close(parts.total, parts.lag.sum(axis=0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_stay(dtype):
    params, _, _, dh_n, cache = draw(dtype=dtype)
    slope = jacobian.slopes(cache)
    parts = lag_parts.weight_gradient_by_lag(dh_n, cache)
    for result in (
        slope,
        jacobian.step_jacobian(slope[0], params.W_hh),
        jacobian.product(slope, params.W_hh),
        jacobian.carry_back(dh_n, slope, params.W_hh),
        *parts,
    ):
        assert result.dtype == dtype


def test_finite_differences():
    params, x, h0, dh_n, cache = draw(T=4)
    dh = jacobian.carry_back(dh_n, jacobian.slopes(cache), params.W_hh)
    h0 = h0.copy()

    def loss():
        return float((rnn.forward(x, params, h0)[0][1] * dh_n).sum())

    assert_gradients(loss, [(h0, dh[0])])


@given(H=st.integers(1, 5), steps=st.integers(1, 6), seed=st.integers(0, 2**16))
def test_no_product_exceeds_the_bound(H, steps, seed):
    rng = np.random.default_rng(seed)
    W_hh, slope = 2 * rng.normal(size=(H, H)), 0.25 * rng.random((steps, 2, H))
    norms = np.linalg.norm(jacobian.product(slope, W_hh), ord=2, axis=(1, 2))
    assert (norms <= jacobian.bound(W_hh, steps, 0.25) * (1 + 1e-9)).all()
    # Reached by an orthogonal matrix at the steepest slope.
    Q, _ = np.linalg.qr(W_hh)
    steepest = jacobian.product(np.full((steps, 1, H), 0.25), 3 * Q)[0]
    assert np.linalg.norm(steepest, ord=2) == pytest.approx(
        jacobian.bound(3 * Q, steps, 0.25), rel=1e-9
    )


def rate_of(dh, steps):
    sizes = np.log(np.linalg.norm(dh, axis=2)).mean(axis=1)  # (T+1,)
    return (sizes[-1 - steps] - sizes[-1]) / steps


def test_the_linear_rate_is_that_of_long_lags():
    rng = np.random.default_rng(0)
    W_hh = rng.normal(size=(6, 6))
    dh = jacobian.carry_back(rng.normal(size=(1, 6)), np.ones((400, 1, 6)), W_hh)
    assert rate_of(dh, 400) == pytest.approx(gradient_rates.linear_rate(W_hh), abs=0.01)


def test_the_predicted_rate_is_the_mean_over_random_directions():
    rng = np.random.default_rng(0)
    W_hh, slope = rng.normal(size=(5, 5)), rng.random((1, 20_000, 5))
    dh = rng.normal(size=(20_000, 5))
    dh /= np.linalg.norm(dh, axis=1, keepdims=True)
    mean_square = np.square(jacobian.carry_back(dh, slope, W_hh)[0]).sum(axis=1).mean()
    predicted = gradient_rates.predicted_rate(slope, W_hh)
    assert 0.5 * np.log(mean_square) == pytest.approx(predicted, abs=0.01)
    by_matrix = np.square(jacobian.step_jacobian(slope[0], W_hh)).sum(axis=(1, 2)).mean() / 5
    assert predicted == pytest.approx(0.5 * np.log(by_matrix), abs=1e-12)


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_both_rates_are_exact_for_a_linear_orthogonal_network(gain):
    Q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(7, 7)))
    dh = jacobian.carry_back(np.eye(7), np.ones((30, 7, 7)), gain * Q)
    for rate in (
        gradient_rates.linear_rate(gain * Q),
        gradient_rates.predicted_rate(np.ones((30, 7, 7)), gain * Q),
        rate_of(dh, 30),
    ):
        assert rate == pytest.approx(math.log(gain), abs=1e-12)


def test_the_spectral_radius_counts_complex_eigenvalues():
    turn = np.array([[0.0, -0.5], [0.5, 0.0]])  # eigenvalues 0.5i and -0.5i
    assert gradient_rates.linear_rate(turn) == pytest.approx(math.log(0.5), abs=1e-12)


def test_a_factor_of_zero_is_a_rate_of_minus_infinity():
    assert gradient_rates.linear_rate(np.zeros((2, 2))) == -math.inf
    assert gradient_rates.predicted_rate(np.zeros((2, 1, 2)), np.ones((2, 2))) == -math.inf


S, W, D = np.ones((3, 2, 4)), np.ones((4, 4)), np.ones((2, 4))
RAGGED = rnn.forward(
    np.ones((3, 2, 1)), rnn.Params(np.ones((4, 1)), W, np.ones(4), np.ones(4)), lengths=[3, 1]
)[1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jacobian.slopes("cache"), TypeError, "cache: .* got str"),
        (lambda: jacobian.slopes(RAGGED), ValueError, "cache: .* one length, got a run with"),
        (lambda: lag_parts.weight_gradient_by_lag(D, RAGGED), ValueError, "cache: .* one length"),
        (lambda: jacobian.step_jacobian(S, W), ValueError, r"slope: .*\(B, H\), got \(3, 2, 4\)"),
        (lambda: jacobian.step_jacobian(D, W[:3]), ValueError, "W_hh: .* H = 4 as in slope"),
        (lambda: jacobian.product(D, W), ValueError, r"slope: expected shape \(T, B, H\)"),
        (lambda: jacobian.product(S, W.astype(int)), TypeError, "W_hh: .* int64"),
        (lambda: jacobian.product(S[:0], W), ValueError, "slope: .* T >= 1"),
        (lambda: jacobian.carry_back(D[:1], S, W), ValueError, "slope: .* B = 1 as in dh_n"),
        (lambda: jacobian.bound(W[0], 2), ValueError, r"W_hh: .* got \(4,\)"),
        (lambda: jacobian.bound(np.nan * W, 2), ValueError, "W_hh: expected finite"),
        (lambda: jacobian.bound(W, 0), ValueError, "steps: .* got 0"),
        (lambda: jacobian.bound(W, 2, -1.0), ValueError, "largest_slope: .* got -1.0"),
        (lambda: gradient_rates.linear_rate(W[:2]), ValueError, "W_hh: .* H = 2 as in W_hh"),
        (lambda: gradient_rates.linear_rate(np.inf * W), ValueError, "W_hh: expected finite"),
        (lambda: gradient_rates.predicted_rate(S, np.inf * W), ValueError, "W_hh: expected finite"),
        (
            lambda: gradient_rates.predicted_rate(D, W),
            ValueError,
            r"slope: expected shape \(T, B, H\)",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_bound_that_no_float_holds_is_infinite():
    assert jacobian.bound(10 * W, 1000) == np.inf
    assert jacobian.bound(np.full((1, 1), 0.5), 10_000) == 0
