"""Exhaustive search: look at every text. What any other search is measured by, on small cases.

Their number grows as V^length. So this says what the best text *is* where a beam only says what it
found, and the two can be compared: did the search fail, or does the model prefer a bad text?
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_pkg.checks import check_size
from course_pkg.decoding.beam import Rules, check_rules
from course_pkg.decoding.scorer import Ids, Scorer, check_prompt, check_scorer, check_scores, read
from course_pkg.decoding.writing import Written
from course_pkg.reference.checks import Array, IntArray

MOST = 10**6
BLOCK = 1024  # how many texts are read side by side

_Scored = tuple[float, Written]


def exhaustive_search(
    scorer: Scorer[Any],
    prompt: Sequence[int] | IntArray,
    length: int,
    *,
    alpha: float = 0.0,
    stop: int | None = None,
    forbidden: Sequence[int] | IntArray = (),
    n_best: int = 1,
) -> list[Written]:
    """Find the texts of the highest score, of up to ``length`` tokens, by looking at them all.

    Parameters
    ----------
    scorer, prompt, length, alpha, stop, forbidden
        As in :func:`course_pkg.decoding.beam.beam_search`.
    n_best : int
        How many texts to return.

    Returns
    -------
    list of Written
        The best first; of equal ones the shorter first, then the one with the lower ids. There
        are fewer than ``n_best`` if no more have a positive probability.

    Raises
    ------
    ValueError
        If there are more than 10^6 texts, an argument is out of its range, the scorer returns no
        log-probabilities, or no text has a positive probability.

    Notes
    -----
    Equation: eq-beam-score

    Examples
    --------
    >>> from course_pkg.decoding.tables import Table
    >>> fork = Table(np.log([[0.0001, 0.5399, 0.46], [0.4, 0.3, 0.3], [0.05, 0.05, 0.9]]))
    >>> for text in exhaustive_search(fork, [0], 2, n_best=2):
    ...     print(text.ids, np.exp(text.log_probs.sum()).round(3))
    [2 2] 0.414
    [1 0] 0.216
    """
    V = check_scorer(scorer)
    prompt = check_prompt(prompt, V)
    most = check_size("n_best", n_best)
    rules = check_rules(V, length, most, alpha, 0.0, stop, forbidden, most)
    allowed = np.setdiff1d(np.arange(V), rules.forbidden)  # (U,), rising
    _check_texts(len(allowed), rules.length, stop)

    log_probs, state = read(scorer, prompt[:, None])
    best: list[_Scored] = []
    # Blocks of K texts of n tokens, those with the lower ids first: ids (K, n), log_probs (K, n),
    # the states from which the last tokens were chosen, and each text's row in them (K,).
    blocks: list[tuple[Ids, Array, Any, Ids]] = []
    ids: Ids = np.empty((1, 0), np.int64)
    nats: Array = np.empty((1, 0))
    while True:
        check_scores(log_probs, len(ids), V)
        rows, columns = np.nonzero(log_probs[:, allowed] > -np.inf)
        tokens = allowed[columns]
        ids = np.column_stack([ids[rows], tokens])
        nats = np.column_stack([nats[rows], log_probs[rows, tokens]])
        ended = np.full(len(ids), ids.shape[1] == rules.length) | (tokens == stop)
        best = _best(best, ids[ended], nats[ended], rules)
        on = np.flatnonzero(~ended)
        for some in (on[k : k + BLOCK] for k in range(0, len(on), BLOCK)):
            blocks.append((ids[some], nats[some], state, rows[some]))
        if not blocks:
            break
        ids, nats, state, rows = blocks.pop()
        log_probs, state = scorer.step(ids[:, -1], scorer.pick(state, rows))
    if not best:
        raise ValueError(
            "forbidden: expected a set that leaves a text of positive probability, got none left"
        )
    return [written for _, written in best]


def _best(best: list[_Scored], ids: Ids, nats: Array, rules: Rules) -> list[_Scored]:
    """Return the ``n_best`` of those known and those of a block, in the order of the result."""
    scores = nats.sum(axis=1) * ids.shape[1] ** -rules.alpha
    first = (-scores).argsort(kind="stable")[: rules.n_best]  # stable: lower ids first
    block = [(float(scores[k]), Written(ids[k].copy(), nats[k].copy())) for k in first]
    merged = sorted(
        best + block, key=lambda pair: (-pair[0], len(pair[1].ids), pair[1].ids.tolist())
    )
    return merged[: rules.n_best]


def _check_texts(U: int, length: int, stop: int | None) -> None:
    """Raise where there are too many texts of U tokens."""
    ended, going = 0, 1
    for _ in range(length):
        ended += going if stop is not None else 0
        going *= U - 1 if stop is not None else U
        if ended + going > MOST:
            raise ValueError(
                f"length: expected at most {MOST:,} texts, got more of {U} tokens in {length} steps"
            )
        if going == 0:
            break
