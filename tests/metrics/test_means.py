"""Means over ragged batches."""

import math

from course_pkg.metrics.means import Mean


def test_means_add_sums_and_numbers():
    assert Mean().add(6, 3).add(10, 1).value == 4
    assert math.isnan(Mean().value)
