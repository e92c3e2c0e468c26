"""`course_pkg.models.attention` against the NumPy reference, gradients included."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.models import attention
from course_pkg.models.attention import (
    AdditiveAttention,
    DotProductAttention,
    MultiplicativeAttention,
)
from course_pkg.reference.layers import attention as reference

KINDS = ["dot_product", "additive", "multiplicative"]
kinds = pytest.mark.parametrize("kind", KINDS)
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
devices = pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, CUDA])]
)


def draw(kind, T=3, B=2, S=4, E=3, K=5, H=6, A=7, seed=0, dtype=np.float64):
    """Return query, key and value, the module, a mask, and gradients into both outputs."""
    random = np.random.default_rng(seed)
    E = K if kind == "dot_product" else E
    sizes = [(T, B, E), (S, B, K), (S, B, H), (T, B, H), (T, B, S), (A, E), (A, K), (A,)]
    query, key, value, dcontext, dweights, *params = (
        random.normal(size=size).astype(dtype) for size in sizes
    )
    mask = random.random((T, B, S)) < 0.6
    mask[:, :, random.integers(S)] = True
    dtype = torch.tensor(query).dtype
    module = DotProductAttention()
    if kind == "additive":
        module = AdditiveAttention(E, K, A, dtype=dtype)
    if kind == "multiplicative":
        module, params = MultiplicativeAttention(E, K, dtype=dtype), [random.normal(size=(E, K))]
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), params, strict=kind != "dot_product"):
            parameter.copy_(torch.tensor(array))
    return (query, key, value), module, mask, dcontext, dweights


def run(module, inputs, mask, dcontext, dweights, device="cpu"):
    """Return context, weights and all gradients of the module."""
    module = module.to(device)
    tensors = [torch.tensor(a, device=device).requires_grad_() for a in inputs]
    mask = None if mask is None else torch.tensor(mask, device=device)
    context, weights = module(*tensors, mask)
    loss = (context * torch.tensor(dcontext, device=device)).sum()
    loss = loss + (weights * torch.tensor(dweights, device=device)).sum()
    grads = torch.autograd.grad(loss, [*tensors, *module.parameters()])
    found = (context, weights, *grads)
    return [tensor.detach().to(tensors[0].dtype).cpu().numpy() for tensor in found]


def reference_run(kind, inputs, module, mask, dcontext, dweights):
    if kind == "dot_product":
        outputs, cache = reference.dot_product(*inputs, mask)
        return [*outputs, *reference.dot_product_backward(dcontext, cache, dweights)]
    params = [p.detach().cpu().numpy() for p in module.parameters()]
    if kind == "multiplicative":
        params = reference.MultiplicativeParams(*params)
        outputs, cache = reference.multiplicative(*inputs, params, mask)
        return [*outputs, *reference.multiplicative_backward(dcontext, cache, dweights)]
    outputs, cache = reference.additive(*inputs, reference.AdditiveParams(*params), mask)
    return [*outputs, *reference.additive_backward(dcontext, cache, dweights)]


@pytest.mark.parametrize("piece", [1, 50, 10**6])
def test_piece_by_piece_is_the_whole(piece, monkeypatch):
    monkeypatch.setattr(attention, "PIECE", piece)
    inputs, module, mask, dcontext, dweights = draw("additive", B=5)
    ours = run(module, inputs, mask, dcontext, dweights)
    assert_equal(ours, reference_run("additive", inputs, module, mask, dcontext, dweights))


@kinds
def test_keys_computed_once_serve_every_query(kind):
    inputs, module, *_ = draw(kind)
    query, key, value = map(torch.tensor, inputs)
    keys = module.keys(key)
    wanted, _ = module(query, key, value)
    for t in range(len(query)):
        context, _ = attention.average(module.scores(query[t : t + 1], keys), value, None)
        torch.testing.assert_close(context[0], wanted[t], rtol=0, atol=1e-14)


def assert_equal(ours, theirs):
    for got, wanted in zip(ours, theirs, strict=True):
        assert got.dtype == wanted.dtype
        assert got.shape == wanted.shape
        tolerance = 1e-10 if wanted.dtype == np.float64 else 1e-4
        assert abs(got - wanted).max() <= tolerance * max(1, abs(wanted).max())


@kinds
@devices
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equals_the_reference(kind, device, masked, dtype):
    inputs, module, mask, dcontext, dweights = draw(kind, dtype=dtype)
    mask = mask if masked else None
    ours = run(module, inputs, mask, dcontext, dweights, device)
    assert_equal(ours, reference_run(kind, inputs, module, mask, dcontext, dweights))


@given(
    kind=st.sampled_from(KINDS),
    sizes=st.tuples(*[st.integers(1, 4)] * 7),
    masked=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_equals_the_reference_on_drawn_shapes(kind, sizes, masked, seed):
    inputs, module, mask, dcontext, dweights = draw(kind, *sizes, seed=seed)
    mask = mask if masked else None
    ours = run(module, inputs, mask, dcontext, dweights)
    assert_equal(ours, reference_run(kind, inputs, module, mask, dcontext, dweights))


@kinds
def test_nothing_leaks_from_padding(kind):
    (query, key, value), module, _, dcontext, dweights = draw(kind)
    mask = np.array(reference.key_mask([4, 2], T=3, S=4))
    clean = run(module, (query, key, value), mask, dcontext, dweights)
    for array in (key, value):
        array[2:, 1] = np.nan
    hostile = run(module, (query, key, value), mask, dcontext, dweights)
    assert_equal(hostile, clean)
    assert (hostile[1][~mask] == 0).all()
    assert (hostile[3][2:, 1] == 0).all()
    assert (hostile[4][2:, 1] == 0).all()


@kinds
def test_compile(kind):
    inputs, module, mask, dcontext, dweights = draw(kind)
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    plain = run(module, inputs, mask, dcontext, dweights)
    assert_equal(run(compiled, inputs, mask, dcontext, dweights), plain)


@kinds
@devices
def test_autocast(kind, device):
    inputs, module, mask, dcontext, dweights = draw(kind, dtype=np.float32)
    full = run(module, inputs, mask, dcontext, dweights, device)
    with torch.autocast(device, dtype=torch.bfloat16):
        mixed = run(module, inputs, mask, dcontext, dweights, device)
    for got, wanted in zip(mixed, full, strict=True):
        assert abs(got - wanted).max() <= 0.1 * max(1, abs(wanted).max())


def exact_run(module, tensors, mask=None):
    """What the module would return in double precision of the same numbers."""
    wide = copy.deepcopy(module).double()
    return wide(*(tensor.double() for tensor in tensors), mask)


@kinds
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("masked", [False, True])
def test_scores_are_exact_in_half_precision(kind, dtype, masked):
    """Large scores that differ by 1 or so: what a half drops of them is what tells them apart."""
    (query, key, value), module, mask, *_ = draw(kind, K=64, A=64, dtype=np.float32)
    key = key[:1, :1] + 0.05 * key
    query = 10 * (key[:1] + 0.05 * query) if kind == "dot_product" else query
    tensors = [torch.tensor(a).to(dtype) for a in (query, key, value)]
    module = module.to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter *= 10 if parameter.dim() == 1 else 0.3
    mask = torch.tensor(mask) if masked else None
    context, weights = module(*tensors, mask)
    exact_context, exact_weights = exact_run(module, tensors, mask)
    assert context.dtype == weights.dtype == dtype
    eps = torch.finfo(dtype).eps
    assert (weights - exact_weights).abs().max() <= eps
    assert (context - exact_context).abs().max() <= 4 * eps * exact_context.abs().max()


@kinds
@pytest.mark.parametrize("autocast", [False, True])
def test_scores_do_not_overflow_in_float16(kind, autocast):
    inputs, module, *_ = draw(kind, K=64, dtype=np.float32)
    tensors = [torch.tensor(a) * 200 for a in inputs]  # scores up to 10^6, halves end at 65504
    with torch.no_grad():
        for parameter in module.parameters():
            parameter *= 200
    if not autocast:
        module, tensors = module.half(), [tensor.half() for tensor in tensors]
    for tensor in tensors:
        tensor.requires_grad_()
    with torch.autocast("cpu", dtype=torch.float16, enabled=autocast):
        context, weights = module(*tensors)
    exact_context, exact_weights = exact_run(module, tensors)
    assert (weights - exact_weights).abs().max() <= 1e-3
    assert (context - exact_context).abs().max() <= 1e-2 * exact_context.abs().max()
    context.float().sum().backward()
    assert all(torch.isfinite(tensor.grad).all() for tensor in tensors)


@kinds
@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("masked", [False, True])
def test_a_query_that_is_not_finite_spoils_its_own_answer_only(kind, bad, masked):
    (query, key, value), module, mask, *_ = draw(kind)
    mask = torch.tensor(mask) if masked else None
    tensors = [torch.tensor(a) for a in (query, key, value)]
    wanted = module(*tensors, mask)
    tensors[0][1, 0, 2] = bad
    found = module(*tensors, mask)  # nobody blames the mask, or a key
    for spoilt, clean in zip(found, wanted, strict=True):
        assert (kind == "additive" and bad == math.inf) or spoilt[1, 0].isnan().any()
        spoilt[1, 0] = clean[1, 0]
        torch.testing.assert_close(spoilt, clean, rtol=0, atol=1e-14)


@kinds
def test_vmap(kind):
    inputs, module, mask, *_ = draw(kind)
    tensors = [torch.tensor(a) for a in (*inputs, mask)]
    rows = [torch.stack([tensor, tensor.flip(0)]) for tensor in tensors]
    together = torch.vmap(module)(*rows)
    for index in (0, 1):
        alone = module(*(row[index] for row in rows))
        for found, wanted in zip(together, alone, strict=True):
            torch.testing.assert_close(found[index], wanted, rtol=0, atol=1e-12)


def test_the_start_is_uniform():
    torch.manual_seed(0)
    W_q, W_k, v = AdditiveAttention(100, 400, 50).parameters()
    (W,) = MultiplicativeAttention(100, 400).parameters()
    assert W.shape == (100, 400)
    for parameter, size in ((W_q, 100), (W_k, 400), (v, 50), (W, 400)):
        bound = 1 / math.sqrt(size)
        assert 0.9 * bound < parameter.abs().max() <= bound


Q, K_, V_ = torch.zeros(3, 2, 5), torch.zeros(4, 2, 5), torch.zeros(4, 2, 6)
MASK = torch.ones(3, 2, 4, dtype=torch.bool)
BLIND = MASK.clone()
BLIND[1, 0] = False
dot, add = DotProductAttention(), AdditiveAttention(5, 5, 7)
mul = MultiplicativeAttention(5, 5)


@pytest.mark.parametrize("module", [dot, add, mul], ids=KINDS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((Q.numpy(), K_, V_), TypeError, "query: expected a Tensor, got ndarray"),
        ((Q, K_.numpy(), V_), TypeError, "key: expected a Tensor, got ndarray"),
        ((Q, K_, V_, MASK.numpy()), TypeError, "mask: expected a Tensor of bool, got ndarray"),
        ((Q[0], K_, V_), ValueError, r"query: expected shape \(T, B, E\), got"),
        ((Q, K_[0], V_), ValueError, r"key: expected shape \(S, B, K\), got"),
        ((Q, K_, V_[:0]), ValueError, r"value: expected shape \(S, B, H\), got"),
        ((Q, K_[..., :4], V_), ValueError, "key: .* K = 5"),
        ((Q, K_[:, :1], V_), ValueError, "key: .* B = 2 as in query"),
        ((Q, K_, V_[:1]), ValueError, r"value: .* = \(4, 2\) as in key"),
        ((Q, K_, V_, MASK[:1]), ValueError, r"mask: .* = \(3, 2, 4\), got \(1, 2, 4\)"),
        ((Q, K_, V_, MASK.float()), TypeError, "mask: expected bool, got torch.float32"),
        ((Q, K_, V_, BLIND), ValueError, "mask: expected at least one True in every row"),
    ],
)
def test_bad_input(module, arguments, error, message):
    with pytest.raises(error, match=message):
        module(*arguments)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: add(Q[..., :4], K_, V_), ValueError, "query: .* E = 5"),
        (lambda: mul(Q[..., :4], K_, V_), ValueError, "query: .* E = 5"),
        (lambda: MultiplicativeAttention(0, 5), ValueError, "query_size: .* got 0"),
        (lambda: MultiplicativeAttention(5, 0), ValueError, "key_size: .* got 0"),
        (lambda: MultiplicativeAttention(5, 5, dtype=torch.int64), TypeError, "dtype: .*int64"),
        (lambda: AdditiveAttention(0, 5, 7), ValueError, "query_size: .* got 0"),
        (lambda: AdditiveAttention(5, 0, 7), ValueError, "key_size: .* got 0"),
        (lambda: AdditiveAttention(5, 5, 0.5), TypeError, "attention_size: .* got float"),
        (lambda: AdditiveAttention(5, 5, 7, dtype=torch.int64), TypeError, "dtype: .*int64"),
        (lambda: dot(Q.long(), K_, V_), TypeError, "query: expected a floating type, got .*int64"),
        (lambda: dot(Q.long(), K_.long(), V_), TypeError, "query: expected a floating type, got"),
        (lambda: add(Q.bool(), K_, V_), TypeError, "query: expected a floating type, got .*bool"),
        (lambda: dot(Q, K_.double(), V_), TypeError, "key: .*float32 as in query, got .*float64"),
        (lambda: add(Q, K_, V_.double()), TypeError, "value: .*float32 as in the parameters, got"),
    ],
)
def test_bad_sizes(call, error, message):
    with pytest.raises(error, match=message):
        call()
