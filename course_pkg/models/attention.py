"""Attention in PyTorch: a weighted mean of values, by one of three scores.

What depends on the keys alone is computed once, in ``keys``; then ``scores`` compares any number
of queries with it. So a decoder that asks step by step does no work twice.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from course_pkg.checks import check_size
from course_pkg.models.by_hand import full_precision
from course_pkg.models.checks import check_dtype, check_tensor, values_of
from course_pkg.models.weights import uniform

# Additive attention works on a few sequences at a time, with so many hidden units in all: what
# does not fit a CPU's cache, and is new memory at every call, takes half as long again.
PIECE = 2**19


class Attention(nn.Module):
    """What the kinds of attention share: they differ in how they score a query and a key.

    The scores are computed in single precision at least, under autocast too. Values are not
    checked: a query that holds a NaN gets a context of NaNs, and changes no other.
    """

    def keys(self, key: Tensor) -> Tensor:
        """Compute what the keys (S, B, K) give to all scores, (B, S, A). Nothing is checked."""
        raise NotImplementedError

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (T, B, E) against ``keys (B, S, A)``: (B, T, S). Nothing is checked."""
        raise NotImplementedError

    def sizes(self) -> tuple[Tensor | None, int | None, int | None]:
        """Return a parameter and the sizes E and K that it reads; None if any E = K will do."""
        raise NotImplementedError

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Average the values.

        Parameters
        ----------
        query : Tensor, (T, B, E)
        key : Tensor, (S, B, K)
            For the scaled dot product K is E.
        value : Tensor, (S, B, H)
        mask : bool Tensor, (T, B, S), optional
            False where a query must not look.

        Returns
        -------
        context : Tensor, (T, B, H)
        weights : Tensor, (T, B, S)
            They sum to 1 over S, and are exactly 0 where the mask is False.

        Raises
        ------
        ValueError
            If the mask leaves a query nothing to see.
        """
        _check(query, key, value, *self.sizes())
        key, value = _hide(key, value, mask, len(query))
        scores = self.scores(query, self.keys(key))  # (B, T, S)
        context, weights = average(scores, value, None if mask is None else mask.transpose(0, 1))
        return context, weights.transpose(0, 1)


class DotProductAttention(Attention):
    """Scaled dot-product attention: the score is how far a query and a key point the same way.

    Notes
    -----
    ``weights = softmax(q k^T / sqrt(K))`` and ``context = weights v``.

    Equation: eq-dot-product, eq-context

    Source: :cite:t:`vaswani2017`; the unscaled form: :cite:t:`luong2015`.

    Examples
    --------
    >>> query, key = torch.zeros(4, 2, 3), torch.randn(5, 2, 3)
    >>> context, weights = DotProductAttention()(query, key, key)
    >>> context.shape, weights.shape
    (torch.Size([4, 2, 3]), torch.Size([4, 2, 5]))
    """

    def keys(self, key: Tensor) -> Tensor:
        """Return the keys, batch first: (S, B, K) -> (B, S, K)."""
        return _wide(key.transpose(0, 1))[0]

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """Multiply queries (T, B, K) by ``keys (B, S, K)``: (B, T, S)."""
        with full_precision(query.device):
            q = _wide(query.transpose(0, 1))[0]  # (B, T, K)
            return q @ keys.transpose(1, 2) / math.sqrt(q.shape[2])

    def sizes(self) -> tuple[None, None, None]:
        """Queries and keys of one size, whatever it is."""
        return None, None, None


class MultiplicativeAttention(Attention):
    """Multiplicative attention: a matrix says which numbers of query and key belong together.

    Parameters
    ----------
    query_size, key_size : int
        E and K.
    device, dtype : optional
        Where and in which precision the parameters are made.

    Notes
    -----
    ``score = q^T W k``, ``weights = softmax(scores)``, ``context = weights v``. W starts uniform
    in +-1/sqrt(K).

    Equation: eq-multiplicative, eq-context

    Source: :cite:t:`luong2015`, who call it "general".

    Examples
    --------
    >>> attention = MultiplicativeAttention(query_size=3, key_size=6)
    >>> query, key = torch.zeros(4, 2, 3), torch.randn(5, 2, 6)
    >>> context, weights = attention(query, key, key)
    >>> context.shape, weights.shape
    (torch.Size([4, 2, 6]), torch.Size([4, 2, 5]))
    """

    def __init__(
        self,
        query_size: int,
        key_size: int,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        E, K = check_size("query_size", query_size), check_size("key_size", key_size)
        check_dtype(dtype)
        self.W = uniform(E, K, size=K, device=device, dtype=dtype)

    def keys(self, key: Tensor) -> Tensor:
        """Bring the keys to the size of a query: (S, B, K) -> (B, S, E)."""
        with full_precision(key.device):
            k, W = _wide(key, self.W)
            return k.transpose(0, 1) @ W.T

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """Multiply queries (T, B, E) by ``keys (B, S, E)``: (B, T, S)."""
        with full_precision(query.device):
            return _wide(query.transpose(0, 1))[0] @ keys.transpose(1, 2)

    def sizes(self) -> tuple[Tensor, int, int]:
        """Return the matrix and what it reads."""
        return self.W, *self.W.shape


class AdditiveAttention(Attention):
    """Additive attention: a small network scores each pair of query and key.

    Parameters
    ----------
    query_size, key_size : int
        E and K.
    attention_size : int
        A, the number of hidden units of the small network.
    device, dtype : optional
        Where and in which precision the parameters are made.

    Notes
    -----
    ``score = v^T tanh(W_q q + W_k k)``, ``weights = softmax(scores)``, ``context = weights v``.
    The parameters start uniform in +-1/sqrt of the size that they read.

    Equation: eq-additive, eq-context

    Source: :cite:t:`bahdanau2015`.

    Examples
    --------
    >>> attention = AdditiveAttention(query_size=3, key_size=6, attention_size=7)
    >>> query, key = torch.zeros(4, 2, 3), torch.randn(5, 2, 6)
    >>> context, weights = attention(query, key, key)
    >>> context.shape, weights.shape
    (torch.Size([4, 2, 6]), torch.Size([4, 2, 5]))
    """

    def __init__(
        self,
        query_size: int,
        key_size: int,
        attention_size: int,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        E, K = check_size("query_size", query_size), check_size("key_size", key_size)
        A = check_size("attention_size", attention_size)
        check_dtype(dtype)
        self.W_q = uniform(A, E, size=E, device=device, dtype=dtype)
        self.W_k = uniform(A, K, size=K, device=device, dtype=dtype)
        self.v = uniform(A, size=A, device=device, dtype=dtype)

    def keys(self, key: Tensor) -> Tensor:
        """Return the keys' part of the hidden units: (S, B, K) -> (B, S, A)."""
        with full_precision(key.device):
            k, W_k = _wide(key, self.W_k)
            return k.transpose(0, 1) @ W_k.T

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (T, B, E) against ``keys (B, S, A)``: (B, T, S)."""
        with full_precision(query.device):
            q, W_q, v = _wide(query, self.W_q, self.v)
            from_query = q.transpose(0, 1) @ W_q.T  # (B, T, A)
            units = from_query.numel() * keys.shape[1]  # B T S A of them
            pieces = 1 + units // PIECE if q.device.type == "cpu" else 1
            return torch.cat(
                [
                    torch.tanh(some[:, :, None] + others[:, None]) @ v  # (some of B, T, S)
                    for some, others in zip(
                        from_query.chunk(pieces), keys.chunk(pieces), strict=True
                    )
                ]
            )

    def sizes(self) -> tuple[Tensor, int, int]:
        """Return a matrix, and what the two read."""
        return self.W_q, self.W_q.shape[1], self.W_k.shape[1]


def _wide(*tensors: Tensor) -> list[Tensor]:
    """Return the tensors in single precision at least: in float16 scores end at 65504."""
    return [tensor.to(torch.promote_types(tensor.dtype, torch.float32)) for tensor in tensors]


def average(scores: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Turn scores into weights, and average the values by them. Nothing is checked.

    Parameters
    ----------
    scores : Tensor, (B, T, S)
    value : Tensor, (S, B, H)
    mask : bool Tensor, (B, T, S) or (B, 1, S), optional

    Returns
    -------
    context : Tensor, (T, B, H)
    weights : Tensor, (B, T, S)

    Notes
    -----
    Equation: eq-context

    Examples
    --------
    >>> context, weights = average(torch.zeros(2, 3, 4), torch.ones(4, 2, 5), None)
    >>> context.shape, weights[0, 0].tolist()
    (torch.Size([3, 2, 5]), [0.25, 0.25, 0.25, 0.25])
    """
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = torch.softmax(scores, dim=2).to(value.dtype)  # (B, T, S)
    context = weights @ value.transpose(0, 1)  # (B, T, H)
    return context.transpose(0, 1), weights


