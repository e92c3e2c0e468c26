"""Each filter computes its definition, in the stated order, and refuses what has no meaning."""

import itertools

import numpy as np
import pytest

from course_pkg.decoding.filters import filtered, keep_top_k, keep_top_p, temper
from tests.decoding.scorers import log_softmax


def by_definition(p, temperature=1.0, k=None, top_p=None):
    """Filter a list of probabilities with Python's numbers alone, in the stated order."""
    powers = [x ** (1 / temperature) for x in p]
    left = {i: x / sum(powers) for i, x in enumerate(powers)}
    ranked = sorted(left, key=lambda i: (-p[i], i))  # among equals the lower id
    left = {i: left[i] for i in ranked[:k]}
    left = {i: x / sum(left.values()) for i, x in left.items()}
    if top_p is not None:
        mass, kept = 0.0, []
        for i in left:
            if mass >= top_p - 1e-12:
                break
            kept.append(i)
            mass += left[i]
        left = {i: left[i] / mass for i in kept}
    return np.array([left.get(i, 0.0) for i in range(len(p))])


GRID = list(
    itertools.product((0.3, 1.0, 2.5), (None, 1, 2, 5, 7), (None, 1e-9, 0.3, 0.7, 0.95, 1.0))
)


@pytest.mark.parametrize(("temperature", "k", "p"), GRID)
def test_the_filters_compute_their_definition(temperature, k, p):
    rng = np.random.default_rng(0)
    for _ in range(20):
        probs = rng.dirichlet(np.full(7, 0.7))
        got = filtered(np.log(probs), temperature=temperature, top_k=k, top_p=p)
        np.testing.assert_allclose(
            np.exp(got), by_definition(probs.tolist(), temperature, k, p), atol=1e-12
        )


def test_each_function_is_the_filter_of_its_name():
    log_probs = log_softmax(np.random.default_rng(1).normal(size=9))
    np.testing.assert_array_equal(temper(log_probs, 0.4), filtered(log_probs, temperature=0.4))
    np.testing.assert_array_equal(keep_top_k(log_probs, 4), filtered(log_probs, top_k=4))
    np.testing.assert_array_equal(keep_top_p(log_probs, 0.6), filtered(log_probs, top_p=0.6))


def test_every_distribution_of_an_array_is_filtered_for_itself():
    log_probs = log_softmax(2 * np.random.default_rng(2).normal(size=(3, 4, 6)))
    before = log_probs.copy()
    together = filtered(log_probs, temperature=0.7, top_k=4, top_p=0.8)
    assert together.shape == (3, 4, 6)
    for index in np.ndindex(3, 4):
        alone = filtered(log_probs[index], temperature=0.7, top_k=4, top_p=0.8)
        np.testing.assert_array_equal(together[index], alone)
    np.testing.assert_array_equal(log_probs, before)
    unfiltered = filtered(log_probs)
    unfiltered[:] = 0  # a copy
    np.testing.assert_array_equal(log_probs, before)


# In each case another order keeps another set.
@pytest.mark.parametrize(
    ("probs", "options", "kept"),
    [
        # 0.5 is 5/8 of the two that top-k leaves, so the first alone reaches 0.6; of all, it is
        # not enough, and top-p before top-k would keep two.
        ([0.5, 0.3, 0.2], {"top_k": 2, "top_p": 0.6}, [0]),
        # Squared: 25, 9 and 4 of 38. The first alone reaches 0.6 only after the temperature.
        ([0.5, 0.3, 0.2], {"temperature": 0.5, "top_p": 0.6}, [0]),
        # Roots: 0.707, 0.548 and 0.447 of 1.702. Two reach 0.75 before, not after (0.737).
        ([0.5, 0.3, 0.2], {"temperature": 2.0, "top_p": 0.75}, [0, 1, 2]),
    ],
)
def test_the_order_is_temperature_then_top_k_then_top_p(probs, options, kept):
    assert np.flatnonzero(np.isfinite(filtered(np.log(probs), **options))).tolist() == kept


def test_among_equal_tokens_the_lower_id_is_kept():
    even = np.log([0.1, 0.3, 0.1, 0.3, 0.1, 0.1])
    assert np.isfinite(keep_top_k(even, 3)).tolist() == [True, True, False, True, False, False]
    assert np.isfinite(keep_top_k(even, 1)).tolist() == [False, True, False, False, False, False]
    assert np.isfinite(keep_top_p(even, 0.65)).tolist() == [True, True, False, True, False, False]
    many = np.log(np.full(100, 0.01))
    for k in (1, 17, 99, 100):
        assert np.flatnonzero(np.isfinite(keep_top_k(many, k))).tolist() == list(range(k))


