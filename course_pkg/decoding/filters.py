"""Filters reshape a distribution before a token is drawn: temperature, top-k, top-p.

Each takes log-probabilities (..., V) and returns log-probabilities of the same shape in float64:
what it removes has -infinity, and what it keeps is renormalised. None changes its argument.
"""

from __future__ import annotations

import numpy as np

from course_pkg.checks import check_integer, check_number
from course_pkg.decoding.scorer import check_log_probs
from course_pkg.reference.checks import Array

# A sum of probabilities reaches p up to rounding: 0.5 + 0.2 + 0.1 reaches 0.8, whose sum is a
# little smaller in floating point.
ROUNDING = 1e-12


def temper(log_probs: Array, temperature: float) -> Array:
    """Divide log-probabilities by a temperature, and renormalise.

    Parameters
    ----------
    log_probs : ndarray, (..., V)
    temperature : float
        Above 0. Below 1 it favours likely tokens, above 1 unlikely ones. Near 0 only the most
        likely tokens remain; towards infinity all those of positive probability become equal.

    Returns
    -------
    ndarray of float64, (..., V)

    Raises
    ------
    ValueError
        If the temperature is not above 0 and finite, or ``log_probs`` holds no log-probabilities.

    Notes
    -----
    ``p_k^(1/T) / sum_j p_j^(1/T)``, computed from ``(log p_k - m) / T`` with ``m`` the largest
    logarithm. So no temperature overflows: the largest becomes 0 whatever T is.

    Equation: eq-temperature

    Examples
    --------
    >>> log_probs = np.log([0.8, 0.2])
    >>> np.exp(temper(log_probs, 0.5)).round(3)  # 0.64 : 0.04
    array([0.941, 0.059])
    >>> np.exp(temper(log_probs, 1e-300))
    array([1., 0.])
    """
    temperature = check_number("temperature", temperature, "(0, inf)")
    return _temper(check_log_probs("log_probs", log_probs), temperature)


def _temper(log_probs: Array, temperature: float) -> Array:
    shifted = log_probs - log_probs.max(axis=-1, keepdims=True)  # (..., V), at most 0
    with np.errstate(over="ignore"):  # -infinity is right: the token is out of reach
        return _renormalised(shifted / temperature)


def keep_top_k(log_probs: Array, k: int) -> Array:
    """Keep the k most probable tokens of each distribution.

    Parameters
    ----------
    log_probs : ndarray, (..., V)
    k : int
        In 1..V. Among equal probabilities the lower id is kept, so exactly k remain (fewer
        where fewer have a positive probability).

    Returns
    -------
    ndarray of float64, (..., V)

    Raises
    ------
    ValueError
        If k is outside 1..V, or ``log_probs`` holds no log-probabilities.

    Notes
    -----
    Source: :cite:t:`fan2018`.

    Examples
    --------
    >>> np.exp(keep_top_k(np.log([0.2, 0.3, 0.4, 0.1]), 2)).round(3)
    array([0.   , 0.429, 0.571, 0.   ])
    """
    log_probs = check_log_probs("log_probs", log_probs)
    return _keep(log_probs, check_top_k("k", k, log_probs.shape[-1]), None)


def keep_top_p(log_probs: Array, p: float) -> Array:
    """Keep the smallest set of the most probable tokens whose probabilities sum to p or more.

    Parameters
    ----------
    log_probs : ndarray, (..., V)
    p : float
        In (0, 1]. The set has at least one token, and 1 keeps all. Among equal probabilities the
        lower id enters the set first.

    Returns
    -------
    ndarray of float64, (..., V)

    Raises
    ------
    ValueError
        If p is outside (0, 1], or ``log_probs`` holds no log-probabilities.

    Notes
    -----
    This set is called the nucleus. It is small where the model is sure and large where it is not,
    while k is the same everywhere. A sum reaches p if it falls short by rounding alone.

    Equation: eq-top-p

    Source: :cite:t:`holtzman2020`, section 3.1.

    Examples
    --------
    >>> np.exp(keep_top_p(np.log([0.2, 0.3, 0.4, 0.1]), 0.8)).round(3)
    array([0.222, 0.333, 0.444, 0.   ])
    """
    p = check_number("p", p, "(0, 1]")
    return _keep(check_log_probs("log_probs", log_probs), None, p)


