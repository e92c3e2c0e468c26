"""Attention: a weighted mean of values, the weights from comparing a query with each key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_size
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_fits,
    check_lengths,
    check_named_tuple,
)
from course_pkg.reference.layers.softmax import Mask, check_mask, softmax, softmax_backward


class Memory(NamedTuple):
    """What is attended to, batch first for the matrix products."""

    key: Array  # (B, S, K), 0 where no query may look
    value: Array  # (B, S, H), likewise


class DotCache(NamedTuple):
    """What :func:`dot_product_backward` needs from :func:`dot_product`."""

    query: Array  # (B, T, K)
    memory: Memory
    weights: Array  # (B, T, S)


class AdditiveParams(NamedTuple):
    """The parameters of additive attention."""

    W_q: Array  # (A, E), reads the query
    W_k: Array  # (A, K), reads a key
    v: Array  # (A,), turns what both say into a score


class AdditiveCache(NamedTuple):
    """What :func:`additive_backward` needs from :func:`additive`."""

    query: Array  # (B, T, E)
    memory: Memory
    weights: Array  # (B, T, S)
    match: Array  # (B, T, S, A), the tanh layer
    params: AdditiveParams


class MultiplicativeParams(NamedTuple):
    """The parameters of multiplicative attention."""

    W: Array  # (E, K), says which part of a query meets which part of a key


class MultiplicativeCache(NamedTuple):
    """What :func:`multiplicative_backward` needs from :func:`multiplicative`."""

    query: Array  # (B, T, E)
    memory: Memory
    weights: Array  # (B, T, S)
    asked: Array  # (B, T, K), the query in the space of the keys
    params: MultiplicativeParams


class DotGrads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dquery: Array
    dkey: Array
    dvalue: Array


class AdditiveGrads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dquery: Array
    dkey: Array
    dvalue: Array
    dW_q: Array
    dW_k: Array
    dv: Array


class MultiplicativeGrads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dquery: Array
    dkey: Array
    dvalue: Array
    dW: Array


def key_mask(lengths: Sequence[int] | IntArray, T: int, S: int) -> Mask:
    """Let every query look at the valid keys of its own sequence.

    Parameters
    ----------
    lengths : (B,) integers in 1..S
        The number of valid keys of each sequence.
    T, S : int
        Number of queries and of keys.

    Returns
    -------
    mask : ndarray of bool, (T, B, S)
        Read-only, because the T queries share one memory.

    Examples
    --------
    >>> key_mask([2, 3], T=1, S=3)
    array([[[ True,  True, False],
            [ True,  True,  True]]])
    """
    check_size("T", T)
    check_size("S", S)
    lengths = check_lengths(lengths, S, np.size(lengths))
    return np.broadcast_to(np.arange(S) < lengths[:, None], (T, len(lengths), S))


def _batch_first(a: Array) -> Array:
    """Swap time and batch, forth and back."""
    return a.swapaxes(0, 1)


def _check_memory(shapes: Shapes, key: Array, value: Array, mask: Mask | None) -> Memory:
    """Check all that both kinds of attention share; the query comes first."""
    shapes.array("key", key, ("S", "B", "K"))
    shapes.array("value", value, ("S", "B", "H"))
    if mask is not None:
        T, B, S = (shapes.sizes[symbol] for symbol in "TBS")
        check_mask(mask, (T, B, S))
        # A weight of 0 does not silence a NaN, so keys that nobody may see are emptied first.
        seen = np.any(mask, axis=0)  # (B, S)
        key = np.where(seen.T[:, :, None], key, 0)
        value = np.where(seen.T[:, :, None], value, 0)
    for name, array in (("key", key), ("value", value)):
        if not np.isfinite(array).all():
            raise ValueError(
                f"{name}: expected finite values where a query may look, got NaN or infinity"
            )
    return Memory(_batch_first(key), _batch_first(value))


def _weigh(scores: Array, mask: Mask | None, name: str, given: Array, what: str) -> Array:
    """Take the softmax of scores (B, T, S); where one overflowed, ``given`` was too large."""
    if mask is not None:
        scores = np.where(mask.swapaxes(0, 1), scores, -np.inf)
    check_fits(name, given, scores.max(axis=2), what)
    return softmax(scores)


def dot_product(
    query: Array, key: Array, value: Array, mask: Mask | None = None
) -> tuple[tuple[Array, Array], DotCache]:
    """Scaled dot-product attention: the score is how far a query and a key point the same way.

    Parameters
    ----------
    query : ndarray, (T, B, K)
        One row per question, such as the states of a decoder.
    key : ndarray, (S, B, K)
        What each query is compared with, such as the states of an encoder.
    value : ndarray, (S, B, H)
        What is averaged; often the keys themselves.
    mask : ndarray of bool, (T, B, S), optional
        False where a query must not look; see :func:`key_mask`.

    Returns
    -------
    (context, weights) : ndarrays, (T, B, H) and (T, B, S)
        The weighted mean of the values for each query, and its weights: they sum to 1, and are
        exactly 0 where the mask is False.
    cache : DotCache

    Raises
    ------
    ValueError
        If a mask leaves a query nothing to see, or an array is not finite where one may look.

    Notes
    -----
    ``weights = softmax(q k^T / sqrt(K))`` and ``context = weights v``. Without the division the
    scores of independent random vectors would have variance K, and the softmax would saturate.

    Equation: eq-dot-product, eq-context

    Source: :cite:t:`vaswani2017`; the unscaled form: :cite:t:`luong2015`.

    Examples
    --------
    >>> key = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])  # (S, B, K) = (2, 1, 2)
    >>> value = np.array([[[10.0]], [[20.0]]])
    >>> query = np.array([[[9.0, 0.0]]])
    >>> (context, weights), _ = dot_product(query, key, value)
    >>> weights.round(3), context.round(2)
    (array([[[0.998, 0.002]]]), array([[[10.02]]]))
    """
    shapes = Shapes()
    shapes.array("query", query, ("T", "B", "K"), finite=True)
    memory = _check_memory(shapes, key, value, mask)
    q = _batch_first(query)  # (B, T, K)
    with np.errstate(over="ignore", invalid="ignore"):
        scores = q @ memory.key.swapaxes(1, 2) / math.sqrt(q.shape[2])  # (B, T, S)
    weights = _weigh(scores, mask, "query", q, "values whose products with the keys")  # (B, T, S)
    context = weights @ memory.value  # (B, T, H)
    # A copy in the cache, so that a caller cannot change it through the weights.
    return (_batch_first(context), _batch_first(weights)), DotCache(q, memory, weights.copy())


def dot_product_backward(
    dcontext: Array | None, cache: DotCache, dweights: Array | None = None
) -> DotGrads:
    """Carry gradients back through :func:`dot_product`.

    Parameters
    ----------
    dcontext : ndarray, (T, B, H), or None
        Gradient of the loss with respect to the context; None means that it was not used.
    cache : DotCache
        What :func:`dot_product` returned.
    dweights : ndarray, (T, B, S), optional
        Gradient with respect to the weights; None means that they were not used.

    Returns
    -------
    DotGrads

    Notes
    -----
    Equation: eq-attention-backward

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> query, key, value = (rng.normal(size=s) for s in [(4, 2, 3), (5, 2, 3), (5, 2, 6)])
    >>> (context, _), cache = dot_product(query, key, value)
    >>> [d.shape for d in dot_product_backward(np.ones_like(context), cache)]
    [(4, 2, 3), (5, 2, 3), (5, 2, 6)]
    """
    check_named_tuple("cache", cache, DotCache._fields)
    q, memory, weights = cache
    dscores, dvalue = _average_backward(dcontext, dweights, weights, memory.value)
    dscores = dscores / math.sqrt(q.shape[2])  # (B, T, S)
    return DotGrads(
        dquery=_batch_first(dscores @ memory.key),  # (T, B, K)
        dkey=_batch_first(dscores.swapaxes(1, 2) @ q),  # (S, B, K)
        dvalue=dvalue,
    )


def _average_backward(
    dcontext: Array | None, dweights: Array | None, weights: Array, value: Array
) -> tuple[Array, Array]:
    """Return the gradients of the scores (B, T, S) and of the values (S, B, H)."""
    shapes = Shapes()
    shapes.array("weights (in the cache)", weights, ("B", "T", "S"))
    shapes.array("value (in the cache)", value, ("B", "S", "H"))
    if dcontext is not None:
        shapes.array("dcontext", dcontext, ("T", "B", "H"))
    if dweights is not None:
        shapes.array("dweights", dweights, ("T", "B", "S"))
    dw = np.zeros_like(weights) if dweights is None else _batch_first(dweights)
    dvalue = np.zeros_like(value)
    if dcontext is not None:
        dc = _batch_first(dcontext)  # (B, T, H)
        dw = dw + dc @ value.swapaxes(1, 2)  # (B, T, S)
        dvalue = weights.swapaxes(1, 2) @ dc  # (B, S, H)
    return softmax_backward(dw, weights), _batch_first(dvalue)


def additive(
    query: Array, key: Array, value: Array, params: AdditiveParams, mask: Mask | None = None
) -> tuple[tuple[Array, Array], AdditiveCache]:
    """Additive attention: a small network scores each pair of query and key.

    Parameters
    ----------
    query : ndarray, (T, B, E)
    key : ndarray, (S, B, K)
    value : ndarray, (S, B, H)
    params : AdditiveParams
        ``W_q (A, E)``, ``W_k (A, K)``, ``v (A,)``.
    mask : ndarray of bool, (T, B, S), optional
        False where a query must not look; see :func:`key_mask`.

    Returns
    -------
    (context, weights) : ndarrays, (T, B, H) and (T, B, S)
        As for :func:`dot_product`.
    cache : AdditiveCache

    Raises
    ------
    ValueError
        If a mask leaves a query nothing to see, or an array is not finite where one may look.

    Notes
    -----
    ``score = v^T tanh(W_q q + W_k k)``, ``weights = softmax(scores)``, ``context = weights v``.
    Each key is projected once, not once per query.

    Equation: eq-additive, eq-context

    Source: :cite:t:`bahdanau2015`, whose formula has no biases either.

    Examples
    --------
    >>> params = AdditiveParams(W_q=np.eye(2), W_k=np.eye(2), v=np.ones(2))
    >>> key = np.array([[[2.0, 2.0]], [[-2.0, -2.0]]])  # (S, B, K) = (2, 1, 2)
    >>> (context, weights), _ = additive(np.zeros((1, 1, 2)), key, key, params)
    >>> weights.round(3)
    array([[[0.979, 0.021]]])
    """
    check_named_tuple("params", params, AdditiveParams._fields)
    shapes = Shapes()
    shapes.array("query", query, ("T", "B", "E"), finite=True)
    memory = _check_memory(shapes, key, value, mask)
    shapes.array("W_q", params.W_q, ("A", "E"), finite=True)
    shapes.array("W_k", params.W_k, ("A", "K"), finite=True)
    shapes.array("v", params.v, ("A",), finite=True)
    W_q, W_k, v = params
    q = _batch_first(query)  # (B, T, E)
    with np.errstate(over="ignore", invalid="ignore"):
        from_query = (q @ W_q.T)[:, :, None, :]  # (B, T, 1, A)
        from_key = (memory.key @ W_k.T)[:, None, :, :]  # (B, 1, S, A)
        match = np.tanh(from_query + from_key)  # (B, T, S, A)
        scores = match @ v  # (B, T, S)
    check_fits("query", q, from_query, "values whose products with W_q")
    check_fits("key", memory.key, from_key, "values whose products with W_k")
    weights = _weigh(scores, mask, "v", v, "values whose sums")  # (B, T, S)
    context = weights @ memory.value  # (B, T, H)
    cache = AdditiveCache(q, memory, weights.copy(), match, params)
    return (_batch_first(context), _batch_first(weights)), cache


def additive_backward(
    dcontext: Array | None, cache: AdditiveCache, dweights: Array | None = None
) -> AdditiveGrads:
    """Carry gradients back through :func:`additive`.

    Parameters
    ----------
    dcontext : ndarray, (T, B, H), or None
        Gradient of the loss with respect to the context; None means that it was not used.
    cache : AdditiveCache
        What :func:`additive` returned.
    dweights : ndarray, (T, B, S), optional
        Gradient with respect to the weights; None means that they were not used.

    Returns
    -------
    AdditiveGrads

    Notes
    -----
    Equation: eq-attention-backward

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = AdditiveParams(*(rng.normal(size=s) for s in [(7, 4), (7, 3), (7,)]))
    >>> query, key = rng.normal(size=(4, 2, 4)), rng.normal(size=(5, 2, 3))
    >>> (context, _), cache = additive(query, key, key, params)
    >>> additive_backward(np.ones_like(context), cache).dW_k.shape
    (7, 3)
    """
    check_named_tuple("cache", cache, AdditiveCache._fields)
    q, memory, weights, match, (W_q, W_k, v) = cache
    dscores, dvalue = _average_backward(dcontext, dweights, weights, memory.value)
    A = len(v)
    da = dscores[..., None] * v * (1 - match * match)  # (B, T, S, A)
    dfrom_query = da.sum(axis=2)  # (B, T, A), a query meets all keys
    dfrom_key = da.sum(axis=1)  # (B, S, A), a key meets all queries
    return AdditiveGrads(
        dquery=_batch_first(dfrom_query @ W_q),
        dkey=_batch_first(dfrom_key @ W_k),
        dvalue=dvalue,
        dW_q=dfrom_query.reshape(-1, A).T @ q.reshape(-1, q.shape[2]),  # (A, E)
        dW_k=dfrom_key.reshape(-1, A).T @ memory.key.reshape(-1, memory.key.shape[2]),  # (A, K)
        dv=dscores.reshape(-1) @ match.reshape(-1, A),  # (A,)
    )


def multiplicative(
    query: Array,
    key: Array,
    value: Array,
    params: MultiplicativeParams,
    mask: Mask | None = None,
) -> tuple[tuple[Array, Array], MultiplicativeCache]:
    """Multiplicative attention: a dot product after one learned matrix.

    Parameters
    ----------
    query : ndarray, (T, B, E)
    key : ndarray, (S, B, K)
    value : ndarray, (S, B, H)
    params : MultiplicativeParams
        ``W (E, K)``.
    mask : ndarray of bool, (T, B, S), optional
        False where a query must not look; see :func:`key_mask`.

    Returns
    -------
    (context, weights) : ndarrays, (T, B, H) and (T, B, S)
        As for :func:`dot_product`.
    cache : MultiplicativeCache

    Raises
    ------
    ValueError
        If a mask leaves a query nothing to see, or an array is not finite where one may look.

    Notes
    -----
    ``score = q^T W k``, ``weights = softmax(scores)``, ``context = weights v``. W also sets the
    scale of the scores, so nothing is divided by sqrt(K) here.

    Equation: eq-multiplicative, eq-context

    Source: :cite:t:`luong2015`, whose name for it is "general".

    Examples
    --------
    >>> params = MultiplicativeParams(W=np.array([[0.0, 1.0], [1.0, 0.0]]))  # swaps both parts
    >>> key = np.array([[[4.0, 0.0]], [[0.0, 4.0]]])  # (S, B, K) = (2, 1, 2)
    >>> (context, weights), _ = multiplicative(np.array([[[1.0, 0.0]]]), key, key, params)
    >>> weights.round(3)
    array([[[0.018, 0.982]]])
    """
    check_named_tuple("params", params, MultiplicativeParams._fields)
    shapes = Shapes()
    shapes.array("query", query, ("T", "B", "E"), finite=True)
    memory = _check_memory(shapes, key, value, mask)
    shapes.array("W", params.W, ("E", "K"), finite=True)
    q = _batch_first(query)  # (B, T, E)
    with np.errstate(over="ignore", invalid="ignore"):
        asked = q @ params.W  # (B, T, K)
        scores = asked @ memory.key.swapaxes(1, 2)  # (B, T, S)
    check_fits("query", q, asked, "values whose products with W")
    weights = _weigh(scores, mask, "query", q, "values whose products with W and the keys")
    context = weights @ memory.value  # (B, T, H)
    cache = MultiplicativeCache(q, memory, weights.copy(), asked, params)
    return (_batch_first(context), _batch_first(weights)), cache


def multiplicative_backward(
    dcontext: Array | None, cache: MultiplicativeCache, dweights: Array | None = None
) -> MultiplicativeGrads:
    """Carry gradients back through :func:`multiplicative`.

    Parameters
    ----------
    dcontext : ndarray, (T, B, H), or None
        Gradient of the loss with respect to the context; None means that it was not used.
    cache : MultiplicativeCache
        What :func:`multiplicative` returned.
    dweights : ndarray, (T, B, S), optional
        Gradient with respect to the weights; None means that they were not used.

    Returns
    -------
    MultiplicativeGrads

    Notes
    -----
    Equation: eq-attention-backward

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> params = MultiplicativeParams(rng.normal(size=(4, 3)))
    >>> query, key = rng.normal(size=(4, 2, 4)), rng.normal(size=(5, 2, 3))
    >>> (context, _), cache = multiplicative(query, key, key, params)
    >>> multiplicative_backward(np.ones_like(context), cache).dW.shape
    (4, 3)
    """
    check_named_tuple("cache", cache, MultiplicativeCache._fields)
    q, memory, weights, asked, (W,) = cache
    dscores, dvalue = _average_backward(dcontext, dweights, weights, memory.value)
    dasked = dscores @ memory.key  # (B, T, K)
    return MultiplicativeGrads(
        dquery=_batch_first(dasked @ W.T),
        dkey=_batch_first(dscores.swapaxes(1, 2) @ asked),
        dvalue=dvalue,
        dW=q.reshape(-1, q.shape[2]).T @ dasked.reshape(-1, dasked.shape[2]),  # (E, K)
    )
