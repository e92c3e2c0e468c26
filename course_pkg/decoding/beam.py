"""Beam search: follow several texts at once, and keep the best ones at each length.

Greedy decoding follows one text. A beam of ``width`` texts finds likelier ones, and the likeliest
if it is wide enough to hold all. Nothing less promises that: the best text may begin with tokens
that fell out of the beam, so a wider beam, too, can end in a worse text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_number, check_size
from course_pkg.decoding.scorer import Ids, Scorer, check_prompt, check_scorer, check_scores, read
from course_pkg.decoding.writing import Written, check_forbidden
from course_pkg.reference.checks import Array, IntArray, check_array


class _Beam(NamedTuple):
    """The texts that go on, best first; K of them, each of n tokens."""

    ids: Ids  # (K, n)
    log_probs: Array  # (K, n)
    totals: Array  # (K,)


def beam_search(
    scorer: Scorer[Any],
    prompt: Sequence[int] | IntArray,
    length: int,
    *,
    width: int,
    alpha: float = 0.0,
    stop: int | None = None,
    forbidden: Sequence[int] | IntArray = (),
    n_best: int = 1,
) -> list[Written]:
    """Search for the texts of the highest score, of up to ``length`` tokens after a prompt.

    Parameters
    ----------
    scorer : Scorer
    prompt : sequence of int, (N,)
        At least one token.
    length : int
        The most tokens of a text.
    width : int
        How many texts are kept at each length; 1 is greedy decoding. With V tokens a width of
        V^(length - 1) searches them all.
    alpha : float
        At least 0; see :func:`beam_score`. It matters where texts have different lengths, so with
        ``stop`` alone.
    stop : int, optional
        The token that ends a text; it is the text's last one. A text that never stops is compared
        as it is after ``length`` tokens.
    forbidden : sequence of int
        Tokens that are never written.
    n_best : int
        How many texts to return, at most ``width``.

    Returns
    -------
    list of Written
        The best first. There are fewer than ``n_best`` if the search found no more.

    Raises
    ------
    ValueError
        If an argument is out of its range, the scorer returns no log-probabilities, or no text is
        left because every token that may be written has probability 0.

    Notes
    -----
    At each length the ``width`` likeliest of all texts that are one token longer are kept. Those
    that end in the stop token are set aside, finished; the others go on. All of one length, they
    are compared by log p. The search ends early only where no text that goes on can reach the
    result: its log p never rises, so its score stays at or below log p / length^alpha, with the
    largest length that there can be.

    Equation: eq-beam-score

    Examples
    --------
    Token 1 is the likelier first step, but it leads where nothing is likely.

    >>> from course_pkg.decoding.tables import Table
    >>> fork = Table(np.log([[0.0001, 0.5399, 0.46], [0.4, 0.3, 0.3], [0.05, 0.05, 0.9]]))
    >>> for width in (1, 2):
    ...     (best,) = beam_search(fork, [0], 2, width=width)
    ...     print(best.ids, np.exp(best.log_probs.sum()).round(3))
    [1 0] 0.216
    [2 2] 0.414
    """
    V = check_scorer(scorer)
    prompt = check_prompt(prompt, V)
    length, width = check_size("length", length), check_size("width", width)
    alpha = check_number("alpha", alpha, "[0, inf)")
    forbidden = check_forbidden(forbidden, V, stop)
    if check_size("n_best", n_best) > width:
        raise ValueError(f"n_best: expected at most the width {width}, got {n_best}")

    log_probs, state = read(scorer, prompt)
    beam = _Beam(np.empty((1, 0), np.int64), np.empty((1, 0)), np.zeros(1))
    finished: list[tuple[float, Written]] = []
    for n in range(1, length + 1):
        check_scores(log_probs, len(beam.totals), V)
        beam, parents = _grown(beam, log_probs, width, forbidden)
        ended = np.full(len(parents), n == length)
        if stop is not None:
            ended |= beam.ids[:, -1] == stop
        for ids, nats in zip(beam.ids[ended], beam.log_probs[ended], strict=True):
            finished.append((beam_score(nats, alpha), Written(ids, nats)))
        finished = sorted(finished, key=lambda pair: -pair[0])[:n_best]  # stable: shorter first
        beam, parents = _Beam(*(field[~ended] for field in beam)), parents[~ended]
        if len(parents) == 0:
            break
        bound = beam.totals[0] * length**-alpha  # no text that goes on can have a higher score
        if len(finished) == n_best and finished[-1][0] > bound:
            break
        log_probs, state = scorer.step(beam.ids[:, -1], scorer.pick(state, parents))
    if not finished:
        raise ValueError(
            "forbidden: expected a set that leaves a text of positive probability, got none left"
        )
    return [written for _, written in finished]


def beam_score(log_probs: Array, alpha: float = 0.0) -> float:
    """Return ``log p / N^alpha`` of a text of N tokens, the stop token among them.

    Parameters
    ----------
    log_probs : ndarray, (N,)
        What the model gave the tokens, as in ``Written.log_probs``.
    alpha : float
        0 compares log p, which favours short texts: every token makes it smaller. 1 compares the
        mean of a token.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If ``log_probs`` is empty, or alpha is below 0 or not finite.

    Notes
    -----
    :cite:t:`wu2016`, section 7, divide by ``((5 + N) / 6)^alpha`` instead, which grows more
    slowly while N is small.

    Equation: eq-beam-score

    Examples
    --------
    >>> round(beam_score(np.log([0.5, 0.25, 0.25, 0.5]), alpha=0.5), 3)  # log(1/64) / 2
    -2.079
    """
    check_array("log_probs", log_probs)
    if log_probs.ndim != 1 or len(log_probs) == 0:
        raise ValueError(f"log_probs: expected shape (N,) with N >= 1, got {log_probs.shape}")
    alpha = check_number("alpha", alpha, "[0, inf)")
    return float(log_probs.sum() * len(log_probs) ** -alpha)


def _grown(beam: _Beam, log_probs: Array, width: int, forbidden: Ids) -> tuple[_Beam, IntArray]:
    """Add each token to each text; return the likeliest and the rows that they came from."""
    V = log_probs.shape[1]
    totals = beam.totals[:, None] + log_probs  # (K, V)
    totals[:, forbidden] = -np.inf
    best = (-totals).argsort(axis=None, kind="stable")[:width]
    best = best[totals.flat[best] > -np.inf]
    parents, tokens = np.divmod(best, V)
    return (
        _Beam(
            np.column_stack([beam.ids[parents], tokens]),
            np.column_stack([beam.log_probs[parents], log_probs[parents, tokens]]),
            totals[parents, tokens],
        ),
        parents,
    )
