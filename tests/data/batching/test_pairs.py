"""Pairs side by side: what is read, what is written, and nothing behind the end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.batching.batches import padding_share
from course_pkg.data.batching.pairs import IGNORED, pad_pairs, pair_batches

IDS = st.lists(st.integers(4, 9), max_size=5)
PAIRS = st.lists(st.tuples(IDS.filter(bool), IDS), min_size=1, max_size=5)


@given(PAIRS)
def test_each_pair_comes_back_out_of_its_column(pairs):
    sources, targets = zip(*pairs, strict=True)
    batch = pad_pairs(sources, targets, begin=2, end=3, pad=0)
    assert batch.source.shape == (max(map(len, sources)), len(pairs))
    assert batch.inputs.shape == batch.targets.shape == (max(map(len, targets)) + 1, len(pairs))
    assert {array.dtype for array in batch} == {np.dtype(np.int64)}
    for b, (source, target) in enumerate(pairs):
        S, T = batch.source_lengths[b], batch.target_lengths[b]
        assert batch.source[:S, b].tolist() == source
        assert batch.inputs[:T, b].tolist() == [2, *target]
        assert batch.targets[:T, b].tolist() == [*target, 3]
        assert (batch.source[S:, b] == 0).all()
        assert (batch.inputs[T:, b] == 0).all()
        assert (batch.targets[T:, b] == IGNORED).all()


def test_rows_of_every_integer_type_are_taken():
    rows = [np.array([5], dtype=np.uint8), np.array([6, 7], dtype=np.int32)]
    batch = pad_pairs(rows, rows, begin=2, end=3, pad=300)  # 300 is no uint8
    assert batch.source.T.tolist() == [[5, 300], [6, 7]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1]], [], 2, 3, 0), ValueError, "targets: expected 1, one a source, got 0"),
        (([], [], 2, 3, 0), ValueError, "sequences: expected at least one"),
        (([[]], [[1]], 2, 3, 0), ValueError, r"sources\[0\]: expected shape \(N,\) with N >= 1"),
        (([[1]], [[0.5]], 2, 3, 0), TypeError, r"targets\[0\]: expected integers, got float64"),
        (([[1]], [[[1]]], 2, 3, 0), ValueError, r"targets\[0\]: expected shape"),
        (([[1]], [[1]], -1, 3, 0), ValueError, "begin: expected an integer of at least 0, got -1"),
        (([[1]], [[1]], 2, 3.0, 0), TypeError, "end: expected an integer, got float"),
        (([[1]], [[1]], 2, 3, True), TypeError, "pad: expected an integer, got bool"),
    ],
)
def test_what_is_no_batch_of_pairs_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        pad_pairs(*arguments)


def test_batches_hold_each_pair_once_and_pad_little():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, 400)
    sources = targets = [[1] * n for n in lengths]
    batches = pair_batches(sources, targets, 16, np.random.default_rng(1))
    assert sorted(np.concatenate(batches).tolist()) == list(range(400))
    shuffled = pair_batches(sources, targets, 16, np.random.default_rng(1), pool=1)
    assert padding_share(lengths, batches) < 0.1 < padding_share(lengths, shuffled)


def test_batches_refuse_what_is_no_list_of_pairs():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="targets: expected 1, one a source, got 2"):
        pair_batches([[1]], [[1], [1]], 2, rng)
    with pytest.raises(ValueError, match="sources: expected an integer of at least 1, got 0"):
        pair_batches([], [], 2, rng)
