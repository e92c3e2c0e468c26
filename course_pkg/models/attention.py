"""Attention in PyTorch: a weighted mean of values, by scaled dot product or by a small network."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from course_pkg.checks import check_size
from course_pkg.models.by_hand import full_precision
from course_pkg.models.checks import check_dtype, check_tensor, values_of
from course_pkg.models.weights import uniform


class DotProductAttention(nn.Module):
    """Scaled dot-product attention: the score is how far a query and a key point the same way.

    Notes
    -----
    ``weights = softmax(q k^T / sqrt(K))`` and ``context = weights v``. The scores are computed in
    single precision at least, under autocast too. Values are not checked: a query that holds a
    NaN gets a context of NaNs, and changes no other.

    Source: :cite:t:`vaswani2017`; the unscaled form: :cite:t:`luong2015`.

    Examples
    --------
    >>> query, key = torch.zeros(4, 2, 3), torch.randn(5, 2, 3)
    >>> context, weights = DotProductAttention()(query, key, key)
    >>> context.shape, weights.shape
    (torch.Size([4, 2, 3]), torch.Size([4, 2, 5]))
    """

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Average the values.

        Parameters
        ----------
        query : Tensor, (T, B, K)
        key : Tensor, (S, B, K)
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
        _check(query, key, value)
        K = query.shape[2]
        key, value = _hide(key, value, mask, len(query))
        with full_precision(query.device):
            q, k = _wide(query.transpose(0, 1), key.transpose(0, 1))  # (B, T, K), (B, S, K)
            scores = q @ k.transpose(1, 2) / math.sqrt(K)  # (B, T, S)
        return _average(scores, value, mask)


class AdditiveAttention(nn.Module):
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
    The parameters start uniform in +-1/sqrt of the size that they read. Precision and NaNs: as in
    :class:`DotProductAttention`.

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

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Average the values.

        Parameters
        ----------
        query : Tensor, (T, B, E)
        key : Tensor, (S, B, K)
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
        _check(query, key, value, self.W_q, self.W_k)
        key, value = _hide(key, value, mask, len(query))
        with full_precision(query.device):
            q, k, W_q, W_k, v = _wide(query, key, self.W_q, self.W_k, self.v)
            from_query = (q.transpose(0, 1) @ W_q.T)[:, :, None, :]  # (B, T, 1, A)
            from_key = (k.transpose(0, 1) @ W_k.T)[:, None, :, :]  # (B, 1, S, A)
            scores = torch.tanh(from_query + from_key) @ v  # (B, T, S)
        return _average(scores, value, mask)


def _wide(*tensors: Tensor) -> list[Tensor]:
    """Return the tensors in single precision at least: in float16 scores end at 65504."""
    return [tensor.to(torch.promote_types(tensor.dtype, torch.float32)) for tensor in tensors]


def _average(scores: Tensor, value: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Turn scores (B, T, S) into weights, and average the values (S, B, H) by them."""
    if mask is not None:
        scores = scores.masked_fill(~mask.transpose(0, 1), -math.inf)
    weights = torch.softmax(scores, dim=2).to(value.dtype)  # (B, T, S)
    context = weights @ value.transpose(0, 1)  # (B, T, H)
    return context.transpose(0, 1), weights.transpose(0, 1)


def _check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    W_q: Tensor | None = None,
    W_k: Tensor | None = None,
) -> None:
    """Check what is compared and averaged; without parameters, keys have the query's size."""
    like, source = (query, "query") if W_q is None else (W_q, "the parameters")
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
    E = query.shape[2] if W_q is None else W_q.shape[1]
    K = query.shape[2] if W_k is None else W_k.shape[1]
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
