"""`losses.cross_entropy` against torch, finite differences and its own definition."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.losses import cross_entropy
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)


def random_case(seed, shape=(4, 3), V=5, dtype=np.float64, ignored=0.3):
    rng = np.random.default_rng(seed)
    logits = (3 * rng.normal(size=(*shape, V))).astype(dtype)
    targets = np.asarray(rng.integers(0, V, shape))
    targets = np.where(rng.random(shape) < ignored, -100, targets)
    targets.flat[0] = 0  # one target is used
    weights = rng.uniform(0.1, 2, V).astype(dtype)
    dloss = rng.normal(size=shape).astype(dtype)
    return logits, targets, weights, dloss


def compare_with_torch(logits, targets, dloss, *, reduction, weights, ignore_index=-100, e=0.0):
    freeze(logits, targets, dloss)
    ours, cache = cross_entropy.forward(
        logits,
        targets,
        weights=weights,
        ignore_index=ignore_index,
        label_smoothing=e,
        reduction=reduction,
    )
    logits_t = to_torch(logits)
    V = logits.shape[-1]
    theirs = F.cross_entropy(
        logits_t.reshape(-1, V),
        torch.tensor(targets).reshape(-1),
        weight=None if weights is None else torch.tensor(weights),
        ignore_index=ignore_index,
        label_smoothing=e,
        reduction=reduction,
    )
    if reduction == "none":
        theirs = theirs.reshape(targets.shape)
        assert_close(ours, theirs)
        theirs.backward(torch.tensor(dloss))
        dlogits = cross_entropy.backward(dloss, cache)
    else:
        assert_loss_close(ours, theirs)
        (2.5 * theirs).backward()
        dlogits = cross_entropy.backward(2.5, cache)
    assert_close(dlogits, logits_t.grad)
    assert (dlogits[targets == ignore_index] == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("reduction", "weighted", "e"),
    list(itertools.product(["mean", "sum", "none"], [False, True], [0.0, 0.1, 1.0])),
)
def test_equals_torch(dtype, reduction, weighted, e):
    logits, targets, weights, dloss = random_case(0, dtype=dtype)
    compare_with_torch(
        logits, targets, dloss, reduction=reduction, weights=weights if weighted else None, e=e
    )


@given(
    shape=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    V=st.integers(1, 6),
    seed=st.integers(0, 2**16),
    reduction=st.sampled_from(["mean", "sum", "none"]),
    weighted=st.booleans(),
    e=st.floats(0, 1),
    ignore_index=st.sampled_from([-100, 0, 2, 77]),
)
def test_equals_torch_on_drawn_cases(shape, V, seed, reduction, weighted, e, ignore_index):
    logits, targets, weights, dloss = random_case(seed, shape, V)
    targets = np.where(targets == -100, ignore_index, targets)
    targets = np.where((targets < V) | (targets == ignore_index), targets, 0)
    if reduction == "mean" and (targets == ignore_index).all():
        return  # refused; see the table of bad input
    compare_with_torch(
        logits,
        targets,
        np.asarray(dloss),
        reduction=reduction,
        weights=weights if weighted else None,
        ignore_index=ignore_index,
        e=e,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_finite_differences(reduction):
    logits, targets, weights, _ = random_case(1)

    def loss():
        return cross_entropy.forward(
            logits, targets, weights=weights, label_smoothing=0.2, reduction=reduction
        )[0]

    _, cache = cross_entropy.forward(
        logits, targets, weights=weights, label_smoothing=0.2, reduction=reduction
    )
    assert_gradients(loss, [(logits, cross_entropy.backward(1.0, cache))])


@pytest.mark.parametrize(
    ("logits", "target", "expected"),
    [
        ([1e4, -1e4], 0, 0.0),
        ([1e4, -1e4], 1, 2e4),
        ([-1e4] * 4, 2, math.log(4)),
        ([3.0], 0, 0.0),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes(logits, target, expected, dtype):
    loss, cache = cross_entropy.forward(np.array(logits, dtype), np.array(target))
    assert loss == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(cross_entropy.backward(1.0, cache)).all()


def test_padding_may_hold_anything():
    logits, targets, _, _ = random_case(2)
    clean, clean_cache = cross_entropy.forward(logits, targets)
    hostile = np.where((targets == -100)[..., None], np.nan, logits)
    loss, cache = cross_entropy.forward(hostile, targets)
    assert loss == clean
    assert np.array_equal(
        cross_entropy.backward(1.0, cache), cross_entropy.backward(1.0, clean_cache)
    )


@pytest.mark.parametrize(("reduction", "expected"), [("sum", 0.0), ("none", [0.0, 0.0])])
def test_nothing_but_ignored_targets(reduction, expected):
    loss, cache = cross_entropy.forward(
        np.ones((2, 3)), np.array([-100, -100]), reduction=reduction
    )
    assert np.array_equal(loss, expected)
    dloss = 1.0 if reduction == "sum" else np.ones(2)
    assert np.array_equal(cross_entropy.backward(dloss, cache), np.zeros((2, 3)))


Z, Y, W = np.zeros((2, 3)), np.array([0, 1]), np.ones(3)
ce = cross_entropy.forward


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ce(Z.tolist(), Y), TypeError, "logits: expected a NumPy array, got list"),
        (lambda: ce(Z.astype(int), Y), TypeError, "logits: .* got int64"),
        (lambda: ce(np.zeros((0, 3)), Y), ValueError, "logits: expected shape"),
        (lambda: ce(Z + np.inf, Y), ValueError, "logits: .*finite"),
        (lambda: ce(Z, [0, 1]), TypeError, "targets: expected a NumPy array, got list"),
        (lambda: ce(Z, Y.astype(float)), TypeError, "targets: .* got float64"),
        (lambda: ce(Z, np.array([0, 3])), ValueError, r"targets: .* 0\.\.2, got 3"),
        (lambda: ce(Z, np.array([0, -1])), ValueError, "targets: .* got -1"),
        (lambda: ce(Z, Y[:1]), ValueError, r"targets: expected shape \(2,\)"),
        (lambda: ce(Z, Y[:, None]), ValueError, r"targets: expected shape \(2,\)"),
        (lambda: ce(Z, np.array([-100, -100])), ValueError, "targets: .* not ignored"),
        (lambda: ce(Z, Y, weights=np.array([0.0, 0.0, 1.0])), ValueError, "positive weight"),
        (lambda: ce(Z, Y, weights=W[:1]), ValueError, r"weights: expected shape \(V,\)"),
        (lambda: ce(Z, Y, weights=-W), ValueError, "weights: .* negative value, got -1"),
        (lambda: ce(Z, Y, weights=W * np.nan), ValueError, "weights: expected finite"),
        (lambda: ce(Z, Y, weights=W.astype(np.float32)), TypeError, "weights: expected float64"),
        (lambda: ce(Z, Y, label_smoothing=1.1), ValueError, "label_smoothing: .* got 1.1"),
        (lambda: ce(Z, Y, label_smoothing=-0.1), ValueError, "label_smoothing: .* got -0.1"),
        (lambda: ce(Z, Y, label_smoothing="a"), TypeError, "label_smoothing: .* got str"),
        (lambda: ce(Z, Y, ignore_index=0.5), TypeError, "ignore_index: .* got float"),
        (lambda: ce(Z, Y, ignore_index=True), TypeError, "ignore_index: .* got bool"),
        (lambda: ce(Z, Y, reduction="average"), ValueError, "reduction: .* got 'average'"),
        (lambda: cross_entropy.backward(np.ones(2), ce(Z, Y)[1]), TypeError, "dloss: .* ndarray"),
        (lambda: cross_entropy.backward(np.nan, ce(Z, Y)[1]), ValueError, "dloss: .* got nan"),
        (
            lambda: cross_entropy.backward(1.0, ce(Z, Y, reduction="none")[1]),
            TypeError,
            "dloss: expected a NumPy array, got float",
        ),
        (
            lambda: cross_entropy.backward(np.ones(1), ce(Z, Y, reduction="none")[1]),
            ValueError,
            "dloss: expected shape",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_logits_further_apart_than_any_float_is_large():
    logits = np.array([[3e38, -3e38], [0.0, 0.0]], np.float32)
    loss, cache = ce(logits, np.array([0, 1]))
    assert loss == pytest.approx(np.log(2) / 2)
    np.testing.assert_allclose(cross_entropy.backward(2.0, cache), [[0, 0], [0.5, -0.5]])
    wrong, cache = ce(logits[:1], np.array([1]))
    assert wrong > 3e38
    np.testing.assert_array_equal(cross_entropy.backward(1.0, cache), [[1, -1]])
