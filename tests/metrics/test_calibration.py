"""`metrics.calibration` and `metrics.roc` by hand, by definition, and beside scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score

from course_pkg.metrics.calibration import reliability
from course_pkg.metrics.roc import auroc


def test_bins_by_hand():
    confidence = np.array([0.0, 0.25, 0.26, 0.5, 1.0, 1.0])
    right = np.array([False, True, True, False, True, False])
    found = reliability(confidence, right, bins=4)
    assert found.answers.tolist() == [2, 2, 0, 2]  # each bin has its upper end
    assert found.said[[0, 1, 3]] == pytest.approx([0.125, 0.38, 1.0])
    assert found.true[[0, 1, 3]] == pytest.approx([0.5, 0.5, 0.5])
    assert np.isnan([found.said[2], found.true[2]]).all()
    assert found.error == pytest.approx((2 * 0.375 + 2 * 0.12 + 2 * 0.5) / 6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_scikit_learn_where_no_bin_is_empty(dtype):
    rng = np.random.default_rng(0)
    confidence = rng.random(500).astype(dtype)
    right = rng.random(500) < confidence**2
    true, said = calibration_curve(right, confidence, n_bins=10)
    found = reliability(confidence, right)
    assert found.answers.min() > 0
    assert found.true == pytest.approx(true)
    assert found.said == pytest.approx(said)


def test_an_honest_model_has_a_small_error_and_one_that_boasts_a_large_one():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.5, 1, 20_000)
    right = rng.random(20_000) < p
    assert reliability(p, right).error < 0.02
    assert reliability(np.minimum(1, p + 0.2), right).error > 0.1


@pytest.mark.parametrize("seed", range(5))
def test_auroc_equals_scikit_learn_and_the_definition(seed):
    rng = np.random.default_rng(seed)
    positive = np.append(rng.random(40) < 0.3, [True, False])
    scores = rng.integers(0, 6, 42) / 2 + positive  # many are equal
    pairs = scores[positive][:, None] - scores[~positive]
    wins = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert auroc(scores, positive) == pytest.approx(wins, abs=1e-12)
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert auroc(-scores, positive) == pytest.approx(1 - wins, abs=1e-12)
    assert auroc(np.zeros(42), positive) == 0.5


P, R = np.array([0.5, 0.5]), np.array([True, False])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: reliability([0.5], R[:1]), TypeError, "confidence: expected a NumPy array"),
        (lambda: reliability(P, R.astype(int)), TypeError, "right: expected bool, got int64"),
        (lambda: reliability(P[:0], R[:0]), ValueError, "confidence: expected shape"),
        (lambda: reliability(P, R[:1]), ValueError, r"right: expected shape \(2,\), got \(1,\)"),
        (lambda: reliability(P + 1, R), ValueError, r"confidence: .* \[0, 1\], got 1.5"),
        (lambda: reliability(P * np.nan, R), ValueError, "confidence: .* got nan"),
        (lambda: reliability(P, R, bins=0), ValueError, "bins: "),
        (lambda: auroc(P, R[:1]), ValueError, "positive: expected shape"),
        (lambda: auroc(P, R | True), ValueError, "positive: .* got 2 yes and 0 no"),
        (lambda: auroc(P * np.nan, R), ValueError, "scores: expected no NaN"),
        (lambda: auroc(R, R), TypeError, "scores: expected floats, got bool"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
