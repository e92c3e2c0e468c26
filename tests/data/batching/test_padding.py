"""Padded batches: what is in them comes out again, and the padding is where the mask says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_pkg.data.batching.padding import pad_batch, unpad_batch

SEQUENCES = st.lists(hnp.arrays(np.int64, st.integers(1, 9)), min_size=1, max_size=6)


@given(SEQUENCES)
def test_padding_and_back(sequences):
    x, lengths, mask = pad_batch(sequences, pad=-1)
    assert x.shape == mask.shape == (max(map(len, sequences)), len(sequences))
    np.testing.assert_array_equal(lengths, [len(sequence) for sequence in sequences])
    np.testing.assert_array_equal(mask.sum(axis=0), lengths)
    assert (x[~mask] == -1).all()
    for sequence, back in zip(sequences, unpad_batch(x, lengths), strict=True):
        np.testing.assert_array_equal(back, sequence)
        assert back.dtype == sequence.dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int32])
def test_features_keep_their_axis_and_type(dtype):
    rng = np.random.default_rng(0)
    sequences = [rng.integers(0, 9, (n, 3)).astype(dtype) for n in (2, 5, 1)]
    x, lengths, mask = pad_batch(sequences)
    assert x.shape == (5, 3, 3)
    assert x.dtype == dtype
    assert (x[~mask] == 0).all()
    for sequence, back in zip(sequences, unpad_batch(x, lengths), strict=True):
        np.testing.assert_array_equal(back, sequence)


def test_the_sequences_and_the_batch_do_not_share_memory():
    sequence = np.array([1.0, 2.0])
    x, lengths, _ = pad_batch([sequence])
    (back,) = unpad_batch(x, lengths)
    x[:] = 9
    np.testing.assert_array_equal(sequence, [1, 2])
    np.testing.assert_array_equal(back, [1, 2])


@pytest.mark.parametrize("pad", [0.5, np.nan, np.inf, -1, 256])
def test_padding_of_integers_must_be_one_of_them(pad):
    sequences = [np.array([1, 2], dtype=np.uint8), np.array([3], dtype=np.uint8)]
    with pytest.raises(ValueError, match=r"pad: expected a value that uint8 can hold, got"):
        pad_batch(sequences, pad=pad)


def test_padding_of_floats_may_be_any_number():
    sequences = [np.array([1, 2], dtype=np.float32), np.array([3], dtype=np.float32)]
    assert np.isnan(pad_batch(sequences, pad=np.nan).x[1, 1])
    assert pad_batch(sequences, pad=0.1).x[1, 1] == np.float32(0.1)


@pytest.mark.parametrize(
    ("sequences", "error", "message"),
    [
        ([], ValueError, "sequences: expected at least one sequence, got none"),
        ([[1], []], TypeError, r"sequences\[1\]: expected int64 as in sequences\[0\], got float64"),
        ([np.zeros(0)], ValueError, r"sequences\[0\]: expected shape \(T,\) or \(T, I\) with T >="),
        (
            [3],
            ValueError,
            r"sequences\[0\]: expected shape \(T,\) or \(T, I\) with T >= 1, got \(\)",
        ),
        ([["a"]], TypeError, r"sequences\[0\]: expected numbers, got <U1"),
        (
            [[1], [1.5]],
            TypeError,
            r"sequences\[1\]: expected int64 as in sequences\[0\], got float",
        ),
        (
            [np.zeros((2, 3)), np.zeros((2, 4))],
            ValueError,
            r"sequences\[1\]: expected shape \(T, 3\) with T >= 1, got \(2, 4\)",
        ),
        ([np.zeros((2, 3)), np.zeros(2)], ValueError, r"expected shape \(T, 3\) with T >= 1, got"),
    ],
)
def test_bad_sequences_are_refused(sequences, error, message):
    with pytest.raises(error, match=message):
        pad_batch(sequences)


@pytest.mark.parametrize(
    ("x", "lengths", "error", "message"),
    [
        ([[1]], [1], TypeError, "x: expected a NumPy array, got list"),
        (np.zeros(3), [3], ValueError, r"x: expected shape \(T, B, ...\), got \(3,\)"),
        (np.zeros((3, 2)), [3], ValueError, r"lengths: expected shape \(B,\) = \(2,\)"),
        (np.zeros((3, 2)), [3, 4], ValueError, r"lengths: expected values in 1..3, got 4"),
    ],
)
def test_bad_batches_are_refused(x, lengths, error, message):
    with pytest.raises(error, match=message):
        unpad_batch(x, lengths)


@pytest.mark.parametrize("pad", [1e300, -1e39, 10**400, 2.0**200])
def test_padding_of_floats_must_be_one_of_them(pad):
    with pytest.raises(ValueError, match="pad: expected a value that float32 can hold"):
        pad_batch([np.zeros(2, np.float32), np.zeros(1, np.float32)], pad=pad)


@pytest.mark.parametrize("pad", [np.nan, np.inf, -np.inf, 3.4e38, 0.1])
def test_padding_of_floats_may_be_no_number_at_all(pad):
    x = pad_batch([np.zeros(2, np.float32), np.zeros(1, np.float32)], pad=pad).x
    np.testing.assert_array_equal(x[1, 1], np.float32(pad))


@pytest.mark.parametrize("pad", ["0", None, True, 1j, [0]])
@pytest.mark.parametrize("dtype", [int, float])
def test_padding_must_be_a_number(pad, dtype):
    with pytest.raises(TypeError, match="pad: expected a number, got"):
        pad_batch([np.zeros(2, dtype), np.zeros(1, dtype)], pad=pad)
