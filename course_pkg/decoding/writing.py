"""Write token by token: score the next one, choose it, and let the model read it.

The ways to decode differ in the choice alone. Here is what they share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_count, check_integer, check_number, check_size
from course_pkg.decoding.repetition import Repeats
from course_pkg.decoding.scorer import (
    Ids,
    Scorer,
    check_log_probs,
    check_prompt,
    check_scorer,
    check_tokens,
    read,
)
from course_pkg.reference.checks import Array, IntArray

OnToken = Callable[[int], object]


class Written(NamedTuple):
    """What was written after a prompt; N tokens, the stop token among them if it came."""

    ids: Ids
    """(N,)"""
    log_probs: Array
    """(N,), what the model gave these tokens, before any filter or penalty"""


def write(
    scorer: Scorer[Any],
    prompt: Sequence[int] | IntArray,
    length: int,
    choose: Callable[[Array], int],
    *,
    penalty: float = 1.0,
    no_repeat: int = 0,
    stop: int | None = None,
    forbidden: Sequence[int] | IntArray = (),
    on_token: OnToken | None = None,
) -> Written:
    """Write up to ``length`` tokens after a prompt, each chosen by a function.

    Parameters
    ----------
    scorer : Scorer
    prompt : sequence of int, (N,)
        At least one token.
    length : int
        The most tokens to write.
    choose : callable
        Turns log-weights (V,) into the id to write. Their exponentials need not sum to 1.
    penalty, no_repeat, stop, forbidden, on_token
        As in :func:`course_pkg.decoding.sample.sample`.

    Returns
    -------
    Written

    Raises
    ------
    ValueError
        If an argument is out of its range, the scorer returns no log-probabilities, or no token
        is left to choose.

    Examples
    --------
    >>> from course_pkg.decoding.tables import Table
    >>> turn = Table(np.log([[0.1, 0.9], [0.8, 0.2]]))
    >>> write(turn, [0], 3, lambda log_weights: int(log_weights.argmax())).ids
    array([1, 0, 1])
    """
    V = check_scorer(scorer)
    prompt = check_prompt(prompt, V)
    length = check_size("length", length)
    limits = Limits(V, prompt, penalty, no_repeat, check_forbidden(forbidden, V, stop))
    if on_token is not None and not callable(on_token):
        raise TypeError(f"on_token: expected a function of one id, got {type(on_token).__name__}")

    log_probs, state = read(scorer, prompt[:, None])
    ids = np.empty(length, dtype=np.int64)
    nats = np.empty(length)
    for n in range(length):
        token = choose(limits.apply(log_probs[0], n))
        ids[n], nats[n] = token, log_probs[0, token]
        limits.add(token)
        if on_token is not None:
            on_token(token)
        if token == stop:
            return Written(ids[: n + 1], nats[: n + 1])
        if n + 1 < length:
            log_probs, state = scorer.step(ids[n : n + 1], state)
    return Written(ids, nats)


class Limits:
    """What the next token may be, in a text that grows; the prompt counts as text."""

    def __init__(self, V: int, prompt: Ids, penalty: float, no_repeat: int, forbidden: Ids) -> None:
        self._penalty = check_number("penalty", penalty, "(0, inf)")
        self._repeats = Repeats(no_repeat) if check_count("no_repeat", no_repeat) else None
        self._forbidden = forbidden
        self._factors = np.ones(V)  # the penalty where a token was written
        for token in prompt.tolist():
            self.add(token)

    def add(self, token: int) -> None:
        """Take note of one more token of the text."""
        self._factors[token] = self._penalty
        if self._repeats is not None:
            self._repeats.add(token)

    def apply(self, log_probs: Array, n: int) -> Array:
        """Return log-weights (V,) of what may come after ``n`` tokens, or raise if nothing may."""
        weights = log_probs
        if self._penalty != 1:
            with np.errstate(over="ignore"):  # -infinity is right: the token is out of reach
                weights = weights * self._factors
        banned = self._repeats.banned() if self._repeats is not None else []
        if banned or self._forbidden.size:
            weights = weights.copy() if weights is log_probs else weights
            weights[banned] = -np.inf
            weights[self._forbidden] = -np.inf
        if not -np.inf < weights.max() < np.inf:  # false for NaN
            check_log_probs("scorer", log_probs)
            raise ValueError(
                "forbidden, no_repeat, penalty: expected values that leave at least one token, "
                f"got none left after {n} tokens"
            )
        return weights


def check_forbidden(forbidden: Sequence[int] | IntArray, V: int, stop: int | None = None) -> Ids:
    """Return forbidden ids as an array, or raise; the stop token must not be among them.

    Examples
    --------
    >>> check_forbidden([0], V=2, stop=0)
    Traceback (most recent call last):
        ...
    ValueError: stop: expected a token that is not forbidden, got 0
    """
    if stop is not None and not 0 <= check_integer("stop", stop) < V:
        raise ValueError(f"stop: expected an id in 0..{V - 1}, got {stop}")
    ids = check_tokens("forbidden", forbidden, V)
    if stop is not None and stop in ids:
        raise ValueError(f"stop: expected a token that is not forbidden, got {stop}")
    return ids
