"""A language model: embedding, recurrent network, a score for every token that may come next."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from course_pkg.checks import check_flag, check_number, check_size
from course_pkg.models.checks import check_id_range, check_id_tensor, check_layers
from course_pkg.models.recurrent import Recurrent, State


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
    dropout : float in [0, 1)
        On the embeddings and on the outputs of the recurrent network.
    tied : bool
        Whether the readout uses the embedding's matrix; ``embedding`` must equal ``hidden``.

    Notes
    -----
    Tied weights: Press and Wolf (2017), Inan, Khosravi and Socher (2017).

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
        dropout: float = 0.0,
        tied: bool = False,
        backend: str = "torch",
        start: str = "orthogonal",
    ) -> None:
        super().__init__()
        for name, size in (("tokens", tokens), ("embedding", embedding), ("hidden", hidden)):
            check_size(name, size)
        check_layers("layers", layers)
        check_number("dropout", dropout, "[0, 1)")
        if check_flag("tied", tied) and embedding != hidden:
            raise ValueError(
                f"embedding: expected hidden = {hidden} for tied weights, got {embedding}"
            )
        self.settings: dict[str, Any] = {
            "tokens": tokens, "embedding": embedding, "cell": cell, "hidden": hidden,
            "layers": layers, "dropout": dropout, "tied": tied, "backend": backend,
            "start": start,
        }  # fmt: skip
        self.embedding = nn.Embedding(tokens, embedding)
        nn.init.normal_(self.embedding.weight, std=embedding**-0.5)
        self.recurrent = Recurrent(
            cell, embedding, hidden, num_layers=layers, backend=backend, start=start
        )
        self.dropout = nn.Dropout(dropout)
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
        inputs = self.dropout(self.embedding(ids))  # (T, B, E)
        y, state = self.recurrent(inputs, state)  # (T, B, H)
        logits: Tensor = self.readout(self.dropout(y))  # (T, B, V)
        return logits, state
