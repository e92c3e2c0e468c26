"""`losses.ctc` against torch, all readings, finite differences, and padding."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.losses import ctc
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)


def random_case(seed, T, B, S, C, dtype=np.float64, blank=0):
    """Return logits, labels and lengths such that the labels always fit."""
    rng = np.random.default_rng(seed)
    logits = (2 * rng.normal(size=(T, B, C))).astype(dtype)
    labels = np.array([c for c in range(C) if c != blank])
    targets = labels[rng.integers(0, C - 1, (B, S))]
    lengths = rng.integers(1, T + 1, B)
    target_lengths = np.zeros(B, dtype=int)
    for b in range(B):
        fitting = [n for n in range(S + 1) if steps_of(targets[b, :n]) <= lengths[b]]
        target_lengths[b] = rng.choice(fitting)
    return logits, targets, lengths, target_lengths


def steps_of(labels):
    return len(labels) + sum(a == b for a, b in itertools.pairwise(labels))


def merged(reading, blank=0):
    """Return what a reading says: equal neighbours merged, then blanks dropped."""
    return [symbol for symbol, _ in itertools.groupby(reading) if symbol != blank]


@given(
    T=st.integers(1, 8),
    B=st.integers(1, 4),
    S=st.integers(1, 4),
    C=st.integers(2, 4),
    blank=st.integers(0, 1),
    reduction=st.sampled_from(["mean", "sum", "none"]),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(T, B, S, C, blank, reduction, dtype, seed):
    logits, targets, lengths, target_lengths = random_case(seed, T, B, S, C, dtype, blank)
    dloss = np.random.default_rng(seed).normal(size=B).astype(dtype)
    freeze(logits, targets, lengths, target_lengths, dloss)
    ours, cache = ctc.forward(
        logits,
        targets,
        lengths=lengths,
        target_lengths=target_lengths,
        blank=blank,
        reduction=reduction,
    )
    logits_t = to_torch(logits)
    theirs = F.ctc_loss(
        logits_t.log_softmax(dim=-1),
        torch.tensor(targets),
        torch.tensor(lengths),
        torch.tensor(target_lengths),
        blank=blank,
        reduction=reduction,
    )
    if reduction == "none":
        assert_close(ours, theirs)
        theirs.backward(torch.tensor(dloss))
        dlogits = ctc.backward(dloss, cache)
    else:
        assert_loss_close(ours, theirs)
        (1.5 * theirs).backward()
        dlogits = ctc.backward(1.5, cache)
    assert_close(dlogits, logits_t.grad)


@pytest.mark.parametrize("T", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("labels", [[], [1], [1, 2], [1, 1], [2, 1, 2], [1, 1, 2], [2, 2, 2]])
def test_equals_all_readings_summed(T, labels):
    C = 3
    logits = np.random.default_rng(T).normal(size=(T, 1, C))
    p = np.exp(logits[:, 0]) / np.exp(logits[:, 0]).sum(axis=1, keepdims=True)
    readings = [r for r in itertools.product(range(C), repeat=T) if merged(r) == labels]
    total = sum(p[range(T), list(reading)].prod() for reading in readings)
    assert bool(readings) == (steps_of(labels) <= T)
    targets = np.array([labels or [1]])
    option = {"target_lengths": [len(labels)], "reduction": "none"}
    if readings:
        losses, cache = ctc.forward(logits, targets, **option)
        assert abs(losses[0] + np.log(total)) < 1e-10
        # The gradient says where the readings stand.
        dlogits = ctc.backward(np.ones(1), cache)
        for t, c in np.ndindex(T, C):
            share = sum(p[range(T), list(r)].prod() for r in readings if r[t] == c) / total
            assert abs(dlogits[t, 0, c] - (p[t, c] - share)) < 1e-10
    else:
        with pytest.raises(ValueError, match=f"take {steps_of(labels)} steps .* it has {T}"):
            ctc.forward(logits, targets, **option)
        losses, cache = ctc.forward(logits, targets, **option, zero_infinity=True)
        assert losses[0] == 0
        assert (ctc.backward(np.ones(1), cache) == 0).all()


def test_finite_differences():
    logits, targets, lengths, target_lengths = random_case(0, 6, 3, 3, 4)

    def run():
        return ctc.forward(logits, targets, lengths=lengths, target_lengths=target_lengths)

    assert_gradients(lambda: run()[0], [(logits, ctc.backward(1.0, run()[1]))])


@pytest.mark.parametrize("filling", [np.nan, np.inf, -1e300, 5.0])
def test_padding_changes_nothing(filling):
    logits, targets, lengths, target_lengths = random_case(3, 9, 5, 4, 3)
    padding = np.arange(9)[:, None] >= lengths
    assert padding.any()
    logits[padding] = filling
    targets[np.arange(4) >= target_lengths[:, None]] = -7
    losses, cache = ctc.forward(
        logits, targets, lengths=lengths, target_lengths=target_lengths, reduction="none"
    )
    dlogits = ctc.backward(np.ones(5), cache)
    assert (dlogits[padding] == 0).all()
    for b, (n, s) in enumerate(zip(lengths, target_lengths, strict=True)):
        alone = logits[:n, b : b + 1], targets[b : b + 1, :s]
        if s == 0:  # no label: the blank at every step
            alone = alone[0], np.array([[1]])
        loss, cache = ctc.forward(*alone, target_lengths=[s], reduction="none")
        assert_close(losses[b], loss[0])
        assert_close(dlogits[:n, b : b + 1], ctc.backward(np.ones(1), cache))


def test_a_sequence_that_does_not_fit_leaves_the_others_alone():
    logits = np.random.default_rng(4).normal(size=(3, 2, 4))
    targets = np.array([[1, 2], [1, 1]])
    short = {"lengths": [3, 2], "reduction": "none", "zero_infinity": True}
    losses, cache = ctc.forward(logits, targets, **short)
    dlogits = ctc.backward(np.ones(2), cache)
    assert losses[1] == 0
    assert (dlogits[:, 1] == 0).all()
    alone, cache = ctc.forward(logits[:, :1], targets[:1], reduction="none")
    assert_close(losses[0], alone[0])
    assert_close(dlogits[:, :1], ctc.backward(np.ones(1), cache))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_long_sequences_neither_overflow_nor_vanish(scale):
    logits, targets, _, _ = random_case(5, 1500, 1, 40, 20, np.float32)
    loss, cache = ctc.forward((scale * logits).astype(np.float32), targets)
    assert np.isfinite(loss)
    assert np.isfinite(ctc.backward(1.0, cache)).all()


Z, Y, _, _ = random_case(0, 6, 2, 2, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ctc.forward(Z.tolist(), Y), TypeError, "logits: expected a NumPy array, got list"),
        (lambda: ctc.forward(Z[0], Y), ValueError, r"logits: expected shape \(T, B, C\)"),
        (lambda: ctc.forward(Z * np.nan, Y), ValueError, "logits: expected finite"),
        (lambda: ctc.forward(Z, Y[0]), ValueError, r"targets: expected shape \(B, S\)"),
        (lambda: ctc.forward(Z, Y.tolist()), TypeError, "targets: expected a NumPy array"),
        (lambda: ctc.forward(Z, Y * 1.0), TypeError, "targets: "),
        (lambda: ctc.forward(Z, Y * 0), ValueError, "targets: expected labels, got the blank, 0"),
        (lambda: ctc.forward(Z, Y + 9), ValueError, "targets: "),
        (lambda: ctc.forward(Z, Y, blank=4), ValueError, "blank: "),
        (lambda: ctc.forward(Z, Y, lengths=[7, 6]), ValueError, "lengths: .* 1..6, got 7"),
        (lambda: ctc.forward(Z, Y, target_lengths=[3, 1]), ValueError, "target_lengths: .*got 3"),
        (lambda: ctc.forward(Z, Y, target_lengths=[1.0, 1]), TypeError, "target_lengths: "),
        (lambda: ctc.forward(Z, Y, target_lengths=[True, 1]), TypeError, "target_lengths: .* bool"),
        (lambda: ctc.forward(Z, Y, target_lengths=[-1, 1]), ValueError, r"target_.* 0..2, got -1"),
        (lambda: ctc.forward(Z, Y, target_lengths=[1]), ValueError, r"target_lengths: .* \(2,\)"),
        (lambda: ctc.forward(Z, Y, zero_infinity=1), TypeError, "zero_infinity: "),
        (lambda: ctc.forward(Z, Y, reduction="x"), ValueError, "reduction: "),
        (lambda: ctc.backward(1.0, 2), TypeError, "cache: "),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
