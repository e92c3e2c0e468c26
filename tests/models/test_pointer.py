"""The pointer: a plain loop of its formula, words outside the vocabulary, padding, copying."""

import numpy as np
import pytest
import torch
from torch.nn.functional import nll_loss

from course_pkg.models.pointer import PointerSeq2Seq
from course_pkg.models.translator import Translator
from tests.models.test_seq2seq import cells, feeding, run

V, S, T, B, UNKNOWN, PAD = 8, 5, 4, 3, 1, 2
SOURCE_LENGTHS, TARGET_LENGTHS = [5, 2, 4], [2, 4, 3]
LENGTHS = SOURCE_LENGTHS, TARGET_LENGTHS
kinds = pytest.mark.parametrize("attention", ["additive", "dot", "multiplicative"])


def make(**more):
    torch.manual_seed(0)
    sizes = {"tokens": V, "unknown": UNKNOWN, "embedding": 3, "hidden": 4}
    model = PointerSeq2Seq(**sizes | more).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return model


def batch():
    """The first source has two words outside the vocabulary, one of them twice; the last one."""
    source = torch.tensor([[8, 3, 4], [5, 3, 8], [9, PAD, 7], [8, PAD, 4], [5, PAD, PAD]])
    inputs = torch.tensor([[0, 0, 0], [9, 3, 8], [PAD, 5, 7], [PAD, 4, PAD]])
    targets = torch.tensor([[9, 3, 8], [3, 5, 4], [-100, 4, 3], [-100, 6, -100]])
    return source, inputs, targets


@kinds
@feeding
@cells
def test_equals_a_plain_loop(attention, input_feeding, cell, monkeypatch):
    model = make(attention=attention, input_feeding=input_feeding, cell=cell)
    source, inputs, _ = batch()
    kept, score = [], model.score
    monkeypatch.setattr(
        model, "score", lambda found, *more: kept.append(found) or score(found, *more)
    )
    log_probs, weights = model(source, inputs, *LENGTHS)
    (found,) = kept
    assert log_probs.shape == (T, B, V + 2)
    for b in range(B):
        for t in range(TARGET_LENGTHS[b]):
            parts = found.context[t, b], found.s[t, b], found.x[t, b]
            g = torch.sigmoid(model.gate.weight[0] @ torch.cat(parts) + model.gate.bias[0])
            wanted = np.zeros(V + 2)
            wanted[:V] = (g * torch.softmax(model.readout(found.a[t, b]), 0)).detach()
            for s in range(SOURCE_LENGTHS[b]):
                wanted[source[s, b]] += ((1 - g) * weights[t, b, s]).item()
            p = log_probs[t, b].exp().detach()
            np.testing.assert_allclose(p, wanted, rtol=0, atol=1e-12)
        assert not log_probs[TARGET_LENGTHS[b] :, b].any()


@pytest.mark.parametrize("truth", [1.0, 0.5])
def test_probabilities_sum_to_one_and_reach_new_words(truth):
    source, inputs, _ = batch()
    log_probs, _ = make()(source, inputs, SOURCE_LENGTHS, truth=truth)
    p = log_probs.exp()
    torch.testing.assert_close(p.sum(dim=2), torch.ones(T, B).double(), rtol=0, atol=1e-12)
    assert (p[:, 0, 8:] > 1e-3).all()
    assert (p[:, 2, 8] > 1e-3).all()
    assert (p[:, 2, 9] < 1e-300).all()  # the last source has one new word only
    assert (p[:, 1, 8:] < 1e-300).all()


def test_new_words_are_read_as_the_unknown_one():
    """So renaming them renames their probabilities, and nothing else."""
    model, (source, inputs, _) = make(), batch()
    log_probs, weights = model(source, inputs, *LENGTHS)
    turned = {8: 9, 9: 8}
    other = [ids.clone().apply_(lambda id: turned.get(id, id)) for ids in (source, inputs)]
    renamed, same = model(*other, *LENGTHS)
    order = [*range(V), 9, 8]
    torch.testing.assert_close(renamed[..., order], log_probs, rtol=0, atol=1e-14)
    assert torch.equal(same, weights)


