"""The NumPy language model token by token: the whole sequence at once, and what it must not do."""

import numpy as np
import pytest

from course_pkg.reference.cells import lstm, rnn
from course_pkg.reference.layers.softmax import log_softmax
from course_pkg.reference.networks import language_model
from course_pkg.reference.networks.scorer import Scorer
from tests.reference.cases import CELLS
from tests.reference.compare import freeze

cells = pytest.mark.parametrize("kind", CELLS)


def case(kind, T=6, B=3, V=7, E=2, H=4, dtype=np.float64):
    rng = np.random.default_rng([T, B, V, E, H])
    params = language_model.start(CELLS[kind], V, E, H, rng, dtype=dtype)
    return Scorer(params, CELLS[kind]), rng.integers(V, size=(T, B))


@cells
@pytest.mark.parametrize(("T", "B", "V", "E", "H"), [(6, 3, 7, 2, 4), (6, 1, 2, 1, 1)])
def test_step_by_step_is_the_whole_sequence(kind, T, B, V, E, H):
    scorer, ids = case(kind, T, B, V, E, H)
    (logits, *final), _ = language_model.forward(scorer.cell, ids, scorer.params)
    state = scorer.start(B)
    for t in range(T):
        freeze(ids, *state)  # a scorer that writes into its arguments fails
        log_probs, state = scorer.step(ids[t], state)
        assert log_probs.dtype == np.float64
        np.testing.assert_allclose(log_probs, log_softmax(logits[t]), rtol=0, atol=1e-12)
    for ours, theirs in zip(state, final, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@cells
def test_picked_rows_go_on_as_they_would_have(kind):
    scorer, ids = case(kind)
    _, state = scorer.step(ids[0], scorer.start(3))
    expected, _ = scorer.step(ids[1], state)
    rows = np.array([2, 0, 2, 1])
    picked, _ = scorer.step(ids[1][rows], scorer.pick(state, rows))
    np.testing.assert_allclose(picked, expected[rows], rtol=0, atol=1e-12)


@cells
def test_what_is_picked_is_a_copy(kind):
    scorer, _ = case(kind)
    state = scorer.start(3)
    for part in scorer.pick(state, np.array([0, 1, 2])):
        part[:] = 1
    assert not any(part.any() for part in state)


@cells
def test_probabilities_are_float64_and_sum_to_1_in_float32_too(kind):
    scorer, ids = case(kind, dtype=np.float32)
    log_probs, state = scorer.step(ids[0], scorer.start(3))
    assert log_probs.dtype == np.float64
    assert {part.dtype for part in state} == {np.dtype(np.float32)}
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, rtol=0, atol=1e-12)


SCORER, IDS = case("lstm")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Scorer(SCORER.params, "lstm"), TypeError, "^cell: .* got str"),
        (lambda: Scorer(lstm, SCORER.params), TypeError, "^cell: .* got Params"),
        (lambda: Scorer(SCORER.params, rnn), ValueError, "^params.cell.W_hh: expected shape"),
        (lambda: Scorer(SCORER.params.cell, lstm), TypeError, "^params: .* got Params"),
        (lambda: SCORER.start(0), ValueError, "^B: .* got 0"),
        (lambda: SCORER.start(2.0), TypeError, "^B: .* got float"),
        (lambda: SCORER.step(IDS, SCORER.start(3)), ValueError, r"^ids: expected shape \(B,\)"),
        (lambda: SCORER.step([1], SCORER.start(1)), TypeError, "^ids: .* got list"),
        (lambda: SCORER.step(IDS[0] + 7, SCORER.start(3)), ValueError, r"^ids: .* 0\.\.6"),
        (lambda: SCORER.step(IDS[0], SCORER.start(3)[:1]), TypeError, "^state: expected h, c, got"),
        (lambda: SCORER.step(IDS[0], SCORER.start(2)), ValueError, "^h: expected shape"),
        (lambda: SCORER.pick(SCORER.start(3), np.array([3])), ValueError, r"^rows: .* 0\.\.2"),
        (lambda: SCORER.pick(SCORER.start(3), np.array([0.0])), TypeError, "^rows: .* got float"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
