"""`losses.quantile` and `losses.gaussian` against torch, finite differences, and what they mean."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.losses import gaussian, quantile
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)

OPTIONS = {
    "shape": st.lists(st.integers(1, 3), max_size=3).map(tuple),
    "reduction": st.sampled_from(["mean", "sum", "none"]),
    "dtype": st.sampled_from(DTYPES),
    "seed": st.integers(0, 2**16),
}


def draw(seed, *shapes, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=shape), dtype=dtype) for shape in shapes]


def compare(ours, theirs, reduction, dloss, backward):
    """Compare loss and gradients; return ours and, collected in the tensors, torch's."""
    loss, cache = ours
    if reduction == "none":
        assert_close(loss, theirs)
        theirs.backward(torch.tensor(dloss))
        return backward(dloss, cache)
    total = theirs.mean() if reduction == "mean" else theirs.sum()
    assert_loss_close(loss, total)
    (1.5 * total).backward()
    return backward(1.5, cache)


@given(Q=st.integers(1, 3), **OPTIONS)
def test_quantile_equals_torch(shape, Q, reduction, dtype, seed):
    forecasts, targets, dloss = draw(seed, (*shape, Q), shape, (*shape, Q), dtype=dtype)
    levels = np.linspace(0, 1, Q + 2)[1:-1].astype(dtype)
    freeze(forecasts, targets, dloss, levels)
    forecasts_t, q = to_torch(forecasts), torch.tensor(levels)
    d = torch.tensor(targets)[..., None] - forecasts_t
    theirs = torch.maximum(q * d, (q - 1) * d)
    ours = quantile.forward(forecasts, targets, levels, reduction=reduction)
    assert_close(compare(ours, theirs, reduction, dloss, quantile.backward), forecasts_t.grad)


@given(**OPTIONS)
def test_gaussian_equals_torch(shape, reduction, dtype, seed):
    mean, log_std, targets, dloss = draw(seed, shape, shape, shape, shape, dtype=dtype)
    freeze(mean, log_std, targets, dloss)
    mean_t, log_std_t = to_torch(mean), to_torch(log_std)
    normal = torch.distributions.Normal(mean_t, log_std_t.exp())
    theirs = -normal.log_prob(torch.tensor(targets))
    ours = gaussian.forward(mean, log_std, targets, reduction=reduction)
    grads = compare(ours, theirs, reduction, dloss, gaussian.backward)
    assert_close(grads.dmean, mean_t.grad)
    assert_close(grads.dlog_std, log_std_t.grad)


def test_finite_differences():
    forecasts, targets, mean, log_std = draw(0, (3, 2), 3, 3, 3)
    levels = np.array([0.1, 0.7])

    def pinball():
        return quantile.forward(forecasts, targets, levels)

    def nll():
        return gaussian.forward(mean, log_std, targets)

    assert_gradients(
        lambda: pinball()[0], [(forecasts, quantile.backward(1.0, pinball()[1]))], tol=1e-6
    )
    grads = gaussian.backward(1.0, nll()[1])
    assert_gradients(lambda: nll()[0], [(mean, grads.dmean), (log_std, grads.dlog_std)])


def test_exactly_right_has_no_gradient():
    _, cache = quantile.forward(np.ones((1, 2)), np.ones(1), np.array([0.1, 0.9]))
    assert (quantile.backward(1.0, cache) == 0).all()


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_the_best_constant_forecast_is_the_quantile(level):
    targets = np.random.default_rng(0).exponential(size=999)
    grid = np.linspace(0, 5, 501)
    losses = [
        quantile.forward(np.full((999, 1), each), targets, np.array([level]))[0] for each in grid
    ]
    assert abs(grid[np.argmin(losses)] - np.quantile(targets, level)) < 0.02


F, Y, Q = np.ones((3, 2)), np.ones(3), np.array([0.1, 0.9])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: quantile.forward(F.tolist(), Y, Q), TypeError, "forecasts: expected a NumPy"),
        (lambda: quantile.forward(F, Y[:2], Q), ValueError, r"targets: expected shape \(3,\)"),
        (lambda: quantile.forward(F, Y, Q[:1]), ValueError, r"levels: expected shape \(Q,\) with"),
        (lambda: quantile.forward(F, Y, Q + 0.5), ValueError, r"levels: .* \(0, 1\), got 1.4"),
        (lambda: quantile.forward(F, Y * np.nan, Q), ValueError, "targets: expected finite"),
        (lambda: quantile.backward(1.0, 1), TypeError, "cache: "),
        (lambda: gaussian.forward(Y, Y[:2], Y), ValueError, "log_std: expected shape"),
        (lambda: gaussian.forward(Y, Y - 1e4, Y + 1), ValueError, "log_std: .* got exp"),
        (lambda: gaussian.forward(Y, Y, Y * np.inf), ValueError, "targets: expected finite"),
        (lambda: gaussian.forward(Y, Y, Y, reduction=1), ValueError, "reduction: "),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
