"""Greedy decoding: write the most probable token each time.

It is the limit of sampling at temperature 0. The text is not the most probable one: a likely
first word may lead where every next word is unlikely.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_pkg.checks import check_size
from course_pkg.decoding.scorer import Scorer, check_prompts, check_scorer, check_scores, read
from course_pkg.decoding.writing import OnToken, Written, check_forbidden, write
from course_pkg.reference.checks import IntArray


def greedy(
    scorer: Scorer[Any],
    prompt: Sequence[int] | IntArray,
    length: int,
    *,
    penalty: float = 1.0,
    no_repeat: int = 0,
    stop: int | None = None,
    forbidden: Sequence[int] | IntArray = (),
    on_token: OnToken | None = None,
) -> Written:
    """Write up to ``length`` tokens after a prompt, the most probable one each time.

    Parameters
    ----------
    scorer, prompt, length, penalty, no_repeat, stop, forbidden, on_token
        As in :func:`course_pkg.decoding.sample.sample`.

    Returns
    -------
    Written
        Among equally probable tokens the lowest id was taken.

    Raises
    ------
    ValueError
        If an argument is out of its range, the scorer returns no log-probabilities, or no token
        is left to choose.

    Examples
    --------
    >>> import numpy as np
    >>> from course_pkg.decoding.tables import Table
    >>> turn = Table(np.log([[0.1, 0.9], [0.8, 0.2]]))
    >>> greedy(turn, [0], 4).ids
    array([1, 0, 1, 0])
    >>> greedy(turn, [0], 3, no_repeat=2).ids  # not 0, 1 again
    array([1, 0, 0])
    """
    return write(
        scorer,
        prompt,
        length,
        lambda weights: int(weights.argmax()),
        penalty=penalty,
        no_repeat=no_repeat,
        stop=stop,
        forbidden=forbidden,
        on_token=on_token,
    )


def greedy_batch(
    scorer: Scorer[Any], prompts: IntArray, length: int, *, stop: int | None = None
) -> list[Written]:
    """Do what :func:`greedy` does for B prompts of one length, side by side.

    Parameters
    ----------
    scorer : Scorer
    prompts : ndarray of integers, (N, B)
    length : int
        The most tokens to write after each.
    stop : int, optional
        The token that ends a text; the others go on.

    Returns
    -------
    list of Written
        One for each prompt.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the scorer returns no log-probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from course_pkg.decoding.tables import Table
    >>> turn = Table(np.log([[0.1, 0.9], [0.8, 0.2]]))
    >>> [written.ids.tolist() for written in greedy_batch(turn, np.array([[0, 1]]), 3)]
    [[1, 0, 1], [0, 1, 0]]
    """
    V = check_scorer(scorer)
    prompts = check_prompts(prompts, V)
    length = check_size("length", length)
    check_forbidden((), V, stop)

    B = prompts.shape[1]
    log_probs, state = read(scorer, prompts)  # (B, V)
    written, nats = [], []
    ended = np.zeros(B, dtype=np.bool_)
    for n in range(length):
        check_scores(log_probs, B, V)
        chosen = log_probs.argmax(axis=-1)  # (B,)
        written.append(chosen)
        nats.append(log_probs[np.arange(len(chosen)), chosen])
        ended |= chosen == stop
        if ended.all():
            break
        if n + 1 < length:
            log_probs, state = scorer.step(chosen, state)
    return [
        Written(row[:end], values[:end])
        for row, values in zip(np.array(written).T, np.array(nats).T, strict=True)
        for end in [_end(row, stop)]
    ]


def _end(ids: IntArray, stop: int | None) -> int:
    """Return how many tokens there are up to the first stop token, it included."""
    stops = np.flatnonzero(ids == stop)
    return int(stops[0]) + 1 if len(stops) else len(ids)
