"""How well a language model predicts a text: sums over its tokens, however it is cut to be read.

Every reader takes ``score(x, state) -> (log_probs, state)``: ids (T, B) and the state before
them, None at the start of a text, to natural log-probabilities (T, B, V) of what comes next, and
the state after them. Sums and counts add up; a mean of the batches' means would weigh a token by
the batch it happens to be in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_count, check_number, check_size
from course_pkg.reference.checks import Array, IntArray, check_array

Score = Callable[[IntArray, Any], tuple[Array, Any]]


def perplexity(nats: float) -> float:
    """Turn a mean cross-entropy in nats per symbol into a perplexity; NaN stays NaN.

    Notes
    -----
    Equation: eq-perplexity

    Examples
    --------
    >>> round(perplexity(math.log(10)), 6)  # as unsure as among 10 equal choices
    10.0
    """
    nats = _nats(nats)
    return math.inf if nats >= 700 else math.exp(nats)


def bits(nats: float) -> float:
    """Turn a mean cross-entropy in nats per symbol into bits per symbol; NaN stays NaN.

    Examples
    --------
    >>> bits(math.log(8))
    3.0
    """
    return _nats(nats) / math.log(2)


class Measured(NamedTuple):
    """What reading a text came to, as a sum and two counts.

    Examples
    --------
    >>> found = Measured(nats=4 * math.log(8), tokens=4, unknown=1)
    >>> round(found.perplexity, 6), round(found.bits_per_token, 6), found.unknown_share
    (8.0, 3.0, 0.25)
    >>> round(found.bits_per_character(6), 6)  # the four tokens are written with six characters
    2.0
    """

    nats: float  # the sum of -log p over the targets
    tokens: int  # how many targets: all tokens but the first of each text
    unknown: int = 0  # how many of them are the unknown token

    @property
    def mean(self) -> float:
        """Nats per token."""
        return self.nats / self.tokens

    @property
    def perplexity(self) -> float:
        """The number of equal choices among which one is as unsure."""
        return perplexity(self.mean)

    @property
    def bits_per_token(self) -> float:
        """Bits per token."""
        return bits(self.mean)

    @property
    def unknown_share(self) -> float:
        """The share of targets that the vocabulary does not know; predicting those is easy."""
        return self.unknown / self.tokens

    def bits_per_character(self, characters: int) -> float:
        """Return bits per character: comparable where the tokens differ, if none is unknown.

        Parameters
        ----------
        characters : int
            How many the targets are written with, spaces and line ends included.

        Notes
        -----
        Equation: eq-bits-per-character
        """
        return bits(self.nats) / check_size("characters", characters)


def log_probs_of(score: Score, ids: IntArray, *, at_once: int = 512) -> Array:
    """Read a text as one stream, and return the log-probability of each token but the first.

    Parameters
    ----------
    score, ids, at_once
        As in :func:`read_as_one_stream`, which adds them up.

    Returns
    -------
    ndarray of float64, (N - 1,)
        In nats.

    Notes
    -----
    Equation: eq-chain-rule

    Examples
    --------
    >>> thirds = lambda x, state: (np.full((*x.shape, 3), -np.log(3)), state)
    >>> log_probs_of(thirds, np.array([0, 2, 1])).round(4)
    array([-1.0986, -1.0986])
    """
    found, _ = _read(score, [_text("ids", ids)], [0], 1, at_once)
    return found


def read_as_one_stream(
    score: Score, ids: IntArray, *, at_once: int = 512, unknown: int | None = None
) -> Measured:
    """Read a text from its beginning to its end; the state is carried all the way.

    Parameters
    ----------
    score : callable
        See the head of this file.
    ids : ndarray of int, (N,)
        At least two; the first is read and not predicted.
    at_once : int
        Steps that are scored in one call. The result does not depend on it.
    unknown : int, optional
        The id of the unknown token, to count it.

    Returns
    -------
    Measured

    Raises
    ------
    TypeError, ValueError
        If the text is no row of two ids or more, or ``score`` returns no log-probabilities.

    Notes
    -----
    Equation: eq-chain-rule, eq-perplexity

    Examples
    --------
    >>> thirds = lambda x, state: (np.full((*x.shape, 3), -np.log(3)), state)
    >>> round(read_as_one_stream(thirds, np.array([0, 2, 1, 1])).perplexity, 6)
    3.0
    """
    return _sum(*_read(score, [_text("ids", ids)], [0], 1, at_once), unknown)


def read_in_windows(
    score: Score,
    ids: IntArray,
    window: int,
    *,
    batch: int = 32,
    stride: int | None = None,
    at_once: int = 64,
    unknown: int | None = None,
) -> Measured:
    """Read a text in windows, each from a state of zeros: the model forgets between them.

    Each target counts once: in the first window that reaches it, so with a ``stride`` below the
    window a target has at least ``window - stride`` tokens before it (or all that there are).

    Parameters
    ----------
    score, ids, at_once, unknown
        As in :func:`read_as_one_stream`.
    window : int
        Tokens that are read in a window; the last window may be shorter.
    batch : int
        Windows side by side. The result does not depend on it.
    stride : int in 1..window, optional
        Tokens between the beginnings of two windows; by default ``window``.

    Returns
    -------
    Measured

    Examples
    --------
    >>> def copies(x, state):  # sure that the token before the last comes again
    ...     before = np.zeros_like(x[:1]) if state is None else state
    ...     guess = np.concatenate([before, x])[:-1]
    ...     return np.log(0.1 + 0.7 * np.eye(3)[guess]), x[-1:]
    >>> ids = np.array([2, 1, 2, 1, 2, 1, 2])
    >>> [round(read_in_windows(copies, ids, window).mean, 3) for window in (2, 3, 6)]
    [1.263, 0.916, 0.57]
    >>> round(read_in_windows(copies, ids, 2, stride=1).mean, 3)
    0.57
    """
    ids = _text("ids", ids)
    size, step = check_size("window", window), window
    if stride is not None:
        step = check_size("stride", stride)
        if step > size:
            raise ValueError(f"stride: expected an integer in 1..window = {size}, got {step}")
    targets = len(ids) - 1
    starts = range(0, max(targets - size, 0) + step, step)  # the last one reaches the end
    pieces = [ids[start : start + size + 1] for start in starts]
    counted_from = [0] + [size - step] * (len(pieces) - 1)
    return _sum(*_read(score, pieces, counted_from, batch, at_once), unknown)


def read_texts(
    score: Score,
    texts: Sequence[IntArray],
    *,
    batch: int = 32,
    at_once: int = 64,
    unknown: int | None = None,
) -> Measured:
    """Read texts that have nothing to do with each other, each from a state of zeros.

    Parameters
    ----------
    score, at_once, unknown
        As in :func:`read_as_one_stream`. Shorter texts are padded behind their end; that the
        score of a token does not depend on what comes later is what makes this right.
    texts : sequence of ndarrays of int, (N_b,)
        At least two ids each: the first of each is not predicted.
    batch : int
        Texts side by side. The result does not depend on it.

    Returns
    -------
    Measured

    Examples
    --------
    >>> thirds = lambda x, state: (np.full((*x.shape, 3), -np.log(3)), state)
    >>> read_texts(thirds, [np.array([0, 2]), np.array([1, 1, 0])]).tokens
    3
    """
    if isinstance(texts, (str, np.ndarray)) or not isinstance(texts, Sequence):
        raise TypeError(f"texts: expected a list of arrays, got {type(texts).__name__}")
    if not texts:
        raise ValueError("texts: expected at least one text, got none")
    pieces = [_text(f"texts[{n}]", text) for n, text in enumerate(texts)]
    # By length: then little of a batch is padding.
    pieces.sort(key=len)
    return _sum(*_read(score, pieces, [0] * len(pieces), batch, at_once), unknown)


def _read(
    score: Score,
    pieces: Sequence[IntArray],
    counted_from: Sequence[int],
    batch: int,
    at_once: int,
) -> tuple[Array, IntArray]:
    """Read pieces side by side; return log-probabilities and ids of the targets that count.

    Of each piece, these are the targets from ``counted_from`` on.
    """
    check_size("batch", batch)
    check_size("at_once", at_once)
    found, targets = [], []  # a row of each for every call
    for first in range(0, len(pieces), batch):
        group = pieces[first : first + batch]
        longest = max(map(len, group))
        ids = np.stack(
            [np.pad(piece, (0, longest - len(piece)), "edge") for piece in group], axis=1
        )
        ends = np.array([len(piece) - 1 for piece in group])  # (B,)
        steps = np.arange(longest - 1)[:, None]  # (T, 1)
        counts = (steps >= np.array(counted_from[first : first + batch])) & (steps < ends)
        state = None
        for start in range(0, longest - 1, at_once):
            window = slice(start, min(start + at_once, longest - 1))
            x, y, counted = ids[window], ids[1:][window], counts[window]  # (T, B) each
            log_probs, state = score(x, state)
            picked = _picked(log_probs, y)  # (T, B)
            found.append(picked[counted])
            targets.append(y[counted])
    return np.concatenate(found), np.concatenate(targets)


def _sum(found: Array, targets: IntArray, unknown: int | None) -> Measured:
    # fsum rounds once, at its end: the order of the terms, and so the batch size, does not matter.
    nats = -math.fsum(found.tolist())
    if unknown is None:
        return Measured(nats, len(targets))
    return Measured(nats, len(targets), int((targets == check_count("unknown", unknown)).sum()))


def _picked(log_probs: Array, y: IntArray) -> Array:
    """Return the log-probabilities of the targets (T, B), in float64."""
    check_array("score", log_probs)
    if log_probs.dtype.kind != "f" or log_probs.ndim != 3 or log_probs.shape[:2] != y.shape:
        raise ValueError(
            f"score: expected log-probabilities (T, B, V) with (T, B) = {y.shape}, "
            f"got {log_probs.dtype} {log_probs.shape}"
        )
    V = log_probs.shape[2]
    if int(y.max()) >= V:
        raise ValueError(f"ids: expected ids in 0..{V - 1}, got {int(y.max())}")
    # One step is enough to tell them from logits. A model that has gone wrong may give NaN.
    with np.errstate(over="ignore"):
        total = np.exp(log_probs[0].astype(np.float64)).sum(axis=1)  # (B,)
    for wrong in total[np.abs(total - 1) > 1e-3]:
        raise ValueError(
            f"score: expected log-probabilities, whose exp adds up to 1, got a sum of {wrong:.4g}"
        )
    picked: Array = np.take_along_axis(log_probs, y[:, :, None], axis=2)[:, :, 0]
    return picked.astype(np.float64)


def _text(name: str, ids: IntArray) -> IntArray:
    check_array(name, ids)
    if ids.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got {ids.dtype}")
    if ids.ndim != 1 or len(ids) < 2:
        raise ValueError(f"{name}: expected shape (N,) with N >= 2, got {ids.shape}")
    if int(ids.min()) < 0:
        raise ValueError(f"{name}: expected ids of at least 0, got {int(ids.min())}")
    return ids.astype(np.int64)


def _nats(nats: float) -> float:
    """Check a cross-entropy; where a model has gone wrong, it may be NaN."""
    if isinstance(nats, (float, np.floating)) and math.isnan(nats):
        return math.nan
    return check_number("nats", nats, "[0, inf]")
