"""Errors of forecasts: scaled, in per cent, and of forecasts that say how sure they are."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_size

Floats = npt.NDArray[np.floating]


def mase(forecast: Floats, truth: Floats, history: Floats, *, season: int = 1) -> float:
    """Return the mean absolute error, divided by that of repeating the last season in the past.

    Parameters
    ----------
    forecast, truth : ndarray, (N,)
    history : ndarray, (M,), M > season
        The series before the first forecast.
    season : int
        1 compares with "as yesterday", 12 in monthly data with "as a year ago".

    Returns
    -------
    float
        Below 1 if the error is smaller than the naive one step ahead was in the past. Of forecasts
        many steps ahead that is a hard measure: compare them with the naive forecast of as many.

    Raises
    ------
    TypeError, ValueError
        If an array has the wrong type or shape, or is not finite, or the history never changes.

    Notes
    -----
    ``mean |y - forecast| / mean |history[t] - history[t - season]|``. It has no unit, so series can
    be compared, and no division by a value of the series.

    Source: :cite:t:`hyndman2006`.

    Examples
    --------
    >>> mase(np.array([3.0, 3.0]), np.array([4.0, 5.0]), np.array([0.0, 2.0, 1.0, 4.0]))
    0.75
    """
    _check_pair(forecast, truth)
    m = check_size("season", season)
    past = _check_series("history", history)
    if len(past) <= m:
        raise ValueError(f"history: expected more than season = {m} values, got {len(past)}")
    scale = float(np.abs(past[m:] - past[:-m]).mean())
    if scale == 0:
        raise ValueError("history: expected a series that changes, or nothing can be scaled by it")
    return float(np.abs(truth - forecast).mean()) / scale


def smape(forecast: Floats, truth: Floats) -> float:
    """Return the symmetric mean absolute percentage error, 0 to 200.

    Parameters
    ----------
    forecast, truth : ndarray, (N,)

    Returns
    -------
    float
        In per cent. Where both are 0 the error is 0.

    Raises
    ------
    TypeError, ValueError
        As for :func:`mase`.

    Notes
    -----
    ``mean 200 |y - forecast| / (|y| + |forecast|)``. Not symmetric in spite of its name: a forecast
    that is too low by 10 costs more than one too high by 10. It says little near 0.

    Source: :cite:t:`hyndman2006`.

    Examples
    --------
    >>> smape(np.array([90.0]), np.array([100.0])) > smape(np.array([110.0]), np.array([100.0]))
    True
    """
    _check_pair(forecast, truth)
    sizes = np.abs(truth) + np.abs(forecast)
    misses = 200 * np.abs(truth - forecast)
    return float(np.divide(misses, sizes, out=np.zeros_like(misses), where=sizes > 0).mean())


def coverage(low: Floats, high: Floats, truth: Floats) -> float:
    """Return the share of values inside their forecast intervals.

    Parameters
    ----------
    low, high, truth : ndarray, (N,)

    Returns
    -------
    float in 0..1
        An honest interval of 80 % covers 0.8 of them, no less and no more.

    Raises
    ------
    TypeError, ValueError
        As for :func:`mase`, or if an interval ends before it begins.

    Notes
    -----
    Intervals from minus to plus infinity would cover everything; so report their width as well.

    Source: :cite:t:`gneiting2007`.

    Examples
    --------
    >>> coverage(np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([0.5, 2.0]))
    0.5
    """
    _check_pair(low, truth, "low")
    _check_pair(high, truth, "high")
    for place in np.flatnonzero(low > high):
        raise ValueError(
            f"low: expected values up to high, got {low[place]} and {high[place]} at {place}"
        )
    return float(((low <= truth) & (truth <= high)).mean())


def crps(samples: Floats, truth: Floats) -> float:
    """Return the continuous ranked probability score of forecasts that are given by samples.

    Parameters
    ----------
    samples : ndarray, (S, N)
        S values drawn from each of N forecast distributions.
    truth : ndarray, (N,)

    Returns
    -------
    float
        In the unit of the truth; with one sample it is the mean absolute error.

    Raises
    ------
    TypeError, ValueError
        As for :func:`mase`.

    Notes
    -----
    ``E|X - y| - E|X - X'| / 2``, X and X' drawn independently: near the truth, and no more spread
    out than needed. It is best in expectation for the true distribution. Here S samples *are* the
    distribution, so that few samples look worse than many.

    Source: :cite:t:`gneiting2007`, equation 21.

    Examples
    --------
    >>> crps(np.array([[0.0], [2.0]]), np.array([1.0]))  # 1 - 1 / 2
    0.5
    """
    if not isinstance(samples, np.ndarray):
        raise TypeError(f"samples: expected a NumPy array, got {type(samples).__name__}")
    if samples.ndim != 2 or not len(samples):
        raise ValueError(f"samples: expected shape (S, N) with S >= 1, got {samples.shape}")
    _check_pair(samples[0], truth, "samples")
    if not np.isfinite(samples).all():
        raise ValueError("samples: expected finite values, got NaN or infinity")
    S = len(samples)
    near = np.abs(samples - truth).mean()
    # Sorted, value k (from 1) is the larger of two k - 1 times, the smaller S - k times.
    ranks = 2 * np.arange(1, S + 1) - S - 1
    apart = 2 * (ranks[:, None] * np.sort(samples, axis=0)).sum(axis=0) / S**2  # (N,)
    return float(near - apart.mean() / 2)


def crps_gaussian(mean: Floats, std: Floats, truth: Floats) -> float:
    """Return the continuous ranked probability score of normal distributions.

    Parameters
    ----------
    mean, std, truth : ndarray, (N,)
        Standard deviations are above 0.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As for :func:`mase`, or if a standard deviation is not above 0.

    Notes
    -----
    With the miss ``d`` in standard deviations: ``std (d (2 Phi(d) - 1) + 2 phi(d) - 1/sqrt(pi))``.

    Source: :cite:t:`gneiting2007`, section 4.2.

    Examples
    --------
    >>> round(crps_gaussian(np.zeros(1), np.ones(1), np.zeros(1)), 4)
    0.2337
    """
    _check_pair(mean, truth, "mean")
    _check_pair(std, truth, "std")
    for bad in std[std <= 0]:
        raise ValueError(f"std: expected values above 0, got {bad}")
    d = (truth - mean) / std  # (N,)
    erf = np.array([math.erf(each / math.sqrt(2)) for each in d])  # 2 Phi(d) - 1
    density = np.exp(-(d**2) / 2) / math.sqrt(2 * math.pi)
    return float((std * (d * erf + 2 * density - 1 / math.sqrt(math.pi))).mean())


def _check_series(name: str, value: Floats) -> Floats:
    """Return a finite array of floats, (N,), or raise."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name}: expected a NumPy array, got {type(value).__name__}")
    if value.dtype.kind != "f":
        raise TypeError(f"{name}: expected floats, got {value.dtype}")
    if value.ndim != 1 or not value.size:
        raise ValueError(f"{name}: expected shape (N,) with N >= 1, got {value.shape}")
    if not np.isfinite(value).all():
        raise ValueError(f"{name}: expected finite values, got NaN or infinity")
    return value


def _check_pair(forecast: Floats, truth: Floats, name: str = "forecast") -> None:
    """Raise unless there are as many forecasts as true values."""
    _check_series(name, forecast)
    _check_series("truth", truth)
    if forecast.shape != truth.shape:
        raise ValueError(f"truth: expected shape {forecast.shape}, as of {name}, got {truth.shape}")
