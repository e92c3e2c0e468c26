"""An encoder-decoder, token by token: it writes a target for each of B given sources.

``course_pkg.models.translator`` answers the same for the PyTorch model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_size
from course_pkg.reference.checks import (
    Array,
    IntArray,
    check_cell,
    check_ids,
    check_lengths,
    check_named_tuple,
)
from course_pkg.reference.layers import attentional_state, embedding, linear
from course_pkg.reference.layers.attention import key_mask
from course_pkg.reference.layers.softmax import log_softmax
from course_pkg.reference.networks import encoder
from course_pkg.reference.networks.encoder_decoder import Params, check_model_params
from course_pkg.reference.networks.scorer import Cell


class State(NamedTuple):
    """All that B targets need to go on: a row of it may be copied or dropped at any time."""

    states: tuple[Array, ...]  # (B, H) each: h, and c for an LSTM
    memory: Array  # (S, B, H), what the encoder left
    lengths: IntArray  # (B,), of the sources
    weights: Array  # (B, S), where the last step looked: 0 before the first one
    total: Array  # (B, S), the sum of the weights of all steps


class Translator:
    """Read one token of each of B targets, and score what comes next.

    Parameters
    ----------
    params : Params
        Of :mod:`course_pkg.reference.networks.encoder_decoder`.
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    source : ndarray of integers, (S, B)
        The sources, read once, at the start.
    lengths : (B,) integers in 1..S, optional
        Number of valid steps of each source.

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> from course_pkg.reference.networks import encoder_decoder
    >>> params = encoder_decoder.start(gru, 9, 7, 4, 6, np.random.default_rng(0))
    >>> translator = Translator(params, gru, np.array([[3, 1], [5, 2], [8, 0]]), [3, 2])
    >>> log_probs, state = translator.step(np.array([0, 0]), translator.start(2))
    >>> log_probs.shape, translator.weights(state).round(2)
    ((2, 7), array([[0.35, 0.33, 0.33],
           [0.5 , 0.5 , 0.  ]]))
    """

    def __init__(
        self,
        params: Params,
        cell: Cell,
        source: IntArray,
        lengths: Sequence[int] | IntArray | None = None,
    ) -> None:
        check_cell(cell, ("GATES", "STATES", "Params", "forward", "step"))
        self.tokens = check_model_params(cell, params).sizes["V_y"]
        self.params, self.cell = params, cell
        if lengths is not None and getattr(source, "ndim", 0) == 2:
            lengths = check_lengths(lengths, *source.shape)
        (memory, *states), _ = encoder.forward(
            cell, source, params.source_embedding, params.encoder, source_lengths=lengths
        )
        S, B = source.shape
        self._read = State(
            states=tuple(states),
            memory=memory,
            lengths=np.full(B, S) if lengths is None else np.asarray(lengths),
            weights=np.zeros((B, S), memory.dtype),
            total=np.zeros((B, S), memory.dtype),
        )

    def start(self, B: int) -> State:
        """Return the states after reading the sources, and before the first token of the target.

        Raises
        ------
        ValueError
            If B is not the number of sources.
        """
        sources = len(self._read.lengths)
        if check_size("B", B) != sources:
            raise ValueError(f"B: expected {sources}, one target for each source, got {B}")
        return self.pick(self._read, np.arange(B))

    def step(self, ids: IntArray, state: State) -> tuple[Array, State]:
        """Read one token of each target.

        Parameters
        ----------
        ids : ndarray of integers in 0..V_y-1, (B,)
        state : State

        Returns
        -------
        log_probs : ndarray of float64, (B, V_y)
            The natural logarithm of the probability of every next token.
        state : State
            After reading; what was given is as it was.

        Notes
        -----
        Equation: eq-seq2seq, eq-attentional-state
        """
        check_named_tuple("state", state, State._fields)
        check_ids("ids", ids, self.tokens)
        B = len(state.lengths)
        if ids.shape != (B,):
            raise ValueError(f"ids: expected shape (B,) = ({B},) as in state, got {ids.shape}")
        params = self.params
        x, _ = embedding.forward_padded(ids[None], params.target_embedding, None)  # (1, B, E)
        after, _ = self.cell.step(x[0], *state.states, params.decoder)  # (B, H), or two of them
        after = after if isinstance(after, tuple) else (after,)
        state = state._replace(states=after)
        a = after[0]
        if params.W_c is not None:
            mask = key_mask(state.lengths, 1, len(state.memory))
            (a, weights), _ = attentional_state.forward(
                after[0][None], state.memory, params.attention, params.W_c, mask
            )  # one step: (1, B, H) and (1, B, S)
            a = a[0]
            state = state._replace(weights=weights[0], total=state.total + weights[0])
        logits, _ = linear.forward(a, params.readout)  # (B, V_y)
        return log_softmax(logits.astype(np.float64)), state

    def pick(self, state: State, rows: IntArray) -> State:
        """Return the states of these rows (K,): a row may come several times, or never."""
        check_named_tuple("state", state, State._fields)
        check_ids("rows", rows, len(state.lengths))
        return State(
            states=tuple(part[rows] for part in state.states),
            memory=state.memory[:, rows],
            lengths=state.lengths[rows],
            weights=state.weights[rows],
            total=state.total[rows],
        )

    def weights(self, state: State) -> Array | None:
        """Return where the last step looked, (B, S): None without attention, 0 before a step."""
        check_named_tuple("state", state, State._fields)
        return None if self.params.W_c is None else state.weights.copy()

    def coverage(self, state: State) -> Array:
        """Return how much of each source was looked at, (B,): 0 for all of it, else below 0.

        Raises
        ------
        TypeError
            If the model has no attention.

        Notes
        -----
        The sum over the valid source positions of ``log(min(sum of the weights so far, 1))``.

        Equation: eq-coverage

        Source: :cite:t:`wu2016`, equation 14.
        """
        check_named_tuple("state", state, State._fields)
        if self.params.W_c is None:
            raise TypeError("params: expected a model with attention: only that covers anything")
        valid = np.arange(state.total.shape[1]) < state.lengths[:, None]  # (B, S)
        with np.errstate(divide="ignore"):  # a position that was never looked at: -infinity
            logs = np.log(np.minimum(state.total.astype(np.float64), 1))
        total: Array = np.where(valid, logs, 0).sum(axis=1)
        return total
