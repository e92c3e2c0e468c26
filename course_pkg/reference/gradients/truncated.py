"""Truncated backpropagation through time: the way back cut in windows, or at random places."""

from __future__ import annotations

import numpy as np

from course_pkg.checks import check_generator, check_number, check_size
from course_pkg.reference.cells import rnn
from course_pkg.reference.checks import Array, Shapes, check_named_tuple, valid_steps
from course_pkg.reference.layers.row_sums import sum_rows


def chunks(T: int, k: int) -> Array:
    """Make the factors that cut the way back after every k steps, as ``detach`` does.

    Parameters
    ----------
    T : int
        Number of steps.
    k : int
        Steps in a chunk; from T on nothing is cut.

    Returns
    -------
    carry : ndarray, (T,)
        ``carry[t]`` is the factor on the way from step t+1 back to the state h_t: 0 where t is a
        multiple of k, 1 elsewhere. The way to h_0 is never cut: there the sequence begins.

    Examples
    --------
    >>> chunks(7, 3)
    array([1., 1., 1., 0., 1., 1., 0.])
    """
    T, k = check_size("T", T), check_size("k", k)
    carry = np.where(np.arange(T) % k == 0, 0.0, 1.0)
    carry[0] = 1.0
    return carry


def random_cuts(T: int, p: float, rng: np.random.Generator) -> Array:
    """Draw factors that cut the way back at random places, without a bias.

    Parameters
    ----------
    T : int
        Number of steps.
    p : float in [0, 1)
        The probability of a cut between two steps. The expected way from one cut to the next is
        1/p steps.
    rng : numpy.random.Generator

    Returns
    -------
    carry : ndarray, (T,)
        As in :func:`chunks`; 0 with probability p, else 1/(1-p), so 1 in the mean.

    Notes
    -----
    Equation: eq-tbptt-random

    Source: :cite:t:`tallecollivier2017`.

    Examples
    --------
    >>> random_cuts(6, 0.5, np.random.default_rng(1))
    array([1., 2., 0., 2., 0., 0.])
    """
    T, p = check_size("T", T), check_number("p", p, "[0, 1)")
    check_generator(rng)
    carry = np.where(rng.random(T) < p, 0.0, 1.0 / (1.0 - p))
    carry[0] = 1.0
    return carry


def backward(dy: Array, cache: rnn.Cache, carry: Array) -> rnn.Grads:
    """Backpropagate through time with a factor on each way from one step to the one before.

    Parameters
    ----------
    dy : ndarray, (T, B, H)
        Gradient of the loss with respect to ``y``, later states held fixed.
    cache : course_pkg.reference.cells.rnn.Cache
        What :func:`course_pkg.reference.cells.rnn.forward` returned.
    carry : ndarray, (T,)
        ``carry[t]`` multiplies what step t+1 sends back to the state h_t. All ones: the whole
        gradient, as from :func:`course_pkg.reference.cells.rnn.backward`.

    Returns
    -------
    course_pkg.reference.cells.rnn.Grads

    Notes
    -----
    Equation: eq-tbptt-carry

    Source: :cite:t:`tallecollivier2017`.

    Examples
    --------
    >>> params = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1))
    >>> (y, _), cache = rnn.forward(np.ones((4, 1, 1)), params, nonlinearity="relu")
    >>> dy = np.zeros_like(y)
    >>> dy[-1] = 1.0  # a loss at the last step alone
    >>> backward(dy, cache, chunks(4, 2)).dx.ravel()  # the last two steps see it
    array([0., 0., 1., 1.])
    """
    dy = _checked(dy, cache)
    x, h, params, nonlinearity, _ = cache
    T, B, I = x.shape
    H = h.shape[2]
    shapes = Shapes()
    shapes.array("dy", dy, ("T", "B", "H"))
    # The factors are the same in single and double precision, so they need not have dy's.
    Shapes().array("carry", carry, ("N",), finite=True)
    factors = shapes.array("carry", carry.astype(dy.dtype), ("T",))
    da = rnn._slope(h[1:], nonlinearity)  # (T, B, H), here the slopes; times dh below
    dh = np.zeros_like(h[0])  # (B, H), nothing comes back from behind the last step
    for t in reversed(range(T)):
        da[t] *= dh + dy[t]
        dh = factors[t] * (da[t] @ params.W_hh)  # (B, H)
    da_all = da.reshape(T * B, H)
    db = sum_rows(da_all)
    return rnn.Grads(
        dx=(da_all @ params.W_ih).reshape(T, B, I),
        dh0=dh,
        dW_ih=da_all.T @ x.reshape(T * B, I),
        dW_hh=da_all.T @ h[:-1].reshape(T * B, H),
        db_ih=db,
        db_hh=db.copy(),
    )


