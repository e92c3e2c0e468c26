"""A language model, token by token: what the decoders of ``course_pkg.decoding`` ask a model for.

``course_pkg.models.scorer`` answers the same for the PyTorch model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from course_pkg.checks import check_size
from course_pkg.reference.checks import Array, IntArray, check_cell, check_ids
from course_pkg.reference.layers import linear
from course_pkg.reference.layers.softmax import log_softmax
from course_pkg.reference.networks.language_model import Params, check_model_params
from course_pkg.reference.networks.stack import Cell as CellOfSequences

State = tuple[Array, ...]  # (B, H) each: h, and c for an LSTM


class Cell(CellOfSequences, Protocol):
    """``rnn``, ``gru`` or ``lstm``: here one step is taken at a time."""

    step: Callable[..., Any]


class Scorer:
    """Read one token of each of B sequences, and score what comes next.

    Parameters
    ----------
    params : Params
        Of :mod:`course_pkg.reference.networks.language_model`.
    cell : module
        ``rnn``, ``gru`` or ``lstm``.

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> from course_pkg.reference.networks import language_model
    >>> params = language_model.start(gru, 30, 8, 16, np.random.default_rng(0))
    >>> scorer = Scorer(params, gru)
    >>> log_probs, state = scorer.step(np.array([3, 1]), scorer.start(2))
    >>> log_probs.shape, bool(np.allclose(np.exp(log_probs).sum(axis=1), 1))
    ((2, 30), True)
    """

    def __init__(self, params: Params, cell: Cell) -> None:
        check_cell(cell, ("GATES", "STATES", "Params", "step"))
        sizes = check_model_params(cell, params).sizes
        self.params, self.cell = params, cell
        self.tokens, self._hidden = sizes["V"], sizes["H"]

    def start(self, B: int) -> State:
        """Return the states before the first token: zeros, (B, H) each."""
        shape, dtype = (check_size("B", B), self._hidden), self.params.embedding.dtype
        return tuple(np.zeros(shape, dtype) for _ in self.cell.STATES)

    def step(self, ids: IntArray, state: State) -> tuple[Array, State]:
        """Read one token of each sequence.

        Parameters
        ----------
        ids : ndarray of integers in 0..V-1, (B,)
        state : tuple of ndarrays, (B, H)

        Returns
        -------
        log_probs : ndarray of float64, (B, V)
            The natural logarithm of the probability of every next token.
        state : tuple of ndarrays, (B, H)
            After reading; what was given is as it was.

        Notes
        -----
        Equation: eq-language-model
        """
        check_ids("ids", ids, self.tokens)
        if ids.ndim != 1:
            raise ValueError(f"ids: expected shape (B,), got {ids.shape}")
        if len(state) != len(self.cell.STATES):
            expected = ", ".join(self.cell.STATES)
            raise TypeError(f"state: expected {expected}, got {len(state)} arrays")
        x = self.params.embedding[ids]  # (B, E)
        after, _ = self.cell.step(x, *state, self.params.cell)  # (B, H), or two of them
        after = after if isinstance(after, tuple) else (after,)
        logits, _ = linear.forward(after[0], self.params.readout)  # (B, V)
        return log_softmax(logits.astype(np.float64)), after

    def pick(self, state: State, rows: IntArray) -> State:
        """Return the states of these rows, (K, H) each: a row may come several times, or never."""
        check_ids("rows", rows, len(state[0]))
        return tuple(part[rows] for part in state)
