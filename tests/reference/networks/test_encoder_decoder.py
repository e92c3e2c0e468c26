"""The NumPy encoder-decoder against torch, finite differences and its own promises."""

import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from course_pkg.reference.cells import gru, lstm, rnn
from course_pkg.reference.gradients.gradcheck import numerical_gradient, relative_error
from course_pkg.reference.layers import linear
from course_pkg.reference.learning.tree import leaves, pick_gradients, rebuild
from course_pkg.reference.losses import cross_entropy
from course_pkg.reference.networks import encoder, encoder_decoder
from course_pkg.reference.networks.encoder_decoder import ATTENTION
from tests.reference.cases import CELLS, TORCH, ragged
from tests.reference.compare import assert_close, freeze

cells = pytest.mark.parametrize("kind", CELLS)
attentions = pytest.mark.parametrize("attention", ATTENTION)
directions = pytest.mark.parametrize("D", [1, 2])


class Case(NamedTuple):
    """One call, and the gradients into what it returns."""

    cell: object
    params: encoder_decoder.Params
    source: np.ndarray  # (S, B)
    inputs: np.ndarray  # (T, B)
    lengths: dict[str, np.ndarray]
    dlogits: np.ndarray  # (T, B, V_y)
    dweights: np.ndarray | None  # (T, B, S)


def draw(kind, attention, D=2, S=5, T=4, B=3, V_x=7, V_y=6, E=3, H=4, *, padded=True):
    """Draw a case in which no parameter is 0; the same sizes always give the same numbers."""
    rng = np.random.default_rng([S, T, B, V_x, V_y, E, H])
    params = encoder_decoder.start(CELLS[kind], V_x, V_y, E, H, rng, attention=attention, D=D)
    params = rebuild(
        params, {name: rng.normal(0, 0.7, w.shape) for name, w in leaves("params", params).items()}
    )
    source, inputs = rng.integers(V_x, size=(S, B)), rng.integers(V_y, size=(T, B))
    lengths = {"source_lengths": ragged(S, B), "target_lengths": ragged(T, B)[::-1].copy()}
    dweights = None if attention == "none" else rng.normal(size=(T, B, S))
    dlogits = rng.normal(size=(T, B, V_y))
    return Case(CELLS[kind], params, source, inputs, lengths if padded else {}, dlogits, dweights)


def run(case):
    """Return the logits, the weights and the gradients."""
    (logits, weights), cache = encoder_decoder.forward(*case[:1], *case[2:4], case[1], **case[4])
    return logits, weights, encoder_decoder.backward(case.dlogits, cache, case.dweights)


def valid(case):
    """Return the mask of the valid steps of the targets, (T, B)."""
    T, B = case.inputs.shape
    return np.arange(T)[:, None] < case.lengths.get("target_lengths", np.full(B, T))


