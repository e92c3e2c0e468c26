"""Softmax: scores become probabilities. Its logarithm and its masked form, with their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.reference.checks import Array, Shapes, check_array, leading_axes

Mask = npt.NDArray[np.bool_]


def _largest(logits: Array) -> Array:
    """Return the largest logit of each row (..., 1), or raise if it is not finite."""
    largest: Array = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():  # the maximum is NaN where anything is
        raise ValueError(
            "logits: expected in every row at least one finite value, and no NaN or +infinity"
        )
    return largest


def softmax(logits: Array, mask: Mask | None = None) -> Array:
    """Turn each row of scores into probabilities.

    Parameters
    ----------
    logits : ndarray, (..., V)
        Scores; the last axis is normalised. -infinity gives probability 0.
    mask : ndarray of bool, (..., V), optional
        False where a score does not take part: its probability is exactly 0, whatever it holds.

    Returns
    -------
    p : ndarray, (..., V)
        Each row sums to 1.

    Raises
    ------
    ValueError
        If a row has no finite score, or a mask leaves a row empty.

    Notes
    -----
    ``p_k = exp(z_k - m) / sum_j exp(z_j - m)`` with ``m = max_j z_j``. Taking m away changes
    nothing in exact arithmetic, and keeps the exponentials between 0 and 1.

    Equation: eq-softmax

    Source: :cite:t:`bridle1990`; :cite:t:`goodfellow2016`, section 6.2.2.3.

    Examples
    --------
    >>> softmax(np.array([1e4, 1e4, -1e4]))
    array([0.5, 0.5, 0. ])
    >>> softmax(np.array([1.0, 1.0, 1.0]), mask=np.array([True, False, True]))
    array([0.5, 0. , 0.5])
    """
    axes = [*leading_axes(logits), "V"]
    shapes = Shapes()
    shapes.array("logits", logits, axes)
    if mask is not None:
        check_mask(mask, logits.shape)
        logits = np.where(mask, logits, -np.inf)
    largest = _largest(logits)
    with np.errstate(over="ignore"):  # two logits may lie further apart than any float is large
        exponentials = np.exp(logits - largest)  # (..., V)
    p: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return p


def check_mask(mask: Mask, shape: tuple[int, ...]) -> None:
    """Raise unless ``mask`` is boolean, of this shape, and leaves no row empty.

    Examples
    --------
    >>> check_mask(np.array([[True, False], [False, False]]), (2, 2))
    Traceback (most recent call last):
        ...
    ValueError: mask: expected at least one True in every row, got none in row (1,)
    """
    check_array("mask", mask)
    if mask.dtype != np.bool_:
        raise TypeError(f"mask: expected bool, got {mask.dtype}")
    if mask.shape != shape:
        raise ValueError(f"mask: expected shape {shape}, got {mask.shape}")
    for empty in np.argwhere(~mask.any(axis=-1)):
        row = tuple(int(index) for index in empty)
        raise ValueError(f"mask: expected at least one True in every row, got none in row {row}")


def softmax_backward(dp: Array, p: Array) -> Array:
    """Carry a gradient back through :func:`softmax`.

    Parameters
    ----------
    dp : ndarray, (..., V)
        Gradient of the loss with respect to the probabilities.
    p : ndarray, (..., V)
        What :func:`softmax` returned. It is all the cache that is needed; a masked position has
        p = 0, so its gradient is 0 without asking for the mask again.

    Returns
    -------
    dlogits : ndarray, (..., V)

    Notes
    -----
    ``dp_k/dz_j = p_k (1[k = j] - p_j)``, so ``dL/dz_j = p_j (dL/dp_j - sum_k p_k dL/dp_k)``.

    Examples
    --------
    >>> softmax_backward(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    array([ 0.25, -0.25])
    """
    _check_pair("p", p, "dp", dp)
    expected: Array = (p * dp).sum(axis=-1, keepdims=True)  # (..., 1)
    return p * (dp - expected)


def log_softmax(logits: Array) -> Array:
    """Return the logarithm of :func:`softmax` without ever taking the logarithm of 0.

    Parameters
    ----------
    logits : ndarray, (..., V)

    Returns
    -------
    log_p : ndarray, (..., V)

    Raises
    ------
    ValueError
        If a row has no finite score.

    Notes
    -----
    ``log p_k = z_k - m - log sum_j exp(z_j - m)``. The sum holds ``exp(0) = 1``, so its
    logarithm is at least 0 and finite.

    Equation: eq-log-softmax

    Source: :cite:t:`goodfellow2016`, section 6.2.2.3.

    Examples
    --------
    >>> log_softmax(np.array([0.0, -1e4]))  # np.log(softmax(...)) would give -inf
    array([     0., -10000.])
    """
    Shapes().array("logits", logits, [*leading_axes(logits), "V"])
    largest = _largest(logits)
    with np.errstate(over="ignore"):  # two logits may lie further apart than any float is large
        shifted = logits - largest  # (..., V)
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_p


def log_softmax_backward(dlog_p: Array, log_p: Array) -> Array:
    """Carry a gradient back through :func:`log_softmax`.

    Parameters
    ----------
    dlog_p : ndarray, (..., V)
        Gradient of the loss with respect to the log-probabilities.
    log_p : ndarray, (..., V)
        What :func:`log_softmax` returned.

    Returns
    -------
    dlogits : ndarray, (..., V)

    Notes
    -----
    ``dlog p_k/dz_j = 1[k = j] - p_j``, so ``dL/dz_j = dL/dlog p_j - p_j sum_k dL/dlog p_k``.

    Examples
    --------
    >>> log_softmax_backward(np.array([1.0, 0.0]), np.log([0.5, 0.5]))
    array([ 0.5, -0.5])
    """
    _check_pair("log_p", log_p, "dlog_p", dlog_p)
    total: Any = dlog_p.sum(axis=-1, keepdims=True)  # (..., 1)
    dlogits: Array = dlog_p - np.exp(log_p) * total
    return dlogits


def _check_pair(name: str, value: Array, gradient_name: str, gradient: Array) -> None:
    axes = [*leading_axes(value), "V"]
    shapes = Shapes()
    shapes.array(name, value, axes)
    shapes.array(gradient_name, gradient, axes)
