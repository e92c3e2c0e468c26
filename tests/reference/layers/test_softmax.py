"""`layers.softmax` against torch, finite differences and its own definition."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_pkg.reference.layers.softmax import (
    check_mask,
    log_softmax,
    log_softmax_backward,
    softmax,
    softmax_backward,
)
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch

LOGITS = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
    elements=st.floats(-1e4, 1e4),
)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("ours", "ours_backward", "theirs"),
    [
        (softmax, softmax_backward, torch.softmax),
        (log_softmax, log_softmax_backward, torch.log_softmax),
    ],
)
def test_equals_torch(ours, ours_backward, theirs, dtype):
    rng = np.random.default_rng(0)
    logits = (3 * rng.normal(size=(2, 3, 5))).astype(dtype)
    dout = rng.normal(size=(2, 3, 5)).astype(dtype)
    freeze(logits, dout)
    out = ours(logits)
    freeze(out)
    logits_t = to_torch(logits)
    out_t = theirs(logits_t, dim=-1)
    out_t.backward(torch.tensor(dout))
    assert_close(out, out_t)
    assert_close(ours_backward(dout, out), logits_t.grad)


@given(LOGITS)
def test_rows_are_distributions_and_the_logarithm_fits(logits):
    p = softmax(logits)
    assert (p >= 0).all()
    assert abs(p.sum(axis=-1) - 1).max() < 1e-12
    assert abs(np.exp(log_softmax(logits)) - p).max() < 1e-12


@pytest.mark.parametrize(
    ("function", "backward"), [(softmax, softmax_backward), (log_softmax, log_softmax_backward)]
)
def test_finite_differences(function, backward):
    rng = np.random.default_rng(1)
    logits, dout = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    dlogits = backward(dout, function(logits))
    assert_gradients(lambda: float((function(logits) * dout).sum()), [(logits, dlogits)])


@pytest.mark.parametrize(
    ("logits", "expected"),
    [
        ([1e4, -1e4, 0.0], [1, 0, 0]),
        ([-1e4, -1e4, -1e4, -1e4], [0.25] * 4),
        ([1e4, 1e4], [0.5, 0.5]),
        ([7.0], [1]),
        ([0.0, -np.inf], [1, 0]),
    ],
)
def test_extremes(logits, expected):
    logits = np.array(logits)
    assert np.allclose(softmax(logits), expected, rtol=0, atol=1e-15)
    with np.errstate(divide="ignore"):
        assert np.array_equal(np.exp(log_softmax(logits)), expected)
    assert np.isfinite(softmax_backward(np.ones_like(logits), softmax(logits))).all()
    assert np.isfinite(log_softmax_backward(np.ones_like(logits), log_softmax(logits))).all()


def test_mask_is_the_softmax_of_what_is_left_whatever_the_rest_holds():
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(20, 6))
    mask = rng.random((20, 6)) < 0.5
    mask[:, 2] = True
    hostile = np.where(mask, logits, rng.choice([np.nan, np.inf, -np.inf, 1e300], (20, 6)))
    freeze(hostile, mask)
    p = softmax(hostile, mask)
    assert (p[~mask] == 0).all()
    assert abs(p.sum(axis=-1) - 1).max() < 1e-12
    for row, keep, out in zip(logits, mask, p, strict=True):
        assert np.allclose(out[keep], softmax(row[keep]), rtol=0, atol=1e-15)
    assert (softmax_backward(rng.normal(size=p.shape), p)[~mask] == 0).all()


def test_a_mask_is_no_mere_large_negative_number():
    logits, mask = np.array([-1e12, 0.0]), np.array([True, False])
    assert np.array_equal(softmax(logits, mask), [1, 0])


X = np.zeros((2, 3))
MASK = np.ones((2, 3), bool)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: softmax([1.0]), TypeError, "logits: expected a NumPy array, got list"),
        (lambda: softmax(np.array([1, 2])), TypeError, "logits: .* got int64"),
        (lambda: softmax(np.array(1.0)), ValueError, r"logits: expected shape \(V,\), got \(\)"),
        (lambda: softmax(np.zeros((2, 0))), ValueError, "logits: expected shape"),
        (lambda: softmax(np.array([0, np.nan])), ValueError, "logits: .* no NaN"),
        (lambda: log_softmax(np.array([0, np.inf])), ValueError, "logits: .* no NaN"),
        (lambda: log_softmax(np.array([-np.inf])), ValueError, "logits: .* at least one finite"),
        (lambda: log_softmax(X.astype(int)), TypeError, "logits: .* got int64"),
        (lambda: softmax(X, [[True]]), TypeError, "mask: expected a NumPy array, got list"),
        (lambda: softmax(X, MASK.astype(int)), TypeError, "mask: expected bool, got int64"),
        (lambda: softmax(X, MASK[:1]), ValueError, r"mask: expected shape \(2, 3\), got \(1, 3\)"),
        (
            lambda: softmax(X, np.array([[False] * 3, [True] * 3])),
            ValueError,
            r"mask: .* got none in row \(0,\)",
        ),
        (lambda: check_mask(np.array([False]), (1,)), ValueError, r"got none in row \(\)"),
        (lambda: softmax_backward(X[:1], X), ValueError, "dp: expected shape"),
        (lambda: softmax_backward(X, X.astype(np.float32)), TypeError, "dp: expected float32"),
        (lambda: log_softmax_backward(X[0], X), ValueError, "dlog_p: expected shape"),
        (lambda: log_softmax_backward(X, [0.0]), TypeError, "log_p: expected a NumPy array"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
