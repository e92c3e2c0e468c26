"""A sequence-to-sequence model that writes: what the decoders of ``course_pkg.decoding`` ask for.

``course_pkg.reference.networks.translator`` answers the same for the NumPy model.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from course_pkg.checks import check_integer
from course_pkg.models.checks import Lengths
from course_pkg.models.decoder import DecoderState, Memory
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.weights import in_evaluation
from course_pkg.reference.checks import check_ids

Ids = npt.NDArray[np.integer[Any]]
Array = npt.NDArray[np.float64]


class Writing(NamedTuple):
    """The state of B targets: where each is, and what it may know of its source."""

    decoder: DecoderState
    memory: Memory
    origin: npt.NDArray[np.int64]  # (B,), which source each target belongs to
    seen: Tensor | None  # (B, S) in float64, all its weights so far added up


class Translator:
    """Write a target for each of B sources, token by token.

    Nothing is dropped and no gradient is kept, whatever mode the model is in; its mode stays.

    Parameters
    ----------
    model : Seq2Seq
        On any device.
    source : Tensor of integers, (S, B)
        On the model's device.
    lengths : (B,) integers in 1..S, optional

    Notes
    -----
    The prompt of each target is the token that stands before a text. The sources are read once,
    with the weights that the model has then.

    Examples
    --------
    >>> model = Seq2Seq(source_tokens=9, target_tokens=7, embedding=4, hidden=6)
    >>> writer = Translator(model, torch.zeros(5, 2, dtype=torch.long), [5, 2])
    >>> log_probs, state = writer.step(np.array([0, 0]), writer.start(2))
    >>> log_probs.shape, bool(np.allclose(np.exp(log_probs).sum(axis=1), 1))
    ((2, 7), True)
    >>> writer.weights(state).shape
    (2, 5)
    """

    def __init__(self, model: Seq2Seq, source: Tensor, lengths: Lengths | None = None) -> None:
        if not isinstance(model, Seq2Seq):
            raise TypeError(f"model: expected a Seq2Seq, got {type(model).__name__}")
        self.model = model
        with torch.inference_mode(), in_evaluation(model):
            memory = model.encode(source, lengths)
            seen = (
                None if memory.keys is None else torch.zeros_like(memory.mask, dtype=torch.double)
            )
            origin = np.arange(len(memory.mask))
            self._first = Writing(model.decoder.begin(memory), memory, origin, seen)
        self.tokens: int = memory.tokens

    def start(self, B: int) -> Writing:
        """Return the states before the first token; B is the number of sources."""
        sources = len(self._first.memory.mask)
        if check_integer("B", B) != sources:
            raise ValueError(f"B: expected {sources}, one target for each source, got {B}")
        return self._first

    def step(self, ids: Ids, state: Writing) -> tuple[Array, Writing]:
        """Read one token of each target.

        Parameters
        ----------
        ids : ndarray of integers in 0..V-1, (B,)
        state : Writing

        Returns
        -------
        log_probs : ndarray of float64, (B, V)
            The natural logarithm of the probability of every next token.
        state : Writing
            After reading; what was given is as it was.
        """
        check_ids("ids", ids, self.tokens)
        decoder, memory, origin, seen = state
        if ids.shape != origin.shape:
            raise ValueError(f"ids: expected shape (B,) = {origin.shape}, got {ids.shape}")
        given = torch.from_numpy(ids.astype(np.int64)).to(memory.mask.device)
        with torch.inference_mode(), in_evaluation(self.model):
            log_probs, decoder = self.model.step(given, decoder, memory, dtype=torch.double)
            if seen is not None and decoder.weights is not None:
                seen = seen + decoder.weights
            return log_probs.cpu().numpy(), Writing(decoder, memory, origin, seen)

    def pick(self, state: Writing, rows: Ids) -> Writing:
        """Return the states of these rows: a row may come several times, or never.

        The memory is large, and stays where it is as long as each row keeps its source.
        """
        decoder, memory, origin, seen = state
        check_ids("rows", rows, len(origin))
        device = memory.mask.device
        index = torch.from_numpy(rows.astype(np.int64)).to(device)
        with torch.inference_mode():
            decoder = DecoderState(
                tuple(part[:, index] for part in decoder.cell),
                _rows(decoder.fed, index),
                _rows(decoder.weights, index),
            )
            kept, origin = origin, origin[rows]
            if not np.array_equal(kept, origin):
                memory = self._memory(torch.from_numpy(origin).to(device))
            return Writing(decoder, memory, origin, _rows(seen, index))

    def _memory(self, origin: Tensor) -> Memory:
        """Return the memory of these sources."""
        whole = self._first.memory
        return Memory(
            whole.memory[:, origin],
            _rows(whole.keys, origin),
            whole.mask[origin],
            (),  # only a first step begins there
            whole.source[:, origin],
            whole.tokens,
        )

    def weights(self, state: Writing) -> Array | None:
        """Return where each target looked at its last step, (B, S); None without attention."""
        found = state.decoder.weights
        return None if found is None else found.double().cpu().numpy()

    def coverage(self, state: Writing) -> Array:
        """Say how far each target has looked at all of its source, (B,): at most 0.

        Notes
        -----
        For every source token the logarithm of the attention that it got in all, where more than
        1 counts as 1; added up.

        Equation: eq-coverage

        Source: :cite:t:`wu2016`.
        """
        if state.seen is None:
            raise TypeError("model: expected one with attention: without it nothing is covered")
        logs = state.seen.clamp(max=1).log().masked_fill(~state.memory.mask, 0)
        return logs.sum(dim=1).cpu().numpy()


def _rows(tensor: Tensor | None, index: Tensor) -> Tensor | None:
    """Return some rows of a tensor (B, ...)."""
    return None if tensor is None else tensor[index]