@pytest.mark.parametrize("truth", [1.0, 0.0])
@feeding
def test_what_padding_holds_changes_no_bit(truth, input_feeding):
    model, (source, inputs, targets) = make(input_feeding=input_feeding), batch()
    with torch.no_grad():
        model.readout.bias[PAD] = -1e4  # what it writes itself is read, so let it write no PAD
    clean = run(model, source, inputs, targets, LENGTHS, truth)
    for ids, ends in ((source, SOURCE_LENGTHS), (inputs, TARGET_LENGTHS)):
        ended = torch.arange(len(ids))[:, None] >= torch.tensor(ends)
        ids[ended] = torch.tensor([-100, 1000, 12, 0])[: ended.sum()]
    with torch.no_grad():
        model.source_embedding.weight[PAD] = torch.nan
    found = run(model, source, inputs, targets, LENGTHS, truth)
    assert all(torch.equal(found[name], value) for name, value in clean.items())


@cells
@kinds
def test_gradients_flow_to_all_parameters(cell, attention):
    model = make(cell=cell, attention=attention, layers=2)
    found = run(model, *batch(), LENGTHS)
    assert all(found[name].any() for name, _ in model.named_parameters())
    assert model.target_embedding.weight is model.source_embedding.weight


def test_gradients_are_finite_where_a_word_has_no_probability():
    model, (source, inputs, _) = make().float(), batch()
    log_probs, _ = model(source, inputs)
    log_probs.sum().backward()  # impossible words included
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


@feeding
def test_step_by_step_is_the_whole_target(input_feeding):
    model, (source, inputs, _) = make(input_feeding=input_feeding), batch()
    expected, _ = model(source, inputs, *LENGTHS)
    writer = Translator(model, source, SOURCE_LENGTHS)
    assert writer.tokens == V + 2
    state, ends = writer.start(B), np.array(TARGET_LENGTHS)
    for t, ids in enumerate(inputs.numpy()):
        log_probs, state = writer.step(ids, state)
        valid = t < ends
        np.testing.assert_allclose(
            log_probs[valid], expected[t].detach()[valid], rtol=0, atol=1e-10
        )
    picked = writer.pick(state, np.array([2, 0, 2]))
    expected, _ = writer.step(np.array([9, 3, 8]), state)
    found, _ = writer.step(np.array([8, 9, 8]), picked)
    np.testing.assert_allclose(found, expected[[2, 0, 2]], rtol=0, atol=1e-10)


def test_it_learns_to_copy_words_that_it_has_never_seen():
    torch.manual_seed(0)
    model = PointerSeq2Seq(tokens=4, unknown=1, embedding=8, hidden=32)  # begin, unknown, a, b
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        # A new word stands among a's and b's; the target is that word, then what stands first.
        source, where = torch.randint(2, 4, (5, 64)), torch.randint(1, 5, (64,))
        source[where, torch.arange(64)] = 4
        targets = torch.stack([torch.full((64,), 4), source[0]])
        inputs = torch.stack([torch.zeros(64, dtype=torch.long), targets[0]])
        log_probs, _ = model(source, inputs)
        loss = nll_loss(log_probs.flatten(0, 1), targets.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (log_probs.argmax(dim=2) == targets).double().mean() > 0.9


SOURCE, INPUTS, _ = batch()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: make(tokens=0), ValueError, "^tokens: .* got 0"),
        (lambda: make(unknown=8), ValueError, r"^unknown: expected an id in 0\.\.7, got 8"),
        (lambda: make(unknown=None), TypeError, "^unknown: .* got NoneType"),
        (lambda: make(attention="none"), ValueError, "^attention: .* got 'none'"),
        (lambda: make(hidden=3), ValueError, "^hidden: .* got 3"),
        (lambda: make()(SOURCE - 9, INPUTS), ValueError, "^source: .* got -"),
        (lambda: make()(SOURCE + 9, INPUTS), ValueError, r"^source: expected ids in 0\.\.12"),
        (lambda: make()(SOURCE, INPUTS + 1), ValueError, r"^inputs: expected ids in 0\.\.9"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
