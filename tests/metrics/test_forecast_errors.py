"""`metrics.forecast_errors` by hand, and the scores beside integrals and samples."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from course_pkg.metrics.forecast_errors import coverage, crps, crps_gaussian, mase, smape

A, B = np.array([1.0, 2.0]), np.array([2.0, 4.0])


def test_mase_by_hand():
    history = np.array([1.0, 2.0, 4.0, 3.0])
    assert mase(A, B, history) == pytest.approx(1.5 / (4 / 3))
    assert mase(A, B, history, season=2) == pytest.approx(1.5 / 2)
    assert mase(100 * A, 100 * B, 100 * history) == pytest.approx(1.5 / (4 / 3))  # no unit


def test_repeating_yesterday_scores_one_on_its_own_past():
    walk = np.random.default_rng(0).normal(size=5000).cumsum()
    assert mase(walk[2500:-1], walk[2501:], walk[:2501]) == pytest.approx(1, abs=0.05)


def test_smape_by_hand():
    assert smape(A, B) == pytest.approx(200 * (1 / 3 + 2 / 6) / 2)
    assert smape(np.zeros(2), np.zeros(2)) == 0
    assert smape(-A, A) == 200


def test_coverage_counts_the_ends():
    assert coverage(A, B, np.array([1.0, 4.5])) == 0.5


@pytest.mark.parametrize(("mean", "std", "truth"), [(0, 1, 0), (1, 0.5, 3), (-2, 3, 1)])
def test_crps_gaussian_is_the_integral(mean, std, truth):
    def squared(x):
        return (norm.cdf(x, mean, std) - (x >= truth)) ** 2

    by_definition = quad(squared, -40, truth)[0] + quad(squared, truth, 40)[0]
    arrays = (np.array([float(each)]) for each in (mean, std, truth))
    assert crps_gaussian(*arrays) == pytest.approx(by_definition, abs=1e-7)


def test_crps_of_samples_is_its_definition_and_comes_near_the_closed_form():
    rng = np.random.default_rng(1)
    samples, truth = rng.normal(size=(7, 3)), rng.normal(size=3)
    by_definition = np.abs(samples - truth).mean(axis=0) - 0.5 * np.abs(
        samples[:, None] - samples
    ).mean(axis=(0, 1))
    assert crps(samples, truth) == pytest.approx(by_definition.mean(), abs=1e-12)
    assert crps(truth[None] + 1, truth) == pytest.approx(1)
    many = rng.normal(2, 3, size=(200_000, 1))
    closed = crps_gaussian(np.array([2.0]), np.array([3.0]), np.array([4.0]))
    assert crps(many, np.array([4.0])) == pytest.approx(closed, abs=0.02)


def test_the_true_distribution_scores_best():
    rng = np.random.default_rng(2)
    truth = rng.normal(size=20_000)
    zero, one = np.zeros_like(truth), np.ones_like(truth)
    honest = crps_gaussian(zero, one, truth)
    for mean, std in [(0.5, 1.0), (0.0, 0.5), (0.0, 2.0)]:
        assert crps_gaussian(zero + mean, std * one, truth) > honest + 0.01


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mase(A, B[:1], A), ValueError, r"truth: expected shape \(2,\), as of forecast"),
        (lambda: mase(A, B, A, season=2), ValueError, "history: expected more than season = 2"),
        (lambda: mase(A, B, 0 * A), ValueError, "history: expected a series that changes"),
        (lambda: mase(A, B, A, season=0), ValueError, "season: "),
        (lambda: mase([1.0], B, A), TypeError, "forecast: expected a NumPy array, got list"),
        (lambda: smape(A.astype(int), B), TypeError, "forecast: expected floats, got int64"),
        (lambda: smape(A, B * np.nan), ValueError, "truth: expected finite"),
        (lambda: coverage(B, A, A), ValueError, "low: expected values up to high, got 2.0 and 1.0"),
        (lambda: crps(A, B), ValueError, r"samples: expected shape \(S, N\)"),
        (lambda: crps(np.ones((3, 3)), B), ValueError, "truth: expected shape"),
        (lambda: crps_gaussian(A, 0 * A, B), ValueError, "std: expected values above 0, got 0.0"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
