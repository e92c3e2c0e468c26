"""How well a model predicts a text: the same by hand, in one piece, in many, side by side."""

import math

import numpy as np
import pytest

from course_pkg.metrics.language import (
    Measured,
    bits,
    log_probs_of,
    perplexity,
    read_as_one_stream,
    read_in_windows,
    read_texts,
)

V = 5
CLOSE = {"rel": 1e-12, "abs": 0}


class Fading:
    """A model with a memory: its state halves at each step and takes up the token just read."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.into, self.readout = rng.normal(size=(V, 3)), 2 * rng.normal(size=(3, V))
        self.calls = []  # the shapes that were asked for

    def __call__(self, x, state):
        self.calls.append(x.shape)
        h = np.zeros((x.shape[1], 3)) if state is None else state
        logits = np.empty((*x.shape, V))
        for t, ids in enumerate(x):
            h = 0.5 * h + self.into[ids]
            logits[t] = h @ self.readout
        return logits - np.log(np.exp(logits).sum(axis=2, keepdims=True)), h


def by_hand(ids, start=0, counted_from=0):
    """Sum -log p token by token, from a state of zeros at ``start``, without NumPy's products."""
    model, total, count, h = Fading(), 0.0, 0, [0.0, 0.0, 0.0]
    for t in range(start, len(ids) - 1):
        h = [0.5 * h[k] + model.into[ids[t]][k] for k in range(3)]
        scores = [sum(h[k] * model.readout[k][v] for k in range(3)) for v in range(V)]
        if t >= counted_from:
            total += math.log(sum(math.exp(s) for s in scores)) - scores[ids[t + 1]]
            count += 1
    return total, count


def text(N, seed=1):
    return np.random.default_rng(seed).integers(V, size=N)


@pytest.mark.parametrize("at_once", [1, 2, 7, 99, 100, 101, 512, 600])
def test_one_stream_is_the_sum_by_hand_however_it_is_cut(at_once):
    ids = text(101)
    total, count = by_hand(ids)
    found = read_as_one_stream(Fading(), ids, at_once=at_once)
    assert found.tokens == count == 100
    assert found.nats == pytest.approx(total, **CLOSE)
    assert found.mean == pytest.approx(total / 100, **CLOSE)
    assert found.perplexity == pytest.approx(math.exp(total / 100), **CLOSE)
    assert found.bits_per_token == pytest.approx(total / 100 / math.log(2), **CLOSE)


def test_the_result_does_not_depend_on_the_cut_in_its_last_bit():
    """Such a score has the same bits however many stand beside it, as a product need not."""
    counts = np.log([0.5, 0.25, 0.125, 0.0625, 0.0625])
    score = lambda x, state: (np.broadcast_to(counts, (*x.shape, V)), state)  # noqa: E731
    ids = text(10_000)
    every = {read_as_one_stream(score, ids, at_once=n).nats for n in (1, 3, 64, 600, 20_000)}
    every |= {read_in_windows(score, ids, 10, batch=b).nats for b in (1, 2, 31, 128)}
    every |= {read_in_windows(score, ids, 10, stride=3, batch=b, at_once=4).nats for b in (1, 128)}
    assert len(every) == 1


def test_the_log_probabilities_are_the_terms_of_the_sum():
    ids = text(40)
    terms = [by_hand(ids[: t + 2], 0, t)[0] for t in range(39)]
    np.testing.assert_allclose(log_probs_of(Fading(), ids, at_once=7), np.negative(terms), 1e-12)


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 32, 127, 128])
@pytest.mark.parametrize("at_once", [1, 4, 64])
@pytest.mark.parametrize(
    ("N", "window", "stride"),
    [(101, 10, None), (102, 10, None), (100, 10, 10), (101, 10, 3), (103, 10, 1), (5, 10, 4),
     (2, 1, None), (12, 10, 7)],
)  # fmt: skip
def test_windows_start_from_zeros_and_count_every_target_once(N, window, stride, batch, at_once):
    ids, step = text(N), stride or window
    total, count, reached = 0.0, 0, 0
    for start in range(0, N - 1, step):
        if reached < N - 1:  # count what no window before this one has reached
            more, number = by_hand(ids[: start + window + 1], start, reached)
            total, count, reached = total + more, count + number, start + window
    found = read_in_windows(Fading(), ids, window, stride=stride, batch=batch, at_once=at_once)
    assert found.tokens == count == N - 1
    assert found.nats == pytest.approx(total, **CLOSE)


def test_one_window_is_the_stream_and_shorter_ones_differ():
    ids = text(60)
    stream = read_as_one_stream(Fading(), ids).nats
    assert read_in_windows(Fading(), ids, 59).nats == pytest.approx(stream, **CLOSE)
    assert read_in_windows(Fading(), ids, 1000).nats == pytest.approx(stream, **CLOSE)
    assert abs(read_in_windows(Fading(), ids, 3).nats - stream) > 0.1
    # At stride 1 each target but the first ones has all of the window before it.
    slid = read_in_windows(Fading(), ids, 8, stride=1).nats
    assert abs(slid - stream) < abs(read_in_windows(Fading(), ids, 8).nats - stream)


@pytest.mark.parametrize("batch", [1, 2, 4, 7, 128])
@pytest.mark.parametrize("at_once", [1, 5, 64])
def test_padded_texts_are_the_texts_one_by_one(batch, at_once):
    texts = [text(N, seed=N) for N in (7, 2, 30, 2, 11, 12, 5)]
    alone = [by_hand(ids) for ids in texts]
    found = read_texts(Fading(), texts, batch=batch, at_once=at_once, unknown=3)
    assert found.tokens == sum(count for _, count in alone) == 62
    assert found.nats == pytest.approx(sum(total for total, _ in alone), **CLOSE)
    assert found.unknown == sum(int((ids[1:] == 3).sum()) for ids in texts)


