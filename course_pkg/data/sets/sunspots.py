"""The yearly sunspot numbers, 1700 to 2008: a real series of public record."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.data.sets.card import DataCard

SUNSPOTS_CARD = DataCard(
    name="Yearly sunspot numbers",
    origin="US National Geophysical Data Center, as shipped in the Python package statsmodels",
    size="309 yearly means, 1700 to 2008, no gaps",
    licence="public domain",
    citation="statsmodels.datasets.sunspots; series first modelled by Yule (1927)",
    not_fit_for=(
        "solar physics of today: the international series was revised in 2015 "
        "(version 2), this is the older version 1"
    ),
)


class YearlySeries(NamedTuple):
    """A series with one value a year."""

    years: npt.NDArray[np.int64]  # (N,), consecutive
    values: npt.NDArray[np.float64]  # (N,)
    card: DataCard


def load_sunspots() -> YearlySeries:
    """Load the mean sunspot number of each year from 1700 to 2008.

    The sunspot number is an index made from counts of spots and of groups of spots.

    Returns
    -------
    YearlySeries
        ``years (309,)``, ``values (309,)`` (without a unit, at least 0), and the card.

    Raises
    ------
    ModuleNotFoundError
        If statsmodels is not installed; the message says how to install it.

    Examples
    --------
    >>> sunspots = load_sunspots()
    >>> sunspots.years[[0, -1]], sunspots.values[:3]
    (array([1700, 2008]), array([ 5., 11., 16.]))
    """
    try:
        from statsmodels.datasets import sunspots
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "load_sunspots reads the series from the package statsmodels; install it with "
            "'pip install statsmodels'"
        ) from error
    table: Any = sunspots.load_pandas().data
    years = table["YEAR"].to_numpy().astype(np.int64)
    values = table["SUNACTIVITY"].to_numpy().astype(np.float64)
    return YearlySeries(years, values, SUNSPOTS_CARD)
