"""Sampling: draw each token from the model's distribution, filtered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_pkg.checks import check_generator
from course_pkg.decoding.filters import check_filters, unchecked
from course_pkg.decoding.scorer import Scorer, check_log_probs, check_scorer
from course_pkg.decoding.writing import OnToken, Written, write
from course_pkg.reference.checks import Array, IntArray


def sample(
    scorer: Scorer[Any],
    prompt: Sequence[int] | IntArray,
    length: int,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    penalty: float = 1.0,
    no_repeat: int = 0,
    stop: int | None = None,
    forbidden: Sequence[int] | IntArray = (),
    on_token: OnToken | None = None,
) -> Written:
    """Draw up to ``length`` tokens after a prompt.

    Parameters
    ----------
    scorer : Scorer
        The model.
    prompt : sequence of int, (N,)
        At least one token.
    length : int
        The most tokens to write.
    rng : numpy.random.Generator
        One number is drawn for each token. So two models of the same function, in NumPy and in
        PyTorch, write the same text from the same seed.
    temperature, top_k, top_p
        As in :func:`course_pkg.decoding.filters.filtered`, in this order.
    penalty : float
        As in :func:`course_pkg.decoding.repetition.penalise`, before the filters; the prompt
        counts as written. 1 is off.
    no_repeat : int
        n of :func:`course_pkg.decoding.repetition.forbid_repeats`, before the filters; the prompt
        counts as written. 0 is off.
    stop : int, optional
        The token that ends the text; it is the last one of what was written.
    forbidden : sequence of int
        Tokens that are never written.
    on_token : callable, optional
        Is given each id as soon as it is drawn.

    Returns
    -------
    Written

    Raises
    ------
    ValueError
        If an argument is out of its range, the scorer returns no log-probabilities, or no token
        is left to draw.

    Examples
    --------
    >>> from course_pkg.decoding.tables import Table
    >>> coin = Table(np.log([[0.5, 0.5], [0.5, 0.5]]))
    >>> written = sample(coin, [0], 8, np.random.default_rng(0))
    >>> written.ids
    array([1, 0, 0, 0, 1, 1, 1, 1])
    >>> written.log_probs[0].round(3)
    np.float64(-0.693)
    """
    check_generator(rng)
    check_filters(check_scorer(scorer), temperature, top_k, top_p)
    return write(
        scorer,
        prompt,
        length,
        lambda weights: _draw(unchecked(weights, temperature, top_k, top_p), rng.random()),
        penalty=penalty,
        no_repeat=no_repeat,
        stop=stop,
        forbidden=forbidden,
        on_token=on_token,
    )


def draw(log_probs: Array, rng: np.random.Generator) -> int:
    """Draw one token from a distribution, with one random number.

    Parameters
    ----------
    log_probs : ndarray, (V,)
    rng : numpy.random.Generator

    Returns
    -------
    int

    Notes
    -----
    Lay the probabilities side by side on a line, in the order of the ids, and throw a point on
    it: the token is the one whose stretch it hits. This is the inverse transform.

    Examples
    --------
    >>> draw(np.log([0.2, 0.8]), np.random.default_rng(0))  # the point lies at 0.64
    1
    """
    check_generator(rng)
    log_probs = check_log_probs("log_probs", log_probs)
    if log_probs.ndim != 1:
        raise ValueError(f"log_probs: expected shape (V,), got {log_probs.shape}")
    return _draw(log_probs, rng.random())


def _draw(log_weights: Array, u: float) -> int:
    """Return the token at the share ``u``, in [0, 1), of the line of weights.

    It never has the weight 0. Its stretch is the first that ends beyond the point, and a stretch
    without a length ends where the one before it does. One does end beyond the point: the line is
    as long as the last end says, ``u`` is at most ``1 - 2^-53``, and so ``u`` times the length is
    below the length by half a unit in its last place or more, and stays below when it is rounded.
    """
    weights = np.exp(log_weights - log_weights.max())  # the largest is 1: not all become 0
    ends = weights.cumsum()  # (V,)
    return int(ends.searchsorted(u * ends[-1], side="right"))
