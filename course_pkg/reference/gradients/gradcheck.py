"""Check a hand-written gradient against central finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_pkg.checks import check_real
from course_pkg.reference.checks import Array, check_array


def numerical_gradient(f: Callable[[], float], array: Array, eps: float = 1e-6) -> Array:
    """Estimate the gradient of a scalar function with respect to one array.

    Each entry is moved by ``+eps`` and ``-eps`` in turn and put back, so ``f`` must read
    ``array`` itself and not a copy of it.

    Parameters
    ----------
    f : callable
        Takes nothing, returns the loss as a float.
    array : ndarray of float64
        The array to differentiate with respect to.
    eps : float
        Half the distance between the two evaluations.

    Returns
    -------
    ndarray
        The estimate, shaped like ``array``. Its error is of order ``eps**2`` plus rounding of
        order ``1e-16 * |f| / eps``.

    Raises
    ------
    TypeError
        If ``array`` is not a float64 array (in float32 the difference drowns in rounding),
        ``f`` cannot be called or returns no number, or ``eps`` is no number.
    ValueError
        If ``array`` cannot be written to, or ``eps`` is not a positive number.

    Examples
    --------
    >>> w = np.array([1.0, -2.0])
    >>> numerical_gradient(lambda: float((w**3).sum()), w).round(6)
    array([ 3., 12.])
    """
    check_array("array", array)
    if array.dtype != np.float64:
        raise TypeError(f"array: expected a float64 array, got {array.dtype}")
    if not array.flags.writeable:
        raise ValueError("array: expected an array that can be written to, got a read-only one")
    if not callable(f):
        raise TypeError(f"f: expected a function without arguments, got {type(f).__name__}")
    check_real("eps", eps)
    if not (np.isfinite(eps) and eps > 0):
        raise ValueError(f"eps: expected a positive number, got {eps}")
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        try:
            array[index] = value + eps
            above = float(check_real("f()", f()))
            array[index] = value - eps
            below = float(check_real("f()", f()))
        finally:
            array[index] = value
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def relative_error(a: Array, b: Array) -> float:
    """Return the largest difference of two arrays, divided by the largest entry of either.

    Dividing by the largest entry, not entry by entry, keeps tiny entries from dominating.

    Parameters
    ----------
    a, b : ndarray of floats
        Arrays of one shape.

    Returns
    -------
    float
        0 for equal arrays; NaN if either holds a NaN or an infinity.

    Examples
    --------
    >>> relative_error(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    0.2
    """
    for name, value in (("a", a), ("b", b)):
        check_array(name, value)
        if value.dtype.kind != "f":  # the difference of two small unsigned integers may be large
            raise TypeError(f"{name}: expected an array of floats, got {value.dtype}")
    if a.shape != b.shape:
        raise ValueError(f"b: expected shape {a.shape} as in a, got {b.shape}")
    with np.errstate(invalid="ignore"):  # infinities: the NaN that comes of them says enough
        difference = np.abs(a - b).max(initial=0.0)
        scale = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
        return float(difference / scale) if scale != 0 else float(difference)
