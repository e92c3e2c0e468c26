"""`course_pkg.reference.losses.mse` against torch, finite differences and its own definition."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.losses import mse
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)

REDUCTIONS = ["mean", "sum", "none"]


def compare_with_torch(y, target, dloss, reduction):
    freeze(y, target, dloss)
    ours, cache = mse.forward(y, target, reduction=reduction)
    y_t, target_t = to_torch(y), to_torch(target)
    theirs = F.mse_loss(y_t, target_t, reduction=reduction)
    if reduction == "none":
        assert_close(ours, theirs)
        theirs.backward(torch.tensor(dloss))
        grads = mse.backward(dloss, cache)
    else:
        assert_loss_close(ours, theirs)
        (-1.5 * theirs).backward()
        grads = mse.backward(-1.5, cache)
    assert_close(grads.dy, y_t.grad)
    assert_close(grads.dtarget, target_t.grad)


@given(
    shape=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    reduction=st.sampled_from(REDUCTIONS),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(shape, reduction, dtype, seed):
    rng = np.random.default_rng(seed)
    arrays = (np.asarray(rng.normal(size=shape), dtype=dtype) for _ in range(3))
    compare_with_torch(*arrays, reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS[:2])
def test_finite_differences(reduction):
    rng = np.random.default_rng(0)
    y, target = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    grads = mse.backward(1.0, mse.forward(y, target, reduction=reduction)[1])
    assert_gradients(
        lambda: mse.forward(y, target, reduction=reduction)[0],
        [(y, grads.dy), (target, grads.dtarget)],
    )


def test_extremes():
    y = np.array([1e4, -1e4])
    assert mse.forward(y, -y)[0] == 4e8
    assert mse.forward(y, y)[0] == 0


Y = np.zeros((2, 1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mse.forward([0.0], Y), TypeError, "y: expected a NumPy array, got list"),
        (lambda: mse.forward(Y.astype(int), Y), TypeError, "y: .* got int64"),
        (lambda: mse.forward(np.zeros((0, 1)), Y), ValueError, "y: expected shape"),
        (lambda: mse.forward(Y, Y[:, 0]), ValueError, "target: expected shape"),
        (lambda: mse.forward(Y, Y[:1]), ValueError, "target: expected shape"),
        (lambda: mse.forward(Y, Y.astype(np.float32)), TypeError, "target: expected float64"),
        (lambda: mse.forward(Y, Y, reduction="max"), ValueError, "reduction: .* got 'max'"),
        (lambda: mse.backward("1", mse.forward(Y, Y)[1]), TypeError, "dloss: .* got str"),
        (lambda: mse.backward(True, mse.forward(Y, Y)[1]), TypeError, "dloss: .* got bool"),
        (
            lambda: mse.backward(Y[:1], mse.forward(Y, Y, reduction="none")[1]),
            ValueError,
            "dloss: expected shape",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
