"""The translator: the whole target at once, rows picked anyhow, and what attention has covered."""

import numpy as np
import pytest
import torch

from course_pkg.decoding.greedy import greedy_batch
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.pointer import PointerSeq2Seq
from course_pkg.models.translator import Translator
from tests.models.cases import devices
from tests.models.test_seq2seq import (
    SOURCE_LENGTHS,
    TARGET_LENGTHS,
    V_Y,
    B,
    S,
    batch,
    cells,
    feeding,
    kinds,
    layers,
    make,
)

CLOSE = {"rtol": 0, "atol": 1e-10}
dot = pytest.mark.parametrize("attention", ["none", "dot"])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("backend", ["torch", "ours"])
@cells
@layers
@kinds
@feeding
def test_step_by_step_is_the_whole_target(
    cell, layers, attention, input_feeding, bidirectional, backend
):
    model = make(
        cell=cell, layers=layers, attention=attention, input_feeding=input_feeding,
        bidirectional=bidirectional, backend=backend,
    )  # fmt: skip
    source, inputs, _ = batch()
    expected, looked = model(source, inputs, SOURCE_LENGTHS, TARGET_LENGTHS)
    writer = Translator(model, source, SOURCE_LENGTHS)
    assert writer.tokens == V_Y
    state, ends = writer.start(B), np.array(TARGET_LENGTHS)
    for t, ids in enumerate(inputs.numpy()):
        ids.flags.writeable = False
        before, after = state, writer.step(ids, state)
        again, _ = writer.step(ids, before)  # what was given is as it was
        log_probs, state = after
        np.testing.assert_array_equal(again, log_probs)
        assert log_probs.dtype == np.float64
        valid = t < ends
        np.testing.assert_allclose(log_probs[valid], expected[t].detach()[valid], **CLOSE)
        if attention == "none":
            assert writer.weights(state) is None
        else:
            found = writer.weights(state)
            assert found.shape == (B, S)
            np.testing.assert_allclose(found[valid], looked[t].detach()[valid], **CLOSE)


@dot
@feeding
@cells
@devices
def test_picked_rows_go_on_as_they_would_have(cell, attention, input_feeding, device):
    model = make(cell=cell, attention=attention, input_feeding=input_feeding, layers=2).to(device)
    source, inputs, _ = batch()
    writer, ids = Translator(model, source.to(device), SOURCE_LENGTHS), inputs.numpy()
    _, state = writer.step(ids[0], writer.start(B))
    expected, whole = writer.step(ids[1], state)
    # Some leave, some are doubled, and then all keep their sources, as in a search.
    for rows, then in (([2, 0, 2, 1], [2, 3, 2, 1]), ([1], [0]), ([2, 1, 0], [0, 1, 2])):
        rows, then = np.array(rows), np.array(then)
        picked = writer.pick(writer.pick(state, rows), np.arange(len(rows)))
        found, after = writer.step(ids[1][rows], picked)
        np.testing.assert_allclose(found, expected[rows], **CLOSE)
        after = writer.pick(after, then)
        if attention != "none":
            np.testing.assert_allclose(
                writer.weights(after), writer.weights(whole)[rows][then], **CLOSE
            )
            np.testing.assert_allclose(
                writer.coverage(after), writer.coverage(whole)[rows][then], **CLOSE
            )
        found, _ = writer.step(ids[2][rows][then], after)
        wanted, _ = writer.step(ids[2], whole)
        np.testing.assert_allclose(found, wanted[rows][then], **CLOSE)


def test_the_memory_is_not_copied_while_rows_keep_their_sources():
    writer = Translator(make(), batch()[0])
    state = writer.pick(writer.start(B), np.array([0, 0, 1, 1, 2, 2]))
    _, state = writer.step(np.zeros(6, int), state)
    assert writer.pick(state, np.array([1, 1, 2, 3, 5, 4])).memory is state.memory
    moved = writer.pick(state, np.array([1, 2, 1, 3, 5, 4]))
    torch.testing.assert_close(moved.memory.memory, state.memory.memory[:, [0, 2, 0, 2, 4, 4]])


