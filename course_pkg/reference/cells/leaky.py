"""The leaky integrator, or exponential smoothing: the recurrent network inside every GRU."""

from __future__ import annotations

import math

import numpy as np

from course_pkg.checks import check_number
from course_pkg.reference.checks import Array, Shapes


def smooth(x: Array, z: float, h0: Array) -> Array:
    """Smooth sequences: keep the part ``z`` of the state, fill up with the input.

    Parameters
    ----------
    x : ndarray, (T, B, H)
        The sequences.
    z : float
        Between 0 and 1: how much is kept at each step.
    h0 : ndarray, (B, H)
        The state before the first step.

    Returns
    -------
    ndarray, (T, B, H)
        The state after each step.

    Notes
    -----
    Equation: eq-leaky

    Examples
    --------
    >>> smooth(np.array([4.0, 4.0, 0.0])[:, None, None], 0.5, np.zeros((1, 1))).ravel()
    array([2. , 3. , 1.5])
    """
    shapes = Shapes()
    shapes.array("x", x, ("T", "B", "H"))
    shapes.array("h0", h0, ("B", "H"))
    z = check_number("z", z, "(0, 1)")
    y = np.empty_like(x)
    h = h0
    for t in range(len(x)):
        h = z * h + (1 - z) * x[t]  # (B, H)
        y[t] = h
    return y


def time_constant(z: float) -> float:
    """Return after how many steps a leaky integrator has forgotten all but 1/e of its state.

    Parameters
    ----------
    z : float
        Between 0 and 1: how much is kept at each step.

    Returns
    -------
    float

    Notes
    -----
    Equation: eq-time-constant

    Examples
    --------
    >>> round(time_constant(0.9), 2)
    9.49
    """
    return -1 / math.log(check_number("z", z, "(0, 1)"))
