"""`layers.attentional_state` against torch, finite differences and its own promises."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.layers import attention, attentional_state, linear
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch

KINDS = ["dot", "additive", "multiplicative"]
kinds = pytest.mark.parametrize("kind", KINDS)


def draw(kind, T=3, B=2, S=4, H=5, M=6, A=7, seed=0, dtype=np.float64):
    """Return s, memory, the parameters of the attention, W, b; a mask; gradients into both."""
    rng = np.random.default_rng(seed)
    M = H if kind == "dot" else M
    inner = {"dot": [], "additive": [(A, H), (A, M), (A,)], "multiplicative": [(H, M)]}[kind]
    sizes = [(T, B, H), (S, B, M), *inner, (H, M + H), (H,)]
    arrays = [rng.normal(size=size).astype(dtype) for size in sizes]
    mask = rng.random((T, B, S)) < 0.6
    mask[:, :, rng.integers(S)] = True
    into = [rng.normal(size=size).astype(dtype) for size in [(T, B, H), (T, B, S)]]
    return arrays, mask, into


def parts(kind, arrays):
    s, memory, *inner, W, b = arrays
    types = {"additive": attention.AdditiveParams, "multiplicative": attention.MultiplicativeParams}
    return s, memory, types[kind](*inner) if kind in types else None, linear.Params(W, b)


def flat(grads):
    return [grads.ds, grads.dmemory, *(grads.attention or ()), *grads.W_c]


def torch_run(kind, tensors, mask):
    """Write the equations once more, for one sequence and one step at a time."""
    s, memory, *inner, W, b = tensors
    a, weights = torch.zeros_like(s), torch.zeros(mask.shape, dtype=s.dtype)
    for t, i in np.ndindex(*s.shape[:2]):
        q, seen = s[t, i], mask[t, i]
        m = memory[seen, i]  # only what may be looked at
        if kind == "dot":
            scores = m @ q / math.sqrt(len(q))
        elif kind == "additive":
            scores = torch.tanh(inner[0] @ q + m @ inner[1].T) @ inner[2]
        else:
            scores = m @ (q @ inner[0])
        w = torch.softmax(scores, dim=0)
        weights[t, i, seen] = w
        a[t, i] = torch.tanh(F.linear(torch.cat([w @ m, q]), W, b))
    return a, weights


def compare_with_torch(kind, case):
    arrays, mask, (da, dweights) = case
    freeze(*arrays, da, dweights)
    (a, weights), cache = attentional_state.forward(*parts(kind, arrays), mask)
    tensors = [to_torch(array) for array in arrays]
    a_t, weights_t = torch_run(kind, tensors, mask)
    assert_close(a, a_t)
    assert_close(weights, weights_t)
    for used in (None, dweights):
        outputs, into = [a_t], [torch.tensor(da)]
        if used is not None:
            outputs, into = [a_t, weights_t], [*into, torch.tensor(used)]
        wanted = torch.autograd.grad(
            outputs, tensors, into, retain_graph=True, materialize_grads=True
        )
        grads = flat(attentional_state.backward(da, cache, used))
        for index, (ours, theirs) in enumerate(zip(grads, wanted, strict=True)):
            assert_close(ours, theirs, str(index))


@kinds
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_torch(kind, dtype):
    compare_with_torch(kind, draw(kind, dtype=dtype))


@given(kind=st.sampled_from(KINDS), sizes=st.tuples(*[st.integers(1, 4)] * 6), seed=st.integers(0))
def test_equals_torch_on_drawn_shapes(kind, sizes, seed):
    compare_with_torch(kind, draw(kind, *sizes, seed=seed))


@kinds
def test_finite_differences(kind):
    arrays, mask, (da, dweights) = draw(kind, T=2, S=3, H=2, M=3, A=2)

    def loss():
        a, weights = attentional_state.forward(*parts(kind, arrays), mask)[0]
        return float((a * da).sum() + (weights * dweights).sum())

    _, cache = attentional_state.forward(*parts(kind, arrays), mask)
    grads = flat(attentional_state.backward(da, cache, dweights))
    assert_gradients(loss, list(zip(arrays, grads, strict=True)))


S, MEMORY, ADDITIVE, W_C = parts("additive", draw("additive")[0])
forward, backward = attentional_state.forward, attentional_state.backward
(_, _), CACHE = forward(S, MEMORY, ADDITIVE, W_C)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: forward(S[0], MEMORY, ADDITIVE, W_C), ValueError, r"^s: .* \(T, B, H\)"),
        (lambda: forward(S * np.nan, MEMORY, ADDITIVE, W_C), ValueError, "^s: .*finite"),
        (lambda: forward(S, MEMORY[:, :1], ADDITIVE, W_C), ValueError, "^memory: .* B = 2 as in s"),
        (lambda: forward(S, MEMORY, None, W_C), ValueError, "^memory: .* H = 5 as in s"),
        (lambda: forward(S, MEMORY, tuple(ADDITIVE), W_C), TypeError, "^params: .* got tuple"),
        (lambda: forward(S, MEMORY, "dot", W_C), TypeError, "^params: .* or None, got str"),
        (lambda: forward(S, MEMORY, ADDITIVE, tuple(W_C)), TypeError, "^W_c: .* got tuple"),
        (
            lambda: forward(S, MEMORY, ADDITIVE, linear.Params(W_C.W[:, 1:], W_C.b)),
            ValueError,
            r"^W_c.W: expected shape \(H, 11\)",
        ),
        (
            lambda: forward(S, MEMORY, ADDITIVE, linear.Params(W_C.W, W_C.b * np.inf)),
            ValueError,
            "^W_c.b: .*finite",
        ),
        (lambda: backward(S[:1], CACHE), ValueError, "^da: .* T = 3"),
        (lambda: backward(S, CACHE, S), ValueError, "^dweights: expected shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