def backward_windows(dy: Array, cache: rnn.Cache, k1: int, k2: int) -> rnn.Grads:
    """Every k1 steps, send the newest k1 loss terms back through the newest k2 steps.

    Parameters
    ----------
    dy : ndarray, (T, B, H)
        Gradient of the loss with respect to ``y``, later states held fixed.
    cache : course_pkg.reference.cells.rnn.Cache
        What :func:`course_pkg.reference.cells.rnn.forward` returned.
    k1 : int
        Steps from one way back to the next. With 1, every loss term sees exactly k2 steps.
    k2 : int
        Steps of a way back, at least k1: else loss terms would be lost.

    Returns
    -------
    course_pkg.reference.cells.rnn.Grads
        Each loss term counts once. With ``k2 >= T`` the whole gradient.

    Notes
    -----
    All loss terms go back at once, one step at a time, so the work is that of k2 steps for each of
    them, whatever k1 is. A program that goes back once for every k1 steps needs k2/k1.

    Equation: eq-tbptt-window

    Source: :cite:t:`williamspeng1990`.

    Examples
    --------
    >>> params = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1))
    >>> (y, _), cache = rnn.forward(np.ones((4, 1, 1)), params, nonlinearity="relu")
    >>> backward_windows(np.ones_like(y), cache, 1, 2).dx.ravel()  # own loss and the next one
    array([2., 2., 2., 1.])
    """
    dy = _checked(dy, cache)
    k1, k2 = check_size("k1", k1), check_size("k2", k2)
    if k2 < k1:
        raise ValueError(f"k2: expected at least k1 = {k1}, got {k2}")
    x, h, params, nonlinearity, _ = cache
    T, B, I = x.shape
    H = h.shape[2]
    steps = np.arange(T)
    stops = np.minimum(T, k1 * (steps // k1 + 1))  # where the way back of each loss term begins
    reach = steps - np.maximum(0, stops - k2) + 1  # how many steps it sees
    slope = rnn._slope(h[1:], nonlinearity)  # (T, B, H)
    da, dh0 = np.zeros_like(dy), np.zeros_like(h[0])
    # All loss terms go back together: after ``lag`` steps, delta[t] belongs to loss term t + lag.
    delta = dy
    for lag in range(reach.max()):
        now = slope[: T - lag] * delta  # (T-lag, B, H)
        now[reach[lag:] <= lag] = 0  # beyond the window
        da[: T - lag] += now
        back = (now.reshape(-1, H) @ params.W_hh).reshape(now.shape)
        dh0 += back[0]
        delta = back[1:]
    da_all = da.reshape(T * B, H)
    db = sum_rows(da_all)
    return rnn.Grads(
        dx=(da_all @ params.W_ih).reshape(T, B, I),
        dh0=dh0,
        dW_ih=da_all.T @ x.reshape(T * B, I),
        dW_hh=da_all.T @ h[:-1].reshape(T * B, H),
        db_ih=db,
        db_hh=db.copy(),
    )


def _checked(dy: Array, cache: rnn.Cache) -> Array:
    """Return dy with 0 behind the end of each sequence; then the lengths are not needed again."""
    check_named_tuple("cache", cache, rnn.Cache._fields)
    shapes = Shapes()
    shapes.array("y (in the cache)", cache.h[1:], ("T", "B", "H"))
    shapes.array("dy", dy, ("T", "B", "H"))
    if cache.lengths is None:
        return dy
    return np.where(valid_steps(cache.lengths, len(dy)), dy, 0)
