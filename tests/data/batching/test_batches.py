"""Batches: everybody once, repeatable, and little padding where lengths decide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.batching.batches import length_batches, padding_share, shuffled_batches

LENGTHS = st.lists(st.integers(1, 50), min_size=1, max_size=60)


def flat(batches):
    return sorted(np.concatenate(batches).tolist())


@given(st.integers(1, 60), st.integers(1, 20))
def test_each_example_is_in_one_batch(count, batch_size):
    batches = shuffled_batches(count, batch_size, np.random.default_rng(0))
    assert flat(batches) == list(range(count))
    assert all(len(batch) == batch_size for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= batch_size


def test_a_smaller_last_batch_can_be_left_out():
    batches = shuffled_batches(10, 4, np.random.default_rng(0), drop_last=True)
    assert [len(batch) for batch in batches] == [4, 4]
    assert len(shuffled_batches(8, 4, np.random.default_rng(0), drop_last=True)) == 2
    assert len(shuffled_batches(4, 4, np.random.default_rng(0), drop_last=True)) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: shuffled_batches(100, 8, rng),
        lambda rng: length_batches(np.arange(1, 101), 8, rng, pool=3),
    ],
)
def test_an_epoch_repeats_with_its_seed_and_differs_from_the_next(make):
    first, again, second = (
        np.concatenate(make(np.random.default_rng([7, epoch]))).tolist() for epoch in (1, 1, 2)
    )
    assert first == again
    assert first != second


@given(LENGTHS, st.integers(1, 9), st.integers(1, 5))
def test_length_batches_have_each_example_once(lengths, batch_size, pool):
    batches = length_batches(lengths, batch_size, np.random.default_rng(0), pool=pool)
    assert flat(batches) == list(range(len(lengths)))
    assert sorted(len(batch) for batch in batches)[1:] == [batch_size] * (len(batches) - 1)


def test_similar_lengths_pad_less_and_a_large_pool_pads_least():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 101, 2000)
    shares = [
        padding_share(lengths, length_batches(lengths, 20, rng, pool=pool)) for pool in (1, 10, 100)
    ]
    plain = padding_share(lengths, shuffled_batches(2000, 20, rng))
    assert shares[0] == pytest.approx(plain, abs=0.03)  # about half: the longest of 20 is near 100
    assert 0.4 < plain < 0.55
    assert shares[1] < 0.1
    assert shares[2] < 0.02
    assert shares[2] < shares[1]


def test_the_order_of_the_batches_says_nothing_about_the_length():
    lengths = np.arange(1, 2001)
    batches = length_batches(lengths, 10, np.random.default_rng(0), pool=200)
    means = [lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.2


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: shuffled_batches(0, 2, RNG), ValueError, "count: expected an integer of at least"),
        (lambda: shuffled_batches(5, 0, RNG), ValueError, "batch_size: expected an integer of at"),
        (lambda: shuffled_batches(5, 2, 0), TypeError, "rng: expected a numpy.random.Generator"),
        (
            lambda: shuffled_batches(3, 4, RNG, drop_last=True),
            ValueError,
            "batch_size: expected at most count = 3 with drop_last, got 4",
        ),
        (
            lambda: shuffled_batches(3, 2, RNG, drop_last="no"),
            TypeError,
            "drop_last: expected True or False, got 'no'",
        ),
        (lambda: padding_share([1, 2], [np.array([-1])]), ValueError, r"batches\[0\]: .* got -1"),
        (lambda: padding_share([1, 2], [[0], [2]]), ValueError, r"batches\[1\]: .* got 2"),
        (lambda: padding_share([1, 2], [[0.5]]), TypeError, r"batches\[0\]: expected integers"),
        (
            lambda: padding_share([1, 2], [np.array([True, False])]),
            TypeError,
            r"batches\[0\]: expected integers, got bool",
        ),
        (lambda: padding_share([1, 2], [0, 1]), ValueError, r"batches\[0\]: expected shape \(B,\)"),
        (
            lambda: padding_share([1, 2], [np.zeros(0, int)]),
            ValueError,
            r"batches\[0\]: expected shape \(B,\) with B >= 1, got \(0,\)",
        ),
        (lambda: length_batches([], 2, RNG), ValueError, r"lengths: expected shape \(N,\) with N"),
        (lambda: length_batches([[1]], 2, RNG), ValueError, r"lengths: expected shape \(N,\) with"),
        (lambda: length_batches([1.0], 2, RNG), TypeError, "lengths: expected integers, got float"),
        (lambda: length_batches([1, 0], 2, RNG), ValueError, "of at least 1, got 0"),
        (lambda: length_batches([1], 0, RNG), ValueError, "batch_size: expected an integer"),
        (lambda: length_batches([1], 2, RNG, pool=0), ValueError, "pool: expected an integer"),
        (lambda: length_batches([1], 2, None), TypeError, "rng: expected a numpy.random.Gen"),
        (lambda: padding_share([1, 2], []), ValueError, "batches: expected at least one batch"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
