"""The encoder-decoder in NumPy and the one in PyTorch are one model, weights moved both ways."""

import numpy as np
import pytest
import torch

from course_pkg.models import translator as torch_translator
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.weights import torch_name
from course_pkg.reference.layers.softmax import log_softmax, log_softmax_backward
from course_pkg.reference.learning.tree import leaves, rebuild
from course_pkg.reference.networks import encoder_decoder
from course_pkg.reference.networks.encoder_decoder import ATTENTION
from course_pkg.reference.networks.translator import Translator
from tests.reference.cases import CELLS, ragged
from tests.reference.compare import assert_close

S, T, B, V_X, V_Y, E, H = 5, 4, 3, 7, 6, 3, 4

variants = [
    pytest.mark.parametrize("kind", CELLS),
    pytest.mark.parametrize("attention", ATTENTION),
    pytest.mark.parametrize("D", [1, 2]),
]


def every_variant(test):
    for mark in variants:
        test = mark(test)
    return test


def name_in_torch(name):
    """Return what the PyTorch model calls a parameter of ours."""
    part, *rest = name.split(".")
    if part == "encoder":
        return f"encoder.network.{torch_name(rest[1], 0, backward=rest[0] == '1')}"
    if part == "decoder":
        return f"decoder.recurrent.network.{torch_name(rest[0], 0, backward=False)}"
    if part == "attention":
        return f"decoder.{name}"
    if part in ("W_c", "readout"):
        module = "decoder.combine" if part == "W_c" else part
        return f"{module}.{'weight' if rest == ['W'] else 'bias'}"
    return f"{part}.weight"


def pair(kind, attention, D, come_from):
    """Return both models, the weights of one copied into the other, and a ragged batch."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    model = Seq2Seq(
        source_tokens=V_X, target_tokens=V_Y, embedding=E, hidden=H, cell=kind,
        attention=attention, bidirectional=D == 2,
    ).double()  # fmt: skip
    params = encoder_decoder.start(CELLS[kind], V_X, V_Y, E, H, rng, attention=attention, D=D)
    ours, theirs = leaves("params", params), dict(model.named_parameters())
    assert sorted(map(name_in_torch, ours)) == sorted(theirs)  # each has its place
    if come_from == "torch":
        with torch.no_grad():  # away from 0 everywhere
            for tensor in theirs.values():
                tensor.normal_(0, 0.7)
        found = {name: theirs[name_in_torch(name)].detach().numpy().copy() for name in ours}
        params = rebuild(params, found)
    else:
        params = rebuild(params, {name: rng.normal(0, 0.7, w.shape) for name, w in ours.items()})
        with torch.no_grad():
            for name, array in leaves("params", params).items():
                theirs[name_in_torch(name)].copy_(torch.from_numpy(array))
    source, inputs = rng.integers(V_X, size=(S, B)), rng.integers(V_Y, size=(T, B))
    return model, params, source, inputs, ragged(S, B), ragged(T, B)[::-1].copy()


@pytest.mark.parametrize("come_from", ["numpy", "torch"])
@pytest.mark.parametrize("padded", [False, True])
@every_variant
def test_numbers_and_gradients_are_the_same(kind, attention, D, padded, come_from):
    model, params, source, inputs, *ends = pair(kind, attention, D, come_from)
    source_lengths, target_lengths = ends if padded else (None, None)
    (logits, weights), cache = encoder_decoder.forward(
        CELLS[kind], source, inputs, params,
        source_lengths=source_lengths, target_lengths=target_lengths,
    )  # fmt: skip
    valid = np.arange(T)[:, None] < (ends[1] if padded else np.full(B, T))  # (T, B)
    log_probs = np.where(valid[..., None], log_softmax(logits), 0)
    theirs, their_weights = model(
        torch.tensor(source), torch.tensor(inputs), source_lengths, target_lengths
    )
    assert_close(log_probs, theirs)
    rng = np.random.default_rng(1)
    dlog_probs, dweights = rng.normal(size=(T, B, V_Y)), rng.normal(size=(T, B, S))
    outputs, into = [theirs], [torch.tensor(dlog_probs)]
    if attention == "none":
        assert weights is None
        assert their_weights is None
        dweights = None
    else:
        assert_close(weights, their_weights)
        outputs, into = [theirs, their_weights], [*into, torch.tensor(dweights)]
    torch.autograd.backward(outputs, into)
    dlogits = log_softmax_backward(dlog_probs, log_softmax(logits))
    grads = leaves("grads", encoder_decoder.backward(dlogits, cache, dweights))
    of_torch = dict(model.named_parameters())
    for name, gradient in grads.items():
        assert_close(gradient, of_torch[name_in_torch(name)].grad, name)


@every_variant
def test_they_write_the_same(kind, attention, D):
    model, params, source, inputs, lengths, _ = pair(kind, attention, D, "numpy")
    ours = Translator(params, CELLS[kind], source, lengths)
    theirs = torch_translator.Translator(model, torch.tensor(source), lengths)
    assert ours.tokens == theirs.tokens
    state, their_state = ours.start(B), theirs.start(B)
    for t, rows in enumerate([[0, 1, 2], [2, 2, 0], [1, 0, 1]]):
        log_probs, state = ours.step(inputs[t], state)
        their_log_probs, their_state = theirs.step(inputs[t], their_state)
        assert_close(log_probs, their_log_probs)
        if attention == "none":
            assert ours.weights(state) is None
            assert theirs.weights(their_state) is None
            for each, its_state in ((ours, state), (theirs, their_state)):
                with pytest.raises(TypeError, match="with attention"):
                    each.coverage(its_state)
        else:
            assert_close(ours.weights(state), theirs.weights(their_state))
            assert_close(ours.coverage(state), theirs.coverage(their_state))
        state, their_state = (
            each.pick(its_state, np.array(rows))
            for each, its_state in ((ours, state), (theirs, their_state))
        )
