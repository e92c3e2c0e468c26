"""The attentional state: what a decoder knows, together with what it looked up in the source."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, Shapes, check_named_tuple
from course_pkg.reference.layers import attention, linear
from course_pkg.reference.layers.attention import AdditiveParams, MultiplicativeParams
from course_pkg.reference.layers.softmax import Mask

AttentionParams = AdditiveParams | MultiplicativeParams | None  # None: the dot product has none


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    look: Any  # the attention's cache
    mix: linear.Cache  # h is [context; s], (T, B, M + H)
    a: Array  # (T, B, H), the attentional state


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    ds: Array
    dmemory: Array
    attention: AttentionParams  # holding gradients
    W_c: linear.Params  # holding gradients


def forward(
    s: Array,
    memory: Array,
    params: AttentionParams,
    W_c: linear.Params,
    mask: Mask | None = None,
) -> tuple[tuple[Array, Array], Cache]:
    """Look at the memory with each state, and mix what was found with the state.

    Parameters
    ----------
    s : ndarray, (T, B, H)
        The states of the decoder: each is a query.
    memory : ndarray, (S, B, M)
        The states of the encoder: keys and values alike.
    params : AdditiveParams, MultiplicativeParams or None
        Its type chooses the attention; None is the scaled dot product.
    W_c : linear.Params
        ``W (H, M + H)`` and ``b (H,)``.
    mask : ndarray of bool, (T, B, S), optional
        False where a state must not look.

    Returns
    -------
    (a, weights) : ndarrays, (T, B, H) and (T, B, S)
        The attentional states, and where each looked.
    cache : Cache

    Notes
    -----
    With c_t the context that the query s_t gets::

        a_t = tanh(W_c [c_t; s_t] + b_c)

    Equation: eq-attentional-state

    Source: :cite:t:`luong2015`, without a bias there.

    Examples
    --------
    >>> W_c = linear.Params(np.array([[1.0, 0.0]]), np.zeros(1))  # takes the context alone
    >>> memory = np.array([[[0.2]], [[0.4]]])  # (S, B, M) = (2, 1, 1)
    >>> (a, weights), _ = forward(np.zeros((1, 1, 1)), memory, None, W_c)
    >>> weights, a.round(3)  # a query of 0 sees everything alike; tanh(0.3) = 0.291
    (array([[[0.5, 0.5]]]), array([[[0.291]]]))
    """
    check_attention("params", params)
    shapes = Shapes()
    shapes.array("s", s, ("T", "B", "H"), finite=True)
    shapes.array("memory", memory, ("S", "B", "H" if params is None else "M"))
    check_named_tuple("W_c", W_c, linear.Params._fields)
    H, M = s.shape[2], memory.shape[2]
    shapes.array("W_c.W", W_c.W, ("H", f"{M + H}"), finite=True)
    shapes.array("W_c.b", W_c.b, ("H",), finite=True)
    look: Any
    if params is None:
        (context, weights), look = attention.dot_product(s, memory, memory, mask)
    elif isinstance(params, AdditiveParams):
        (context, weights), look = attention.additive(s, memory, memory, params, mask)
    else:
        (context, weights), look = attention.multiplicative(s, memory, memory, params, mask)
    both = np.concatenate([context, s], axis=2)  # (T, B, M + H)
    mixed, mix = linear.forward(both, W_c)  # (T, B, H)
    a = np.tanh(mixed)
    return (a, weights), Cache(look, mix, a.copy())


def backward(da: Array, cache: Cache, dweights: Array | None = None) -> Grads:
    """Carry gradients back through :func:`forward`.

    Parameters
    ----------
    da : ndarray, (T, B, H)
        Gradient of the loss with respect to the attentional states.
    cache : Cache
        What :func:`forward` returned.
    dweights : ndarray, (T, B, S), optional
        Gradient with respect to the weights; None means that they were not used.

    Returns
    -------
    Grads

    Examples
    --------
    >>> W_c = linear.Params(np.array([[1.0, 0.0]]), np.zeros(1))
    >>> (a, _), cache = forward(np.zeros((3, 2, 1)), np.ones((4, 2, 1)), None, W_c)
    >>> backward(np.ones_like(a), cache).dmemory.shape
    (4, 2, 1)
    """
    check_named_tuple("cache", cache, Cache._fields)
    look, mix, a = cache
    shapes = Shapes()
    shapes.array("a (in the cache)", a, ("T", "B", "H"))
    shapes.array("da", da, ("T", "B", "H"))
    top = linear.backward(da * (1 - a * a), mix)
    M = top.dh.shape[2] - a.shape[2]
    dcontext, ds = top.dh[:, :, :M], top.dh[:, :, M:]  # (T, B, M), (T, B, H)
    below: Any
    found: AttentionParams = None
    if isinstance(look, attention.AdditiveCache):
        below = attention.additive_backward(dcontext, look, dweights)
        found = AdditiveParams(below.dW_q, below.dW_k, below.dv)
    elif isinstance(look, attention.MultiplicativeCache):
        below = attention.multiplicative_backward(dcontext, look, dweights)
        found = MultiplicativeParams(below.dW)
    else:
        below = attention.dot_product_backward(dcontext, look, dweights)
    return Grads(
        ds=ds + below.dquery,  # a state asks, and is mixed in
        dmemory=below.dkey + below.dvalue,  # the memory is compared, and averaged
        attention=found,
        W_c=linear.Params(top.dW, top.db),
    )


def check_attention(name: str, params: AttentionParams) -> None:
    """Raise unless the type of ``params`` chooses an attention.

    Examples
    --------
    >>> check_attention("params", "dot")
    Traceback (most recent call last):
        ...
    TypeError: params: expected AdditiveParams, MultiplicativeParams or None, got str
    """
    if not (params is None or isinstance(params, (AdditiveParams, MultiplicativeParams))):
        raise TypeError(
            f"{name}: expected AdditiveParams, MultiplicativeParams or None, "
            f"got {type(params).__name__}"
        )
