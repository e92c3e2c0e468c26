"""`losses.negative_sampling` and `losses.glove` against torch and finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.losses import glove, negative_sampling
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)


def sampling_case(seed, N, K, D, dtype=np.float64):
    rng = np.random.default_rng(seed)
    arrays = (rng.normal(size=(N, D)), rng.normal(size=(N, D)), rng.normal(size=(N, K, D)))
    return tuple(each.astype(dtype) for each in arrays), rng.random((N, K)) < 0.7


def glove_case(seed, N, D, dtype=np.float64):
    rng = np.random.default_rng(seed)
    arrays = (rng.normal(size=(N, D)), rng.normal(size=(N, D)), *rng.normal(size=(2, N)))
    return tuple(each.astype(dtype) for each in arrays), rng.uniform(0.1, 200, N).astype(dtype)


def sampling_by_torch(tensors, counts):
    v, u, drawn = tensors
    true, false = (u * v).sum(-1), torch.einsum("nki,ni->nk", drawn, v)
    return -F.logsigmoid(true) - (F.logsigmoid(-false) * torch.tensor(counts)).sum(-1)


def glove_by_torch(tensors, counts):
    v, u, b, c = tensors
    x = torch.tensor(counts)
    return (x / 100).pow(0.75).clamp(max=1) * ((v * u).sum(-1) + b + c - x.log()) ** 2


def compare(losses, run, backward, arrays, tensors, reduction, dloss):
    freeze(*arrays, dloss)
    ours, cache = run(reduction)
    if reduction == "none":
        assert_close(ours, losses)
        losses.backward(torch.tensor(dloss))
        grads = backward(dloss, cache)
    else:
        total = losses.mean() if reduction == "mean" else losses.sum()
        assert_loss_close(ours, total)
        (1.5 * total).backward()
        grads = backward(1.5, cache)
    for gradient, tensor in zip(grads, tensors, strict=True):
        assert_close(gradient, tensor.grad)


OPTIONS = {
    "N": st.integers(1, 4),
    "D": st.integers(1, 3),
    "reduction": st.sampled_from(["mean", "sum", "none"]),
    "dtype": st.sampled_from(DTYPES),
    "seed": st.integers(0, 2**16),
}


@given(K=st.integers(1, 3), masked=st.booleans(), **OPTIONS)
def test_negative_sampling_equals_torch(N, K, D, masked, reduction, dtype, seed):
    arrays, counts = sampling_case(seed, N, K, D, dtype)
    tensors = tuple(map(to_torch, arrays))
    losses = sampling_by_torch(tensors, counts if masked else np.ones((N, K)).astype(dtype))
    dloss = np.random.default_rng(seed).normal(size=N).astype(dtype)

    def run(reduction):
        option = {"counts": counts} if masked else {}
        return negative_sampling.forward(*arrays, reduction=reduction, **option)

    compare(losses, run, negative_sampling.backward, arrays, tensors, reduction, dloss)


@given(**OPTIONS)
def test_glove_equals_torch(N, D, reduction, dtype, seed):
    arrays, counts = glove_case(seed, N, D, dtype)
    tensors = tuple(map(to_torch, arrays))
    dloss = np.random.default_rng(seed).normal(size=N).astype(dtype)

    def run(reduction):
        return glove.forward(*arrays, counts, reduction=reduction)

    losses = glove_by_torch(tensors, counts)
    compare(losses, run, glove.backward, arrays, tensors, reduction, dloss)


def test_finite_differences():
    arrays, counts = sampling_case(0, 3, 2, 4)
    grads = negative_sampling.backward(
        1.0, negative_sampling.forward(*arrays, counts=counts, reduction="sum")[1]
    )
    assert_gradients(
        lambda: negative_sampling.forward(*arrays, counts=counts, reduction="sum")[0],
        list(zip(arrays, grads, strict=True)),
    )
    arrays, counts = glove_case(0, 3, 2)
    grads = glove.backward(1.0, glove.forward(*arrays, counts)[1])
    assert_gradients(
        lambda: glove.forward(*arrays, counts)[0], list(zip(arrays, grads, strict=True))
    )


def test_a_drawn_word_that_does_not_count_has_no_gradient():
    arrays, counts = sampling_case(1, 4, 3, 2)
    grads = negative_sampling.backward(1.0, negative_sampling.forward(*arrays, counts=counts)[1])
    assert ((grads.du_drawn == 0).all(axis=-1) == ~counts).all()


@pytest.mark.parametrize("score", [-1e4, 1e4])
def test_extreme_scores_neither_overflow_nor_vanish(score):
    v, u, drawn = np.array([[1.0]]), np.array([[score]]), np.array([[[score]]])
    loss, cache = negative_sampling.forward(v, u, drawn)
    assert loss == 1e4  # one of the two answers is certain, and wrong
    assert all(np.isfinite(each).all() for each in negative_sampling.backward(1.0, cache))


def test_the_weight_of_a_count():
    counts = np.array([1.0, 50.0, 100.0, 1e6])
    weights = glove.weight(counts)
    assert weights == pytest.approx([100**-0.75, 0.5**0.75, 1, 1])
    assert (glove.weight(counts, power=0.0) == 1).all()


V, U, D = np.ones((2, 3)), np.ones((2, 3)), np.ones((2, 4, 3))
B, X = np.ones(2), np.ones(2)
sample, fit = negative_sampling.forward, glove.forward


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sample(V.tolist(), U, D), TypeError, "v: expected a NumPy array, got list"),
        (lambda: sample(V, U[:1], D), ValueError, r"u: expected shape \(N, I\) with N = 2"),
        (lambda: sample(V, U, D[0]), ValueError, r"u_drawn: expected shape \(N, K, I\)"),
        (lambda: sample(V, U * np.nan, D), ValueError, "u: expected finite"),
        (lambda: sample(V, U, D, counts=np.ones((2, 4))), TypeError, "counts: expected bool"),
        (lambda: sample(V, U, D, counts=[True]), TypeError, "counts: expected a NumPy array"),
        (lambda: sample(V, U, D, counts=np.ones(4, bool)), ValueError, r"counts: .* \(2, 4\)"),
        (lambda: sample(V, U, D, reduction="total"), ValueError, "reduction: "),
        (lambda: negative_sampling.backward(np.inf, sample(V, U, D)[1]), ValueError, "dloss: "),
        (lambda: fit(V, U, B, B[:1], X), ValueError, r"c: expected shape \(N,\) with N = 2"),
        (lambda: fit(V, U, B, B, 0 * X), ValueError, "counts: expected values above 0, got 0.0"),
        (lambda: fit(V, U, B, B, X * np.inf), ValueError, "counts: expected finite"),
        (lambda: fit(V, U, B, B, X, most=0.0), ValueError, "most: "),
        (lambda: fit(V, U, B, B, X, power=2.0), ValueError, "power: "),
        (lambda: glove.weight(np.array([1])), TypeError, "counts: expected float"),
        (lambda: glove.backward(1.0, None), TypeError, "cache: "),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
