"""An interval covers the truth as often as it says."""

import numpy as np
import pytest

from course_pkg.metrics.intervals import wilson_interval


def test_wilson_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(2000):
        low, high = wilson_interval(int(rng.binomial(200, 0.95)), 200)
        inside += low <= 0.95 <= high
    assert 0.93 < inside / 2000 < 0.98
    assert wilson_interval(0, 10).low == 0
    assert wilson_interval(10, 10).high == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: wilson_interval(3, 2), ValueError, "correct: expected an integer in 0..2"),
        (lambda: wilson_interval(1.5, 2), TypeError, "correct: expected an integer, got float"),
        (lambda: wilson_interval(1, 2.5), TypeError, "count: expected an integer, got float"),
        (lambda: wilson_interval(0, 0), ValueError, "count: expected an integer of at le"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
