"""Scalers: fitted once, on the training part, and on numbers that are amounts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_pkg.data.batching.padding import pad_batch
from course_pkg.data.splitting.scaling import MinMaxScaler, StandardScaler
from course_pkg.data.splitting.splits import time_split

KINDS = [StandardScaler, MinMaxScaler]
each_kind = pytest.mark.parametrize("kind", KINDS)
NUMBERS = st.floats(-1e3, 1e3)


@pytest.mark.parametrize("shape", [(30,), (30, 1), (30, 3), (6, 5, 3)])
def test_the_training_part_gets_mean_0_and_deviation_1(shape):
    x = np.random.default_rng(0).normal(5, 3, shape)
    z = StandardScaler().fit(x).transform(x)
    rows = z.reshape(30, -1)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-12)
    assert z.shape == shape


@pytest.mark.parametrize("shape", [(30,), (30, 3), (6, 5, 3)])
def test_the_training_part_gets_0_to_1(shape):
    x = np.random.default_rng(0).normal(5, 3, shape)
    rows = MinMaxScaler().fit(x).transform(x).reshape(30, -1)
    np.testing.assert_allclose(rows.min(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(rows.max(axis=0), 1, atol=1e-12)


@each_kind
@given(
    train=hnp.arrays(np.float64, (7, 2), elements=NUMBERS),
    x=hnp.arrays(np.float64, (4, 2), elements=NUMBERS),
)
def test_inverse_undoes_transform(kind, train, x):
    scaler = kind().fit(train)
    np.testing.assert_allclose(scaler.inverse(scaler.transform(x)), x, atol=1e-9, rtol=1e-9)


@each_kind
def test_nothing_changes_when_the_test_part_changes(kind):
    series = np.random.default_rng(0).normal(size=100).cumsum()
    split = time_split(100, (0.6, 0.2, 0.2))
    other = series.copy()
    other[split.valid] *= 100
    other[split.test] += 1e6
    scalers = [kind().fit(values[split.train]) for values in (series, other)]
    assert scalers[0].offset == scalers[1].offset
    assert scalers[0].unit == scalers[1].unit


@each_kind
def test_padding_does_not_count(kind):
    sequences = [np.random.default_rng(n).normal(3, 2, (n, 2)) for n in (2, 7, 4)]
    batch = pad_batch(sequences, pad=-99)
    masked, plain = kind().fit(batch.x, mask=batch.mask), kind().fit(np.concatenate(sequences))
    np.testing.assert_allclose(masked.offset, plain.offset, atol=1e-12)
    np.testing.assert_allclose(masked.unit, plain.unit, atol=1e-12)
    series = np.array([1.0, 2.0, 50.0])
    assert kind().fit(series, mask=np.array([True, True, False])).transform(series)[1] == 1


@each_kind
def test_a_feature_that_never_changes_becomes_0(kind):
    for constant in (7.0, 0.0, 0.1, 1e6 + 0.1, -1e-7):  # the deviation of ten 0.1 is not 0
        x = np.array([[constant, n] for n in range(10)])
        z = kind().fit(x).transform(x)
        np.testing.assert_allclose(z[:, 0], 0, atol=1e-9)
        assert z[:, 1].std() > 0.1


@each_kind
def test_single_precision_stays_single(kind):
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    scaler = kind().fit(x)
    assert scaler.transform(x).dtype == np.float32
    assert scaler.inverse(x).dtype == np.float32
    assert scaler.transform(x.astype(np.float64)).dtype == np.float64


@each_kind
@pytest.mark.parametrize("method", ["transform", "inverse"])
def test_use_before_fit_is_refused(kind, method):
    with pytest.raises(RuntimeError, match=rf"{method}: .* call fit\(train\) first"):
        getattr(kind(), method)(np.zeros(3))


@each_kind
def test_a_second_fit_is_refused_and_changes_nothing(kind):
    scaler = kind().fit(np.array([0.0, 1.0]))
    before = scaler.offset, scaler.unit
    with pytest.raises(RuntimeError, match="fit: this scaler has been fitted"):
        scaler.fit(np.array([5.0, 9.0]))
    assert (scaler.offset, scaler.unit) == before
    assert kind().offset is None  # and no other scaler knows anything


@each_kind
def test_after_a_refused_fit_nothing_is_known(kind):
    scaler = kind()
    with pytest.raises(ValueError, match="train: expected finite values"):
        scaler.fit(np.array([1.0, np.nan]))
    with pytest.raises(RuntimeError, match="knows nothing yet"):
        scaler.transform(np.zeros(2))


ONES = np.ones((3, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s: s.fit([1.0]), TypeError, "train: expected a NumPy array, got list"),
        (
            lambda s: s.fit(np.arange(3)),
            TypeError,
            "train: expected floats, got int64; ids are nam",
        ),
        (
            lambda s: s.fit(np.ones(3, bool)),
            TypeError,
            "train: expected float32 or float64, got bo",
        ),
        (lambda s: s.fit(np.float64(1)), TypeError, "train: expected a NumPy array, got float64"),
        (lambda s: s.fit(np.array(1.0)), ValueError, r"train: expected shape \(N,\) or"),
        (lambda s: s.fit(np.ones((0, 2))), ValueError, "train: expected at least one step"),
        (lambda s: s.fit(ONES * np.inf), ValueError, "train: expected finite values"),
        (lambda s: s.fit(ONES, mask=[1, 0, 1]), ValueError, r"mask: expected bool of shape \(3,\)"),
        (lambda s: s.fit(ONES, mask=ONES > 0), ValueError, r"mask: expected bool of shape \(3,\)"),
        (lambda s: s.fit(ONES, mask=np.zeros(3, bool)), ValueError, "at least one step, got none"),
        (
            lambda s: s.fit(ONES).transform(np.ones((3, 4))),
            ValueError,
            r"x: expected shape \(\.\.\.",
        ),
        (lambda s: s.fit(ONES).transform(np.ones((3, 2), int)), TypeError, "x: expected floats"),
        (lambda s: s.fit(ONES).inverse([1.0, 2.0]), TypeError, "z: expected a NumPy array, got l"),
        (
            lambda s: s.fit(ONES[:, 0]).transform(ONES),
            ValueError,
            r"x: expected shape \(N,\) as in fit, got \(3, 2\)",
        ),
        (
            lambda s: s.fit(ONES[:, :1]).transform(ONES),
            ValueError,
            r"x: expected shape \(\.\.\., 1\) as in fit, got \(3, 2\)",
        ),
        (
            lambda s: s.fit(np.array([0.0, 1e-20])).transform(np.array([1e30], np.float32)),
            ValueError,
            "x: expected values that float32 can hold when scaled",
        ),
        (
            lambda s: s.fit(np.array([1e39, 2e39])).inverse(np.array([1.0], np.float32)),
            ValueError,
            "z: expected values that float32 can hold when scaled",
        ),
        (
            lambda s: s.fit(np.array([-1.7e308, 1.7e308])),
            ValueError,
            "train: expected values whose mean and spread are finite",
        ),
    ],
)
@each_kind
def test_bad_input_is_refused(kind, call, error, message):
    with pytest.raises(error, match=message):
        call(kind())


@each_kind
def test_nan_passes_through(kind):
    z = kind().fit(np.array([0.0, 1.0])).transform(np.array([np.nan, 1.0]))
    assert np.isnan(z[0])
    assert np.isfinite(z[1])
