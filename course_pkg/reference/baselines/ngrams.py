"""Interpolated Kneser-Ney: an n-gram model that counts, and says what it does not know.

A k-gram is a context h of k - 1 tokens and the token w behind it. In each context we take a little,
D, from every count. What we took goes to the model with the shorter context h', which is h without
its first token::

    p_k(w | h) = (max(c(h w) - D, 0) + D m(h) p_{k-1}(w | h')) / c(h)

Here c(h) is the sum of c(h w) over all w, m(h) is how many different w were counted behind h, and
below the unigrams stands p_0 = 1 / V. In a context that was never counted, p_k = p_{k-1}.

The idea of Kneser and Ney is in the counts. At the highest order, c(h w) is how often h w occurs.
Below it, c(h w) is *after how many different tokens* h w occurs. "Francisco" may be frequent, but
it follows "San" alone: where the longer context knows nothing, it is an unlikely guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from course_pkg.checks import check_size
from course_pkg.reference.baselines.counts import Ids, Level, count, id_row, numbers
from course_pkg.reference.checks import Array, IntArray, check_array, check_ids


@dataclass(frozen=True, eq=False)
class KneserNey:
    """An n-gram model; make one with :meth:`fit`.

    It is also a scorer, as decoding wants it: :meth:`start`, :meth:`step`, :meth:`pick`.

    Parameters
    ----------
    tokens : int
        V, the size of the vocabulary.
    levels : tuple of Level
        The counts of the 1-grams, 2-grams and so on, up to the order of the model.
    discounts : tuple of float
        What to take from each count, D, for each level.

    Notes
    -----
    Source: :cite:t:`kneser1995`; interpolated as here: :cite:t:`chen1999`.
    """

    tokens: int
    levels: tuple[Level, ...]
    discounts: tuple[float, ...]

    @classmethod
    def fit(cls, ids: IntArray, V: int, *, order: int = 5) -> KneserNey:
        """Count the n-grams of a text.

        Parameters
        ----------
        ids : ndarray of integers in 0..V-1, (N,)
            The text.
        V : int
            The size of the vocabulary; tokens that the text lacks get a probability, too.
        order : int
            The length of the longest n-grams: 1 for unigrams, which look at no context.

        Returns
        -------
        KneserNey

        Examples
        --------
        >>> KneserNey.fit(np.array([0, 1, 0, 1, 0, 2]), V=4, order=2).discounts
        (0.5, 0.2)
        """
        levels = count(ids, V, order)
        return cls(int(V), levels, tuple(discount(level.counts) for level in levels))

    def log_probs(self, ids: IntArray) -> Array:
        """Score a text: the log-probability of each token but the first, given all before it.

        Parameters
        ----------
        ids : ndarray of integers in 0..V-1, (N,)

        Returns
        -------
        ndarray of float64, (N - 1,)
            In nats. The first tokens have short contexts, so shorter n-grams score them.

        Notes
        -----
        Equation: eq-kneser-ney

        Examples
        --------
        >>> text = np.array([0, 1, 0, 1, 0, 2])
        >>> model = KneserNey.fit(text, V=4, order=2)
        >>> np.exp(model.log_probs(text[:3])).round(4)  # of 1 after 0, of 0 after 1
        array([0.6389, 0.9292])
        """
        text = id_row("ids", ids, self.tokens)
        grams = numbers(self.levels, text, self.tokens)
        p = np.full(len(text), 1 / self.tokens)  # (N,)
        for k, level in enumerate(self.levels, 1):
            D = self.discounts[k - 1]
            kept = np.maximum(level.counts[grams[k]] - D, 0)  # (N - k + 1,)
            p[k - 1 :] = _mixed(level, D, grams[k - 1][:-1], kept, p[k - 1 :])
        log_p: Array = np.log(p[1:])
        return log_p

    def distribution(self, context: IntArray) -> Array:
        """Return the probability of every next token.

        Parameters
        ----------
        context : ndarray of integers in 0..V-1, (M,)
            What was read so far, of any length; M = 0 for nothing.

        Returns
        -------
        ndarray of float64, (V,)
            All above 0; they sum to 1.

        Examples
        --------
        >>> model = KneserNey.fit(np.array([0, 1, 0, 1, 0, 2]), V=4, order=2)
        >>> model.distribution(np.array([0])).round(4)  # token 3 was never seen
        array([0.0389, 0.6389, 0.3056, 0.0167])
        """
        check_array("context", context)
        empty = context.ndim == 1 and context.size == 0
        row = np.zeros(0, np.int64) if empty else id_row("context", context, self.tokens)
        p: Array = self._distributions(self._recent(row[None]))[0]  # (V,)
        return p

    def start(self, B: int) -> Ids:
        """Return the state of B sequences of which nothing was read: a context without tokens.

        Returns
        -------
        ndarray of int64, (B, 0)
            Later states are (B, M) with M below the order.

        Examples
        --------
        >>> KneserNey.fit(np.array([0, 1, 0]), V=2).start(3).shape
        (3, 0)
        """
        return np.zeros((check_size("B", B), 0), np.int64)

    def step(self, ids: IntArray, state: IntArray) -> tuple[Array, Ids]:
        """Read one token of each sequence and score the next ones.

        Parameters
        ----------
        ids : ndarray of integers in 0..V-1, (B,)
        state : ndarray of int64, (B, M)
            What :meth:`start`, :meth:`step` or :meth:`pick` returned.

        Returns
        -------
        log_probs : ndarray of float64, (B, V)
        state : ndarray of int64, (B, min(M + 1, order - 1))

        Examples
        --------
        >>> model = KneserNey.fit(np.array([0, 1, 0, 1, 0, 2]), V=4, order=2)
        >>> log_probs, state = model.step(np.array([0, 1]), model.start(2))
        >>> np.exp(log_probs).argmax(axis=1), state.ravel()
        (array([1, 0]), array([0, 1]))
        """
        row = id_row("ids", ids, self.tokens)
        check_array("state", state)
        if state.ndim != 2 or len(state) != len(row):
            raise ValueError(
                f"state: expected shape (B, M) with B = {len(row)} as in ids, got {state.shape}"
            )
        if state.size:  # at the start there are no ids in it
            check_ids("state", state, self.tokens)
        state = self._recent(np.concatenate([state.astype(np.int64), row[:, None]], axis=1))
        return np.log(self._distributions(state)), state

    def pick(self, state: IntArray, rows: IntArray) -> IntArray:
        """Return the states of some of the sequences, in any order and as often as wanted.

        Parameters
        ----------
        state : ndarray of int64, (B, M)
        rows : ndarray of integers in 0..B-1, (K,)

        Returns
        -------
        ndarray of int64, (K, M)

        Examples
        --------
        >>> model = KneserNey.fit(np.array([0, 1, 0]), V=2)
        >>> model.pick(np.array([[0], [1]]), np.array([1, 1, 0])).ravel()
        array([1, 1, 0])
        """
        check_array("state", state)
        return state[id_row("rows", rows, len(state))]

    def _recent(self, ids: Ids) -> Ids:
        """Keep the tokens that the longest n-grams look at, the last ``order - 1``."""
        return ids[:, max(0, ids.shape[1] - len(self.levels) + 1) :]

    def _distributions(self, contexts: Ids) -> Array:
        """Return the probabilities (B, V) behind contexts (B, M) with M below the order."""
        B, M = contexts.shape
        V = self.tokens
        grams = numbers(self.levels, contexts, V)
        p = np.full((B, V), 1 / V)
        for k, level in enumerate(self.levels[: M + 1], 1):
            D = self.discounts[k - 1]
            h = grams[k - 1][:, -1:]  # (B, 1), the last k - 1 tokens
            kept = np.zeros((B, V))
            for b, (low, high) in enumerate(np.searchsorted(level.keys, h * V + [0, V])):
                w = level.keys[low:high] - h[b] * V  # the tokens seen behind h
                kept[b, w] = np.maximum(level.counts[low:high] - D, 0)
            p = _mixed(level, D, h, kept, p)
        return p


def discount(counts: IntArray) -> float:
    """Return how much to take from each count, D = n1 / (n1 + 2 n2).

    Parameters
    ----------
    counts : ndarray of integers, (K,)
        n1 of them are 1 and n2 are 2.

    Returns
    -------
    float, between 0 and 1
        1/2 where n1 or n2 is 0. The formula would give 0, so that nothing is left for what was
        never seen, or 1, so that nothing is left of what was seen once.

    Notes
    -----
    Source: :cite:t:`ney1994`.

    Examples
    --------
    >>> discount(np.array([1, 1, 2, 5])), discount(np.array([1, 1, 5]))
    (0.5, 0.5)
    >>> discount(np.array([1, 2, 2, 2]))
    0.14285714285714285
    """
    n1, n2 = int((counts == 1).sum()), int((counts == 2).sum())
    return n1 / (n1 + 2 * n2) if n1 and n2 else 0.5


def _mixed(level: Level, D: float, h: Ids, kept: Array, p: Array) -> Array:
    """Mix what is left of the counts with the probabilities of the lower order."""
    total = level.totals[h]
    mixed = (kept + D * level.kinds[h] * p) / np.maximum(total, 1)
    return np.where(total > 0, mixed, p)
