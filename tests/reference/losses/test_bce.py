"""`course_pkg.reference.losses.bce` against torch, finite differences and its own definition."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.losses import bce
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)


@given(
    shape=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    reduction=st.sampled_from(["mean", "sum", "none"]),
    dtype=st.sampled_from(DTYPES),
    pos_weight=st.sampled_from([None, 0.0, 0.5, 3.0]),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(shape, reduction, dtype, pos_weight, seed):
    rng = np.random.default_rng(seed)
    logits = np.asarray(4 * rng.normal(size=shape), dtype=dtype)
    targets = np.asarray(rng.choice([0.0, 1.0, 0.3], size=shape), dtype=dtype)
    dloss = np.asarray(rng.normal(size=shape), dtype=dtype)
    freeze(logits, targets, dloss)
    option = {} if pos_weight is None else {"pos_weight": pos_weight}
    ours, cache = bce.forward(logits, targets, reduction=reduction, **option)
    logits_t = to_torch(logits)
    weight_t = None if pos_weight is None else torch.tensor(pos_weight, dtype=logits_t.dtype)
    theirs = F.binary_cross_entropy_with_logits(
        logits_t, torch.tensor(targets), pos_weight=weight_t, reduction=reduction
    )
    if reduction == "none":
        assert_close(ours, theirs)
        theirs.backward(torch.tensor(dloss))
        dlogits = bce.backward(dloss, cache)
    else:
        assert_loss_close(ours, theirs)
        (1.5 * theirs).backward()
        dlogits = bce.backward(1.5, cache)
    assert_close(dlogits, logits_t.grad)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_finite_differences(reduction):
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(2, 3)), rng.random((2, 3))

    def run():
        return bce.forward(logits, targets, pos_weight=2.0, reduction=reduction)

    assert_gradients(lambda: run()[0], [(logits, bce.backward(1.0, run()[1]))])


@pytest.mark.parametrize(
    ("logit", "target", "expected", "gradient"),
    [
        (1e4, 1.0, 0.0, 0.0),
        (1e4, 0.0, 1e4, 1.0),
        (-1e4, 1.0, 1e4, -1.0),
        (-1e4, 0.0, 0.0, 0.0),
        (0.0, 1.0, math.log(2), -0.5),
        (-40.0, 0.0, math.exp(-40), 0.0),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes(logit, target, expected, gradient, dtype):
    loss, cache = bce.forward(np.array(logit, dtype), np.array(target, dtype))
    assert loss == pytest.approx(expected, rel=1e-6, abs=0)
    assert float(bce.backward(1.0, cache)) == pytest.approx(gradient, abs=1e-15)


Z, T = np.zeros((2, 1)), np.ones((2, 1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bce.forward([0.0], T), TypeError, "logits: expected a NumPy array, got list"),
        (lambda: bce.forward(Z + np.nan, T), ValueError, "logits: expected finite"),
        (lambda: bce.forward(Z, T.astype(int)), TypeError, "targets: .* got int64"),
        (lambda: bce.forward(Z, T[:1]), ValueError, "targets: expected shape"),
        (lambda: bce.forward(Z, 2 * T), ValueError, r"targets: .* \[0, 1\], got 2.0"),
        (lambda: bce.forward(Z, -T), ValueError, "targets: .* got -1.0"),
        (lambda: bce.forward(Z, T * np.nan), ValueError, "targets: .* got nan"),
        (lambda: bce.forward(Z, T, pos_weight=-1.0), ValueError, "pos_weight: .* got -1.0"),
        (lambda: bce.forward(Z, T, pos_weight=np.inf), ValueError, "pos_weight: .* got inf"),
        (lambda: bce.forward(Z, T, pos_weight=T), TypeError, "pos_weight: .* got ndarray"),
        (lambda: bce.forward(Z, T, reduction=None), ValueError, "reduction: .* got None"),
        (lambda: bce.backward(np.inf, bce.forward(Z, T)[1]), ValueError, "dloss: .* got inf"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
