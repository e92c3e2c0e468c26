"""Sequence to sequence: an encoder reads the source, a decoder writes the target and looks back.

The decoder is told the true tokens so far and runs over all of them in one call. Only where a
step needs what the step before it found (input feeding, scheduled sampling) does it go step by
step. ``course_pkg.models.translator`` writes with the model, and
``course_pkg.reference.networks.encoder_decoder`` is the same in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as drop
from torch.nn.functional import log_softmax

from course_pkg.checks import check_flag, check_number, check_option, check_size
from course_pkg.models.attention import (
    AdditiveAttention,
    Attention,
    DotProductAttention,
    MultiplicativeAttention,
    average,
)
from course_pkg.models.checks import (
    Lengths,
    check_id_range,
    check_id_tensor,
    check_layers,
    lengths_beside,
    values_of,
)
from course_pkg.models.recurrent import Recurrent, State
from course_pkg.models.weights import TORCH_NAMES, torch_name

KINDS = ("none", "additive", "dot", "multiplicative")


class Memory(NamedTuple):
    """What the decoder may know of a source."""

    memory: Tensor  # (S, B, H), the encoder's outputs; 0 behind the end of a source
    keys: Tensor | None  # (B, S, A), what the attention computes once; None without attention
    mask: Tensor  # (B, S), True within a source
    state: State  # (L, B, H) each, the first state of the decoder
    source: Tensor  # (S, B), the ids; behind the end of a source its first one


class DecoderState(NamedTuple):
    """Where the decoder is after a step."""

    cell: State  # (L, B, H) each
    fed: Tensor | None  # (B, H), the attentional state, for the next step; None unless it is fed
    weights: Tensor | None  # (B, S), where the step looked; None without attention


class Step(NamedTuple):
    """What the decoder finds at one step, or at all of them: T steps side by side."""

    x: Tensor  # (T, B, E), the embeddings it read
    s: Tensor  # (T, B, H), its states, which are the queries
    context: Tensor | None  # (T, B, H)
    weights: Tensor | None  # (B, T, S)
    a: Tensor  # (T, B, H), the attentional states


class Seq2Seq(nn.Module):
    """An encoder, a decoder that starts where the encoder ended, and attention between them.

    Parameters
    ----------
    source_tokens, target_tokens : int
        The sizes of the two vocabularies.
    embedding : int
        E, the size of an embedding.
    hidden : int
        H, the size of the decoder. With two directions each reader of the encoder has H/2 units.
    cell, layers, backend, start
        As in :class:`course_pkg.models.recurrent.Recurrent`, for encoder and decoder alike.
    attention : {'none', 'additive', 'dot', 'multiplicative'}
        How a state of the decoder and an output of the encoder are compared.
    attention_size : int, optional
        A, the hidden units of additive attention; H by default.
    input_feeding : bool
        Whether the decoder also reads what it found at the step before: the attentional state.
    bidirectional : bool
        Whether the encoder reads the source in both directions.
    dropout : float in [0, 1)
        In training, on the embeddings, between layers, and on what is read out.

    Notes
    -----
    The memory is both directions' outputs side by side, and the decoder's first state both
    directions' last ones, layer by layer: no weights in between. What lies behind the end of a
    source or a target is never read, and what is returned there is 0.

    Equation: eq-seq2seq, eq-encoder-decoder, eq-attentional-state

    Source: :cite:t:`sutskever2014`; attention: :cite:t:`bahdanau2015`; after the cell, and input
    feeding: :cite:t:`luong2015`.

    Examples
    --------
    >>> model = Seq2Seq(source_tokens=9, target_tokens=7, embedding=4, hidden=6)
    >>> source, inputs = torch.zeros(5, 2, dtype=torch.long), torch.zeros(3, 2, dtype=torch.long)
    >>> log_probs, weights = model(source, inputs, [5, 2], [3, 1])
    >>> log_probs.shape, weights.shape
    (torch.Size([3, 2, 7]), torch.Size([3, 2, 5]))
    """

    def __init__(
        self,
        *,
        source_tokens: int,
        target_tokens: int,
        embedding: int = 64,
        hidden: int = 128,
        cell: str = "gru",
        layers: int = 1,
        attention: str = "additive",
        attention_size: int | None = None,
        input_feeding: bool = False,
        bidirectional: bool = True,
        dropout: float = 0.0,
        backend: str = "torch",
        start: str = "orthogonal",
    ) -> None:
        super().__init__()
        for name, size in (
            ("source_tokens", source_tokens), ("target_tokens", target_tokens),
            ("embedding", embedding), ("hidden", hidden),
        ):  # fmt: skip
            check_size(name, size)
        check_layers("layers", layers)
        check_option("attention", attention, KINDS)
        if attention_size is not None:
            check_size("attention_size", attention_size)
            if attention != "additive":
                raise ValueError(
                    "attention_size: expected None, because only additive attention has hidden "
                    f"units, got {attention_size} with {attention!r}"
                )
        check_flag("input_feeding", input_feeding)
        check_number("dropout", dropout, "[0, 1)")
        if check_flag("bidirectional", bidirectional) and hidden % 2:
            raise ValueError(
                f"hidden: expected an even number, half for each direction, got {hidden}"
            )
        self.settings: dict[str, Any] = {
            "source_tokens": source_tokens, "target_tokens": target_tokens,
            "embedding": embedding, "hidden": hidden, "cell": cell, "layers": layers,
            "attention": attention, "attention_size": attention_size,
            "input_feeding": input_feeding, "bidirectional": bidirectional, "dropout": dropout,
            "backend": backend, "start": start,
        }  # fmt: skip
        self.hidden, self.layers, self.input_feeding = hidden, layers, input_feeding
        self.dropout = dropout
        self.source_embedding = nn.Embedding(source_tokens, embedding)
        self.target_embedding = nn.Embedding(target_tokens, embedding)
        for table in (self.source_embedding, self.target_embedding):
            nn.init.normal_(table.weight, std=embedding**-0.5)
        same: dict[str, Any] = {"num_layers": layers, "backend": backend, "start": start}
        self.encoder = Recurrent(
            cell, embedding, hidden // 2 if bidirectional else hidden,
            bidirectional=bidirectional, **same,
        )  # fmt: skip
        inputs = embedding + hidden if input_feeding else embedding
        self.decoder = Recurrent(cell, inputs, hidden, **same)
        if layers > 1:
            networks: Any = self.encoder.network, self.decoder.network
            for network in networks:
                network.dropout = dropout  # between layers; torch's and ours have the attribute
        self.attention: Attention | None = None
        self.combine: nn.Linear | None = None
        if attention != "none":
            kinds: dict[str, Callable[[], Attention]] = {
                "additive": lambda: AdditiveAttention(hidden, hidden, attention_size or hidden),
                "dot": DotProductAttention,
                "multiplicative": lambda: MultiplicativeAttention(hidden, hidden),
            }
            self.attention = kinds[attention]()
            self.combine = nn.Linear(2 * hidden, hidden)
        self.readout = nn.Linear(hidden, target_tokens)

    def forward(
        self,
        source: Tensor,
        inputs: Tensor,
        source_lengths: Lengths | None = None,
        target_lengths: Lengths | None = None,
        *,
        truth: float = 1.0,
    ) -> tuple[Tensor, Tensor | None]:
        """Score every next token of the target.

        Parameters
        ----------
        source : Tensor of integers, (S, B)
        inputs : Tensor of integers, (T, B)
            The target shifted by one: it begins with the token that stands before a text.
        source_lengths, target_lengths : (B,) integers, optional
            Number of valid steps of each sequence, in any order.
        truth : float in [0, 1]
            The probability with which the decoder reads the true token; otherwise it reads one
            that is drawn from its own distribution after the step before. The first token is
            always the true one, and no gradient passes through a draw.

        Returns
        -------
        log_probs : Tensor, (T, B, V_y)
        weights : Tensor, (T, B, S), or None without attention
            Where each step looked; the weights of a valid step sum to 1.

        Notes
        -----
        Equation: eq-seq2seq, eq-scheduled-sampling

        Source: reading own tokens: :cite:t:`bengio2015`.
        """
        check_number("truth", truth, "[0, 1]")
        inputs, valid = self._target(source, inputs, target_lengths)  # (T, B), and (T, B) or None
        memory = self.encode(source, source_lengths)
        if truth < 1:
            found = self._one_by_one(inputs, memory, self._choices(inputs, valid, truth))
        elif self.input_feeding:
            found = self._one_by_one(inputs, memory, None)
        else:
            x = drop(self._embed(inputs), self.dropout, self.training)  # (T, B, E)
            y, _ = self.decoder(x, memory.state)  # (T, B, H)
            found = self._look(x, y, memory)
        log_probs = self._scores(found, memory)  # (T, B, V)
        weights = None if found.weights is None else found.weights.transpose(0, 1)  # (T, B, S)
        if valid is not None:
            ended = ~valid[:, :, None]
            log_probs = log_probs.masked_fill(ended, 0)
            weights = None if weights is None else weights.masked_fill(ended, 0)
        return log_probs, weights

    def encode(self, source: Tensor, lengths: Lengths | None = None) -> Memory:
        """Read a source.

        Parameters
        ----------
        source : Tensor of integers, (S, B)
        lengths : (B,) integers in 1..S, optional

        Returns
        -------
        Memory

        Notes
        -----
        Equation: eq-encoder-decoder
        """
        check_id_tensor("source", source)
        S, B = source.shape
        mask = source.new_ones((B, S), dtype=torch.bool)
        if lengths is not None:
            lengths = lengths_beside(source, lengths)
            mask = torch.arange(S, device=source.device) < lengths[:, None]
            source = torch.where(mask.T, source, source[0])  # the padding may hold what is no id
            if values_of(lengths, lambda lengths: lengths.min()) == S:
                lengths = None  # nothing to leave out
        self._check_source(source)
        x = drop(self._embed_source(source), self.dropout, self.training)  # (S, B, E)
        memory, last = self.encoder(x, lengths=lengths)  # (S, B, H)
        state = tuple(self._joined(part) for part in last)
        keys = None if self.attention is None else self.attention.keys(memory)
        return Memory(memory, keys, mask, state, source)

    def start(self, memory: Memory) -> DecoderState:
        """Return the state of the decoder before its first token."""
        B, S = memory.mask.shape
        fed = memory.memory.new_zeros(B, self.hidden) if self.input_feeding else None
        weights = None if self.attention is None else memory.memory.new_zeros(B, S)
        return DecoderState(memory.state, fed, weights)

    def step(self, ids: Tensor, state: DecoderState, memory: Memory) -> tuple[Tensor, DecoderState]:
        """Read one token of each target and score the next; ids are not checked.

        Parameters
        ----------
        ids : Tensor of integers, (B,)
        state : DecoderState
        memory : Memory

        Returns
        -------
        log_probs : Tensor, (B, V_y)
        state : DecoderState
        """
        x = drop(self._embed(ids), self.dropout, self.training)  # (B, E)
        found, state = self._advance(x, state, memory, self._cell_weights())
        return self._scores(found, memory)[0], state

    def _one_by_one(self, inputs: Tensor, memory: Memory, own: Tensor | None) -> Step:
        """Run the decoder step by step; ``own (T, B)`` says where it reads its own tokens."""
        state, weights = self.start(memory), self._cell_weights()
        x = drop(self._embed(inputs), self.dropout, self.training)  # (T, B, E)
        reads = [False] * len(inputs) if own is None else own.any(dim=1).tolist()
        steps: list[Step] = []
        for t, x_t in enumerate(x.unbind(0)):
            if reads[t]:
                assert own is not None
                with torch.no_grad():  # the choice of a token has no gradient
                    probs = self._scores(steps[-1], memory)[0].exp()  # (B, V)
                    drawn = torch.multinomial(probs, 1)[:, 0]  # (B,)
                x_own = drop(self._embed(drawn), self.dropout, self.training)
                x_t = torch.where(own[t][:, None], x_own, x_t)
            found, state = self._advance(x_t, state, memory, weights)
            steps.append(found)
        xs, s, context, attended, a = zip(*steps, strict=True)
        return Step(
            torch.cat(xs),
            torch.cat(s),
            None if self.attention is None else torch.cat(context),
            None if self.attention is None else torch.cat(attended, dim=1),
            torch.cat(a),
        )

    def _choices(self, inputs: Tensor, valid: Tensor | None, truth: float) -> Tensor:
        """Draw where the decoder reads its own token, (T, B): never at first."""
        own = torch.rand(inputs.shape, device=inputs.device) >= truth
        own[0] = False
        return own if valid is None else own & valid

    def _advance(
        self, x: Tensor, state: DecoderState, memory: Memory, weights: list[list[Tensor]]
    ) -> tuple[Step, DecoderState]:
        """Take one step from embeddings (B, E)."""
        read = x if state.fed is None else torch.cat([x, state.fed], dim=1)
        ends = []
        for l, layer in enumerate(weights):
            if l > 0:
                read = drop(read, self.dropout, self.training)
            before = tuple(part[l] for part in state.cell)
            after: State
            if self.decoder.cell == "lstm":
                after = torch.lstm_cell(read, before, *layer)
            elif self.decoder.cell == "gru":
                after = (torch.gru_cell(read, before[0], *layer),)
            else:
                after = (torch.rnn_tanh_cell(read, before[0], *layer),)
            read = after[0]  # (B, H)
            ends.append(after)
        found = self._look(x[None], read[None], memory)
        cell = tuple(torch.stack(part) for part in zip(*ends, strict=True))
        fed = found.a[0] if self.input_feeding else None
        return found, DecoderState(
            cell, fed, None if found.weights is None else found.weights[:, 0]
        )

    def _look(self, x: Tensor, s: Tensor, memory: Memory) -> Step:
        """Look back from the states (T, B, H), and join what is found with them."""
        if self.attention is None or self.combine is None or memory.keys is None:
            return Step(x, s, None, None, drop(s, self.dropout, self.training))
        scores = self.attention.scores(s, memory.keys)  # (B, T, S)
        context, weights = average(scores, memory.memory, memory.mask[:, None])
        a = torch.tanh(self.combine(torch.cat([context, s], dim=2)))  # (T, B, H)
        return Step(x, s, context, weights, drop(a, self.dropout, self.training))

    def _scores(self, found: Step, memory: Memory) -> Tensor:
        """Return log-probabilities (T, B, V)."""
        return log_softmax(self.readout(found.a), dim=2)

    def _embed_source(self, ids: Tensor) -> Tensor:
        return self.source_embedding(ids)  # type: ignore[no-any-return]

    def _embed(self, ids: Tensor) -> Tensor:
        return self.target_embedding(ids)  # type: ignore[no-any-return]

    def _check_source(self, source: Tensor) -> None:
        check_id_range("source", source, self.source_embedding.num_embeddings)

    def _target(
        self, source: Tensor, inputs: Tensor, lengths: Lengths | None
    ) -> tuple[Tensor, Tensor | None]:
        """Check the target; return it with ids throughout, and where it is valid, (T, B)."""
        check_id_tensor("inputs", inputs)
        check_id_tensor("source", source)
        T, B = inputs.shape
        if source.shape[1] != B:
            raise ValueError(
                f"inputs: expected shape (T, B) with B = {source.shape[1]} as in source, "
                f"got {(T, B)}"
            )
        valid = None
        if lengths is not None:
            ends = lengths_beside(inputs, lengths)
            valid = torch.arange(T, device=inputs.device)[:, None] < ends
            inputs = torch.where(valid, inputs, inputs[0])
        check_id_range("inputs", inputs, self.target_embedding.num_embeddings)
        return inputs, valid

    def _joined(self, part: Tensor) -> Tensor:
        """Put both directions' states side by side: (L*D, B, H/D) -> (L, B, H)."""
        LD, B, size = part.shape
        both = part.view(self.layers, LD // self.layers, B, size)
        return both.transpose(1, 2).flatten(2)

    def _cell_weights(self) -> list[list[Tensor]]:
        """Return the decoder's weights layer by layer, in the order of torch's cells."""
        network: Any = self.decoder.network
        if self.decoder.backend == "torch":
            return [
                [getattr(network, torch_name(name, l, backward=False)) for name in TORCH_NAMES]
                for l in range(self.layers)
            ]
        return [[getattr(layer, name) for name in TORCH_NAMES] for layer in network.layers]
