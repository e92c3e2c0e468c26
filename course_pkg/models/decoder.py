"""The decoder of a sequence-to-sequence model: it reads the target and looks back at a memory.

Where the inputs are known beforehand, all steps run in one call. Where a step needs what the one
before it found, they run one by one; the numbers are the same. Nothing is checked here: the model
around it has looked at its input once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as drop

from course_pkg.checks import check_flag, check_number, check_option, check_size
from course_pkg.models.attention import (
    AdditiveAttention,
    Attention,
    DotProductAttention,
    MultiplicativeAttention,
    average,
)
from course_pkg.models.recurrent import Recurrent, State
from course_pkg.models.weights import TORCH_NAMES, torch_name


class Memory(NamedTuple):
    """What a decoder may know of its sources."""

    memory: Tensor  # (S, B, H), the encoder's outputs; 0 behind the end of a source
    keys: Tensor | None  # (B, S, A), what the attention computes once; None without attention
    mask: Tensor  # (B, S), True within a source
    state: State  # (L, B, H) each, the first state of the decoder
    source: Tensor  # (S, B), the ids; behind the end of a source its first one
    tokens: int  # how many ids the decoder may write: 0..tokens-1


class DecoderState(NamedTuple):
    """Where a decoder is after a step."""

    cell: State  # (L, B, H) each
    fed: Tensor | None  # (B, H), the attentional state, for the next step; None unless it is fed
    weights: Tensor | None  # (B, S), where the step looked; None without attention


class Found(NamedTuple):
    """What a decoder finds at T steps."""

    x: Tensor  # (T, B, E), the embeddings that it read
    s: Tensor  # (T, B, H), its states, which are the queries
    context: Tensor | None  # (T, B, H)
    weights: Tensor | None  # (B, T, S)
    a: Tensor  # (T, B, H), the attentional states; without attention the states


class Decoder(nn.Module):
    """Recurrent layers, attention to a memory, and a layer that joins what both of them say.

    Parameters
    ----------
    embedding, hidden : int
        E and H; H is also the size of what is in the memory.
    attention, attention_size, input_feeding, dropout
        As in :class:`course_pkg.models.seq2seq.Seq2Seq`.
    cell, layers, backend, start
        As in :class:`course_pkg.models.recurrent.Recurrent`.

    Notes
    -----
    ``a = tanh(W_c [context; s] + b_c)``, which without attention is s itself.

    Equation: eq-attentional-state

    Source: :cite:t:`luong2015`.

    Examples
    --------
    >>> decoder = Decoder(3, 4, attention="dot")
    >>> m, mask = torch.randn(5, 2, 4), torch.ones(2, 5, dtype=torch.bool)
    >>> memory = Memory(m, decoder.keys(m), mask, (m[:1],), torch.zeros(5, 2), 7)
    >>> found = decoder(torch.zeros(6, 2, 3), memory)
    >>> found.a.shape, found.weights.shape
    (torch.Size([6, 2, 4]), torch.Size([2, 6, 5]))
    """

    def __init__(
        self,
        embedding: int,
        hidden: int,
        *,
        cell: str = "gru",
        layers: int = 1,
        attention: str = "additive",
        attention_size: int | None = None,
        input_feeding: bool = False,
        dropout: float = 0.0,
        backend: str = "torch",
        start: str = "orthogonal",
    ) -> None:
        super().__init__()
        kinds: dict[str, Callable[[], Attention | None]] = {
            "none": lambda: None,
            "additive": lambda: AdditiveAttention(hidden, hidden, attention_size or hidden),
            "dot": DotProductAttention,
            "multiplicative": lambda: MultiplicativeAttention(hidden, hidden),
        }
        check_option("attention", attention, tuple(kinds))
        if attention_size is not None:
            check_size("attention_size", attention_size)
            if attention != "additive":
                raise ValueError(
                    "attention_size: expected None, because only additive attention has hidden "
                    f"units, got {attention_size} with {attention!r}"
                )
        self.input_feeding = check_flag("input_feeding", input_feeding)
        self.dropout = check_number("dropout", dropout, "[0, 1)")
        self.recurrent = Recurrent(
            cell, embedding + hidden if input_feeding else embedding, hidden,
            num_layers=layers, backend=backend, start=start,
        )  # fmt: skip
        drop_between(self.recurrent, dropout)
        self.attention = kinds[attention]()
        self.combine = None if self.attention is None else nn.Linear(2 * hidden, hidden)

    def keys(self, memory: Tensor) -> Tensor | None:
        """Compute once what the attention needs of all of the memory: (S, B, H) -> (B, S, A)."""
        return None if self.attention is None else self.attention.keys(memory)

    def begin(self, memory: Memory) -> DecoderState:
        """Return the state before the first token."""
        B, S = memory.mask.shape
        H, zeros = self.recurrent.hidden_size, memory.memory.new_zeros
        fed = zeros(B, H) if self.input_feeding else None
        return DecoderState(memory.state, fed, None if self.attention is None else zeros(B, S))

    def forward(self, x: Tensor, memory: Memory) -> Found:
        """Take T steps from embeddings ``x (T, B, E)``."""
        if not self.input_feeding:
            s, _ = self.recurrent(x, memory.state)  # (T, B, H)
            return self._look(x, s, memory)
        steps, state = [], self.begin(memory)
        for x_t in x.unbind(0):
            found, state = self.step(x_t, state, memory)
            steps.append(found)
        return side_by_side(steps)

    def step(self, x: Tensor, state: DecoderState, memory: Memory) -> tuple[Found, DecoderState]:
        """Take one step from embeddings ``x (B, E)``; what is found has T = 1."""
        y = x if state.fed is None else torch.cat([x, state.fed], dim=1)
        ends: list[State] = []
        for l, weights in enumerate(self._weights()):
            if l > 0:
                y = drop(y, self.dropout, self.training)
            before = tuple(part[l] for part in state.cell)
            if self.recurrent.cell == "lstm":
                ends.append(torch.lstm_cell(y, before, *weights))
            else:
                step = torch.gru_cell if self.recurrent.cell == "gru" else torch.rnn_tanh_cell
                ends.append((step(y, *before, *weights),))
            y = ends[l][0]  # (B, H)
        found = self._look(x[None], y[None], memory)
        cell = tuple(torch.stack(part) for part in zip(*ends, strict=True))
        return found, DecoderState(
            cell,
            found.a[0] if self.input_feeding else None,
            None if found.weights is None else found.weights[:, 0],
        )

    def _look(self, x: Tensor, s: Tensor, memory: Memory) -> Found:
        """Look back from the states (T, B, H), and join what is found with them."""
        context, weights, a = None, None, s
        if self.attention is not None and self.combine is not None and memory.keys is not None:
            scores = self.attention.scores(s, memory.keys)  # (B, T, S)
            context, weights = average(scores, memory.memory, memory.mask[:, None])
            a = torch.tanh(self.combine(torch.cat([context, s], dim=2)))
        return Found(x, s, context, weights, drop(a, self.dropout, self.training))

    def _weights(self) -> list[list[Tensor]]:
        """Return the weights layer by layer, in the order in which torch's cells take them."""
        network: Any = self.recurrent.network
        if self.recurrent.backend == "ours":
            return [[getattr(layer, name) for name in TORCH_NAMES] for layer in network.layers]
        return [
            [getattr(network, torch_name(name, l, backward=False)) for name in TORCH_NAMES]
            for l in range(self.recurrent.states)
        ]


def side_by_side(steps: list[Found]) -> Found:
    """Put what was found at single steps side by side, (T, ...)."""
    x, s, context, weights, a = zip(*steps, strict=True)
    if weights[0] is None:
        return Found(torch.cat(x), torch.cat(s), None, None, torch.cat(a))
    return Found(
        torch.cat(x), torch.cat(s), torch.cat(context), torch.cat(weights, dim=1), torch.cat(a)
    )


def drop_between(recurrent: Recurrent, dropout: float) -> None:
    """Have a network drop, in training, from what goes from one layer to the next."""
    network: Any = recurrent.network  # torch's and ours have the attribute
    network.dropout = dropout if network.num_layers > 1 else 0.0
