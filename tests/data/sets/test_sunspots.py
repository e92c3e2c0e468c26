"""The yearly sunspot numbers: complete, in order, with a card."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.sunspots import load_sunspots


def test_the_series_is_complete_and_in_order():
    years, values, _ = load_sunspots()
    np.testing.assert_array_equal(years, np.arange(1700, 2009))
    assert values.shape == (309,)
    assert values.dtype == np.float64
    assert np.isfinite(values).all()
    assert values.min() == 0.0
    assert (values.max(), years[values.argmax()]) == (190.2, 1957)


def test_each_call_gives_arrays_of_its_own():
    load_sunspots().values[:] = -1
    assert load_sunspots().values.min() == 0.0


def test_every_field_of_the_card_is_filled_and_shown():
    card = load_sunspots().card
    assert isinstance(card, DataCard)
    assert all(len(getattr(card, name)) > 5 for name in card.__dataclass_fields__)
    assert "public domain" in str(card)


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.datasets", None)
    with pytest.raises(
        ModuleNotFoundError, match="statsmodels; install it with 'pip install statsmodels'"
    ):
        load_sunspots()
