"""The sequence-to-sequence model: against a plain loop, against padding, with its own tokens."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import nll_loss

from course_pkg.models.seq2seq import Seq2Seq

V_X, V_Y, S, T, B, PAD = 9, 7, 5, 4, 3, 2
SOURCE_LENGTHS, TARGET_LENGTHS = [5, 2, 4], [2, 4, 3]
CELLS = ["rnn", "gru", "lstm"]
KINDS = ["none", "additive", "dot", "multiplicative"]
cells = pytest.mark.parametrize("cell", CELLS)
layers = pytest.mark.parametrize("layers", [1, 2])
kinds = pytest.mark.parametrize("attention", KINDS)
feeding = pytest.mark.parametrize("input_feeding", [False, True])
directions = pytest.mark.parametrize("bidirectional", [False, True])
backends = pytest.mark.parametrize("backend", ["torch", "ours"])


def make(seed=0, **more):
    torch.manual_seed(seed)
    sizes = {"source_tokens": V_X, "target_tokens": V_Y, "embedding": 3, "hidden": 4}
    model = Seq2Seq(**sizes | more).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)  # biases too
    return model


def batch(seed=0):
    """Return source, inputs and targets; what lies behind the ends is PAD, or ignored."""
    random = np.random.default_rng(seed)
    source, inputs = random.integers(3, V_X, (S, B)), random.integers(3, V_Y, (T, B))
    source[np.arange(S)[:, None] >= SOURCE_LENGTHS] = PAD
    ended = np.arange(T)[:, None] >= TARGET_LENGTHS
    inputs[ended] = PAD
    targets = np.where(ended, -100, np.roll(inputs, -1, axis=0))
    targets[np.array(TARGET_LENGTHS) - 1, np.arange(B)] = 1
    return tuple(map(torch.tensor, (source, inputs, targets)))


def run(model, source, inputs, targets, lengths=(SOURCE_LENGTHS, TARGET_LENGTHS), truth=1.0):
    """Return outputs, loss and all gradients, by name."""
    model.zero_grad()
    torch.manual_seed(1)  # for dropout and draws
    log_probs, weights = model(source, inputs, *lengths, truth=truth)
    loss = nll_loss(log_probs.flatten(0, 1), targets.flatten())
    loss.backward()
    grads = {name: parameter.grad for name, parameter in model.named_parameters()}
    return {"log_probs": log_probs, "weights": weights, "loss": loss} | grads


def score_of(module, attention, s, m):
    """Compare one state with one place of the memory."""
    if attention == "additive":
        return module.v @ torch.tanh(module.W_q @ s + module.W_k @ m)
    return s @ m / 2 if attention == "dot" else s @ module.W @ m  # 2 is the root of H


def plain_loop(model, source, inputs):
    """Score one pair, (S,) and (T,), step by step and without a batch, from the formulas."""
    names = ("cell", "attention", "input_feeding")
    cell, attention, fed = (model.settings[name] for name in names)
    decoder = model.decoder
    memory, last = model.encoder.network(model.source_embedding(source)[:, None])
    memory = memory[:, 0]  # (S, H)
    last = last if cell == "lstm" else (last,)
    states = [list(part.reshape(model.settings["layers"], -1)) for part in last]  # layer by layer
    network = decoder.recurrent.network
    network = network if isinstance(network, nn.RNNBase) else network.to_torch()
    a, scored, looked = torch.zeros(4).double(), [], []
    for token in inputs:
        y = model.target_embedding.weight[token]
        if fed:
            y = torch.cat([y, a])
        for l in range(model.settings["layers"]):
            W_ih, W_hh, b_ih, b_hh = (
                getattr(network, f"{name}_l{l}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            x, h = W_ih @ y + b_ih, W_hh @ states[0][l] + b_hh
            if cell == "rnn":
                y = torch.tanh(x + h)
            elif cell == "gru":
                (x_r, x_z, x_n), (h_r, h_z, h_n) = x.chunk(3), h.chunk(3)
                z = torch.sigmoid(x_z + h_z)
                n = torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
                y = (1 - z) * n + z * states[0][l]
            else:
                i, f, g, o = (x + h).chunk(4)
                states[1][l] = f.sigmoid() * states[1][l] + i.sigmoid() * g.tanh()
                y = o.sigmoid() * states[1][l].tanh()
            states[0][l] = y
        a = s = y
        if attention != "none":
            scores = [score_of(decoder.attention, attention, s, m) for m in memory]
            weights = torch.softmax(torch.stack(scores), 0)
            looked.append(weights)
            a = torch.tanh(decoder.combine(torch.cat([weights @ memory, s])))
        scored.append(torch.log_softmax(model.readout(a), 0))
    return torch.stack(scored), torch.stack(looked) if looked else None


@cells
@layers
@kinds
@feeding
@directions
@backends
def test_equals_a_plain_loop(cell, layers, attention, input_feeding, bidirectional, backend):
    model = make(
        cell=cell, layers=layers, attention=attention, input_feeding=input_feeding,
        bidirectional=bidirectional, backend=backend,
    )  # fmt: skip
    source, inputs, _ = batch()
    log_probs, weights = model(source, inputs, SOURCE_LENGTHS, TARGET_LENGTHS)
    assert log_probs.shape == (T, B, V_Y)
    for b, (s, t) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS, strict=True)):
        wanted, looked = plain_loop(model, source[:s, b], inputs[:t, b])
        torch.testing.assert_close(log_probs[:t, b], wanted, rtol=0, atol=1e-12)
        assert not log_probs[t:, b].any()
        if attention == "none":
            assert weights is None
        else:
            assert weights.shape == (T, B, S)
            torch.testing.assert_close(weights[:t, b, :s], looked, rtol=0, atol=1e-12)
            assert not weights[t:, b].any()
            assert not weights[:, b, s:].any()


@pytest.mark.parametrize(
    ("truth", "dropout", "backend"),
    [(1.0, 0.0, "torch"), (1.0, 0.4, "ours"), (0.5, 0.4, "torch"), (0.0, 0.0, "ours")],
)
@cells
@feeding
@kinds
def test_what_padding_holds_changes_no_bit(truth, dropout, backend, cell, input_feeding, attention):
    model = make(
        cell=cell, layers=2, attention=attention, input_feeding=input_feeding, dropout=dropout,
        backend=backend,
    )  # fmt: skip
    tables = [model.source_embedding.weight, model.target_embedding.weight]
    with torch.no_grad():
        model.readout.bias[PAD] = -1e4  # what it writes itself is read, so let it write no PAD
    source, inputs, targets = batch()
    clean = run(model, source, inputs, targets, truth=truth)
    for ids, ends in ((source, SOURCE_LENGTHS), (inputs, TARGET_LENGTHS)):
        ended = torch.arange(len(ids))[:, None] >= torch.tensor(ends)
        ids[ended] = torch.tensor([-100, 1000, PAD, 0])[: ended.sum()]
    with torch.no_grad():
        for table in tables:
            table[PAD] = torch.nan
    found = run(model, source, inputs, targets, truth=truth)
    for name, value in clean.items():
        assert (value is None and found[name] is None) or torch.equal(found[name], value), name


@cells
@kinds
@feeding
def test_more_padding_changes_no_number(cell, attention, input_feeding):
    model = make(cell=cell, attention=attention, input_feeding=input_feeding)
    source, inputs, targets = batch()
    short = run(model, source, inputs, targets)
    longer = [torch.cat([ids, torch.full((2, B), PAD)]) for ids in (source, inputs)]
    long = run(model, *longer, torch.cat([targets, torch.full((2, B), -100)]))
    assert not long["log_probs"][T:].any()
    long["log_probs"] = long["log_probs"][:T]
    if attention != "none":
        long["weights"] = long["weights"][:T, :, :S]
    for name, value in short.items():
        if value is not None:
            torch.testing.assert_close(long[name], value, rtol=0, atol=1e-12)


def test_lengths_of_whole_sequences_are_no_lengths():
    model, (source, inputs, _) = make(), batch()
    for with_lengths, without in zip(
        model(source, inputs, [S] * B, torch.tensor([T] * B)), model(source, inputs), strict=True
    ):
        torch.testing.assert_close(with_lengths, without, rtol=0, atol=1e-14)


@cells
@layers
@kinds
@feeding
@directions
def test_gradients_flow_to_all_parameters(cell, layers, attention, input_feeding, bidirectional):
    model = make(
        cell=cell, layers=layers, attention=attention, input_feeding=input_feeding,
        bidirectional=bidirectional,
    )  # fmt: skip
    for truth in (1.0, 0.5):
        found = run(model, *batch(), truth=truth)
        assert all(found[name].any() for name, _ in model.named_parameters())


@pytest.mark.parametrize("attention", ["none", "additive"])
def test_the_true_tokens_are_read_in_one_call_and_nothing_is_drawn(attention, monkeypatch):
    model, (source, inputs, _) = make(attention=attention), batch()

    def refuse(*_):
        raise AssertionError("step by step")

    monkeypatch.setattr(model.decoder, "step", refuse)
    before = torch.get_rng_state()
    model(source, inputs, SOURCE_LENGTHS, TARGET_LENGTHS, truth=1.0)
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(AssertionError, match="step by step"):
        model(source, inputs, SOURCE_LENGTHS, TARGET_LENGTHS, truth=0.99)


def own_tokens(model, source, inputs, truth, monkeypatch, **lengths):
    """Return what the model returns, and the embeddings that it read, (T, B, E)."""
    read, step = [], model.decoder.step

    def spy(x, *others):
        read.append(x.detach())
        return step(x, *others)

    with monkeypatch.context() as patch:
        patch.setattr(model.decoder, "step", spy)
        found = model(source, inputs, **lengths, truth=truth)
    return found, torch.stack(read)


def ids_of(model, x):
    """Return the ids whose embeddings these are."""
    return (x[..., None, :] == model.target_embedding.weight).all(dim=-1).int().argmax(dim=-1)


@feeding
@pytest.mark.parametrize("attention", ["none", "dot"])
@pytest.mark.parametrize("truth", [0.0, 0.4])
def test_own_tokens_are_read_as_if_they_had_been_given(
    attention, input_feeding, truth, monkeypatch
):
    """The log-probabilities and all gradients: the choice itself has none."""
    model = make(attention=attention, input_feeding=input_feeding)
    source, inputs, _ = batch()
    (log_probs, _), read = own_tokens(model, source, inputs, truth, monkeypatch)
    drawn = ids_of(model, read)
    assert torch.equal(drawn[0], inputs[0])
    assert not torch.equal(drawn, inputs)
    told, _ = model(source, drawn)
    torch.testing.assert_close(log_probs, told, rtol=0, atol=1e-12)
    into = torch.randn_like(told)
    for ours, wanted in zip(
        torch.autograd.grad(log_probs, list(model.parameters()), into),
        torch.autograd.grad(told, list(model.parameters()), into),
        strict=True,
    ):
        torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("truth", [0.0, 0.3, 0.8])
def test_how_often_own_tokens_are_read_and_which(truth, monkeypatch):
    model, many = make(), 20_000
    source, inputs = (torch.full((n, many), 3) for n in (S, 2))
    (log_probs, _), read = own_tokens(model, source, inputs, truth, monkeypatch)
    share = torch.bincount(ids_of(model, read)[1], minlength=V_Y) / many
    wanted = (1 - truth) * log_probs[0, 0].exp()  # all sequences are alike
    wanted[3] += truth
    # Five standard errors of a share.
    assert ((share - wanted).abs() < 5 * (wanted * (1 - wanted) / many).sqrt() + 1e-12).all()


def test_the_mode_decides_about_dropout():
    model, (source, inputs, _) = make(dropout=0.5, layers=2), batch()
    model.eval()
    assert torch.equal(model(source, inputs)[0], model(source, inputs)[0])
    model.train()
    assert not torch.equal(model(source, inputs)[0], model(source, inputs)[0])
    same = make(dropout=0.0, layers=2)
    assert torch.equal(same(source, inputs)[0], model.eval()(source, inputs)[0])


def test_dropout_acts_between_layers_of_both_parts():
    deep, flat = make(dropout=0.5, layers=2), make(dropout=0.5)
    for model, wanted in ((deep, 0.5), (flat, 0.0)):
        assert model.encoder.network.dropout == model.decoder.recurrent.network.dropout == wanted


def test_the_same_seed_gives_the_same_weights():
    for cell, attention in itertools.product(CELLS, KINDS):
        one, two, other = (
            Seq2Seq(source_tokens=9, target_tokens=7, hidden=4, cell=cell, attention=attention)
            for _ in map(torch.manual_seed, (0, 0, 1))
        )
        pairs = zip(one.parameters(), two.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
        assert not torch.equal(one.readout.weight, other.readout.weight)


def test_it_learns_to_reverse():
    torch.manual_seed(0)
    model = Seq2Seq(source_tokens=6, target_tokens=7, embedding=16, hidden=32)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        source = torch.randint(6, (5, 64))
        inputs = torch.cat([torch.full((1, 64), 6), source.flip(0)[:-1]])
        log_probs, _ = model(source, inputs)
        loss = nll_loss(log_probs.flatten(0, 1), source.flip(0).flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (log_probs.argmax(dim=2) == source.flip(0)).double().mean() > 0.9


SOURCE, INPUTS, _ = batch()
MODEL = make()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: make(source_tokens=0), ValueError, "^source_tokens: .* got 0"),
        (lambda: make(target_tokens=1.5), TypeError, "^target_tokens: .* got float"),
        (lambda: make(embedding=0), ValueError, "^embedding: .* got 0"),
        (lambda: make(hidden=0), ValueError, "^hidden: .* got 0"),
        (lambda: make(hidden=5), ValueError, "^hidden: expected an even number, .* got 5"),
        (lambda: make(layers=0), ValueError, "^layers: .* got 0"),
        (lambda: make(cell="sru"), ValueError, "^cell: .* got 'sru'"),
        (lambda: make(attention="luong"), ValueError, "^attention: .* got 'luong'"),
        (lambda: make(attention_size=0), ValueError, "^attention_size: .* got 0"),
        (
            lambda: make(attention="dot", attention_size=3),
            ValueError,
            "^attention_size: expected None, .* got 3 with 'dot'",
        ),
        (lambda: make(input_feeding=1), TypeError, "^input_feeding: .* got 1"),
        (lambda: make(bidirectional="no"), TypeError, "^bidirectional: .* got 'no'"),
        (lambda: make(dropout=1.0), ValueError, "^dropout: .* got 1.0"),
        (lambda: make(backend="jax"), ValueError, "^backend: .* got 'jax'"),
        (lambda: MODEL(SOURCE.tolist(), INPUTS), TypeError, "^source: .* got list"),
        (lambda: MODEL(SOURCE[0], INPUTS), ValueError, "^source: expected shape"),
        (lambda: MODEL(SOURCE + 7, INPUTS), ValueError, r"^source: expected ids in 0\.\.8"),
        (lambda: MODEL(SOURCE, INPUTS.double()), TypeError, "^inputs: .* got torch.float64"),
        (lambda: MODEL(SOURCE, INPUTS - 4), ValueError, r"^inputs: expected ids in 0\.\.6"),
        (lambda: MODEL(SOURCE, INPUTS[:, :2]), ValueError, r"^inputs: .* B = 3 .* got \(4, 2\)"),
        (lambda: MODEL(SOURCE, INPUTS, [5, 6, 1]), ValueError, "^source_lengths: .* got 6"),
        (lambda: MODEL(SOURCE, INPUTS, None, [4, 0, 1]), ValueError, "^target_lengths: .* got 0"),
        (lambda: MODEL(SOURCE, INPUTS, torch.tensor([5, 5])), ValueError, "^source_lengths: "),
        (lambda: MODEL.encode(SOURCE, [5.0, 5.0, 1.0]), TypeError, "^lengths: "),
        (lambda: MODEL(SOURCE, INPUTS, truth=1.1), ValueError, "^truth: .* got 1.1"),
        (lambda: MODEL(SOURCE, INPUTS, truth=float("nan")), ValueError, "^truth: .* got nan"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