def _check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    parameter: Tensor | None,
    E: int | None,
    K: int | None,
) -> None:
    """Check what is compared and averaged; without parameters, keys have the query's size."""
    like, source = parameter, "the parameters"
    if like is None:
        like, source = query, "query"
    if not check_tensor("query", query, None, source).is_floating_point():
        raise TypeError(f"query: expected a floating type, got {query.dtype}")
    for name, tensor, symbols in (
        ("query", query, "(T, B, E)"),
        ("key", key, "(S, B, K)"),
        ("value", value, "(S, B, H)"),
    ):
        check_tensor(name, tensor, like, source)
        if tensor.dim() != 3 or 0 in tensor.shape:
            raise ValueError(f"{name}: expected shape {symbols}, got {tuple(tensor.shape)}")
    E = query.shape[2] if E is None else E
    K = query.shape[2] if K is None else K
    if query.shape[2] != E:
        raise ValueError(f"query: expected shape (T, B, E) with E = {E}, got {tuple(query.shape)}")
    if key.shape[1:] != (query.shape[1], K):
        wanted = f"(S, B, K) with B = {query.shape[1]} as in query and K = {K}"
        raise ValueError(f"key: expected shape {wanted}, got {tuple(key.shape)}")
    if value.shape[:2] != key.shape[:2]:
        wanted = f"(S, B, H) with (S, B) = {tuple(key.shape[:2])} as in key"
        raise ValueError(f"value: expected shape {wanted}, got {tuple(value.shape)}")


def _hide(key: Tensor, value: Tensor, mask: Tensor | None, T: int) -> tuple[Tensor, Tensor]:
    """Check the mask, and empty keys and values that no query may see."""
    if mask is None:
        return key, value
    S, B, _ = key.shape
    if not isinstance(mask, Tensor):
        raise TypeError(f"mask: expected a Tensor of bool, got {type(mask).__name__}")
    if mask.dtype != torch.bool:
        raise TypeError(f"mask: expected bool, got {mask.dtype}")
    if mask.shape != (T, B, S):
        raise ValueError(f"mask: expected shape (T, B, S) = {(T, B, S)}, got {tuple(mask.shape)}")
    if values_of(mask, lambda mask: mask.any(dim=2).all()) is False:
        raise ValueError("mask: expected at least one True in every row, got a row without")
    # A weight of 0 does not silence a NaN.
    seen = mask.any(dim=0).T[:, :, None]  # (S, B, 1)
    return torch.where(seen, key, 0), torch.where(seen, value, 0)