def _keep(log_probs: Array, k: int | None, p: float | None) -> Array:
    """Keep the k most probable tokens, and of these, renormalised, the nucleus of p."""
    V = log_probs.shape[-1]
    rows = log_probs.reshape(-1, V)  # (R, V)
    # A stable sort leaves equal values in the order of their ids.
    order = (-rows).argsort(axis=-1, kind="stable")[:, :k]  # (R, k)
    every = np.arange(len(rows))[:, None]  # (R, 1)
    best = _renormalised(rows[every, order])  # (R, k), falling
    if p is not None and p < 1:
        before = np.exp(best[:, :-1]).cumsum(axis=-1)  # (R, k-1): what comes before each but one
        best[:, 1:][before >= p - ROUNDING] = -np.inf
        best = _renormalised(best)
    kept = np.full(rows.shape, -np.inf)
    kept[every, order] = best
    return kept.reshape(log_probs.shape)


def filtered(
    log_probs: Array,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Array:
    """Apply the three filters in the order temperature, top-k, top-p.

    The order matters: top-p counts the probabilities that temperature and top-k have left.

    Parameters
    ----------
    log_probs : ndarray, (..., V)
    temperature : float
        See :func:`temper`.
    top_k : int, optional
        See :func:`keep_top_k`; None keeps all.
    top_p : float, optional
        See :func:`keep_top_p`; None keeps all.

    Returns
    -------
    ndarray of float64, (..., V)

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> log_probs = np.log([0.5, 0.3, 0.2])
    >>> np.exp(filtered(log_probs, top_k=2, top_p=0.6)).round(3)  # of 0.625 and 0.375
    array([1., 0., 0.])
    >>> np.exp(keep_top_p(log_probs, 0.6)).round(3)
    array([0.625, 0.375, 0.   ])
    """
    log_probs = check_log_probs("log_probs", log_probs)
    check_filters(log_probs.shape[-1], temperature, top_k, top_p)
    return unchecked(log_probs, temperature, top_k, top_p)


def unchecked(
    log_probs: Array, temperature: float, top_k: int | None, top_p: float | None
) -> Array:
    """Do what :func:`filtered` does, for a loop that has checked its arguments once.

    Examples
    --------
    >>> np.exp(unchecked(np.log([0.5, 0.3, 0.2]), 1.0, 1, None))
    array([1., 0., 0.])
    """
    if temperature != 1:
        log_probs = _temper(log_probs, temperature)
    if top_k is not None or (top_p is not None and top_p < 1):
        log_probs = _keep(log_probs, top_k, top_p)
    return log_probs


def check_filters(V: int, temperature: float, top_k: int | None, top_p: float | None) -> None:
    """Raise unless these are parameters of :func:`filtered` for V tokens.

    Examples
    --------
    >>> check_filters(9, temperature=0, top_k=None, top_p=None)
    Traceback (most recent call last):
        ...
    ValueError: temperature: expected a number in (0, inf), got 0
    """
    check_number("temperature", temperature, "(0, inf)")
    if top_k is not None:
        check_top_k("top_k", top_k, V)
    if top_p is not None:
        check_number("top_p", top_p, "(0, 1]")


def check_top_k(name: str, k: int, V: int) -> int:
    """Return ``k`` as an int if it is in 1..V, or raise.

    Examples
    --------
    >>> check_top_k("top_k", 10, V=9)
    Traceback (most recent call last):
        ...
    ValueError: top_k: expected an integer in 1..9, the number of tokens, got 10
    """
    if not 1 <= check_integer(name, k) <= V:
        raise ValueError(f"{name}: expected an integer in 1..{V}, the number of tokens, got {k}")
    return int(k)


def _renormalised(log_weights: Array) -> Array:
    """Take the logarithm of the sum away, the largest first so that nothing overflows."""
    shifted = log_weights - log_weights.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
