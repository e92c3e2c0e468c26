"""Beam search: follow several texts at once, and keep the best ones at each length.

Greedy decoding follows one text. A beam of ``width`` texts finds likelier ones, and the likeliest
if it is wide enough to hold all. Nothing less promises that: the best text may begin with tokens
that fell out of the beam, so a wider beam, too, can end in a worse text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_flag, check_number, check_size
from course_pkg.decoding.scorer import Ids, Scorer, check_prompt, check_scorer, check_scores, read
from course_pkg.decoding.writing import Written, check_forbidden
from course_pkg.reference.checks import Array, IntArray, check_array


class _Beam(NamedTuple):
    """The texts that go on, best first; K of them, each of n tokens."""

    ids: Ids  # (K, n)
    log_probs: Array  # (K, n)
    totals: Array  # (K,)


class Rules(NamedTuple):
    """What a search was asked for, checked."""

    length: int
    alpha: float
    beta: float
    stop: int | None
    forbidden: Ids
    n_best: int


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
    keep_greedy: bool = True,
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
    keep_greedy : bool
        Whether the text of greedy decoding takes part in the comparison, too. Then the best text
        never scores below it. False is the plain algorithm: it loses the greedy text where the
        beginning falls out of the beam, and may find nothing as good.

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

    The greedy text is that of a beam of width 1, which is searched first. It takes no place in
    the wider beam, which finds what it would find alone.

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
    rules = check_rules(V, length, width, alpha, 0.0, stop, forbidden, n_best)
    widths = (1, width) if check_flag("keep_greedy", keep_greedy) and width > 1 else (width,)

    log_probs, state = read(scorer, prompt[:, None])
    finished: list[tuple[float, Written]] = []
    for each in widths:
        _search(scorer, log_probs, state, each, rules, finished)
    if not finished:
        raise ValueError(
            "forbidden: expected a set that leaves a text of positive probability, got none left"
        )
    return [written for _, written in finished]


def _search(
    scorer: Scorer[Any],
    log_probs: Array,
    state: Any,
    width: int,
    rules: Rules,
    finished: list[tuple[float, Written]],
) -> None:
    """Add what a beam of this width finds to the ``n_best`` finished texts, the best first."""
    known = {tuple(written.ids) for _, written in finished}
    beam = _Beam(np.empty((1, 0), np.int64), np.empty((1, 0)), np.zeros(1))
    for n in range(1, rules.length + 1):
        check_scores(log_probs, len(beam.totals), scorer.tokens)
        beam, parents = _grown(beam, log_probs, width, rules.forbidden)
        ended = np.full(len(parents), n == rules.length) | (beam.ids[:, -1] == rules.stop)
        for ids, nats in zip(beam.ids[ended], beam.log_probs[ended], strict=True):
            if tuple(ids) not in known:
                finished.append((beam_score(nats, rules.alpha), Written(ids, nats)))
        finished.sort(key=lambda pair: -pair[0])  # stable: shorter first
        del finished[rules.n_best :]
        beam, parents = _Beam(*(field[~ended] for field in beam)), parents[~ended]
        if len(parents) == 0:
            break
        # No text that goes on can have a higher score.
        bound = beam.totals[0] * rules.length**-rules.alpha
        if len(finished) == rules.n_best and finished[-1][0] > bound:
            break
        log_probs, state = scorer.step(beam.ids[:, -1], scorer.pick(state, parents))


def check_rules(
    V: int,
    length: int,
    width: int,
    alpha: float,
    beta: float,
    stop: int | None,
    forbidden: Sequence[int] | IntArray,
    n_best: int,
) -> Rules:
    """Return the rules of a search of some width for V tokens, or raise.

    Examples
    --------
    >>> check_rules(9, 5, 2, 0.0, 0.0, None, (), n_best=3)
    Traceback (most recent call last):
        ...
    ValueError: n_best: expected at most the width 2, got 3
    """
    length, width = check_size("length", length), check_size("width", width)
    alpha = check_number("alpha", alpha, "[0, inf)")
    beta = check_number("beta", beta, "[0, inf)")
    ids = check_forbidden(forbidden, V, stop)
    if check_size("n_best", n_best) > width:
        raise ValueError(f"n_best: expected at most the width {width}, got {n_best}")
    return Rules(length, alpha, beta, stop, ids, int(n_best))


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
