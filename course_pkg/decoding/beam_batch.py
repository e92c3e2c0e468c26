"""Beam search for many prompts side by side: what a test set of sentences is translated with.

A network reads 4,000 rows in far less than 4,000 times the time of one. So the texts of all beams
are rows of one batch. A sentence leaves it when its search has ended, and a text when it can no
longer reach the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_flag
from course_pkg.decoding.beam import Rules, check_rules
from course_pkg.decoding.scorer import (
    Ids,
    Scorer,
    check_coverage,
    check_prompts,
    check_scorer,
    check_scores,
    read,
)
from course_pkg.decoding.writing import Written
from course_pkg.reference.checks import Array, IntArray

WORTH_A_COPY = 0.9  # if a smaller share of the rows goes on, the states are copied without the rest


class _Rows(NamedTuple):
    """The texts that go on; R of them, sentence by sentence, the best of each first."""

    sentences: Ids  # (R,), whose beam it is in
    ids: Ids  # (R, n)
    log_probs: Array  # (R, n)
    totals: Array  # (R,)


def beam_search_batch(
    scorer: Scorer[Any],
    prompts: IntArray,
    length: int,
    *,
    width: int,
    alpha: float = 0.0,
    beta: float = 0.0,
    stop: int | None = None,
    forbidden: Sequence[int] | IntArray = (),
    n_best: int = 1,
    keep_greedy: bool = True,
) -> list[list[Written]]:
    """Do what :func:`course_pkg.decoding.beam.beam_search` does for B prompts of one length.

    Parameters
    ----------
    scorer : Scorer
        With ``beta`` above 0 a :class:`course_pkg.decoding.scorer.CoverageScorer`.
    prompts : ndarray of integers, (N, B)
    length, width, alpha, stop, forbidden, n_best, keep_greedy
        As in :func:`course_pkg.decoding.beam.beam_search`.
    beta : float
        At least 0. A finished text has ``beta`` times its coverage added to its score. So a
        translation that leaves a part of its source out loses against one that does not.

    Returns
    -------
    list of list of Written
        For each prompt its texts, the best first.

    Raises
    ------
    ValueError
        If an argument is out of its range, the scorer returns no log-probabilities, or a prompt
        has no text left because every token that may be written has probability 0.
    TypeError
        If ``beta`` is above 0 and the scorer has no method ``coverage``.

    Notes
    -----
    The score never exceeds log p / length^alpha, coverage included, for log p never rises and
    coverage is at most 0. A text for which this bound is below the ``n_best`` scores found so far
    is dropped, and changes nothing by it: whatever takes its place in the beam has no larger log
    p, and so no larger bound. The greedy text, found first, lets many be dropped.

    A network's numbers may depend, in their last digits, on how many rows it reads. So may those
    here; all else is as for each prompt alone.

    Equation: eq-beam-score, eq-coverage

    Source: :cite:t:`wu2016`, section 7.

    Examples
    --------
    >>> from course_pkg.decoding.tables import Table
    >>> fork = Table(np.log([[0.0001, 0.5399, 0.46], [0.4, 0.3, 0.3], [0.05, 0.05, 0.9]]))
    >>> for (best,) in beam_search_batch(fork, np.array([[0, 1]]), 2, width=2):
    ...     print(best.ids, np.exp(best.log_probs.sum()).round(3))
    [2 2] 0.414
    [0 1] 0.216
    """
    V = check_scorer(scorer)
    prompts = check_prompts(prompts, V)
    rules = check_rules(V, length, width, alpha, beta, stop, forbidden, n_best)
    widths = (1, width) if check_flag("keep_greedy", keep_greedy) and width > 1 else (width,)

    log_probs, state = read(scorer, prompts)
    if rules.beta > 0:
        check_coverage(scorer, state, prompts.shape[1])
    finished = _Finished(prompts.shape[1], rules.n_best)
    for each in widths:
        _search(scorer, log_probs, state, each, rules, finished)
    for b, texts in enumerate(finished.texts):
        if not texts:
            raise ValueError(
                "forbidden: expected a set that leaves a text of positive probability after each "
                f"prompt, got none left after prompt {b}"
            )
    return [[written for _, written in texts] for texts in finished.texts]


class _Finished:
    """The ``n_best`` finished texts of each sentence so far, the best first."""

    def __init__(self, B: int, n_best: int) -> None:
        self.texts: list[list[tuple[float, Written]]] = [[] for _ in range(B)]
        self.least = np.full(B, -np.inf)  # what a score must reach to be among them
        self._n_best = n_best

    def add(self, sentence: int, score: float, written: Written) -> None:
        """Take in a text, if it is good enough and not yet there."""
        texts = self.texts[sentence]
        if len(texts) == self._n_best and score <= self.least[sentence]:
            return
        if any(np.array_equal(written.ids, known.ids) for _, known in texts):
            return  # the greedy one
        texts.append((score, written))
        texts.sort(key=lambda pair: -pair[0])  # stable: shorter first
        del texts[self._n_best :]
        if len(texts) == self._n_best:
            self.least[sentence] = texts[-1][0]


def _search(
    scorer: Scorer[Any],
    log_probs: Array,
    state: Any,
    width: int,
    rules: Rules,
    finished: _Finished,
) -> None:
    """Add what beams of this width find to the finished texts."""
    B = len(log_probs)
    rows = _Rows(np.arange(B), np.empty((B, 0), np.int64), np.empty((B, 0)), np.zeros(B))
    for n in range(1, rules.length + 1):
        check_scores(log_probs, len(rows.totals), scorer.tokens)
        rows, parents = _grown(rows, log_probs, width, rules.forbidden)
        ended = np.full(len(parents), n == rules.length) | (rows.ids[:, -1] == rules.stop)
        if ended.any():
            scores = rows.log_probs[ended].sum(axis=1) * n**-rules.alpha
            if rules.beta > 0:
                coverage = check_coverage(scorer, state, len(log_probs))
                scores += rules.beta * coverage[parents[ended]]
            for row, score in zip(np.flatnonzero(ended), scores.tolist(), strict=True):
                written = Written(rows.ids[row].copy(), rows.log_probs[row].copy())
                finished.add(rows.sentences[row], score, written)
        bounds = rows.totals * rules.length**-rules.alpha
        on = ~ended & (bounds >= finished.least[rows.sentences])
        if not on.any():
            break
        if on.mean() < WORTH_A_COPY:
            rows, parents = _Rows(*(field[on] for field in rows)), parents[on]
        else:
            rows.totals[~on] = -np.inf  # read once more, for nothing: no text comes of it
        if not np.array_equal(parents, np.arange(len(log_probs))):
            state = scorer.pick(state, parents)
        log_probs, state = scorer.step(rows.ids[:, -1], state)


def _grown(rows: _Rows, log_probs: Array, width: int, forbidden: Ids) -> tuple[_Rows, Ids]:
    """Add each token to each text; return each sentence's likeliest and where they came from."""
    totals = rows.totals[:, None] + log_probs  # (R, V)
    totals[:, forbidden] = -np.inf
    tokens = _largest(totals, width)  # (R, k): no more of one text can be among the likeliest
    R, k = tokens.shape

    # One line for each of the A sentences that are left, with the candidates of its texts.
    first = np.flatnonzero(np.diff(rows.sentences, prepend=-1))  # (A,), its first text
    sizes = np.diff(first, append=R)
    lines = np.repeat(np.arange(len(first)), sizes)  # (R,)
    candidates = np.full((len(first), sizes.max(), k), -np.inf)
    candidates[lines, np.arange(R) - first[lines]] = np.take_along_axis(totals, tokens, axis=1)
    candidates = candidates.reshape(len(first), -1)
    best = (-candidates).argsort(axis=1, kind="stable")[:, :width]
    possible = np.take_along_axis(candidates, best, axis=1) > -np.inf
    line, _ = possible.nonzero()  # sentence by sentence, the best first
    text, choice = np.divmod(best[possible], k)

    parents = first[line] + text
    chosen = tokens[parents, choice]
    return (
        _Rows(
            rows.sentences[parents],
            np.column_stack([rows.ids[parents], chosen]),
            np.column_stack([rows.log_probs[parents], log_probs[parents, chosen]]),
            totals[parents, chosen],
        ),
        parents,
    )


def _largest(values: Array, k: int) -> Ids:
    """Return the columns of each row's k largest values, falling; of equal ones the lower first.

    ``argpartition`` finds them without sorting the rest, but which of several equal values it
    takes is its own affair. Rows where that matters are sorted.
    """
    if k >= values.shape[1]:
        return (-values).argsort(axis=1, kind="stable")
    best = values.argpartition(-k, axis=1)[:, -k:]  # (R, k), in any order
    least = np.take_along_axis(values, best, axis=1).min(axis=1, keepdims=True)
    unclear = ((values >= least).sum(axis=1) > k) & (least[:, 0] > -np.inf)
    best[unclear] = (-values[unclear]).argsort(axis=1, kind="stable")[:, :k]
    best.sort(axis=1)
    order = (-np.take_along_axis(values, best, axis=1)).argsort(axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)
