"""Checkpointing: keep a few states of the forward pass, compute the others again on the way back.

For sequences of equal length. The states of a segment exist only while it is worked on, so what
needs a state (the loss) is asked for segment by segment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_size
from course_pkg.reference.cells import rnn
from course_pkg.reference.checks import Array, Shapes, check_named_tuple

# Takes the steps of a segment and their states (n, B, H); returns the gradient (n, B, H).
LossGradient = Callable[[slice, Array], Array]


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    x: Array  # (T, B, I)
    starts: Array  # (S, B, H), the state before each of the S segments
    params: rnn.Params
    nonlinearity: rnn.Nonlinearity
    segment: int


def states_kept(T: int, segment: int) -> int:
    """Count the states that are held at once: one before each segment, and one whole segment.

    Parameters
    ----------
    T : int
        Number of steps.
    segment : int
        Steps in a segment.

    Returns
    -------
    int

    Notes
    -----
    Equation: eq-checkpoint-memory

    Source: :cite:t:`chen2016`.

    Examples
    --------
    >>> states_kept(100, 100), states_kept(100, 10), states_kept(100, 1)
    (101, 20, 101)
    """
    T, segment = check_size("T", T), check_size("segment", segment)
    return math.ceil(T / segment) + min(segment, T)


def best_segment(T: int) -> int:
    """Return a number of steps in a segment, near the root of T, that keeps fewest states.

    Parameters
    ----------
    T : int
        Number of steps.

    Returns
    -------
    int

    Examples
    --------
    >>> best_segment(100), best_segment(1000)
    (10, 31)
    """
    T = check_size("T", T)
    root = math.isqrt(T)
    return min((root, root + 1), key=lambda segment: states_kept(T, segment))


def forward(
    x: Array,
    params: rnn.Params,
    h0: Array | None = None,
    *,
    segment: int | None = None,
    nonlinearity: rnn.Nonlinearity = "tanh",
) -> tuple[Array, Cache]:
    """Run the network over a batch of sequences and keep one state per segment.

    Parameters
    ----------
    x : ndarray, (T, B, I)
        Time-major input.
    params : course_pkg.reference.cells.rnn.Params
    h0 : ndarray, (B, H), optional
        The initial state; zeros by default.
    segment : int, optional
        Steps in a segment; :func:`best_segment` by default.
    nonlinearity : {'tanh', 'relu'}

    Returns
    -------
    h_n : ndarray, (B, H)
        The last state. The others are not returned: to hold them is what is to be avoided.
    cache : Cache

    Notes
    -----
    Equation: eq-rnn-step

    Source: :cite:t:`chen2016`; how to place the states best: :cite:t:`griewank2000`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = rnn.Params(*(rng.normal(size=s) for s in [(4, 3), (4, 4), (4,), (4,)]))
    >>> h_n, cache = forward(rng.normal(size=(9, 2, 3)), params)
    >>> cache.starts.shape  # three segments of three steps
    (3, 2, 4)
    """
    Shapes().array("x", x, ("T", "B", "I"))
    segment = best_segment(len(x)) if segment is None else check_size("segment", segment)
    h = h0
    starts = []
    for steps in _segments(len(x), segment):
        (_, h_n), cache = rnn.forward(x[steps], params, h, nonlinearity=nonlinearity)
        starts.append(cache.h[0].copy())  # a copy, or it would keep the whole segment alive
        h = h_n
    return h_n, Cache(x, np.stack(starts), params, nonlinearity, segment)


def backward(dy_of: LossGradient | None, cache: Cache, dh_n: Array | None = None) -> rnn.Grads:
    """Backpropagate through time, one segment after the other, each computed once more.

    Parameters
    ----------
    dy_of : callable, or None
        Called with the steps of a segment (a slice) and their states (n, B, H), the last segment
        first; returns the gradient of the loss with respect to these states, later states held
        fixed. None means that only the last state was used.
    cache : Cache
        What :func:`forward` returned.
    dh_n : ndarray, (B, H), optional
        Gradient with respect to ``h_n``; None means that ``h_n`` was not used.

    Returns
    -------
    course_pkg.reference.cells.rnn.Grads
        Those of :func:`course_pkg.reference.cells.rnn.backward`.

    Notes
    -----
    Equation: eq-bptt-state, eq-bptt-preactivation, eq-bptt-weights, eq-bptt-inputs

    Source: :cite:t:`chen2016`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = rnn.Params(*(rng.normal(size=s) for s in [(4, 3), (4, 4), (4,), (4,)]))
    >>> x, dy = rng.normal(size=(9, 2, 3)), rng.normal(size=(9, 2, 4))
    >>> _, cache = forward(x, params)
    >>> ours = backward(lambda steps, y: dy[steps], cache)
    >>> _, whole = rnn.forward(x, params)
    >>> bool(abs(ours.dW_hh - rnn.backward(dy, whole).dW_hh).max() < 1e-12)
    True
    """
    check_named_tuple("cache", cache, Cache._fields)
    x, starts, params, nonlinearity, segment = cache
    dx, sums = np.empty_like(x), [np.zeros_like(p) for p in params]
    dh = dh_n
    for steps, start in reversed(list(zip(_segments(len(x), segment), starts, strict=True))):
        (y, _), part = rnn.forward(x[steps], params, start, nonlinearity=nonlinearity)
        dy = None if dy_of is None else dy_of(steps, y)
        grads = rnn.backward(dy, part, dh)
        dh = grads.dh0
        dx[steps] = grads.dx
        for total, one in zip(sums, grads[2:], strict=True):
            total += one
    return rnn.Grads(dx, grads.dh0, *sums)


def _segments(T: int, segment: int) -> Iterator[slice]:
    """Yield the segments of T steps, the last one possibly shorter."""
    for start in range(0, T, segment):
        yield slice(start, min(start + segment, T))
