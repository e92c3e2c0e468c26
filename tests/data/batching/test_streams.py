"""Streams: they go on where they stopped, nothing is skipped, and memory stays as it is."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.batching.streams import TokenStreams
from course_pkg.models import rnn


@given(st.integers(2, 200), st.integers(1, 7), st.integers(1, 9))
def test_the_windows_of_each_stream_are_a_run_of_the_text(N, B, T):
    if N <= B:
        N += B
    ids = np.arange(N)
    windows = list(TokenStreams(ids, B, T))
    x = np.concatenate([window.x for window in windows])
    y = np.concatenate([window.y for window in windows])
    assert x.shape == y.shape == ((N - 1) // B, B)
    np.testing.assert_array_equal(y, x + 1)  # each target is the next token of the text
    np.testing.assert_array_equal(x.T.ravel(), np.arange(x.size))  # nothing is skipped or twice
    assert N - 1 - x.size < B  # and less than a row is left out
    assert [window.first for window in windows] == [True] + [False] * (len(windows) - 1)
    assert all(len(window.x) == T for window in windows[:-1])


def test_windows_can_be_asked_for_by_number():
    streams = TokenStreams(np.arange(100), B=3, T=7)
    for k, window in enumerate(streams):
        np.testing.assert_array_equal(streams[k].x, window.x)
        np.testing.assert_array_equal(streams[k].y, window.y)
    assert len(list(itertools.islice(streams, 2, None))) == len(streams) - 2


def test_windows_are_views_and_leave_the_text_alone():
    ids = np.arange(50)
    x, y, _ = TokenStreams(ids, B=2, T=5)[1]
    assert np.shares_memory(x, ids)
    assert np.shares_memory(y, ids)
    torch.from_numpy(x)  # neither an error nor a warning


def test_a_carried_state_gives_the_outputs_of_one_long_run():
    torch.manual_seed(0)
    ids = np.random.default_rng(0).integers(0, 5, 61)
    table, layer = torch.eye(5, dtype=torch.float64), rnn.RNN(5, 4).double()
    streams, outputs, state = TokenStreams(ids, B=2, T=7), [], None
    for x, _, first in streams:
        y, h_n = layer(table[torch.from_numpy(x)], None if first else state)
        state = h_n.detach()
        outputs.append(y)
    whole, _ = layer(table[torch.from_numpy(ids[:60].reshape(2, 30).T.copy())])
    torch.testing.assert_close(torch.cat(outputs), whole, rtol=0, atol=1e-12)


def test_memory_does_not_grow_with_the_epochs():
    streams = TokenStreams(np.arange(200_000) % 50, B=20, T=35)

    def epochs(count):
        total = 0
        for _ in range(count):
            for x, y, _ in streams:
                total += int(x[0, 0]) + int(y[-1, -1])
        return total

    epochs(1)  # what Python keeps once, it keeps now
    tracemalloc.start()
    try:
        epochs(1)
        after_one, peak_of_one = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        epochs(10)
        after_eleven, peak_of_ten = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    text = 200_000 * 8
    assert peak_of_one < text / 100  # no copy of the text
    assert after_eleven - after_one < 2_000
    assert peak_of_ten - peak_of_one < 2_000


IDS = np.arange(10)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: TokenStreams([1, 2], 1, 1), TypeError, "ids: expected a NumPy array, got list"),
        (lambda: TokenStreams(IDS / 2, 1, 1), TypeError, "ids: expected integers, got float64"),
        (lambda: TokenStreams(IDS[:, None], 1, 1), ValueError, r"ids: expected shape \(N,\) with"),
        (lambda: TokenStreams(IDS, 10, 1), ValueError, r"with N > B = 10, got \(10,\)"),
        (lambda: TokenStreams(IDS, 0, 1), ValueError, "B: expected an integer of at least 1"),
        (lambda: TokenStreams(IDS, 1, 0), ValueError, "T: expected an integer of at least 1"),
        (lambda: TokenStreams(IDS, 1, 4)[3], IndexError, r"k: expected a window in 0\.\.2, got 3"),
        (lambda: TokenStreams(IDS, 1, 4)[-1], IndexError, "k: expected a window in"),
        (lambda: TokenStreams(IDS, 1, 4)[:2], TypeError, "k: expected an integer, got slice"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
