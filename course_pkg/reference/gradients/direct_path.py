"""The direct path of an LSTM: how much of a gradient the forget gates alone let through."""

from __future__ import annotations

import numpy as np

from course_pkg.reference.checks import Array, Shapes


def direct_path(f: Array) -> Array:
    """Multiply the forget gates from each step to the last.

    Entry ``k`` is the derivative of the last cell with respect to the cell after k steps, if
    every gate and candidate is held fixed: what the cell passes on by itself.

    Parameters
    ----------
    f : ndarray, (T, B, H)
        The forget gates of all steps, for example from the cache of ``lstm.forward``. All 1 for
        the cell of 1997; ``1 - i`` for coupled gates.

    Returns
    -------
    path : ndarray, (T+1, B, H)
        ``path[k]`` is the product of ``f[k:]``; ``path[T]`` is 1.

    Notes
    -----
    Equation: eq-lstm-direct-path

    Source: :cite:t:`gers2000`.

    Examples
    --------
    >>> direct_path(np.array([0.5, 1.0, 0.1]).reshape(3, 1, 1)).ravel()
    array([0.05, 0.1 , 0.1 , 1.  ])
    """
    shapes = Shapes()
    shapes.array("f", f, ("T", "B", "H"))
    path = np.ones((f.shape[0] + 1, *f.shape[1:]), dtype=f.dtype)
    path[:-1] = np.cumprod(f[::-1], axis=0)[::-1]
    return path
