"""The simplest scorer: a table that gives, for each token, the distribution of the next."""

from __future__ import annotations

from course_pkg.decoding.scorer import check_log_probs
from course_pkg.reference.checks import Array, IntArray


class Table:
    """A Markov chain as a scorer; a model to try decoding on, with probabilities that one knows.

    Parameters
    ----------
    log_probs : ndarray, (V, V)
        Row i holds the log-probabilities of the token after token i.

    Examples
    --------
    >>> import numpy as np
    >>> table = Table(np.log([[0.1, 0.9], [0.8, 0.2]]))
    >>> log_probs, state = table.step(np.array([1]), table.start(1))
    >>> np.exp(log_probs).round(3)
    array([[0.8, 0.2]])
    """

    def __init__(self, log_probs: Array) -> None:
        self._log_probs = check_log_probs("log_probs", log_probs)
        if log_probs.ndim != 2 or log_probs.shape[0] != log_probs.shape[1]:
            raise ValueError(f"log_probs: expected shape (V, V), got {log_probs.shape}")
        self.tokens = len(log_probs)

    def start(self, B: int) -> None:
        """Return no state: the last token is all that the table asks for."""

    def step(self, ids: IntArray, state: None) -> tuple[Array, None]:
        """Look up the rows of ``ids``."""
        return self._log_probs[ids], None

    def pick(self, state: None, rows: IntArray) -> None:
        """Return no state."""
