"""How a gradient shrinks or grows on its way back: Jacobians of a recurrent network."""

from __future__ import annotations

import math

import numpy as np

from course_pkg.checks import check_number, check_size
from course_pkg.reference.cells import rnn
from course_pkg.reference.checks import Array, Shapes, check_named_tuple


def slopes(cache: rnn.Cache) -> Array:
    """Return the slope of the activation function at every step of a run.

    Parameters
    ----------
    cache : course_pkg.reference.cells.rnn.Cache
        What :func:`course_pkg.reference.cells.rnn.forward` returned; without ``lengths``.

    Returns
    -------
    ndarray, (T, B, H)
        ``slopes[t - 1]`` is ``phi'(a_t)``.

    Raises
    ------
    ValueError
        If the sequences of the run differ in length.

    Examples
    --------
    >>> params = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1))
    >>> _, cache = rnn.forward(np.array([[[0.0]], [[0.75]]]), params)
    >>> slopes(cache).round(4).ravel()  # 1 - tanh(0)**2 and 1 - tanh(0.75)**2
    array([1.    , 0.5966])
    """
    check_named_tuple("cache", cache, rnn.Cache._fields)
    if cache.lengths is not None:
        raise ValueError("cache: expected sequences of one length, got a run with lengths")
    return rnn._slope(cache.h[1:], cache.nonlinearity)


def step_jacobian(slope: Array, W_hh: Array) -> Array:
    """Return the derivative of one state with respect to the state before it.

    Parameters
    ----------
    slope : ndarray, (B, H)
        The slope of the activation function at this step.
    W_hh : ndarray, (H, H)

    Returns
    -------
    ndarray, (B, H, H)
        ``[b, i, j]`` is the derivative of unit i after the step with respect to unit j before.

    Notes
    -----
    Equation: eq-step-jacobian

    Source: :cite:t:`pascanu2013`.

    Examples
    --------
    >>> step_jacobian(np.array([[1.0, 0.5]]), np.array([[0.0, 2.0], [4.0, 6.0]]))
    array([[[0., 2.],
            [2., 3.]]])
    """
    shapes = Shapes()
    shapes.array("slope", slope, ("B", "H"))
    shapes.array("W_hh", W_hh, ("H", "H"))
    return slope[:, :, None] * W_hh


def product(slope: Array, W_hh: Array) -> Array:
    """Return the derivative of the last state with respect to the first.

    Parameters
    ----------
    slope : ndarray, (T, B, H)
        The slopes of T steps, as from :func:`slopes`; a slice gives the product of those steps.
    W_hh : ndarray, (H, H)

    Returns
    -------
    ndarray, (B, H, H)
        ``J_T ... J_2 J_1``: the newest factor stands on the left.

    Notes
    -----
    Equation: eq-jacobian-product

    Source: :cite:t:`bengio1994`; :cite:t:`pascanu2013`.

    Examples
    --------
    >>> W_hh = np.array([[0.0, 2.0], [0.0, 0.0]])
    >>> product(np.ones((1, 1, 2)), W_hh)[0]
    array([[0., 2.],
           [0., 0.]])
    >>> product(np.ones((2, 1, 2)), W_hh)[0]  # the largest singular value is 2, and yet
    array([[0., 0.],
           [0., 0.]])
    """
    shapes = Shapes()
    shapes.array("slope", slope, ("T", "B", "H"))
    shapes.array("W_hh", W_hh, ("H", "H"))
    result = step_jacobian(slope[0], W_hh)  # (B, H, H)
    for slope_t in slope[1:]:
        result = step_jacobian(slope_t, W_hh) @ result
    return result


def carry_back(dh_n: Array, slope: Array, W_hh: Array) -> Array:
    """Carry a gradient from the last state back to all states before it.

    Never builds a matrix (H, H) per step: each step is a product with a vector.

    Parameters
    ----------
    dh_n : ndarray, (B, H)
        Gradient with respect to the last state. No other state enters the loss.
    slope : ndarray, (T, B, H)
        As from :func:`slopes`.
    W_hh : ndarray, (H, H)

    Returns
    -------
    ndarray, (T+1, B, H)
        Entry k is the gradient with respect to ``h_k``; the last one is ``dh_n``.

    Notes
    -----
    Equation: eq-state-gradient

    Source: :cite:t:`bengio1994`.

    Examples
    --------
    >>> W_hh = np.array([[0.5, 0.0], [0.0, 2.0]])
    >>> carry_back(np.ones((1, 2)), np.ones((3, 1, 2)), W_hh)[:, 0]
    array([[0.125, 8.   ],
           [0.25 , 4.   ],
           [0.5  , 2.   ],
           [1.   , 1.   ]])
    """
    shapes = Shapes()
    shapes.array("dh_n", dh_n, ("B", "H"))
    shapes.array("slope", slope, ("T", "B", "H"))
    shapes.array("W_hh", W_hh, ("H", "H"))
    T = len(slope)
    dh = np.empty((T + 1, *dh_n.shape), dtype=dh_n.dtype)
    dh[T] = dh_n
    for t in reversed(range(T)):
        dh[t] = (slope[t] * dh[t + 1]) @ W_hh  # rows: the transpose of W_hh.T @ (slope * dh)
    return dh


def bound(W_hh: Array, steps: int, largest_slope: float = 1.0) -> float:
    """Return the largest factor by which any gradient can grow over some steps.

    Parameters
    ----------
    W_hh : ndarray, (H, H)
    steps : int
        How many steps back.
    largest_slope : float, at least 0
        The steepest slope of the activation function: 1 for tanh and ReLU, 1/4 for the sigmoid.

    Returns
    -------
    float
        ``(largest_slope * sigma_max(W_hh)) ** steps``, or infinity where no float is as large.
        The true factor may be far smaller.

    Notes
    -----
    Equation: eq-jacobian-bound

    Source: :cite:t:`pascanu2013`.

    Examples
    --------
    >>> round(bound(np.array([[0.0, 2.0], [0.0, 0.0]]), steps=3), 9)
    8.0
    """
    Shapes().array("W_hh", W_hh, ("H", "H"), finite=True)
    largest_slope = check_number("largest_slope", largest_slope, "[0, inf)")
    sigma_max = float(np.linalg.norm(W_hh, ord=2))
    steps = check_size("steps", steps)
    try:
        return float((largest_slope * sigma_max) ** steps)
    except OverflowError:
        return math.inf
