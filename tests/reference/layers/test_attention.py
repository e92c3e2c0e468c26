"""`layers.attention` against torch, finite differences and its own promises."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.layers import attention
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch

KINDS = ["dot_product", "additive", "multiplicative"]
kinds = pytest.mark.parametrize("kind", KINDS)


def draw(kind, T=3, B=2, S=4, E=3, K=5, H=6, A=7, seed=0, dtype=np.float64, masked=True):
    """Return the inputs in the order of the function, a mask, and gradients into both outputs."""
    rng = np.random.default_rng(seed)
    sizes = [(T, B, K if kind == "dot_product" else E), (S, B, K), (S, B, H)]
    parameter_sizes = {"additive": [(A, E), (A, K), (A,)], "multiplicative": [(E, K)]}.get(kind, [])
    arrays = [rng.normal(size=size).astype(dtype) for size in [*sizes, *parameter_sizes]]
    mask = rng.random((T, B, S)) < 0.6
    mask[:, :, rng.integers(S)] = True
    dcontext = rng.normal(size=(T, B, H)).astype(dtype)
    dweights = rng.normal(size=(T, B, S)).astype(dtype)
    return arrays, mask if masked else None, dcontext, dweights


def run(kind, arrays, mask=None):
    query, key, value, *params = arrays
    if kind == "dot_product":
        return attention.dot_product(query, key, value, mask)
    if kind == "multiplicative":
        given = attention.MultiplicativeParams(*params)
        return attention.multiplicative(query, key, value, given, mask)
    return attention.additive(query, key, value, attention.AdditiveParams(*params), mask)


def run_backward(kind, dcontext, cache, dweights=None):
    return getattr(attention, f"{kind}_backward")(dcontext, cache, dweights)


def torch_run(kind, tensors, mask):
    """Write the same equations for autograd, query by query and without a loop over the batch."""
    query, key, value, *params = tensors
    contexts, weights = [], []
    for t, q in enumerate(query):  # (B, E)
        if kind == "dot_product":
            scores = (q * key).sum(-1) / math.sqrt(q.shape[-1])  # (S, B)
        elif kind == "multiplicative":
            scores = torch.einsum("be,ek,sbk->sb", q, params[0], key)
        else:
            W_q, W_k, v = params
            scores = torch.tanh(F.linear(q, W_q) + F.linear(key, W_k)) @ v  # (S, B)
        if mask is not None:
            scores = scores.masked_fill(~torch.tensor(mask)[t].T, -math.inf)
        w = torch.softmax(scores, dim=0)  # (S, B)
        contexts.append((w[..., None] * value).sum(0))
        weights.append(w.T)
    return torch.stack(contexts), torch.stack(weights)


def compare_with_torch(kind, case, use=("context", "weights")):
    arrays, mask, dcontext, dweights = case
    freeze(*arrays, dcontext, dweights)
    (context, weights), cache = run(kind, arrays, mask)
    tensors = [to_torch(array) for array in arrays]
    context_t, weights_t = torch_run(kind, tensors, mask)
    assert_close(context, context_t)
    assert_close(weights, weights_t)
    loss, given_gradients = 0, [None, None]
    if "context" in use:
        loss = loss + (context_t * torch.tensor(dcontext)).sum()
        given_gradients[0] = dcontext
    if "weights" in use:
        loss = loss + (weights_t * torch.tensor(dweights)).sum()
        given_gradients[1] = dweights
    wanted = torch.autograd.grad(loss, tensors, materialize_grads=True)
    grads = run_backward(kind, given_gradients[0], cache, given_gradients[1])
    assert len(grads) == len(wanted)
    for name, ours, theirs in zip(grads._fields, grads, wanted, strict=True):
        assert_close(ours, theirs, name)


@kinds
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("use", [("context",), ("weights",), ("context", "weights")])
def test_equals_torch(kind, dtype, masked, use):
    compare_with_torch(kind, draw(kind, dtype=dtype, masked=masked), use)


@given(
    kind=st.sampled_from(KINDS),
    sizes=st.tuples(*[st.integers(1, 4)] * 7),
    masked=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_equals_torch_on_drawn_shapes(kind, sizes, masked, seed):
    compare_with_torch(kind, draw(kind, *sizes, seed=seed, masked=masked))


def test_dot_product_equals_torchs_own():
    arrays, mask, _, _ = draw("dot_product")
    (context, _), _ = run("dot_product", arrays, mask)
    query, key, value = (torch.tensor(a).transpose(0, 1) for a in arrays)
    theirs = F.scaled_dot_product_attention(
        query, key, value, attn_mask=torch.tensor(mask).transpose(0, 1)
    )
    assert_close(context, theirs.transpose(0, 1))


@kinds
def test_finite_differences(kind):
    arrays, mask, dcontext, dweights = draw(kind, T=2, S=3, K=2, H=2, A=3)

    def loss():
        context, weights = run(kind, arrays, mask)[0]
        return float((context * dcontext).sum() + (weights * dweights).sum())

    grads = run_backward(kind, dcontext, run(kind, arrays, mask)[1], dweights)
    assert_gradients(loss, list(zip(arrays, grads, strict=True)))


@kinds
def test_weights_sum_to_1_and_are_0_where_masked(kind):
    arrays, mask, _, _ = draw(kind, T=20, S=9)
    (_, weights), _ = run(kind, arrays, mask)
    assert (weights[~mask] == 0).all()
    assert (weights[mask] > 0).all()
    assert abs(weights.sum(axis=2) - 1).max() < 1e-12


@kinds
@pytest.mark.parametrize("rubbish", [np.nan, np.inf, 1e300])
def test_padded_equals_unpadded_whatever_the_padding_holds(kind, rubbish):
    arrays, _, dcontext, dweights = draw(kind, B=3, S=5)
    lengths = [2, 5, 1]
    for b, length in enumerate(lengths):
        for array in arrays[1:3]:  # keys and values
            array[length:, b] = rubbish
    mask = attention.key_mask(lengths, T=3, S=5)
    (context, weights), cache = run(kind, arrays, mask)
    grads = run_backward(kind, dcontext, cache, dweights)
    parameter_sums = [0 for _ in grads[3:]]
    for b, length in enumerate(lengths):
        alone = [arrays[0][:, [b]], *(a[:length, [b]] for a in arrays[1:3]), *arrays[3:]]
        (context_b, weights_b), cache_b = run(kind, alone)
        grads_b = run_backward(kind, dcontext[:, [b]], cache_b, dweights[:, [b], :length])
        assert_close(context[:, [b]], context_b)
        assert_close(weights[:, [b], :length], weights_b)
        assert_close(grads.dquery[:, [b]], grads_b.dquery)
        assert_close(grads.dkey[:length, [b]], grads_b.dkey)
        assert_close(grads.dvalue[:length, [b]], grads_b.dvalue)
        assert (grads.dkey[length:, b] == 0).all()
        assert (grads.dvalue[length:, b] == 0).all()
        parameter_sums = [s + g for s, g in zip(parameter_sums, grads_b[3:], strict=True)]
    for ours, theirs in zip(grads[3:], parameter_sums, strict=True):
        assert_close(ours, theirs)


@kinds
def test_extremes(kind):
    arrays, mask, dcontext, _ = draw(kind)
    large = [1e4 * array for array in arrays]
    (context, weights), cache = run(kind, large, mask)
    assert np.isfinite(context).all()
    assert abs(weights.sum(axis=2) - 1).max() < 1e-12
    assert all(np.isfinite(g).all() for g in run_backward(kind, dcontext, cache))
    equal = [np.ones_like(array) for array in arrays]
    (_, weights), _ = run(kind, equal)
    assert np.allclose(weights, 1 / weights.shape[2], rtol=0, atol=1e-15)


def test_key_mask_is_read_only():
    mask = attention.key_mask(np.array([1, 2]), T=3, S=2)
    assert mask.shape == (3, 2, 2)
    assert not mask.flags.writeable


(Q, K_, V_, W_Q, W_K, V), MASK, DC, DW = draw("additive")
PARAMS = attention.AdditiveParams(W_Q, W_K, V)
Q_DOT = np.zeros((3, 2, 5))
dot, add, mul = attention.dot_product, attention.additive, attention.multiplicative
W_EK = attention.MultiplicativeParams(np.ones((3, 5)))
MUL_CACHE = mul(Q, K_, V_, W_EK)[1]
DOT_CACHE, ADD_CACHE = dot(Q_DOT, K_, V_)[1], add(Q, K_, V_, PARAMS)[1]
BLIND = MASK.copy()
BLIND[1, 0] = False


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dot(None, K_, V_), TypeError, "query: expected a NumPy array, got NoneType"),
        (lambda: dot(Q_DOT[0], K_, V_), ValueError, r"query: expected shape \(T, B, K\)"),
        (lambda: dot(Q, K_, V_), ValueError, r"key: .* K = 3 as in query"),
        (lambda: dot(Q_DOT[:, :1], K_, V_), ValueError, "key: .* B = 1 as in query"),
        (lambda: dot(Q_DOT, K_[:1], V_), ValueError, "value: .* S = 1 as in key"),
        (lambda: dot(Q_DOT, K_, V_[:, :1]), ValueError, "value: .* B = 2 as in query"),
        (lambda: dot(Q_DOT, K_[:0], V_), ValueError, "key: .* S >= 1"),
        (lambda: dot(Q_DOT, K_, V_.astype(np.float32)), TypeError, "value: expected float64"),
        (lambda: dot(Q_DOT, K_, V_, MASK[:1]), ValueError, r"mask: expected shape \(3, 2, 4\)"),
        (lambda: dot(Q_DOT, K_, V_, 1.0 * MASK), TypeError, "mask: expected bool, got float64"),
        (lambda: dot(Q_DOT, K_, V_, BLIND), ValueError, r"mask: .* got none in row \(1, 0\)"),
        (
            lambda: add(Q, K_, V_, (W_Q, W_K, V)),
            TypeError,
            "params: .* got tuple",
        ),
        (lambda: add(Q, K_, V_, PARAMS._replace(W_q=W_K)), ValueError, "W_q: .* E = 3"),
        (lambda: add(Q, K_, V_, PARAMS._replace(W_k=W_K[:1])), ValueError, "W_k: .* A = 7"),
        (lambda: add(Q, K_, V_, PARAMS._replace(v=V[:1])), ValueError, "v: .* A = 7"),
        (lambda: add(Q, K_, V_, PARAMS._replace(W_q=W_Q * np.inf)), ValueError, "W_q: .*finite"),
        (lambda: add(Q, K_, V_, PARAMS._replace(W_k=W_K * np.nan)), ValueError, "W_k: .*finite"),
        (lambda: add(Q, K_, V_, PARAMS._replace(v=V * np.nan)), ValueError, "v: .*finite"),
        (lambda: add(Q, K_, V_, PARAMS, BLIND), ValueError, r"mask: .* got none in row \(1, 0\)"),
        (lambda: mul(Q, K_, V_, (W_EK.W,)), TypeError, "params: .* got tuple"),
        (lambda: mul(Q_DOT, K_, V_, W_EK), ValueError, "W: .* E = 5 as in query"),
        (lambda: mul(Q, V_, V_, W_EK), ValueError, "W: .* K = 6 as in key"),
        (lambda: mul(Q, K_, V_, W_EK, BLIND), ValueError, r"mask: .* got none in row \(1, 0\)"),
        (lambda: attention.multiplicative_backward(DC[:1], MUL_CACHE), ValueError, "dcontext: "),
        (lambda: attention.multiplicative_backward(DC, ADD_CACHE), TypeError, "cache: "),
        (lambda: attention.dot_product_backward(DC[:1], DOT_CACHE), ValueError, "dcontext: "),
        (lambda: attention.dot_product_backward(DC, DOT_CACHE, DW[:1]), ValueError, "dweights: "),
        (lambda: attention.additive_backward(DC[..., :1], ADD_CACHE), ValueError, "dcontext: "),
        (lambda: attention.additive_backward(None, ADD_CACHE, [1]), TypeError, "dweights: "),
        (lambda: attention.key_mask([5], T=1, S=4), ValueError, r"lengths: .* 1\.\.4, got 5"),
        (lambda: attention.key_mask([0.5], T=1, S=4), TypeError, "lengths: expected integers"),
        (lambda: attention.key_mask(3, T=1, S=4), ValueError, "lengths: expected shape"),
        (lambda: attention.key_mask([1], T=0, S=4), ValueError, "T: .* got 0"),
        (lambda: attention.key_mask([1], T=1, S=1.5), TypeError, "S: .* got float"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
