"""`losses.crf` against all tag sequences, torch's autograd, finite differences, and padding."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.decoding.viterbi import viterbi
from course_pkg.reference.losses import crf
from course_pkg.reference.losses.crf_recursions import Params
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)


def random_case(seed, T, B, K, dtype=np.float64, full=False):
    rng = np.random.default_rng(seed)
    scores = (2 * rng.normal(size=(T, B, K))).astype(dtype)
    params = Params(*(rng.normal(size=shape).astype(dtype) for shape in (K, (K, K), K)))
    tags = rng.integers(0, K, (T, B))
    lengths = np.full(B, T) if full else rng.integers(1, T + 1, B)
    return scores, tags, params, lengths


def all_scores(x, params):
    """Return the score of each tag sequence of one sentence (T, K), by the definition; torch."""
    T, K = x.shape
    start, A, end = params
    return {
        path: start[path[0]]
        + sum(x[t, k] for t, k in enumerate(path))
        + sum(A[i, j] for i, j in itertools.pairwise(path))
        + end[path[-1]]
        for path in itertools.product(range(K), repeat=T)
    }


def losses_by_definition(x, tags, params, lengths):
    losses = []
    for b, length in enumerate(lengths):
        each = all_scores(x[:length, b], params)
        log_Z = torch.logsumexp(torch.stack(list(each.values())), dim=0)
        losses.append(log_Z - each[tuple(tags[:length, b].tolist())])
    return torch.stack(losses)


@given(
    T=st.integers(1, 5),
    B=st.integers(1, 3),
    K=st.integers(1, 3),
    reduction=st.sampled_from(["mean", "sum", "none"]),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_equals_brute_force_and_autograd(T, B, K, reduction, dtype, seed):
    scores, tags, params, lengths = random_case(seed, T, B, K, dtype)
    dloss = np.random.default_rng(seed).normal(size=B).astype(dtype)
    freeze(scores, tags, lengths, dloss, *params)
    loss, cache = crf.forward(scores, tags, params, lengths=lengths, reduction=reduction)

    x_t, params_t = to_torch(scores), Params(*map(to_torch, params))
    losses = losses_by_definition(x_t, tags, params_t, lengths)
    if reduction == "none":
        assert_close(loss, losses)
        losses.backward(torch.tensor(dloss))
        grads = crf.backward(dloss, cache)
    else:
        total = losses.mean() if reduction == "mean" else losses.sum()
        assert_loss_close(loss, total)
        (1.5 * total).backward()
        grads = crf.backward(1.5, cache)
    for ours, theirs in zip(grads, (x_t, *params_t), strict=True):
        assert_close(ours, torch.zeros_like(theirs) if theirs.grad is None else theirs.grad)


def test_finite_differences():
    scores, tags, params, lengths = random_case(0, 4, 2, 3)

    def run():
        return crf.forward(scores, tags, params, lengths=lengths)

    grads = crf.backward(1.0, run()[1])
    assert_gradients(lambda: run()[0], list(zip((scores, *params), grads, strict=True)))


@given(T=st.integers(1, 5), K=st.integers(1, 4), seed=st.integers(0, 2**16))
def test_marginals_and_viterbi_equal_brute_force(T, K, seed):
    scores, _, params, _ = random_case(seed, T, 1, K)
    each = {path: float(score) for path, score in all_scores(scores[:, 0], params).items()}
    weights = np.exp(np.array(list(each.values())))
    p = crf.marginals(scores, params)[:, 0]
    for t, k in np.ndindex(T, K):
        uses = np.array([path[t] == k for path in each])
        assert abs(weights[uses].sum() / weights.sum() - p[t, k]) < 1e-10
    tags, best = viterbi(scores, params)
    winner = max(each, key=each.get)
    assert tuple(tags[:, 0]) == winner
    assert abs(best[0] - each[winner]) < 1e-10


@pytest.mark.parametrize("filling", [np.nan, np.inf, 1e300, 7.0])
def test_padding_changes_nothing(filling):
    scores, tags, params, lengths = random_case(1, 6, 4, 3)
    padding = np.arange(6)[:, None] >= lengths
    assert padding.any()
    filled, other = scores.copy(), tags.copy()
    filled[padding], other[padding] = filling, -5
    losses, cache = crf.forward(filled, other, params, lengths=lengths, reduction="none")
    grads = crf.backward(np.ones(4), cache)
    p = crf.marginals(filled, params, lengths=lengths)
    best, sizes = viterbi(filled, params, lengths=lengths, padding=-9)
    assert (best[padding] == -9).all()
    assert (grads.dscores[padding] == 0).all()
    assert (p[padding] == 0).all()
    for b, n in enumerate(lengths):
        alone, one = scores[:n, b : b + 1], tags[:n, b : b + 1]
        loss, cache = crf.forward(alone, one, params)
        assert_close(losses[b], np.float64(loss))
        assert_close(grads.dscores[:n, b : b + 1], crf.backward(1.0, cache).dscores)
        assert_close(p[:n, b : b + 1], crf.marginals(alone, params))
        tags_alone, size = viterbi(alone, params)
        assert (best[:n, b] == tags_alone[:, 0]).all()
        assert abs(sizes[b] - size[0]) < 1e-12


def test_long_sequences_neither_overflow_nor_vanish():
    scores, tags, params, _ = random_case(2, 2000, 1, 4, np.float32, full=True)
    loss, cache = crf.forward(100 * scores, tags, params)
    assert np.isfinite(loss)
    assert all(np.isfinite(each).all() for each in crf.backward(1.0, cache))


@pytest.mark.parametrize(("dtype", "large"), [(np.float32, 100), (np.float64, 800)])
def test_large_moves_beside_padding_stay_finite(dtype, large):
    scores, tags, params, _ = random_case(6, 5, 3, 2, dtype)
    params.A[0, 1] = params.A[1, 0] = large
    lengths = [5, 1, 3]
    loss, cache = crf.forward(scores, tags, params, lengths=lengths)
    assert np.isfinite(loss)
    assert all(np.isfinite(each).all() for each in crf.backward(1.0, cache))
    assert np.isfinite(crf.marginals(scores, params, lengths=lengths)).all()


def test_without_moves_it_is_a_softmax_at_each_step():
    scores, tags, _, _ = random_case(3, 4, 1, 3)
    nothing = Params(np.zeros(3), np.zeros((3, 3)), np.zeros(3))
    softmax = torch.tensor(scores).softmax(dim=-1)
    assert_close(crf.marginals(scores, nothing), softmax)
    assert (viterbi(scores, nothing)[0] == scores.argmax(axis=-1)).all()
    loss, _ = crf.forward(scores, tags, nothing)
    assert_loss_close(loss, -softmax.log()[range(4), 0, tags[:, 0]].sum())


X, Y, P, _ = random_case(0, 3, 2, 4, full=True)
CACHE = crf.forward(X, Y, P)[1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: crf.forward(X.tolist(), Y, P), TypeError, "scores: expected a NumPy array"),
        (lambda: crf.forward(X[0], Y, P), ValueError, r"scores: expected shape \(T, B, K\)"),
        (lambda: crf.forward(X + np.nan, Y, P), ValueError, "scores: expected finite values in"),
        (lambda: crf.forward(X, Y[:2], P), ValueError, r"tags: expected shape \(T, B\) = \(3, 2\)"),
        (lambda: crf.forward(X, Y + 4, P), ValueError, "tags: "),
        (lambda: crf.forward(X, Y.astype(float), P), TypeError, "tags: "),
        (lambda: crf.forward(X, Y, P[:2]), TypeError, "params: expected a named tuple"),
        (lambda: crf.forward(X, Y, P._replace(A=P.A[:2])), ValueError, r"params.A: .* \(K, K\)"),
        (lambda: crf.forward(X, Y, P._replace(end=P.end * np.inf)), ValueError, "params.end: .*fi"),
        (
            lambda: crf.forward(X, Y, P._replace(start=P.start.astype(np.float32))),
            TypeError,
            "params.start: expected float64 as in scores",
        ),
        (lambda: crf.forward(X, Y, P, lengths=[3, 4]), ValueError, r"lengths: .* 1..3, got 4"),
        (lambda: crf.forward(X, Y, P, reduction="all"), ValueError, "reduction: "),
        (lambda: crf.backward(np.ones(2), CACHE), TypeError, "dloss: "),
        (lambda: crf.backward(1.0, 3), TypeError, "cache: "),
        (lambda: viterbi(X, P, padding=0.5), TypeError, "padding: "),
        (lambda: viterbi(X, P, lengths=[3]), ValueError, "lengths: "),
        (lambda: crf.marginals(X, P, lengths=[0, 1]), ValueError, "lengths: "),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
