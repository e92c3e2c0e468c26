"""A classifier of sequences: a recurrent network, one vector per sequence, a linear readout."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from course_pkg.checks import check_number, check_option, check_size
from course_pkg.models.checks import (
    Lengths,
    check_id_range,
    check_id_tensor,
    check_layers,
    lengths_beside,
)
from course_pkg.models.recurrent import Recurrent

POOLINGS = ("last", "mean", "max", "concat")


class SequenceClassifier(nn.Module):
    """Read a sequence of vectors, or of ids, and score its classes.

    Parameters
    ----------
    classes : int
        C, at least 2.
    features : int, optional
        I, if the steps are vectors. Either this or ``tokens`` is needed.
    tokens : int, optional
        V, if the steps are ids 0..V-1; they are embedded in ``embedding`` dimensions.
    embedding : int
        The size of an embedding.
    cell, hidden, layers, bidirectional, backend, start
        As in :class:`course_pkg.models.recurrent.Recurrent`.
    pooling : {'last', 'mean', 'max', 'concat'}
        Which vector stands for a sequence: the state after its last valid step (in both
        directions: each reader's last); the mean, or for each unit the largest, of the outputs
        over its valid steps; or these three side by side: last, max, mean.
    dropout : float in [0, 1)
        On the input of the readout, and on embeddings.

    Raises
    ------
    ValueError
        If not exactly one of ``features`` and ``tokens`` is given.

    Notes
    -----
    Equation: eq-concat-pooling

    Source: 'concat': :cite:t:`howard2018`.

    Examples
    --------
    >>> model = SequenceClassifier(classes=10, features=28, hidden=16)
    >>> model(torch.zeros(28, 5, 28)).shape
    torch.Size([5, 10])
    >>> model = SequenceClassifier(classes=2, tokens=100, embedding=8, hidden=16, pooling="mean")
    >>> model(torch.zeros(7, 3, dtype=torch.long), lengths=[7, 1, 2]).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        *,
        classes: int,
        features: int | None = None,
        tokens: int | None = None,
        embedding: int = 64,
        cell: str = "lstm",
        hidden: int = 128,
        layers: int = 1,
        bidirectional: bool = False,
        pooling: str = "last",
        dropout: float = 0.0,
        backend: str = "torch",
        start: str = "orthogonal",
    ) -> None:
        super().__init__()
        if check_size("classes", classes) < 2:
            raise ValueError(f"classes: expected an integer of at least 2, got {classes}")
        if (features is None) == (tokens is None):
            raise ValueError(
                "features, tokens: expected exactly one of the two, "
                f"got features={features} and tokens={tokens}"
            )
        check_size("hidden", hidden)
        check_layers("layers", layers)
        check_option("pooling", pooling, POOLINGS)
        check_number("dropout", dropout, "[0, 1)")
        self.settings: dict[str, Any] = {
            "classes": classes, "features": features, "tokens": tokens, "embedding": embedding,
            "cell": cell, "hidden": hidden, "layers": layers, "bidirectional": bidirectional,
            "pooling": pooling, "dropout": dropout, "backend": backend, "start": start,
        }  # fmt: skip
        self.pooling, self.layers = pooling, layers
        self.embedding: nn.Embedding | None = None
        if features is not None:
            inputs = check_size("features", features)
        if tokens is not None:
            inputs = check_size("embedding", embedding)
            self.embedding = nn.Embedding(check_size("tokens", tokens), inputs)
        self.recurrent = Recurrent(
            cell, inputs, hidden, num_layers=layers, bidirectional=bidirectional,
            backend=backend, start=start,
        )  # fmt: skip
        self.dropout = nn.Dropout(dropout)
        vectors = 3 if pooling == "concat" else 1
        self.readout = nn.Linear(vectors * self.recurrent.output_size, classes)

    def forward(self, x: Tensor, lengths: Lengths | None = None) -> Tensor:
        """Return the logits of every sequence.

        Parameters
        ----------
        x : Tensor, (T, B, I) of floats or (T, B) of ids
        lengths : (B,) integers in 1..T, optional
            Number of valid steps of each sequence; what lies behind is never read.

        Returns
        -------
        logits : Tensor, (B, C)
        """
        inputs = x  # (T, B, I)
        if self.embedding is not None:
            check_id_tensor("x", x)
            if lengths is not None:  # the padding may hold what is no id
                t = torch.arange(len(x), device=x.device)[:, None]  # (T, 1)
                x = torch.where(t < lengths_beside(x, lengths), x, 0)
            check_id_range("x", x, self.embedding.num_embeddings)
            inputs = self.dropout(self.embedding(x))
        y, state = self.recurrent(inputs, lengths=lengths)  # (T, B, D*H)
        pooled = {  # in the order of "concat"
            "last": lambda: self._last(state[0]),
            "max": lambda: _largest(y, lengths),
            "mean": lambda: _mean(y, lengths),
        }
        chosen = pooled if self.pooling == "concat" else (self.pooling,)
        v = torch.cat([pooled[name]() for name in chosen], dim=1)  # (B, D*H), or (B, 3*D*H)
        logits: Tensor = self.readout(self.dropout(v))  # (B, C)
        return logits

    def _last(self, h: Tensor) -> Tensor:
        """Return the last states (B, D*H) of the last layer out of all, (L*D, B, H)."""
        return h.reshape(self.layers, -1, *h.shape[1:])[-1].transpose(0, 1).flatten(1)


def _mean(y: Tensor, lengths: Lengths | None) -> Tensor:
    """Return the mean (B, D*H) of the outputs (T, B, D*H) over the valid steps."""
    # Half precision cannot count 257 steps in bfloat16, nor add up 70,000 in float16.
    wide = torch.promote_types(y.dtype, torch.float32)
    if lengths is None:
        return y.mean(dim=0, dtype=wide).to(y.dtype)
    # The outputs behind the end are 0: they add nothing, and are not counted.
    counts = torch.as_tensor(lengths, device=y.device, dtype=wide)
    return (y.sum(dim=0, dtype=wide) / counts[:, None]).to(y.dtype)


def _largest(y: Tensor, lengths: Lengths | None) -> Tensor:
    """Return the largest output (B, D*H) of each unit over the valid steps of y (T, B, D*H)."""
    if lengths is not None:  # the zeros behind the end may be larger than all that is valid
        t = torch.arange(len(y), device=y.device)[:, None]  # (T, 1)
        y = y.masked_fill((t >= lengths_beside(y, lengths))[:, :, None], -torch.inf)
    return y.amax(dim=0)
