"""Carbon dioxide in the air of Mauna Loa, 1958 to 2001: a trend, a season, and gaps."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.data.checks import as_array
from course_pkg.data.sets.card import DataCard

CO2_CARD = DataCard(
    name="Weekly carbon dioxide, Mauna Loa",
    origin=(
        "Keeling and Whorf, Scripps Institution of Oceanography, as shipped in the Python "
        "package statsmodels"
    ),
    size="2,284 weekly means, March 1958 to December 2001, 59 of them missing",
    licence="public domain",
    citation="statsmodels.datasets.co2",
    not_fit_for="statements about the climate of today: it ends in 2001",
)


class WeeklySeries(NamedTuple):
    """A series with one value a week."""

    dates: npt.NDArray[np.datetime64]  # (N,), Saturdays, consecutive
    values: npt.NDArray[np.float64]  # (N,), NaN where nothing was measured
    card: DataCard  # origin, licence, limits


def load_co2() -> WeeklySeries:
    """Load the weekly mean concentration of carbon dioxide on Mauna Loa.

    Returns
    -------
    WeeklySeries
        ``dates (2284,)``, ``values (2284,)`` in parts per million, and the card. Missing weeks
        are NaN; :func:`fill_forward` fills them without looking ahead.

    Raises
    ------
    ModuleNotFoundError
        If statsmodels is not installed; the message says how to install it.

    Examples
    --------
    >>> co2 = load_co2()
    >>> co2.dates[[0, -1]], co2.values[:3], int(np.isnan(co2.values).sum())
    (array(['1958-03-29', '2001-12-29'], dtype='datetime64[D]'), array([316.1, 317.3, 317.6]), 59)
    """
    try:
        from statsmodels.datasets import co2
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "load_co2 reads the series from the package statsmodels; install it with "
            "'pip install statsmodels'"
        ) from error
    table: Any = co2.load_pandas().data["co2"]
    dates = table.index.to_numpy().astype("datetime64[D]")
    return WeeklySeries(dates, table.to_numpy().astype(np.float64), CO2_CARD)


def fill_forward(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Put the last known value into each gap.

    A line through the gap would use the value behind it, which a forecast made inside the gap
    could not know.

    Parameters
    ----------
    values : ndarray of floats, (N,)
        NaN marks a gap.

    Returns
    -------
    ndarray, (N,)

    Raises
    ------
    TypeError, ValueError
        If ``values`` is no row of numbers, or begins with a gap, or is a masked array.

    Examples
    --------
    >>> fill_forward(np.array([1.0, np.nan, np.nan, 4.0]))
    array([1., 1., 1., 4.])
    """
    array = as_array("values", values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"values: expected numbers, got {array.dtype}")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"values: expected shape (N,) with N >= 1, got {array.shape}")
    known = ~np.isnan(array)
    if not known[0]:
        raise ValueError("values: expected a first value that is known, got NaN")
    return array[np.maximum.accumulate(np.where(known, np.arange(len(array)), 0))]
