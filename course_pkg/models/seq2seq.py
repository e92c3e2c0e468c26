"""Sequence to sequence: an encoder reads the source, a decoder writes the target and looks back.

In training the decoder is told the true tokens so far, so it runs over all of them in one call.
``course_pkg.models.translator`` writes with the model token by token, and
``course_pkg.reference.networks.encoder_decoder`` is the same in NumPy.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as drop
from torch.nn.functional import log_softmax

from course_pkg.checks import check_flag, check_number, check_size
from course_pkg.models.checks import (
    Lengths,
    check_id_range,
    check_id_tensor,
    check_layers,
    lengths_beside,
    values_of,
)
from course_pkg.models.decoder import (
    Decoder,
    DecoderState,
    Found,
    Memory,
    drop_between,
    side_by_side,
)
from course_pkg.models.recurrent import Recurrent


class Seq2Seq(nn.Module):
    """An encoder, a decoder that starts where the encoder ended, and attention between them.

    Parameters
    ----------
    source_tokens, target_tokens : int
        V_x and V_y, the sizes of the two vocabularies.
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
        Then its steps run one by one.
    bidirectional : bool
        Whether the encoder reads the source in both directions.
    dropout : float in [0, 1)
        In training, on the embeddings, between layers, and on the attentional states.

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
        if check_flag("bidirectional", bidirectional) and hidden % 2:
            raise ValueError(
                f"hidden: expected an even number, half for each direction, got {hidden}"
            )
        alike: dict[str, Any] = {
            "cell": cell, "layers": layers, "dropout": dropout, "backend": backend, "start": start,
        }  # fmt: skip
        looks: dict[str, Any] = {
            "attention": attention, "attention_size": attention_size,
            "input_feeding": input_feeding,
        }  # fmt: skip
        self.settings: dict[str, Any] = {
            "source_tokens": source_tokens, "target_tokens": target_tokens,
            "embedding": embedding, "hidden": hidden, "bidirectional": bidirectional,
            **alike, **looks,
        }  # fmt: skip
        self.source_embedding = nn.Embedding(source_tokens, embedding)
        self.target_embedding = nn.Embedding(target_tokens, embedding)
        for table in (self.source_embedding, self.target_embedding):
            nn.init.normal_(table.weight, std=embedding**-0.5)
        self.encoder = Recurrent(
            cell, embedding, hidden // 2 if bidirectional else hidden,
            num_layers=layers, bidirectional=bidirectional, backend=backend, start=start,
        )  # fmt: skip
        self.decoder = Decoder(embedding, hidden, **alike, **looks)
        drop_between(self.encoder, dropout)
        self.dropout = self.decoder.dropout
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
        source : Tensor of integers in 0..V_x-1, (S, B)
        inputs : Tensor of integers in 0..V_y-1, (T, B)
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
        check_id_tensor("inputs", inputs)
        check_id_tensor("source", source)
        if source_lengths is not None:
            source_lengths = lengths_beside(source, source_lengths, name="source_lengths")
        memory = self.encode(source, source_lengths)
        (T, B), sources = inputs.shape, len(memory.mask)
        if sources != B:
            raise ValueError(
                f"inputs: expected shape (T, B) with B = {sources} as in source, got {(T, B)}"
            )
        valid = None  # (T, B), whether a step lies inside its target
        if target_lengths is not None:
            ends = lengths_beside(inputs, target_lengths, name="target_lengths")
            valid = torch.arange(T, device=inputs.device)[:, None] < ends
            inputs = torch.where(valid, inputs, inputs[0])  # the padding may hold what is no id
        check_id_range("inputs", inputs, memory.tokens)
        x = drop(self.embed_target(inputs), self.dropout, self.training)  # (T, B, E)
        if truth < 1:
            own = torch.rand((T, B), device=x.device) >= truth
            found = self._own_tokens(x, memory, own if valid is None else own & valid)
        else:
            found = self.decoder(x, memory)
        weights = None if found.weights is None else found.weights.transpose(0, 1)  # (T, B, S)
        if weights is not None and valid is not None:
            weights = weights.masked_fill(~valid[:, :, None], 0)
        return self.score(found, memory, valid), weights

    def _own_tokens(self, x: Tensor, memory: Memory, own: Tensor) -> Found:
        """Run the decoder step by step; where ``own (T, B)`` is True it reads what it draws."""
        state, steps = self.decoder.begin(memory), list[Found]()
        reads = own.any(dim=1).tolist()
        for t, x_t in enumerate(x.unbind(0)):
            if t > 0 and reads[t]:
                with torch.no_grad():
                    probs = self.score(steps[-1], memory)[0].exp()  # (B, V_y)
                    drawn = torch.multinomial(probs, 1)[:, 0]  # (B,)
                written = drop(self.embed_target(drawn), self.dropout, self.training)
                x_t = torch.where(own[t, :, None], written, x_t)  # (B, E)
            found, state = self.decoder.step(x_t, state, memory)
            steps.append(found)
        return side_by_side(steps)

    def encode(self, source: Tensor, lengths: Lengths | None = None) -> Memory:
        """Read the sources.

        Parameters
        ----------
        source : Tensor of integers in 0..V_x-1, (S, B)
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
            if values_of(lengths, Tensor.min) == S:
                lengths = None  # nothing to leave out
        tokens = self.check_source(source)
        x = drop(self.embed_source(source), self.dropout, self.training)  # (S, B, E)
        memory, last = self.encoder(x, lengths=lengths)  # (S, B, H)
        state = tuple(_joined(part, self.decoder.recurrent.states) for part in last)
        return Memory(memory, self.decoder.keys(memory), mask, state, source, tokens)

    def step(
        self,
        ids: Tensor,
        state: DecoderState,
        memory: Memory,
        *,
        dtype: torch.dtype | None = None,
    ) -> tuple[Tensor, DecoderState]:
        """Read one token of each target and score the next; nothing is checked.

        Parameters
        ----------
        ids : Tensor of integers in 0..V_y-1, (B,)
        state : DecoderState
            What an earlier step returned; ``decoder.begin(memory)`` at first.
        memory : Memory
        dtype : torch.dtype, optional
            Of the log-probabilities.

        Returns
        -------
        log_probs : Tensor, (B, V_y)
        state : DecoderState
        """
        x = drop(self.embed_target(ids), self.dropout, self.training)  # (B, E)
        found, state = self.decoder.step(x, state, memory)
        return self.score(found, memory, dtype=dtype)[0], state

    def score(
        self,
        found: Found,
        memory: Memory,
        valid: Tensor | None = None,
        *,
        dtype: torch.dtype | None = None,
    ) -> Tensor:
        """Return the log-probabilities of all tokens after T steps, (T, B, V_y); 0 if not valid."""
        if valid is None:
            return log_softmax(self.readout(found.a), dim=2, dtype=dtype)
        # With many tokens this is where the time goes, so padding is not read out at all.
        rows = valid.flatten().nonzero()[:, 0]  # (N,) of the T*B
        some = self.readout(found.a.flatten(0, 1)[rows])  # (N, V_y)
        some = log_softmax(some, dim=1, dtype=dtype)
        every = some.new_zeros(valid.numel(), some.shape[1]).index_copy(0, rows, some)
        return every.view(*valid.shape, -1)

    def check_source(self, source: Tensor) -> int:
        """Check the ids of a source, and return how many ids the decoder may write."""
        check_id_range("source", source, self.source_embedding.num_embeddings)
        return self.target_embedding.num_embeddings

    def embed_source(self, ids: Tensor) -> Tensor:
        """Return the embeddings of a source, (..., E)."""
        return self.source_embedding(ids)  # type: ignore[no-any-return]

    def embed_target(self, ids: Tensor) -> Tensor:
        """Return the embeddings of a target, (..., E)."""
        return self.target_embedding(ids)  # type: ignore[no-any-return]


def _joined(part: Tensor, layers: int) -> Tensor:
    """Put both directions' states side by side: (L*D, B, H/D) -> (L, B, H)."""
    LD, B, size = part.shape
    return part.view(layers, LD // layers, B, size).transpose(1, 2).flatten(2)
