"""Against repetition: make what was written less likely, or forbid an n-gram to come twice.

A decoder that favours likely tokens is drawn into loops: what was written once becomes more
likely to be written again :cite:p:`holtzman2020`. Both remedies change the distribution whatever
the model thinks, also where a repetition is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from course_pkg.checks import check_number, check_size
from course_pkg.decoding.scorer import check_log_probs, check_tokens
from course_pkg.reference.checks import Array, IntArray

Tokens = Sequence[int] | IntArray


def penalise(log_probs: Array, written: Tokens, penalty: float) -> Array:
    """Make every token that was written less likely, however often it was.

    Parameters
    ----------
    log_probs : ndarray, (V,)
    written : sequence of int, (N,)
        What the text holds so far; it may be empty.
    penalty : float
        Above 0; 1 changes nothing. The paper uses 1.2. Below 1 it rewards repetition.

    Returns
    -------
    ndarray of float64, (V,)
        Renormalised.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    The paper divides the model's scores by the penalty, which makes a token with a negative score
    more likely, so programs multiply negative scores. Adding a constant to all scores leaves the
    model as it is, and yet changes what such a penalty does. Log-probabilities have no such
    freedom: none is positive, so all are multiplied, and a probability p becomes p^penalty before
    it is renormalised. The relative loss is largest for unlikely tokens, and a token of
    probability 1 is not held back.

    Source: :cite:t:`keskar2019`, section 4.1.

    Examples
    --------
    >>> np.exp(penalise(np.log([0.5, 0.5]), [0, 0], 2.0)).round(3)  # 0.25 : 0.5
    array([0.333, 0.667])
    """
    log_probs, written = _check(log_probs, written)
    penalty = check_number("penalty", penalty, "(0, inf)")
    penalised = log_probs.copy()
    penalised[written] *= penalty
    return _normalised(penalised, "penalty")


def forbid_repeats(log_probs: Array, written: Tokens, n: int) -> Array:
    """Remove each token that would complete an n-gram that the text already holds.

    Parameters
    ----------
    log_probs : ndarray, (V,)
    written : sequence of int, (N,)
        What the text holds so far; it may be empty.
    n : int
        At least 1, and 1 means that no token comes twice.

    Returns
    -------
    ndarray of float64, (V,)
        Renormalised, with -infinity where a token was removed.

    Raises
    ------
    ValueError
        If an argument is out of its range, or every token is removed.

    Examples
    --------
    >>> np.exp(forbid_repeats(np.log([0.5, 0.3, 0.2]), [0, 1, 0], 2)).round(3)  # not 0, 1 again
    array([0.714, 0.   , 0.286])
    """
    log_probs, written = _check(log_probs, written)
    repeats = Repeats(check_size("n", n))
    for token in written.tolist():
        repeats.add(token)
    remaining = log_probs.copy()
    remaining[repeats.banned()] = -np.inf
    return _normalised(remaining, "n")


class Repeats:
    """The n-grams of a text that grows, so that each new token costs the same.

    Examples
    --------
    >>> repeats = Repeats(3)
    >>> for token in [5, 6, 7, 5, 6]:
    ...     repeats.add(token)
    >>> repeats.banned()  # 5, 6, 7 is there
    [7]
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self._last: tuple[int, ...] = ()  # the last n-1 tokens
        self._after: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)

    def add(self, token: int) -> None:
        """Take note of one more token of the text."""
        if len(self._last) == self.n - 1:
            self._after[self._last].append(token)
        self._last = (*self._last, token)[-(self.n - 1) :] if self.n > 1 else ()

    def banned(self) -> list[int]:
        """Return the tokens that came after the last n-1 tokens before."""
        return self._after[self._last] if len(self._last) == self.n - 1 else []


def _check(log_probs: Array, written: Tokens) -> tuple[Array, IntArray]:
    log_probs = check_log_probs("log_probs", log_probs)
    if log_probs.ndim != 1:
        raise ValueError(f"log_probs: expected shape (V,), got {log_probs.shape}")
    return log_probs, check_tokens("written", written, len(log_probs))


def _normalised(log_weights: Array, name: str) -> Array:
    largest = log_weights.max()
    if largest == -np.inf:
        raise ValueError(f"{name}: expected a value that leaves at least one token, got none left")
    shifted = log_weights - largest
    result: Array = shifted - np.log(np.exp(shifted).sum())
    return result
