"""The NumPy encoder-decoder token by token: the whole target at once, and what it must not do."""

import numpy as np
import pytest

from course_pkg.decoding.beam import beam_search
from course_pkg.decoding.greedy import greedy_batch
from course_pkg.decoding.scorer import check_scorer
from course_pkg.reference.cells import gru, lstm
from course_pkg.reference.layers.softmax import log_softmax
from course_pkg.reference.learning.tree import leaves, rebuild
from course_pkg.reference.networks import encoder_decoder
from course_pkg.reference.networks.encoder_decoder import ATTENTION
from course_pkg.reference.networks.translator import Translator
from tests.reference.cases import CELLS, ragged
from tests.reference.compare import freeze

cells = pytest.mark.parametrize("kind", CELLS)
attentions = pytest.mark.parametrize("attention", ATTENTION)
directions = pytest.mark.parametrize("D", [1, 2])


def case(kind="gru", attention="additive", D=2, S=5, T=4, B=3, dtype=np.float64):
    """Return the translator, its sources and lengths, and ids (T, B) to read."""
    rng = np.random.default_rng([S, T, B])
    params = encoder_decoder.start(
        CELLS[kind], 7, 6, 3, 4, rng, attention=attention, D=D, dtype=dtype
    )
    drawn = {
        name: rng.normal(0, 0.7, w.shape).astype(dtype)
        for name, w in leaves("params", params).items()
    }
    source, lengths = rng.integers(7, size=(S, B)), ragged(S, B)
    translator = Translator(rebuild(params, drawn), CELLS[kind], source, lengths)
    return translator, source, lengths, rng.integers(6, size=(T, B))


def arrays(state):
    return [*state.states, *state[1:]]


@cells
@attentions
@directions
@pytest.mark.parametrize(("S", "B"), [(5, 3), (1, 2), (4, 1)])
def test_step_by_step_is_the_whole_target(kind, attention, D, S, B):
    translator, source, lengths, ids = case(kind, attention, D, S=S, B=B)
    (logits, weights), _ = encoder_decoder.forward(
        translator.cell, source, ids, translator.params, source_lengths=lengths
    )
    state = translator.start(B)
    for t in range(len(ids)):
        freeze(ids, *arrays(state))  # a scorer that writes into its arguments fails
        log_probs, state = translator.step(ids[t], state)
        assert log_probs.dtype == np.float64
        np.testing.assert_allclose(log_probs, log_softmax(logits[t]), rtol=0, atol=1e-12)
        if attention == "none":
            assert translator.weights(state) is None
        else:
            np.testing.assert_allclose(translator.weights(state), weights[t], rtol=0, atol=1e-12)
            seen = [weights[: t + 1, b, :n].sum(axis=0) for b, n in enumerate(lengths)]
            by_hand = [np.log(np.minimum(total, 1)).sum() for total in seen]
            np.testing.assert_allclose(translator.coverage(state), by_hand, rtol=0, atol=1e-12)


@cells
@attentions
def test_picked_rows_go_on_as_they_would_have(kind, attention):
    translator, _, _, ids = case(kind, attention)
    _, state = translator.step(ids[0], translator.start(3))
    expected, after = translator.step(ids[1], state)
    rows = np.array([2, 0, 2, 1])
    picked, picked_after = translator.step(ids[1][rows], translator.pick(state, rows))
    np.testing.assert_allclose(picked, expected[rows], rtol=0, atol=1e-12)
    if attention != "none":
        np.testing.assert_allclose(
            translator.coverage(picked_after), translator.coverage(after)[rows], rtol=0, atol=1e-12
        )


@attentions
def test_what_is_picked_started_or_shown_is_a_copy(attention):
    translator, _, _, ids = case("lstm", attention)
    expected, after = translator.step(ids[0], translator.start(3))
    for state in (translator.pick(translator.start(3), np.arange(3)), translator.start(3)):
        for part in arrays(state):
            part[:] = 1
    if attention != "none":
        translator.weights(after)[:] = 1
        assert (translator.weights(after) != 1).any()
    again, _ = translator.step(ids[0], translator.start(3))
    assert np.array_equal(again, expected)


@attentions
def test_padding_changes_no_bit(attention):
    translator, source, lengths, ids = case("gru", attention)
    source = source % 6 + 1  # token 0 is free
    table = translator.params.source_embedding.copy()
    table[0] = np.nan
    dirty = translator.params._replace(source_embedding=table)
    behind = np.arange(5)[:, None] >= lengths
    results = []
    for params, padding in ((translator.params, 5), (dirty, 0), (dirty, -1)):
        other = Translator(params, gru, np.where(behind, padding, source), lengths)
        log_probs, state = other.step(ids[0], other.start(3))
        results.append([log_probs.tobytes(), *(part.tobytes() for part in arrays(state))])
    assert results[0] == results[1] == results[2]