def test_a_sum_reaches_p_also_where_it_is_rounded_down():
    rng = np.random.default_rng(3)
    rounded_down = 0
    for _ in range(300):
        hundredths = -np.sort(-rng.multinomial(100, np.full(8, 1 / 8)))  # whole numbers: exact
        for kept in range(1, 8):
            reached = int(hundredths[:kept].sum())
            if hundredths[kept - 1] == 0 or reached == 100:
                continue
            log_probs = np.log(np.maximum(hundredths, 1e-300) / 100)
            assert np.isfinite(keep_top_p(log_probs, reached / 100)).sum() == kept
            rounded_down += np.exp(log_probs)[:kept].cumsum()[-1] < reached / 100
    assert rounded_down > 100


def test_p_of_1_keeps_every_token_however_unlikely():
    log_probs = log_softmax(np.array([0.0, -200.0, -700.0]))
    np.testing.assert_array_equal(keep_top_p(log_probs, 1.0), log_probs)


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-9])
def test_towards_temperature_0_the_most_probable_share_all(temperature):
    log_probs = np.log([0.4, 0.2, 0.4])
    np.testing.assert_array_equal(np.exp(temper(log_probs, temperature)), [0.5, 0, 0.5])
    # Values that a float holds and whose quotient it does not.
    np.testing.assert_array_equal(temper(np.array([0.0, -1e300]), temperature), [0, -np.inf])


@pytest.mark.parametrize("temperature", [1e12, 1e308])
def test_towards_infinite_temperature_all_become_equal_that_are_possible(temperature):
    log_probs = np.array([*np.log([0.9, 0.0999, 0.0001]), -np.inf])
    np.testing.assert_allclose(
        np.exp(temper(log_probs, temperature)), [1 / 3, 1 / 3, 1 / 3, 0], atol=1e-11
    )


def test_what_is_kept_sums_to_1_also_in_float32():
    log_probs = log_softmax(3 * np.random.default_rng(3).normal(size=(5, 1000)).astype(np.float32))
    for result in (temper(log_probs, 0.5), keep_top_k(log_probs, 10), keep_top_p(log_probs, 0.5)):
        assert result.dtype == np.float64
        np.testing.assert_allclose(np.exp(result).sum(axis=-1), 1, atol=1e-12)


EVEN = np.log([0.5, 0.5])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: temper(EVEN, 0), ValueError, r"temperature: expected a number in \(0, inf\), go"),
        (lambda: temper(EVEN, -1.0), ValueError, "temperature: expected a number in .* got -1.0"),
        (lambda: temper(EVEN, np.nan), ValueError, "temperature: expected a number .* got nan"),
        (lambda: temper(EVEN, np.inf), ValueError, "temperature: expected a number .* got inf"),
        (lambda: temper(EVEN, "hot"), TypeError, "temperature: expected a number, got str"),
        (lambda: keep_top_k(EVEN, 0), ValueError, r"k: expected an integer in 1\.\.2, the num"),
        (lambda: keep_top_k(EVEN, 3), ValueError, r"k: expected an integer in 1\.\.2, .* got 3"),
        (lambda: keep_top_k(EVEN, 1.5), TypeError, "k: expected an integer, got float"),
        (lambda: keep_top_p(EVEN, 0.0), ValueError, r"p: expected a number in \(0, 1\], got 0.0"),
        (lambda: keep_top_p(EVEN, 1.1), ValueError, r"p: expected a number in \(0, 1\], got 1.1"),
        (lambda: keep_top_p(EVEN, np.nan), ValueError, "p: expected a number .* got nan"),
        (lambda: filtered(EVEN, temperature=0), ValueError, "temperature: expected a number in"),
        (lambda: filtered(EVEN, top_k=3), ValueError, "top_k: expected an integer in"),
        (lambda: filtered(EVEN, top_p=0), ValueError, "top_p: expected a number in"),
        (lambda: filtered([0.0]), TypeError, "log_probs: expected a NumPy array, got list"),
        (lambda: filtered(np.array([0])), TypeError, "log_probs: expected float32 or float64, g"),
        (lambda: filtered(np.empty((2, 0))), ValueError, r"log_probs: expected shape \(..., V\)"),
        (lambda: filtered(np.array([0.0, np.nan])), ValueError, "log_probs: expected no NaN and"),
        (lambda: filtered(np.array([0.0, np.inf])), ValueError, "log_probs: expected no NaN and"),
        (lambda: filtered(np.full(3, -np.inf)), ValueError, "sum to 1, got the sum 0"),
        (lambda: filtered(np.array([2.0, 1.0])), ValueError, "sum to 1, got the sum 10.1"),
        (lambda: filtered(np.array([999.0, 1.0])), ValueError, "sum to 1, got the sum inf"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
