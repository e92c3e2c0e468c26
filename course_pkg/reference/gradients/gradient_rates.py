"""Predict how fast a gradient shrinks or grows: from eigenvalues, or from one forward run."""

from __future__ import annotations

import math

import numpy as np

from course_pkg.reference.checks import Array, Shapes


def linear_rate(W_hh: Array) -> float:
    """Return by how much the logarithm of a linear network's gradient changes per step back.

    Parameters
    ----------
    W_hh : ndarray, (H, H)

    Returns
    -------
    float
        The natural logarithm of the spectral radius; minus infinity if that is 0.

    Notes
    -----
    Equation: eq-linear-rate

    Source: :cite:t:`pascanu2013`.

    Examples
    --------
    >>> round(linear_rate(np.array([[0.5, 2.0], [0.0, 0.25]])), 4)  # log 0.5, whatever the 2
    -0.6931
    """
    Shapes().array("W_hh", W_hh, ("H", "H"), finite=True)
    radius = float(np.abs(np.linalg.eigvals(W_hh)).max())
    return math.log(radius) if radius > 0 else -math.inf


def predicted_rate(slope: Array, W_hh: Array) -> float:
    """Predict the change per step back for a gradient that points in a random direction.

    Needs a forward run alone. Where the bound takes the largest singular value of the Jacobian,
    this takes the root of the mean of their squares.

    Parameters
    ----------
    slope : ndarray, (T, B, H)
        As from :func:`course_pkg.reference.gradients.jacobian.slopes`.
    W_hh : ndarray, (H, H)

    Returns
    -------
    float
        A natural logarithm; minus infinity if all Jacobians are 0.

    Notes
    -----
    Equation: eq-predicted-rate

    The derivation stands in the chapter. It takes for granted that the gradient's direction has
    nothing to do with the matrix: good for a dense random matrix, bad for the identity.

    Examples
    --------
    >>> round(predicted_rate(np.full((5, 1, 2), 0.5), np.array([[0.0, -1.0], [1.0, 0.0]])), 4)
    -0.6931
    """
    shapes = Shapes()
    shapes.array("slope", slope, ("T", "B", "H"), finite=True)
    shapes.array("W_hh", W_hh, ("H", "H"), finite=True)
    # mean over t and b of ||diag(slope) W_hh||_F^2 / H
    row_squares = np.square(W_hh).sum(axis=1)  # (H,)
    mean_square = float((np.square(slope) * row_squares).sum(axis=2).mean()) / len(W_hh)
    return 0.5 * math.log(mean_square) if mean_square > 0 else -math.inf