def test_no_lengths_are_full_lengths():
    translator, source, _, ids = case()
    log_probs = []
    for lengths in (None, [5, 5, 5]):
        other = Translator(translator.params, gru, source, lengths)
        log_probs.append(other.step(ids[0], other.start(3))[0])
    np.testing.assert_allclose(*log_probs, rtol=0, atol=1e-12)


def test_nothing_is_looked_at_before_the_first_step():
    translator, *_ = case()
    assert not translator.weights(translator.start(3)).any()
    assert (translator.coverage(translator.start(3)) == -np.inf).all()


@cells
def test_probabilities_are_float64_and_sum_to_1_in_float32_too(kind):
    translator, _, _, ids = case(kind, dtype=np.float32)
    log_probs, state = translator.step(ids[0], translator.start(3))
    assert log_probs.dtype == np.float64
    assert {part.dtype for part in state.states} == {np.dtype(np.float32)}
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, rtol=0, atol=1e-12)


@attentions
def test_it_can_be_decoded(attention):
    translator, source, lengths, _ = case("lstm", attention)
    assert check_scorer(translator) == 6
    texts = greedy_batch(translator, np.zeros((1, 3), dtype=np.int64), 6)
    for b, n in enumerate(lengths):
        alone = Translator(translator.params, lstm, source[:n, [b]])
        best = beam_search(alone, [0], 6, width=1)[0]
        assert np.array_equal(best.ids, texts[b].ids), b


TRANSLATOR, SOURCE, LENGTHS, IDS = case("lstm")
PARAMS, NONE = TRANSLATOR.params, case("lstm", "none")[0]
START = TRANSLATOR.start(3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Translator(PARAMS, "lstm", SOURCE), TypeError, "^cell: .* got str"),
        (lambda: Translator(lstm, PARAMS, SOURCE), TypeError, "^cell: .* got Params"),
        (lambda: Translator(PARAMS, gru, SOURCE), ValueError, "^params.decoder.W_ih: expected"),
        (lambda: Translator(PARAMS.decoder, lstm, SOURCE), TypeError, "^params: .* got Params"),
        (lambda: Translator(PARAMS, lstm, SOURCE[0]), ValueError, "^source: expected shape"),
        (lambda: Translator(PARAMS, lstm, [[1]], [1]), TypeError, "^source: .* got list"),
        (lambda: Translator(PARAMS, lstm, SOURCE, [1]), ValueError, "^lengths: expected shape"),
        (lambda: Translator(PARAMS, lstm, SOURCE, [6, 1, 1]), ValueError, "^lengths: .* got 6"),
        (lambda: TRANSLATOR.start(2), ValueError, "^B: expected 3, one target for each source"),
        (lambda: TRANSLATOR.start(0), ValueError, "^B: .* got 0"),
        (lambda: TRANSLATOR.start(3.0), TypeError, "^B: .* got float"),
        (lambda: TRANSLATOR.step(IDS, START), ValueError, r"^ids: expected shape \(B,\) = \(3,\)"),
        (lambda: TRANSLATOR.step(IDS[0, :2], START), ValueError, r"^ids: expected shape \(B,\)"),
        (lambda: TRANSLATOR.step([1], START), TypeError, "^ids: .* got list"),
        (lambda: TRANSLATOR.step(IDS[0] + 6, START), ValueError, r"^ids: .* 0\.\.5"),
        (lambda: TRANSLATOR.step(IDS[0], tuple(START)), TypeError, "^state: .* got tuple"),
        (lambda: TRANSLATOR.pick(START, np.array([3])), ValueError, r"^rows: .* 0\.\.2"),
        (lambda: TRANSLATOR.pick(START, np.array([0.0])), TypeError, "^rows: .* got float"),
        (lambda: TRANSLATOR.pick(None, np.array([0])), TypeError, "^state: .* got NoneType"),
        (lambda: TRANSLATOR.weights(None), TypeError, "^state: .* got NoneType"),
        (lambda: TRANSLATOR.coverage(None), TypeError, "^state: .* got NoneType"),
        (lambda: NONE.coverage(NONE.start(3)), TypeError, "^params: .* with attention"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