def net(cell, tensors, D=1):
    """Build a layer of torch.nn that computes with these tensors."""
    (_, E), N = tensors[0].shape, tensors[0].shape[0] // cell.GATES
    layer = TORCH[cell](E, N, bidirectional=D == 2).double()
    names = [
        f"{part}_l0{end}"
        for end in ("", "_reverse")[:D]
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    return lambda *given: torch.func.functional_call(
        layer, dict(zip(names, tensors, strict=True)), given
    )


def torch_scores(name, s, m, p):
    """Score each row of m (S, M) for one query s (H,)."""
    if name == "dot":
        return m @ s / math.sqrt(len(s))
    if name == "multiplicative":
        return torch.einsum("h,hm,sm->s", s, p["attention.W"], m)
    return torch.tanh(p["attention.W_q"] @ s + m @ p["attention.W_k"].T) @ p["attention.v"]


def torch_run(case, attention):
    """Write the model with torch.nn's layers, and the attention for one query at a time."""
    cell, params, source, inputs, lengths, _, _ = case
    (S, B), T, D = source.shape, len(inputs), len(params.encoder)
    p = {name: torch.tensor(w, requires_grad=True) for name, w in leaves("params", params).items()}

    def layer(prefix):
        return [tensor for name, tensor in p.items() if name.startswith(f"{prefix}.")]

    ends = torch.tensor(lengths.get("source_lengths", np.full(B, S)))
    x = pack_padded_sequence(
        F.embedding(torch.tensor(source), p["source_embedding"]), ends, enforce_sorted=False
    )
    packed, final = net(cell, layer("encoder"), D)(x)
    memory, _ = pad_packed_sequence(packed, total_length=S)  # (S, B, H)
    final = final if cell is lstm else (final,)
    first = tuple(state.transpose(0, 1).reshape(1, B, -1) for state in final)
    y = F.embedding(torch.tensor(inputs), p["target_embedding"])
    states, _ = net(cell, layer("decoder"))(y, first if cell is lstm else first[0])
    mask = torch.tensor(valid(case))
    if attention == "none":
        weights, a = None, states
    else:
        weights, a = torch.zeros(T, B, S, dtype=torch.float64), torch.zeros_like(states)
        for t, b in np.argwhere(valid(case)):
            m, s = memory[: ends[b], b], states[t, b]
            w = torch.softmax(torch_scores(attention, s, m, p), dim=0)
            weights[t, b, : ends[b]] = w
            a[t, b] = torch.tanh(F.linear(torch.cat([w @ m, s]), p["W_c.W"], p["W_c.b"]))
    logits = F.linear(a, p["readout.W"], p["readout.b"]) * mask[..., None]
    return logits, weights, p


def compare_with_torch(case, attention):
    freeze(case.source, case.inputs, case.dlogits, *leaves("params", case.params).values())
    logits, weights, grads = run(case)
    logits_t, weights_t, p = torch_run(case, attention)
    assert_close(logits, logits_t)
    outputs, into = [logits_t], [torch.tensor(case.dlogits)]
    if attention == "none":
        assert weights is None
    else:
        assert_close(weights, weights_t)
        outputs, into = [logits_t, weights_t], [*into, torch.tensor(case.dweights)]
    torch.autograd.backward(outputs, into)
    found = leaves("grads", grads)
    assert found.keys() == p.keys()
    for name, tensor in p.items():
        wanted = torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
        assert_close(found[name], wanted, name)


@cells
@attentions
@directions
@pytest.mark.parametrize("padded", [False, True])
def test_numbers_and_gradients_are_torchs(kind, attention, D, padded):
    compare_with_torch(draw(kind, attention, D, padded=padded), attention)


@attentions
@directions
@pytest.mark.parametrize(
    ("S", "T", "B", "V_x", "V_y", "E", "H"),
    [(1, 4, 3, 7, 6, 3, 4), (5, 1, 3, 7, 6, 3, 4), (5, 4, 1, 7, 6, 3, 4), (5, 4, 3, 1, 1, 1, 2)],
)
def test_odd_shapes(attention, D, S, T, B, V_x, V_y, E, H):
    compare_with_torch(draw("gru", attention, D, S, T, B, V_x, V_y, E, H), attention)


@given(
    kind=st.sampled_from(list(CELLS)),
    attention=st.sampled_from(ATTENTION),
    sizes=st.tuples(*[st.integers(1, 4)] * 6),
    half=st.integers(1, 2),
)
def test_drawn_shapes(kind, attention, sizes, half):
    compare_with_torch(draw(kind, attention, 2, *sizes, 2 * half), attention)


@cells
@attentions
@directions
def test_gradients_are_finite_differences(kind, attention, D):
    case = draw(kind, attention, D, S=3, T=2, B=2, V_x=3, V_y=3, E=2, H=2)
    targets = np.where(valid(case), (case.inputs + 1) % 3, -100)

    def loss():
        (logits, weights), cache = encoder_decoder.forward(
            case.cell, case.source, case.inputs, case.params, **case.lengths
        )
        value, of_loss = cross_entropy.forward(logits, targets)
        looked = 0.0 if weights is None else float((weights * case.dweights).sum())
        return float(value) + looked, cross_entropy.backward(1.0, of_loss), cache

    _, dlogits, cache = loss()
    grads = encoder_decoder.backward(dlogits, cache, case.dweights)
    found = leaves("grads", pick_gradients(case.params, grads))
    arrays = leaves("params", case.params)
    # All at once: 1e-7 of the largest entry of all. Some arrays hold entries of 1e-3 alone, whose
    # difference quotient has fewer correct digits.
    estimates = [numerical_gradient(lambda: loss()[0], w).ravel() for w in arrays.values()]
    ours = np.concatenate([found[name].ravel() for name in arrays])
    assert relative_error(ours, np.concatenate(estimates)) <= 1e-7


@cells
@attentions
@directions
def test_padded_equals_unpadded(kind, attention, D):
    case = draw(kind, attention, D)
    logits, weights, grads = run(case)
    total = {name: np.zeros_like(w) for name, w in leaves("params", case.params).items()}
    for b in range(case.source.shape[1]):
        S, T = case.lengths["source_lengths"][b], case.lengths["target_lengths"][b]
        dweights = None if weights is None else case.dweights[:T, [b], :S]
        alone = case._replace(
            source=case.source[:S, [b]],
            inputs=case.inputs[:T, [b]],
            lengths={},
            dlogits=case.dlogits[:T, [b]],
            dweights=dweights,
        )
        logits_b, weights_b, grads_b = run(alone)
        assert_close(logits[:T, [b]], logits_b)
        assert (logits[T:, b] == 0).all()
        if weights is not None:
            assert_close(weights[:T, [b], :S], weights_b)
            assert (weights[T:, b] == 0).all()
            assert (weights[:T, b, S:] == 0).all()
        total = {name: total[name] + g for name, g in leaves("grads", grads_b).items()}
    for name, gradient in leaves("grads", grads).items():
        assert_close(gradient, total[name], name)


def bits(logits, weights, grads):
    arrays = [logits, *leaves("grads", grads).values()]
    return [array.tobytes() for array in arrays + ([] if weights is None else [weights])]


@cells
@attentions
@directions
def test_no_padding_changes_a_bit(kind, attention, D):
    """Token 0 fills up, and is read by nobody: its rows are NaN. Other ids may stand there too."""
    case = draw(kind, attention, D, S=6, T=5, B=4)
    source, inputs = case.source % 6 + 1, case.inputs % 5 + 1  # 0 is free
    behind = np.arange(6)[:, None] >= case.lengths["source_lengths"]
    case = case._replace(source=source, inputs=inputs)
    expected = bits(*run(case))
    tables = [case.params.source_embedding.copy(), case.params.target_embedding.copy()]
    tables[0][0] = tables[1][0] = np.nan
    dirty = case.params._replace(source_embedding=tables[0], target_embedding=tables[1])
    for padding in (0, 3, -1, 10**6):
        dlogits = case.dlogits.copy()
        dlogits[~valid(case)] = np.nan
        other = case._replace(
            params=dirty,
            source=np.where(behind, padding, source),
            inputs=np.where(valid(case), inputs, padding),
            dlogits=dlogits,
        )
        if case.dweights is not None:
            dweights = case.dweights.copy()
            dweights[~valid(case)] = np.nan
            other = other._replace(dweights=dweights)
        assert bits(*run(other)) == expected


@directions
def test_a_source_is_the_same_alone_and_reversed_in_the_batch(D):
    """Sequences do not see each other."""
    case = draw("lstm", "additive", D)
    logits, weights, _ = run(case)
    turned = case._replace(
        source=case.source[:, ::-1],
        inputs=case.inputs[:, ::-1],
        lengths={name: value[::-1] for name, value in case.lengths.items()},
    )
    logits_t, weights_t, _ = run(turned)
    assert_close(logits_t[:, ::-1], logits)
    assert_close(weights_t[:, ::-1], weights)


def test_without_attention_only_the_final_states_reach_the_decoder():
    case = draw("gru", "none", D=1, padded=False)
    (memory, h), cache = encoder.forward(
        gru, case.source, case.params.source_embedding, case.params.encoder
    )
    assert_close(memory[-1], h)
    _, _, grads = run(case)
    x = case.params.target_embedding[case.inputs]
    _, run_of_decoder = gru.forward(x, case.params.decoder, h)
    ds = case.dlogits @ case.params.readout.W
    dh = gru.backward(ds, run_of_decoder).dh0
    by_hand = encoder.backward(None, cache, dh)
    assert_close(grads.source_embedding, by_hand.source_embedding)
    assert_close(grads.encoder[0].W_hh, by_hand.layers[0].W_hh)


@pytest.mark.parametrize("attention", ATTENTION)
def test_float32_stays_float32(attention):
    rng = np.random.default_rng(0)
    params = encoder_decoder.start(lstm, 7, 6, 3, 4, rng, attention=attention, dtype=np.float32)
    ids = rng.integers(6, size=(4, 2))
    (logits, weights), cache = encoder_decoder.forward(
        lstm, ids, ids, params, source_lengths=[4, 2]
    )
    grads = encoder_decoder.backward(np.ones_like(logits), cache)
    found = [logits, *leaves("grads", grads).values(), *([] if weights is None else [weights])]
    assert {array.dtype for array in found} == {np.dtype(np.float32)}
    pick_gradients(params, grads)  # raises where a gradient does not fit its parameter


@attentions
@directions
def test_start_has_the_shapes_that_it_says(attention, D):
    params = encoder_decoder.start(
        lstm, 9, 7, 4, 6, np.random.default_rng(0), attention=attention, D=D
    )
    assert [layer.W_hh.shape for layer in params.encoder] == [(24 // D, 6 // D)] * D
    assert params.decoder.W_ih.shape == (24, 4)
    assert (params.W_c is None) == (attention == "none")
    same = encoder_decoder.start(
        lstm, 9, 7, 4, 6, np.random.default_rng(0), attention=attention, D=D
    )
    for ours, again in zip(
        leaves("params", params).values(), leaves("params", same).values(), strict=True
    ):
        assert np.array_equal(ours, again)


CASE = draw("gru", "additive")
P, LENGTHS, SOURCE, INPUTS = CASE.params, CASE.lengths, CASE.source, CASE.inputs
(_, _), CACHE = encoder_decoder.forward(gru, SOURCE, INPUTS, P)
NONE = draw("gru", "none")
(_, _), NONE_CACHE = encoder_decoder.forward(gru, SOURCE, INPUTS, NONE.params)
RNG = np.random.default_rng(0)


def forward(source=SOURCE, inputs=INPUTS, cell=gru, lengths=None, **changed):
    return encoder_decoder.forward(cell, source, inputs, P._replace(**changed), **(lengths or {}))


def start(cell=gru, V_x=7, V_y=6, E=3, H=4, rng=RNG, **options):
    return encoder_decoder.start(cell, V_x, V_y, E, H, rng, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: forward(cell="gru"), TypeError, "^cell: .* got str"),
        (lambda: forward(cell=rnn), ValueError, r"^params.decoder.W_hh: expected shape \(H, H\)"),
        (lambda: forward(SOURCE.tolist()), TypeError, "^source: .* got list"),
        (lambda: forward(SOURCE[0]), ValueError, r"^source: expected shape \(steps, B\)"),
        (lambda: forward(SOURCE + 7), ValueError, r"^source: expected ids in 0\.\.6"),
        (lambda: forward(SOURCE * 1.0), TypeError, "^source: expected integers, got float64"),
        (lambda: forward(inputs=INPUTS[0]), ValueError, r"^inputs: expected shape \(steps, B\)"),
        (lambda: forward(inputs=INPUTS[:, :2]), ValueError, r"^inputs: .* B = 3 as in source"),
        (lambda: forward(inputs=INPUTS - 6), ValueError, r"^inputs: expected ids in 0\.\.5"),
        (lambda: forward(lengths={"source_lengths": [6, 1, 1]}), ValueError, "^source_lengths: "),
        (lambda: forward(lengths={"source_lengths": [1, 1]}), ValueError, "^source_lengths: "),
        (lambda: forward(lengths={"target_lengths": [0, 1, 1]}), ValueError, "^target_lengths: "),
        (lambda: forward(lengths={"target_lengths": 1.0}), TypeError, "^target_lengths: "),
        (
            lambda: forward(source_embedding=P.source_embedding * np.nan),
            ValueError,
            "^source_embedding: expected finite values in every row that is read",
        ),
        (
            lambda: forward(target_embedding=P.target_embedding[:, 1:]),
            ValueError,
            "^params.decoder.W_ih: .* E = 2 as in params.target_embedding",
        ),
        (
            lambda: forward(source_embedding=P.source_embedding[:, 1:]),
            ValueError,
            r"^params.encoder\[0\].W_ih: .* E = 2 as in params.source_embedding",
        ),
        (
            lambda: forward(source_embedding=P.source_embedding.astype(np.float32)),
            TypeError,
            "^params.source_embedding: expected float64",
        ),
        (lambda: forward(encoder=P.encoder[0]), TypeError, "^params.encoder: expected a list"),
        (lambda: forward(encoder=[]), ValueError, "^params.encoder: expected 1 or 2 .* got 0"),
        (lambda: forward(encoder=P.encoder[:1]), ValueError, "^params.encoder: .* of size 4, "),
        (lambda: forward(encoder=[P.decoder] * 2), ValueError, "^params.encoder: .* got size 4"),
        (lambda: forward(attention=None, W_c=P.readout), ValueError, "^params.W_c.W: expected"),
        (lambda: forward(W_c=None), ValueError, "^params.attention: expected None"),
        (lambda: forward(attention=tuple(P.attention)), TypeError, "^params.attention: .* tuple"),
        (
            lambda: forward(attention=P.attention._replace(W_k=np.ones((4, 5)))),
            ValueError,
            r"^params.attention.W_k: expected shape \(A, H\)",
        ),
        (
            lambda: forward(readout=linear.Params(P.readout.W[1:], P.readout.b)),
            ValueError,
            "^params.readout.W: .* V_y = 6 as in params.target_embedding",
        ),
        (
            lambda: encoder_decoder.forward(gru, SOURCE, INPUTS, tuple(P)),
            TypeError,
            "^params: expected a named tuple",
        ),
        (
            lambda: encoder_decoder.backward(CASE.dlogits[:1], CACHE),
            ValueError,
            r"^dlogits: expected shape \(T, B, V\)",
        ),
        (
            lambda: encoder_decoder.backward(CASE.dlogits, CACHE, CASE.dweights[:, :, 1:]),
            ValueError,
            "^dweights: expected shape",
        ),
        (
            lambda: encoder_decoder.backward(CASE.dlogits, NONE_CACHE, CASE.dweights),
            ValueError,
            "^dweights: expected None",
        ),
        (lambda: encoder_decoder.backward(CASE.dlogits, P), TypeError, "^cache: .* got Params"),
        (lambda: start(V_x=0), ValueError, "^V_x: .* got 0"),
        (lambda: start(V_y=2.0), TypeError, "^V_y: .* got float"),
        (lambda: start(E=0), ValueError, "^E: .* got 0"),
        (lambda: start(H=3), ValueError, "^H: expected a multiple of D = 2, got 3"),
        (lambda: start(D=3), ValueError, "^D: expected 1 or 2, got 3"),
        (lambda: start(D=True), ValueError, "^D: expected 1 or 2, got True"),
        (lambda: start(rng=0), TypeError, "^rng: .* got int"),
        (lambda: start(cell="gru"), TypeError, "^cell: .* got str"),
        (lambda: start(attention="general"), ValueError, "^attention: .* got 'general'"),
        (lambda: start(dtype=np.float16), TypeError, "^dtype: .* got float16"),
        (
            lambda: encoder.backward(None, CACHE.encoder, np.zeros((3, 3))),
            ValueError,
            r"^dh: expected shape \(3, 4\)",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