def test_coverage_is_the_formula():
    source, inputs, _ = batch()
    writer = Translator(make(), source, SOURCE_LENGTHS)
    state, seen, least = writer.start(B), np.zeros((B, S)), []
    for ids in np.tile(inputs.numpy(), (3, 1)):  # until some sums exceed 1
        _, state = writer.step(ids, state)
        seen += writer.weights(state)
        wanted = [
            sum(np.log(min(seen[b, s], 1)) for s in range(SOURCE_LENGTHS[b])) for b in range(B)
        ]
        np.testing.assert_allclose(writer.coverage(state), wanted, **CLOSE)
        least.append(seen[np.arange(S) < np.array(SOURCE_LENGTHS)[:, None]].min())
    assert least[0] < 1 < least[-1]


def test_without_attention_nothing_is_covered():
    writer = Translator(make(attention="none"), batch()[0])
    with pytest.raises(TypeError, match="model: expected one with attention"):
        writer.coverage(writer.start(B))


def test_nothing_is_dropped_and_the_mode_stays():
    model, (source, inputs, _) = make(dropout=0.5, layers=2), batch()
    model.encoder.eval()  # as when a part is frozen
    modes = [part.training for part in model.modules()]
    assert len(set(modes)) == 2
    writer = Translator(model, source)
    found, state = writer.step(inputs[0].numpy(), writer.start(B))
    assert [part.training for part in model.modules()] == modes
    assert not any(part.requires_grad for part in state.decoder.cell)
    with torch.no_grad():
        expected, _ = model.eval()(source, inputs)
    np.testing.assert_allclose(found, expected[0], **CLOSE)


def test_probabilities_sum_to_one_in_float64():
    model = make(target_tokens=5000).float()
    log_probs, _ = (writer := Translator(model, batch()[0])).step(np.zeros(B, int), writer.start(B))
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize("pointer", [False, True])
def test_greedy_decoding_of_a_batch_is_that_of_each_source(pointer):
    model = make()
    if pointer:
        torch.manual_seed(0)
        model = PointerSeq2Seq(tokens=7, unknown=1, embedding=3, hidden=4).double()
    source = batch()[0]
    together = greedy_batch(Translator(model, source, SOURCE_LENGTHS), np.full((1, B), 3), 9)
    for b, length in enumerate(SOURCE_LENGTHS):
        alone = Translator(model, source[:length, b : b + 1])
        (written,) = greedy_batch(alone, np.full((1, 1), 3), 9)
        np.testing.assert_array_equal(written.ids, together[b].ids)
        np.testing.assert_allclose(written.log_probs, together[b].log_probs, **CLOSE)


SOURCE, IDS = batch()[0], np.zeros(B, dtype=int)
WRITER = Translator(make(), SOURCE)
START = WRITER.start(B)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Translator(LanguageModel(tokens=3), SOURCE),
            TypeError,
            "^model: expected a Seq2Seq, got LanguageModel",
        ),
        (lambda: Translator(make(), SOURCE, [6, 1, 1]), ValueError, "^lengths: .* got 6"),
        (lambda: Translator(make(), SOURCE.numpy()), TypeError, "^source: .* got ndarray"),
        (lambda: WRITER.start(2), ValueError, "^B: expected 3, one target for each .* got 2"),
        (lambda: WRITER.start(True), TypeError, "^B: .* got bool"),
        (lambda: WRITER.step(IDS[None], START), ValueError, r"^ids: .* \(3,\), got \(1, 3\)"),
        (lambda: WRITER.step(IDS[:1], START), ValueError, r"^ids: .* \(3,\), got \(1,\)"),
        (lambda: WRITER.step(IDS + 7, START), ValueError, r"^ids: .* 0\.\.6"),
        (lambda: WRITER.step([0, 0, 0], START), TypeError, "^ids: .* got list"),
        (lambda: WRITER.pick(START, np.array([3])), ValueError, r"^rows: .* 0\.\.2"),
        (lambda: WRITER.pick(START, np.array([0.0])), TypeError, "^rows: .* got float"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