def test_the_batch_says_how_many_are_side_by_side():
    model = Fading()
    read_in_windows(model, text(101), 10, batch=4, at_once=6)
    assert model.calls == 2 * [(6, 4), (4, 4)] + [(6, 2), (4, 2)]


def test_unknown_targets_are_counted_where_they_are_predicted():
    ids = np.array([0, 0, 1, 0, 2, 0])
    for found in (
        read_as_one_stream(Fading(), ids, unknown=0),
        read_in_windows(Fading(), ids, 2, unknown=0),
        read_in_windows(Fading(), ids, 3, stride=1, unknown=0),
        read_texts(Fading(), [ids], unknown=0),
    ):
        assert (found.unknown, found.tokens, found.unknown_share) == (3, 5, 0.6)
    assert read_as_one_stream(Fading(), ids).unknown == 0


def test_bits_per_character_do_not_depend_on_what_a_token_is():
    """Eight equal words of two characters each: 3 bits a word, and 1.5 bits a character."""
    words = Measured(nats=10 * math.log(8), tokens=10)
    pairs = Measured(nats=20 * math.log(8) / 2, tokens=20)
    assert words.bits_per_character(20) == pytest.approx(1.5, abs=1e-12)
    assert pairs.bits_per_character(20) == pytest.approx(words.bits_per_character(20), abs=1e-12)
    assert words.perplexity != pytest.approx(pairs.perplexity)


def test_float32_scores_are_added_in_float64():
    single = lambda x, state: (np.full((*x.shape, 4), -np.log(np.float32(4))), state)  # noqa: E731
    found = read_as_one_stream(single, np.zeros(200_001, dtype=np.int32), at_once=4096)
    assert found.mean == float(np.log(np.float32(4)))


def test_a_token_that_cannot_come_costs_infinitely_much_and_nan_stays_nan():
    def sure(x, state):
        with np.errstate(divide="ignore"):
            return np.log(np.broadcast_to([1.0, 0.0], (*x.shape, 2))), state

    assert read_as_one_stream(sure, np.array([0, 0, 0])).perplexity == 1
    assert read_as_one_stream(sure, np.array([0, 1, 0])).perplexity == math.inf
    broken = lambda x, state: (np.full((*x.shape, 2), np.nan), state)  # noqa: E731
    assert math.isnan(read_as_one_stream(broken, np.array([0, 1])).perplexity)


IDS = np.array([0, 1, 2])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: read_as_one_stream(Fading(), IDS[:1]), ValueError, r"ids: .* N >= 2, got \(1,\)"),
        (lambda: read_as_one_stream(Fading(), IDS[None]), ValueError, r"ids: .* got \(1, 3\)"),
        (lambda: read_as_one_stream(Fading(), [0, 1]), TypeError, "ids: expected a NumPy array"),
        (lambda: read_as_one_stream(Fading(), IDS / 1), TypeError, "ids: expected integers, got f"),
        (lambda: read_as_one_stream(Fading(), IDS - 1), ValueError, "ids: .* at least 0, got -1"),
        (lambda: read_as_one_stream(Fading(), IDS, at_once=0), ValueError, "at_once: .* got 0"),
        (lambda: read_as_one_stream(Fading(), IDS, unknown=-1), ValueError, "unknown: .* got -1"),
        (
            lambda: read_as_one_stream(Fading(), np.array([0, 5])),
            ValueError,
            r"ids: expected ids in 0\.\.4, got 5",
        ),
        (lambda: read_in_windows(Fading(), IDS, 0), ValueError, "window: .* at least 1, got 0"),
        (lambda: read_in_windows(Fading(), IDS, 2.0), TypeError, "window: .* integer, got float"),
        (lambda: read_in_windows(Fading(), IDS, 2, batch=0), ValueError, "batch: .* got 0"),
        (lambda: read_in_windows(Fading(), IDS, 2, stride=0), ValueError, "stride: .* got 0"),
        (
            lambda: read_in_windows(Fading(), IDS, 2, stride=3),
            ValueError,
            r"stride: expected an integer in 1\.\.window = 2, got 3",
        ),
        (lambda: read_texts(Fading(), []), ValueError, "texts: expected at least one text"),
        (lambda: read_texts(Fading(), IDS), TypeError, "texts: expected a list of arrays, got nd"),
        (lambda: read_texts(Fading(), [IDS, IDS[:1]]), ValueError, r"texts\[1\]: .* N >= 2"),
        (lambda: read_texts(Fading(), [IDS], batch=0), ValueError, "batch: .* got 0"),
        (
            lambda: read_as_one_stream(lambda x, s: (np.ones((*x.shape, 4)), s), IDS),
            ValueError,
            "score: expected log-probabilities, whose exp adds up to 1, got a sum of 10.87",
        ),
        (
            lambda: read_as_one_stream(lambda x, s: (np.zeros((len(x), 1)), s), IDS),
            ValueError,
            r"score: expected log-probabilities .* \(2, 1\), got float64 \(2, 1\)",
        ),
        (lambda: Measured(1.0, 1).bits_per_character(0), ValueError, "characters: .* got 0"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_huge_loss_has_an_infinite_perplexity():
    assert perplexity(1e4) == math.inf
    assert bits(math.inf) == math.inf


@pytest.mark.parametrize("nan", [math.nan, np.float32("nan"), np.float64("nan")])
def test_a_loss_that_is_nan_has_a_perplexity_that_is_nan(nan):
    assert math.isnan(perplexity(nan))
    assert math.isnan(bits(nan))


def test_a_loss_below_0_is_refused():
    with pytest.raises(ValueError, match="nats: expected a number"):
        perplexity(-1)
