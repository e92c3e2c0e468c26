"""What decoding asks of a model: it reads one token and gives log-probabilities of the next.

That is all that a choice of words needs. So a table of counts, a NumPy network and a PyTorch
network are decoded by the same code, and any object with these methods is a scorer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_integer, check_size
from course_pkg.reference.checks import Array, IntArray, check_array, check_ids

State = TypeVar("State")
Ids = npt.NDArray[np.int64]
OFF = 1e-4  # how far probabilities may sum from 1: float32 over 10^5 tokens stays below it


class Scorer(Protocol[State]):
    """A model that scores the next token, for B sequences side by side.

    The state is whatever the model wants it to be; decoding never looks into it. No method
    changes its arguments: beam search goes on from one state in several directions.
    """

    @property
    def tokens(self) -> int:
        """V, the number of tokens; their ids are 0..V-1."""

    def start(self, B: int) -> State:
        """Return the state of B sequences before their first token."""

    def step(self, ids: IntArray, state: State) -> tuple[Array, State]:
        """Read one token of each sequence and score the next one.

        Parameters
        ----------
        ids : ndarray of integers, (B,)
        state : State
            Of B sequences.

        Returns
        -------
        log_probs : ndarray of float64, (B, V)
            Natural logarithms; the probabilities of each row sum to 1.
        state : State
        """

    def pick(self, state: State, rows: IntArray) -> State:
        """Return the states of the sequences ``rows (K,)``; a row may be asked for twice."""


class CoverageScorer(Scorer[State], Protocol[State]):
    """A scorer that also says how much of its source a text has covered."""

    def coverage(self, state: State) -> Array:
        """Return the coverage of each text, (B,), at most 0; 0 where all of a source is covered.

        With attention weights a it is ``sum_s log(min(sum_t a[t, s], 1))``, over the source
        positions s and the steps t up to the one that ``state`` comes from.

        Equation: eq-coverage
        """


def read(scorer: Scorer[State], prompts: Ids) -> tuple[Array, State]:
    """Let a scorer read B prompts of one length, token by token.

    Parameters
    ----------
    scorer : Scorer
    prompts : ndarray of integers, (N, B)

    Returns
    -------
    log_probs : ndarray, (B, V)
        Of the token after each prompt.
    state : State

    Raises
    ------
    ValueError
        If what the scorer returns are no log-probabilities.
    """
    B = prompts.shape[1]
    log_probs, state = scorer.step(prompts[0], scorer.start(B))
    for ids in prompts[1:]:
        log_probs, state = scorer.step(ids, state)
    check_scores(log_probs, B, scorer.tokens)
    return log_probs, state


def check_scorer(scorer: Scorer[Any]) -> int:
    """Return V of a scorer, or raise where it lacks a method.

    Examples
    --------
    >>> check_scorer("a model")
    Traceback (most recent call last):
        ...
    TypeError: scorer: expected an object with tokens, start, step and pick, got str
    """
    if not all(hasattr(scorer, name) for name in ("tokens", "start", "step", "pick")):
        raise TypeError(
            "scorer: expected an object with tokens, start, step and pick, "
            f"got {type(scorer).__name__}"
        )
    return check_size("scorer.tokens", scorer.tokens)


def check_coverage(scorer: Scorer[Any], state: Any, B: int) -> Array:
    """Return the coverage of B texts, (B,), or raise where a scorer has none.

    Examples
    --------
    >>> from course_pkg.decoding.tables import Table
    >>> check_coverage(Table(np.log([[0.5, 0.5], [0.5, 0.5]])), None, 2)
    Traceback (most recent call last):
        ...
    TypeError: beta: expected 0, because Table has no method coverage
    """
    if not hasattr(scorer, "coverage"):
        raise TypeError(f"beta: expected 0, because {type(scorer).__name__} has no method coverage")
    coverage = scorer.coverage(state)
    check_array("scorer.coverage", coverage)
    if coverage.shape != (B,):
        raise ValueError(f"scorer.coverage: expected shape (B,) = ({B},), got {coverage.shape}")
    for bad in coverage[~(coverage <= 0)]:  # NaN is not at most 0
        raise ValueError(f"scorer.coverage: expected values of at most 0, got {bad}")
    return np.asarray(coverage, dtype=np.float64)


def check_scores(log_probs: Array, B: int, V: int) -> None:
    """Raise unless a scorer has returned log-probabilities (B, V).

    Examples
    --------
    >>> check_scores(np.log([[0.5, 0.5]]), 2, 2)
    Traceback (most recent call last):
        ...
    ValueError: scorer: expected log-probabilities of shape (B, V) = (2, 2), got (1, 2)
    """
    check_array("scorer", log_probs)
    if log_probs.shape != (B, V):
        raise ValueError(
            f"scorer: expected log-probabilities of shape (B, V) = ({B}, {V}), "
            f"got {log_probs.shape}"
        )
    check_log_probs("scorer", log_probs)


def check_tokens(name: str, tokens: Sequence[int] | IntArray, V: int) -> Ids:
    """Return tokens as an array of ids (N,), each in 0..V-1, or raise; there may be none.

    Examples
    --------
    >>> check_tokens("forbidden", [3, 1], V=4)
    array([3, 1])
    >>> check_tokens("forbidden", [4], V=4)
    Traceback (most recent call last):
        ...
    ValueError: forbidden: expected ids in 0..3, got 4
    """
    if isinstance(tokens, (list, tuple)):
        tokens = np.array([check_integer(name, token) for token in tokens], dtype=np.int64)
    check_array(name, tokens)
    ids = np.asarray(tokens)
    if ids.ndim != 1:
        raise ValueError(f"{name}: expected shape (N,), got {ids.shape}")
    if ids.size:
        check_ids(name, ids, V)
    return ids.astype(np.int64)


def check_prompt(prompt: Sequence[int] | IntArray, V: int) -> Ids:
    """Return a prompt as an array of ids (N,), at least one, each in 0..V-1, or raise.

    Examples
    --------
    >>> check_prompt([], V=4)
    Traceback (most recent call last):
        ...
    ValueError: prompt: expected at least one token, because only what follows one has a score
    """
    ids = check_tokens("prompt", prompt, V)
    if ids.size == 0:
        raise ValueError(
            "prompt: expected at least one token, because only what follows one has a score"
        )
    return ids


def check_prompts(prompts: IntArray, V: int) -> Ids:
    """Return B prompts of one length as an array of ids (N, B), each in 0..V-1, or raise.

    Examples
    --------
    >>> check_prompts(np.array([3, 1]), V=4)
    Traceback (most recent call last):
        ...
    ValueError: prompts: expected shape (N, B) with N >= 1 and B >= 1, got (2,)
    """
    check_array("prompts", prompts)
    if prompts.ndim != 2 or 0 in prompts.shape:
        raise ValueError(
            f"prompts: expected shape (N, B) with N >= 1 and B >= 1, got {prompts.shape}"
        )
    return check_ids("prompts", prompts, V).astype(np.int64)


def check_log_probs(name: str, log_probs: Array) -> Array:
    """Return a copy of log-probabilities (..., V) in float64, or raise if they are none.

    Examples
    --------
    >>> check_log_probs("log_probs", np.array([2.0, 1.0]))  # logits
    Traceback (most recent call last):
        ...
    ValueError: log_probs: expected logarithms of probabilities that sum to 1, got the sum 10.1
    """
    check_array(name, log_probs)
    if log_probs.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}: expected float32 or float64, got {log_probs.dtype}")
    if log_probs.ndim == 0 or log_probs.size == 0:
        raise ValueError(f"{name}: expected shape (..., V) with V >= 1, got {log_probs.shape}")
    array = log_probs.astype(np.float64)
    if not (array.max(axis=-1) < np.inf).all():  # false where the maximum is NaN
        raise ValueError(f"{name}: expected no NaN and no +infinity among the log-probabilities")
    with np.errstate(over="ignore"):
        sums = np.exp(array).sum(axis=-1)
    for bad in sums[np.abs(sums - 1) > OFF].flat:
        raise ValueError(
            f"{name}: expected logarithms of probabilities that sum to 1, got the sum {bad:.3g}"
        )
    return array
