"""Translate by looking it up: the translation of the training source that shares most words.

For two sets of words, the overlap is what they share divided by what they have together. Each word
has a weight: 1, which is Jaccard's index, or more the fewer training sources contain it::

    overlap(a, b) = w(a and b) / w(a or b),   w(v) = 1 + ln((1 + B) / (1 + B_v))

Here B_v of the B training sources contain the word v.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_flag
from course_pkg.reference.baselines.texts import Ids, check_same_number, check_text, numbered

Floats = npt.NDArray[np.float64]


class Neighbour(NamedTuple):
    """Which training pair it is, and how near."""

    pair: int  # 0..B-1
    overlap: float  # 0..1


@dataclass(frozen=True, eq=False)
class Nearest:
    """Training pairs in which one can look up; make one with :meth:`fit`.

    Parameters
    ----------
    targets : tuple of B lists of words
    number : dict of str to int
        Of each word of the sources.
    weights : ndarray of float64, (V + 1,)
        Of each word; the last one is for words never seen.
    totals : ndarray of float64, (B,)
        The weight of all words of each source together.
    found_in : ndarray of int64, (K,)
        For one word after the other, in which sources it stands.
    starts : ndarray of int64, (V + 1,)
        Those of word ``k`` stand from ``starts[k]`` to ``starts[k + 1]``.
    """

    targets: tuple[list[str], ...]
    number: dict[str, int]
    weights: Floats
    totals: Floats
    found_in: Ids
    starts: Ids

    @classmethod
    def fit(
        cls,
        sources: Sequence[Sequence[str]],
        targets: Sequence[Sequence[str]],
        *,
        rare_words_count_more: bool = True,
    ) -> Nearest:
        """Index the training sources by their words.

        Parameters
        ----------
        sources, targets : lists of B lists of words
            The two at one place are translations of each other.
        rare_words_count_more : bool
            Whether words have the weights above; with False each has the weight 1.

        Returns
        -------
        Nearest

        Raises
        ------
        TypeError, ValueError
            If these are no two lists of lists of words, of the same length, at least 1.

        Examples
        --------
        >>> sources = [["the", "cat", "sleeps"], ["the", "dog", "eats"]]
        >>> targets = [["le", "chat", "dort"], ["le", "chien", "mange"]]
        >>> Nearest.fit(sources, targets).translate(["a", "dog", "sleeps", "not", "eats"])
        ['le', 'chien', 'mange']
        """
        check_same_number(sources, targets)
        check_flag("rare_words_count_more", rare_words_count_more)
        kept = tuple(list(check_text(f"targets[{n}]", text)) for n, text in enumerate(targets))
        texts = numbered("sources", sources)
        B, V = len(texts.lengths), len(texts.number)
        keys = np.unique(texts.ids * B + np.repeat(np.arange(B), texts.lengths))  # a set each
        words, found_in = keys // B, keys % B
        found = np.append(np.bincount(words, minlength=V), 0)  # (V + 1,), B_v
        rare = 1 + np.log((1 + B) / (1 + found))
        weights: Floats = rare if rare_words_count_more else np.ones(V + 1)
        totals = np.bincount(found_in, weights[words], B).astype(np.float64, copy=False)
        starts = np.searchsorted(words, np.arange(V + 1))
        return cls(kept, texts.number, weights, totals, found_in, starts)

    def find(self, source: Sequence[str]) -> Neighbour:
        """Return the training pair whose source overlaps most; of several, the first one.

        Parameters
        ----------
        source : list of words

        Returns
        -------
        Neighbour
            The first pair, with an overlap of 0, if no training source shares a word.

        Examples
        --------
        >>> sources = [["the", "cat", "sleeps"], ["the", "dog", "eats"]]
        >>> model = Nearest.fit(sources, [[], []], rare_words_count_more=False)
        >>> model.find(["the", "dog", "sleeps", "eats"])  # 3 of 4 words
        Neighbour(pair=1, overlap=0.75)
        """
        words = set(check_text("source", source))
        ids = sorted(self.number[word] for word in words if word in self.number)
        own = self.weights[ids].sum() + (len(words) - len(ids)) * self.weights[-1]
        if not ids:
            return Neighbour(0, 0.0)
        rows = [self.found_in[self.starts[k] : self.starts[k + 1]] for k in ids]
        weights = np.repeat(self.weights[ids], [len(row) for row in rows])
        shared = np.bincount(np.concatenate(rows), weights, len(self.totals))  # (B,)
        overlap = shared / (own + self.totals - shared)
        best = int(overlap.argmax())
        return Neighbour(best, float(overlap[best]))

    def translate(self, source: Sequence[str]) -> list[str]:
        """Return the translation of the nearest training source.

        Parameters
        ----------
        source : list of words

        Returns
        -------
        list of words
        """
        return list(self.targets[self.find(source).pair])
