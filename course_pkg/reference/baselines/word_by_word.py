"""IBM Model 1: learn from pairs of sentences which word translates which; nobody aligns the words.

The model tells how a target f of m words comes from a source e of l words. Each word of f comes
from one word of e, or from the empty word e_0, and each of these l + 1 is as likely as the other::

    p(f | e) = product over j of  (1 / (l + 1))  sum over i = 0..l of  t(f_j | e_i)

The table t is learned by expectation and maximisation. If one knew where each f_j came from, one
would count pairs of words and divide. One does not, so each f_j is shared among the words of its
own source in proportion to the present t; then one counts the shares and divides. Each pass makes
the training text more likely, and for this model no start but zero leads to a worse end.

To translate, each source word becomes the word that it most often stands for, in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_size
from course_pkg.reference.baselines.texts import (
    Ids,
    Texts,
    check_same_number,
    check_text,
    numbered,
)

Floats = npt.NDArray[np.float64]
EMPTY = ""  # the word e_0, in front of each source


@dataclass(frozen=True, eq=False)
class WordByWord:
    """A dictionary with probabilities; make one with :meth:`fit`.

    Parameters
    ----------
    number : dict of str to int
        Of each source word; the empty word has 0.
    words : tuple of str
        The target words.
    starts : ndarray of int64, (V_x + 1,)
        The partners of source word ``k`` are those from ``starts[k]`` to ``starts[k + 1]``.
    partners : ndarray of int64, (K,)
        Places in ``words``; for each source word the most probable partner comes first.
    t : ndarray of float64, (K,)
        The probability t(f | e) of each partner.
    nats : tuple of float
        What a target word costs on average on the training text, before each pass.

    Notes
    -----
    Source: :cite:t:`brown1993`.
    """

    number: dict[str, int]
    words: tuple[str, ...]
    starts: Ids
    partners: Ids
    t: Floats
    nats: tuple[float, ...]

    @classmethod
    def fit(
        cls,
        sources: Sequence[Sequence[str]],
        targets: Sequence[Sequence[str]],
        *,
        passes: int = 30,
    ) -> WordByWord:
        """Learn the table from translated sentences.

        Parameters
        ----------
        sources, targets : lists of B lists of words
            The two at one place are translations of each other.
        passes : int
            How often to share, count and divide. Too few leave words that often stand together,
            like *hundred* and *and*, with the same partner.

        Returns
        -------
        WordByWord

        Raises
        ------
        TypeError, ValueError
            If these are no two lists of lists of words, of the same length, or there is no target
            word.

        Examples
        --------
        >>> sources = [["das", "haus"], ["das", "buch"], ["ein", "buch"]]
        >>> targets = [["the", "house"], ["the", "book"], ["a", "book"]]
        >>> model = WordByWord.fit(sources, targets)
        >>> model.translate(["ein", "haus", "."])
        ['a', 'house', '.']
        """
        check_same_number(sources, targets)
        check_size("passes", passes)
        right = numbered("targets", targets)
        if not right.ids.size:
            raise ValueError("targets: expected at least one word, got empty texts alone")
        left = _with_empty_word(numbered("sources", sources))
        V_x, V_y = len(left.number), len(right.number)
        links, per_word = _links(left, right)  # (L,), (M,)
        keys, link = np.unique(links, return_inverse=True)  # (K,), (L,)
        e, f = keys // V_y, keys % V_y
        firsts = np.cumsum(per_word) - per_word  # the first link of each target word
        t, nats = np.full(len(keys), 1 / V_y), []  # any constant leads to the same table
        for _ in range(passes):
            p = t[link]
            total = np.add.reduceat(p, firsts)  # (M,)
            nats.append(float(-np.log(total / per_word).mean()))
            shares = p / np.repeat(total, per_word)
            counts = np.bincount(link, shares, len(keys))
            t = counts / np.bincount(e, counts, V_x)[e]
        order = np.lexsort((f, -t, e))  # ties: the target word that was seen first
        starts = np.searchsorted(e, np.arange(V_x + 1))
        return cls(left.number, tuple(right.number), starts, f[order], t[order], tuple(nats))

    def translate(self, source: Sequence[str]) -> list[str]:
        """Put for each word its most probable partner; a word never seen stays as it is.

        Parameters
        ----------
        source : list of N words

        Returns
        -------
        list of N words
        """
        found = []
        for word in check_text("source", source):
            k = self.number.get(word)
            known = k is not None and self.starts[k] < self.starts[k + 1]
            found.append(self.words[self.partners[self.starts[k]]] if known else word)
        return found

    def partners_of(self, word: str) -> dict[str, float]:
        """Return t(f | e) of all target words that a source word was seen with.

        Parameters
        ----------
        word : str
            A source word, or ``""`` for the empty word.

        Returns
        -------
        dict of str to float
            The most probable first; they sum to 1. Empty if the word was never seen.

        Examples
        --------
        >>> model = WordByWord.fit([["das", "haus"], ["das"]], [["the", "house"], ["the"]])
        >>> max(model.partners_of("haus"), key=model.partners_of("haus").get)
        'house'
        """
        if not isinstance(word, str):
            raise TypeError(f"word: expected a word (str), got {type(word).__name__}")
        if word not in self.number:
            return {}
        k = self.number[word]
        row = slice(self.starts[k], self.starts[k + 1])
        names = [self.words[f] for f in self.partners[row]]
        return dict(zip(names, self.t[row].tolist(), strict=True))


def _with_empty_word(texts: Texts) -> Texts:
    """Put the empty word, with the number 0, in front of each text."""
    begins = np.cumsum(texts.lengths) - texts.lengths
    number = {EMPTY: 0} | {word: k + 1 for word, k in texts.number.items()}
    return Texts(number, np.insert(texts.ids + 1, begins, 0), texts.lengths + 1)


def _links(left: Texts, right: Texts) -> tuple[Ids, Ids]:
    """Link each target word with each word of its own source.

    Returns a number for each pair of words, e V_y + f, target word after target word, and how
    many links each target word has.
    """
    per_word = np.repeat(left.lengths, right.lengths)  # (M,), l + 1
    begins = np.repeat(np.cumsum(left.lengths) - left.lengths, right.lengths)  # (M,)
    firsts = np.cumsum(per_word) - per_word
    steps = np.arange(per_word.sum()) - np.repeat(firsts, per_word)  # (L,), 0..l
    e = left.ids[np.repeat(begins, per_word) + steps]
    return e * len(right.number) + np.repeat(right.ids, per_word), per_word
