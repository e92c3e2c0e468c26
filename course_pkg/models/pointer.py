"""A sequence-to-sequence model that can also copy: it points at a word of its source.

A vocabulary is finite, and names are not. Attention says where the decoder looks; read as a
distribution over the words that stand there, it gives probability to words of which the model
knows nothing but their place.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, softmax

from course_pkg.checks import check_integer, check_option, check_size
from course_pkg.models.checks import check_id_range, values_of
from course_pkg.models.decoder import Found, Memory
from course_pkg.models.seq2seq import Seq2Seq


class PointerSeq2Seq(Seq2Seq):
    """Write a word of the vocabulary with probability g, otherwise copy one from the source.

    Parameters
    ----------
    tokens : int
        V, the size of the one vocabulary, which source and target share, embeddings included.
    unknown : int
        The id of the token that stands for every word outside the vocabulary when it is read.
    attention : {'additive', 'dot', 'multiplicative'}
    embedding, hidden, cell, layers, attention_size, input_feeding, bidirectional, dropout
        As in :class:`course_pkg.models.seq2seq.Seq2Seq`.
    backend, start
        As in :class:`course_pkg.models.recurrent.Recurrent`.

    Notes
    -----
    A word outside the vocabulary has an id from V on: V is the first such word of its source, V+1
    the second, and so on. It is read as the unknown token, and written by copying alone. With X
    such words in the richest source of a batch, ``log_probs`` are of V + X ids; an id that a
    source does not have gets the logarithm of the least normal float, about -87 in float32.

    Equation: eq-pointer

    Source: :cite:t:`see2017`.

    Examples
    --------
    >>> model = PointerSeq2Seq(tokens=9, unknown=1, embedding=4, hidden=6)
    >>> source = torch.tensor([[3, 9], [9, 4], [10, 9]])  # 9 and 10 are not in the vocabulary
    >>> log_probs, _ = model(source, torch.tensor([[0, 0], [10, 9]]))
    >>> log_probs.shape, log_probs.exp().sum(dim=2).allclose(torch.ones(2, 2))
    (torch.Size([2, 2, 11]), True)
    """

    def __init__(
        self,
        *,
        tokens: int,
        unknown: int,
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
        check_size("tokens", tokens)
        if not 0 <= check_integer("unknown", unknown) < tokens:
            raise ValueError(f"unknown: expected an id in 0..{tokens - 1}, got {unknown}")
        check_option("attention", attention, ("additive", "dot", "multiplicative"))
        super().__init__(
            source_tokens=tokens, target_tokens=tokens, embedding=embedding, hidden=hidden,
            cell=cell, layers=layers, attention=attention, attention_size=attention_size,
            input_feeding=input_feeding, bidirectional=bidirectional, dropout=dropout,
            backend=backend, start=start,
        )  # fmt: skip
        del self.settings["source_tokens"], self.settings["target_tokens"]
        self.settings: dict[str, Any] = {"tokens": tokens, "unknown": unknown, **self.settings}
        self.tokens, self.unknown = tokens, unknown
        self.target_embedding = self.source_embedding
        self.gate = nn.Linear(2 * hidden + embedding, 1)

    def score(
        self,
        found: Found,
        memory: Memory,
        valid: Tensor | None = None,
        *,
        dtype: torch.dtype | None = None,
    ) -> Tensor:
        """Return the log-probabilities of all ids after T steps, (T, B, V + X); 0 if not valid.

        Notes
        -----
        Equation: eq-pointer
        """
        assert found.context is not None
        assert found.weights is not None
        T, B, _ = found.a.shape
        X = memory.tokens - self.tokens
        g = torch.sigmoid(self.gate(torch.cat([found.context, found.s, found.x], dim=2)))
        written = pad(g * softmax(self.readout(found.a), dim=2, dtype=dtype), (0, X))
        copied = ((1 - g) * found.weights.transpose(0, 1)).to(written.dtype)  # (T, B, S)
        where = memory.source.T.long().expand(T, B, -1)  # equal ids add up
        p = written.scatter_add(2, where, copied)  # (T, B, V + X)
        # log 0 would turn the gradient of other ids into NaNs.
        log_probs = p.clamp_min(torch.finfo(p.dtype).tiny).log()
        return log_probs if valid is None else log_probs.masked_fill(~valid[:, :, None], 0)

    def check_source(self, source: Tensor) -> int:
        """Check the ids of a source, and return V + X."""
        S = len(source)
        check_id_range("source", source, self.tokens + S)  # no more new words than words
        most: int | None = values_of(source, Tensor.max)
        if most is None:
            raise NotImplementedError("source: its ids say how many are scored; nobody sees them")
        return max(self.tokens, most + 1)

    def embed_source(self, ids: Tensor) -> Tensor:
        """Return the embeddings of a source, (..., E)."""
        return self._embed(ids)

    def embed_target(self, ids: Tensor) -> Tensor:
        """Return the embeddings of a target, (..., E)."""
        return self._embed(ids)

    def _embed(self, ids: Tensor) -> Tensor:
        known = torch.where(ids < self.tokens, ids, self.unknown)
        return self.source_embedding(known)  # type: ignore[no-any-return]
