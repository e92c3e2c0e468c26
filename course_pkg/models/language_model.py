"""A language model: embedding, recurrent network, a score for every token that may come next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from course_pkg.checks import check_flag, check_number, check_size
from course_pkg.models.checks import check_id_range, check_id_tensor, check_layers
from course_pkg.models.dropped import drop, run_dropped
from course_pkg.models.recurrent import Recurrent, State
from course_pkg.reference.checks import Array, IntArray


class LanguageModel(nn.Module):
    """Read tokens and score, after each, what comes next.

    Parameters
    ----------
    tokens : int
        V, the size of the vocabulary.
    embedding : int
        The size of an embedding.
    cell, hidden, layers, backend, start
        As in :class:`course_pkg.models.recurrent.Recurrent`. One direction: the next token must
        not be read before it is predicted.
    tied : bool
        Whether the readout uses the embedding's matrix; ``embedding`` must equal ``hidden``.
    dropout : float in [0, 1)
        For ``dropout_in`` and ``dropout_out`` at once, in place of the two.
    dropout_in : float in [0, 1)
        Dropout on the embeddings.
    dropout_out : float in [0, 1)
        Dropout on the outputs of every layer: on their way to the next one, or to the readout.
    same_mask : bool
        Whether all steps of a call share one mask of each sequence; otherwise each step has its
        own. A call is a window of the text.
    weight_drop : float in [0, 1)
        Dropout on the entries of every W_hh: one mask a call, for all its steps and sequences.

    Notes
    -----
    Dropout acts in training mode only; its masks come from torch's generator.

    Equation: eq-language-model, eq-dropout

    Source: tied weights: :cite:t:`press2017`, :cite:t:`inan2017`; dropout that leaves the state
    alone: :cite:t:`zaremba2014`; one mask for all steps: :cite:t:`gal2016`; on W_hh:
    :cite:t:`merity2018`.

    Examples
    --------
    >>> import torch
    >>> model = LanguageModel(tokens=30, embedding=8, hidden=16)
    >>> logits, state = model(torch.zeros(5, 2, dtype=torch.long))
    >>> logits.shape, len(state), state[0].shape
    (torch.Size([5, 2, 30]), 2, torch.Size([1, 2, 16]))
    """

    def __init__(
        self,
        *,
        tokens: int,
        embedding: int = 64,
        cell: str = "lstm",
        hidden: int = 128,
        layers: int = 1,
        tied: bool = False,
        dropout: float = 0.0,
        dropout_in: float = 0.0,
        dropout_out: float = 0.0,
        same_mask: bool = False,
        weight_drop: float = 0.0,
        backend: str = "torch",
        start: str = "orthogonal",
    ) -> None:
        super().__init__()
        for name, size in (("tokens", tokens), ("embedding", embedding), ("hidden", hidden)):
            check_size(name, size)
        check_layers("layers", layers)
        rates = {
            "dropout": dropout, "dropout_in": dropout_in, "dropout_out": dropout_out,
            "weight_drop": weight_drop,
        }  # fmt: skip
        for name, rate in rates.items():
            check_number(name, rate, "[0, 1)")
        if dropout and (dropout_in or dropout_out):
            raise ValueError(
                "dropout: expected 0 beside dropout_in and dropout_out, which it stands for, "
                f"got {dropout}"
            )
        if check_flag("same_mask", same_mask) and not (dropout or dropout_in or dropout_out):
            raise ValueError(
                "same_mask: expected False without dropout_in or dropout_out, got True"
            )
        if check_flag("tied", tied) and embedding != hidden:
            raise ValueError(
                f"embedding: expected hidden = {hidden} for tied weights, got {embedding}"
            )
        self.settings: dict[str, Any] = {
            "tokens": tokens, "embedding": embedding, "cell": cell, "hidden": hidden,
            "layers": layers, "tied": tied, **rates, "same_mask": same_mask, "backend": backend,
            "start": start,
        }  # fmt: skip
        self.embedding = nn.Embedding(tokens, embedding)
        nn.init.normal_(self.embedding.weight, std=embedding**-0.5)
        self.recurrent = Recurrent(
            cell, embedding, hidden, num_layers=layers, backend=backend, start=start
        )
        self.dropout_in, self.dropout_out = dropout or dropout_in, dropout or dropout_out
        self.same_mask, self.weight_drop = same_mask, weight_drop
        self.readout = nn.Linear(hidden, tokens)
        if tied:
            self.readout.weight = self.embedding.weight

    def forward(self, ids: Tensor, state: State = ()) -> tuple[Tensor, State]:
        """Score the next token at every step.

        Parameters
        ----------
        ids : Tensor of integers in 0..V-1, (T, B)
        state : tuple of Tensors, (L, B, H)
            What an earlier call returned, to read on; empty at the start of a text.

        Returns
        -------
        logits : Tensor, (T, B, V)
        state : tuple of Tensors, (L, B, H)
        """
        check_id_tensor("ids", ids)
        check_id_range("ids", ids, self.embedding.num_embeddings)
        x = self.embedding(ids)  # (T, B, E)
        if not self.training:
            y, state = self.recurrent(x, state)  # (T, B, H)
        else:
            same = self.same_mask
            x = drop(x, self.dropout_in, same_mask=same)
            if self.weight_drop or (self.dropout_out and self.recurrent.states > 1):
                y, state = run_dropped(
                    self.recurrent, x, state,
                    between=self.dropout_out, same_mask=same, weight_drop=self.weight_drop,
                )  # fmt: skip
            else:
                y, state = self.recurrent(x, state)  # (T, B, H)
            y = drop(y, self.dropout_out, same_mask=same)
        logits: Tensor = self.readout(y)  # (T, B, V)
        return logits, state


def score_of(
    model: nn.Module, device: torch.device | None = None
) -> Callable[[IntArray, Any], tuple[Array, Any]]:
    """Return a language model as the readers of :mod:`course_pkg.metrics.language` want it.

    Parameters
    ----------
    model : Module
        A :class:`LanguageModel`, or another that takes ``(ids, state)`` and returns logits
        (T, B, V) and the state. It is used in the mode that it is in: call ``eval()`` before.
    device : torch.device, optional
        Where the model is; the CPU by default.

    Returns
    -------
    callable
        Ids (T, B) and a state to log-probabilities (T, B, V) in float64 and the next state.

    Examples
    --------
    >>> from course_pkg.metrics.language import read_as_one_stream
    >>> model = LanguageModel(tokens=30, hidden=16).eval()
    >>> read_as_one_stream(score_of(model), np.arange(20)).tokens
    19
    """

    def score(x: IntArray, state: State | None) -> tuple[Array, State]:
        ids = torch.from_numpy(np.ascontiguousarray(x, dtype=np.int64))
        with torch.no_grad():
            logits, after = model(ids if device is None else ids.to(device), state or ())
            return log_softmax(logits.double(), dim=2).cpu().numpy(), after

    return score
