"""The carbon dioxide series: complete weeks, gaps that stay gaps until they are filled."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.sets.co2 import fill_forward, load_co2


def test_the_weeks_are_consecutive_and_the_gaps_are_marked():
    dates, values, _ = load_co2()
    assert dates.shape == values.shape == (2284,)
    assert set(np.diff(dates).astype(int)) == {7}
    assert str(dates[0]) == "1958-03-29"
    assert int(np.isnan(values).sum()) == 59
    assert 310 < np.nanmin(values) < np.nanmax(values) < 380
    load_co2().values[:] = 0
    assert np.nanmin(load_co2().values) > 310


@given(st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=1))
def test_filling_uses_the_past_alone(numbers):
    values = np.array([1.0, *(np.nan if number is None else number for number in numbers)])
    filled = fill_forward(values)
    assert not np.isnan(filled).any()
    last = None
    for value, put in zip(values, filled, strict=True):
        last = last if np.isnan(value) else value
        assert put == last
    for end in range(1, len(values)):  # what comes later changes nothing before
        np.testing.assert_array_equal(fill_forward(values[:end]), filled[:end])


@pytest.mark.parametrize("values", [np.array([np.nan, 1.0]), np.zeros((2, 2)), np.zeros(0)])
def test_bad_values_are_refused(values):
    with pytest.raises(ValueError, match="values: expected"):
        fill_forward(values)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.datasets", None)
    with pytest.raises(
        ModuleNotFoundError, match="statsmodels; install it with 'pip install statsmodels'"
    ):
        load_co2()
