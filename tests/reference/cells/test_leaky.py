"""Exponential smoothing against its closed form, and the time constant by its meaning."""

import math

import numpy as np
import pytest

from course_pkg.reference.cells import leaky


@pytest.mark.parametrize("z", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (30, 2, 3)])
def test_equals_the_weighted_sum_over_the_past(z: float, sizes: tuple[int, ...]) -> None:
    T, B, H = sizes
    rng = np.random.default_rng([T, B, H])
    x, h0 = rng.normal(size=(T, B, H)), rng.normal(size=(B, H))
    y = leaky.smooth(x, z, h0)
    for t in range(T):
        weights = (1 - z) * z ** np.arange(t, -1, -1)  # (t + 1,), the newest last
        expected = np.tensordot(weights, x[: t + 1], axes=1) + z ** (t + 1) * h0
        np.testing.assert_allclose(y[t], expected, rtol=0, atol=1e-12)


def test_stays_within_what_it_has_seen_and_leaves_its_input_alone() -> None:
    rng = np.random.default_rng(0)
    x, h0 = rng.uniform(-1, 1, (50, 4, 2)), np.zeros((4, 2))
    before = x.copy()
    assert abs(leaky.smooth(x, 0.7, h0)).max() < 1
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("z", [0.1, 0.5, 0.999])
def test_after_a_time_constant_1_over_e_is_left(z: float) -> None:
    assert math.isclose(z ** leaky.time_constant(z), math.exp(-1), rel_tol=1e-9)


def test_numbers_of_numpy_are_numbers() -> None:
    assert leaky.time_constant(np.float32(0.5)) == leaky.time_constant(0.5)


BAD_KEEP = [(0.0, ValueError), (1, ValueError), (-0.5, ValueError), (math.nan, ValueError)]
BAD_KEEP += [("0.5", TypeError), (True, TypeError), (None, TypeError)]


@pytest.mark.parametrize(("z", "error"), BAD_KEEP)
def test_z_has_to_lie_between_0_and_1(z, error) -> None:
    with pytest.raises(error, match="z: expected a number"):
        leaky.time_constant(z)
    with pytest.raises(error, match="z: expected a number"):
        leaky.smooth(np.zeros((2, 1, 1)), z, np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("x", "h0", "message"),
    [
        (np.zeros((2, 1)), np.zeros((1, 1)), r"x: expected shape \(T, B, H\), got \(2, 1\)"),
        (np.zeros((2, 3, 1)), np.zeros((1, 1)), r"h0: expected shape \(B, H\) .* got \(1, 1\)"),
        (np.zeros((2, 1, 4)), np.zeros((1, 1)), r"h0: expected shape \(B, H\) .* got \(1, 1\)"),
    ],
)
def test_bad_shapes(x, h0, message) -> None:
    with pytest.raises(ValueError, match=message):
        leaky.smooth(x, 0.5, h0)
