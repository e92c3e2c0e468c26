"""The gradient of the recurrent weights, cut up by how far back its parts were made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_pkg.reference.cells import rnn
from course_pkg.reference.checks import Array
from course_pkg.reference.gradients import jacobian


class LagParts(NamedTuple):
    """The gradient of the recurrent weights, in parts."""

    lag: Array  # (T, H, H), lag[n] is the part of step T - n
    total: Array  # (H, H), their sum: the gradient itself


def weight_gradient_by_lag(dh_n: Array, cache: rnn.Cache) -> LagParts:
    """Cut the gradient of the recurrent weights into the parts that the single steps give.

    Parameters
    ----------
    dh_n : ndarray, (B, H)
        Gradient with respect to the last state. No other state enters the loss.
    cache : course_pkg.reference.cells.rnn.Cache
        What :func:`course_pkg.reference.cells.rnn.forward` returned; without ``lengths``.

    Returns
    -------
    LagParts

    Raises
    ------
    ValueError
        If the sequences of the run differ in length.

    Notes
    -----
    Equation: eq-lag-decomposition

    Source: :cite:t:`bengio1994`; :cite:t:`pascanu2013`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = rnn.Params(*(rng.normal(size=s) for s in [(4, 3), (4, 4), (4,), (4,)]))
    >>> (_, h_n), cache = rnn.forward(rng.normal(size=(5, 2, 3)), params)
    >>> parts = weight_gradient_by_lag(np.ones_like(h_n), cache)
    >>> by_bptt = rnn.backward(None, cache, np.ones_like(h_n)).dW_hh
    >>> parts.lag.shape, bool(abs(parts.total - by_bptt).max() < 1e-12)
    ((5, 4, 4), True)
    """
    slope = jacobian.slopes(cache)  # (T, B, H)
    dh = jacobian.carry_back(dh_n, slope, cache.params.W_hh)  # (T+1, B, H)
    da = slope * dh[1:]  # (T, B, H)
    parts = np.einsum("tbi,tbj->tij", da, cache.h[:-1])  # (T, H, H), by step
    return LagParts(lag=parts[::-1].copy(), total=parts.sum(axis=0))
