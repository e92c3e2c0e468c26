"""Naive Bayes: classify a text by its words alone, as if each were drawn by itself.

Which words stand in a text counts, and how often; where they stand does not. So it cannot know
that "not good, bad" and "not bad, good" differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_integer, check_number
from course_pkg.reference.baselines.texts import check_text, numbered
from course_pkg.reference.layers.softmax import log_softmax

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NaiveBayes:
    """A multinomial naive Bayes classifier; make one with :meth:`fit`.

    Parameters
    ----------
    number : dict of str to int
        Of each word of the training texts.
    log_prior : ndarray of float64, (C,)
        Of each class: how frequent it is.
    log_p : ndarray of float64, (C, V)
        Of each word in the texts of each class.
    """

    number: dict[str, int]
    log_prior: Floats
    log_p: Floats

    @classmethod
    def fit(
        cls, texts: Sequence[Sequence[str]], labels: Sequence[int], *, smoothing: float = 1.0
    ) -> NaiveBayes:
        """Count the words of each class.

        Parameters
        ----------
        texts : list of B lists of words
        labels : list of B integers
            Classes 0..C-1; each of them has a text.
        smoothing : float above 0
            Added to each count, so that a word never seen with a class does not rule it out.

        Returns
        -------
        NaiveBayes

        Raises
        ------
        TypeError, ValueError
            If these are no lists of the same length, at least 1, or a class has no text.

        Notes
        -----
        ``p(v | c) = (n_cv + s) / (n_c + s V)``, where the texts of class c hold the word v
        ``n_cv`` times, of ``n_c`` words.

        Source: :cite:t:`manning2008`, section 13.2.

        Examples
        --------
        >>> model = NaiveBayes.fit([["good", "film"], ["bad", "film"]], [1, 0])
        >>> model.predict(["good", "good", "bad"])
        1
        """
        s = check_number("smoothing", smoothing, "(0, inf)")
        if not isinstance(texts, (list, tuple)):
            raise TypeError(f"texts: expected a list of texts, got {type(texts).__name__}")
        if not texts:
            raise ValueError("texts: expected at least one, got none")
        if len(labels) != len(texts):
            raise ValueError(
                f"labels: expected {len(texts)} of them, one for each text, got {len(labels)}"
            )
        classes = np.array([check_integer("labels", label) for label in labels])
        C = int(classes.max()) + 1
        found = np.bincount(classes, minlength=C) if classes.min() >= 0 else np.zeros(1)
        if not found.all():
            raise ValueError(f"labels: expected all of 0..{C - 1}, got {sorted(set(labels))}")
        words = numbered("texts", texts)
        counts = np.zeros((C, len(words.number)))
        np.add.at(counts, (np.repeat(classes, words.lengths), words.ids), 1)
        log_p = np.log(counts + s) - np.log((counts + s).sum(axis=1, keepdims=True))
        return cls(words.number, np.log(found / found.sum()), log_p)

    def log_probabilities(self, text: Sequence[str]) -> Floats:
        """Return how probable each class is, given the words of a text.

        Parameters
        ----------
        text : list of words
            Words that no training text had are passed over.

        Returns
        -------
        ndarray of float64, (C,)

        Notes
        -----
        ``log p(c | text) = log p(c) + sum_t log p(x_t | c) - log Z``. Words go together, and are
        counted as if they did not: these probabilities lie much too near 0 and 1.

        Source: :cite:t:`manning2008`, section 13.2.

        Examples
        --------
        >>> model = NaiveBayes.fit([["good", "film"], ["bad", "film"]], [1, 0])
        >>> np.exp(model.log_probabilities(["good"])).round(3)
        array([0.333, 0.667])
        """
        ids = [self.number[word] for word in check_text("text", text) if word in self.number]
        return np.asarray(log_softmax(self.log_prior + self.log_p[:, ids].sum(axis=1)))

    def predict(self, text: Sequence[str]) -> int:
        """Return the most probable class; of several, the first.

        Parameters
        ----------
        text : list of words

        Returns
        -------
        int in 0..C-1
        """
        return int(self.log_probabilities(text).argmax())
