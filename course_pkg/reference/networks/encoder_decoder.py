"""Sequence to sequence: an encoder reads the source, a decoder writes the target and looks back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_generator, check_option, check_size
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_cell,
    check_lengths,
    check_named_tuple,
    check_params,
    valid_steps,
)
from course_pkg.reference.layers import attentional_state, embedding, linear
from course_pkg.reference.layers.attention import AdditiveParams, MultiplicativeParams, key_mask
from course_pkg.reference.layers.attentional_state import AttentionParams
from course_pkg.reference.learning.initialization import DType, check_dtype, xavier_uniform
from course_pkg.reference.networks import encoder
from course_pkg.reference.networks.classifier import start_cell
from course_pkg.reference.networks.stack import Cell

ATTENTION = ("none", "additive", "dot", "multiplicative")


class Params(NamedTuple):
    """The parameters of the whole model."""

    source_embedding: Array  # (V_x, E)
    encoder: list[Any]  # the cell's Params: one of size H, or two directions of size H/2
    target_embedding: Array  # (V_y, E)
    decoder: Any  # the cell's Params, of size H
    attention: AttentionParams  # its type chooses; None: the scaled dot product
    W_c: linear.Params | None  # W (H, 2H) and b (H,); None: no attention at all
    readout: linear.Params  # W (V_y, H) and b (V_y,)


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    cell: Cell
    encoder: encoder.Cache
    embedding: embedding.Cache
    decoder: Any  # the cell's cache
    attended: attentional_state.Cache | None
    readout: linear.Cache
    lengths: IntArray | None  # (B,), of the targets


def forward(
    cell: Cell,
    source: IntArray,
    inputs: IntArray,
    params: Params,
    *,
    source_lengths: Sequence[int] | IntArray | None = None,
    target_lengths: Sequence[int] | IntArray | None = None,
) -> tuple[tuple[Array, Array | None], Cache]:
    """Score every token of the targets, given the source and the tokens before it.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    source : ndarray of integers in 0..V_x-1, (S, B)
        Time-major tokens of the source.
    inputs : ndarray of integers in 0..V_y-1, (T, B)
        What the decoder reads: a token that begins, then the targets but for the last one.
    params : Params
    source_lengths, target_lengths : (B,) integers in 1..S and in 1..T, optional
        Number of valid steps of each sequence. What lies behind is never read.

    Returns
    -------
    (logits, weights) : ndarrays, (T, B, V_y) and (T, B, S)
        ``logits[t]`` scores the target at t, for
        :func:`course_pkg.reference.losses.cross_entropy.forward`; ``weights[t]`` is where the
        decoder looked, None without attention. Both are 0 behind the end of a target.
    cache : Cache

    Notes
    -----
    With m_1..m_S the states of the encoder and e its final one::

        s_0 = e    s_t = cell(embedding[y_{t-1}], s_{t-1})    c_t = attention(s_t, m_1..m_S)
        a_t = tanh(W_c [c_t; s_t] + b_c)    logits_t = W a_t + b

    and a_t = s_t without attention. The decoder reads the true tokens (teacher forcing), and
    never its own a_{t-1} (input feeding: see ``course_pkg.models.seq2seq``). So all T queries
    are known before the first look.

    Equation: eq-seq2seq, eq-encoder-decoder, eq-attentional-state

    Source: :cite:t:`sutskever2014`; attention after the cell: :cite:t:`luong2015`.

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> params = start(gru, 9, 7, 4, 6, np.random.default_rng(0))
    >>> source, inputs = np.array([[3, 1], [5, 2], [8, 0]]), np.array([[0, 0], [4, 6]])
    >>> (logits, weights), _ = forward(gru, source, inputs, params, source_lengths=[3, 2])
    >>> logits.shape, weights[0].round(2)  # the second source has two tokens
    ((2, 2, 7), array([[0.35, 0.33, 0.33],
           [0.5 , 0.5 , 0.  ]]))
    """
    check_cell(cell, ("GATES", "STATES", "Params", "forward", "backward"))
    check_model_params(cell, params)
    (memory, *states), read = encoder.forward(
        cell, source, params.source_embedding, params.encoder, source_lengths=source_lengths
    )  # (S, B, H), (B, H)
    S, B = source.shape
    if np.ndim(inputs) == 2 and np.shape(inputs)[1] != B:
        raise ValueError(
            f"inputs: expected shape (T, B) with B = {B} as in source, got {np.shape(inputs)}"
        )
    names = ("inputs", "target_embedding", "target_lengths")
    x, looked_up = embedding.forward_padded(
        inputs, params.target_embedding, target_lengths, names=names
    )  # (T, B, E)
    T = len(inputs)
    (s, *_), run = cell.forward(x, params.decoder, *states, lengths=target_lengths)  # s (T, B, H)
    a, weights, attended = s, None, None
    if params.W_c is not None:
        mask = None if source_lengths is None else key_mask(source_lengths, T, S)
        (a, weights), attended = attentional_state.forward(
            s, memory, params.attention, params.W_c, mask
        )  # (T, B, H), (T, B, S)
    logits, readout = linear.forward(a, params.readout)  # (T, B, V_y)
    if target_lengths is not None:
        target_lengths = check_lengths(target_lengths, T, B)
        valid = valid_steps(target_lengths, T)  # (T, B, 1)
        logits = np.where(valid, logits, 0)
        weights = None if weights is None else np.where(valid, weights, 0)
    cache = Cache(cell, read, looked_up, run, attended, readout, target_lengths)
    return (logits, weights), cache


def backward(dlogits: Array, cache: Cache, dweights: Array | None = None) -> Params:
    """Carry gradients from the logits back to the parameters.

    Parameters
    ----------
    dlogits : ndarray, (T, B, V_y)
        Gradient of the loss with respect to the logits; not read behind the end of a target.
    cache : Cache
        What :func:`forward` returned.
    dweights : ndarray, (T, B, S), optional
        Gradient with respect to the weights, likewise; None means that they were not used.

    Returns
    -------
    Params
        Holding gradients.

    Notes
    -----
    The memory gets a gradient from every step that looked at it, and the final states of the
    encoder from the first step of the decoder. Without attention the second is all there is:
    whatever the encoder learns, it learns through that one vector.

    Equation: eq-attention-backward

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> params = start(gru, 9, 7, 4, 6, np.random.default_rng(0))
    >>> source, inputs = np.array([[3], [5], [8]]), np.array([[0], [4]])
    >>> (logits, _), cache = forward(gru, source, inputs, params)
    >>> grads = backward(np.ones_like(logits), cache)
    >>> grads.source_embedding.any(axis=1).nonzero()[0]  # only what was read gets a gradient
    array([3, 5, 8])
    """
    check_named_tuple("cache", cache, Cache._fields)
    cell, read, looked_up, run, attended, readout, lengths = cache
    shapes = Shapes()
    shapes.array("a (in the cache)", readout.h, ("T", "B", "H"))
    shapes.array("b (in the cache)", readout.params.b, ("V",))
    shapes.array("dlogits", dlogits, ("T", "B", "V"))
    if dweights is not None:
        if attended is None:
            raise ValueError("dweights: expected None, because this model has no attention")
        shapes.array("dweights", dweights, ("T", "B", "S"))
    if lengths is not None:
        valid = valid_steps(lengths, len(dlogits))  # (T, B, 1)
        dlogits = np.where(valid, dlogits, 0)
        dweights = None if dweights is None else np.where(valid, dweights, 0)
    top = linear.backward(dlogits, readout)
    ds, dmemory, attention, W_c = top.dh, None, None, None
    if attended is not None:
        ds, dmemory, attention, W_c = attentional_state.backward(top.dh, attended, dweights)
    writes = cell.backward(ds, run)
    reads = encoder.backward(
        dmemory, read, *(getattr(writes, f"d{state}0") for state in cell.STATES)
    )
    return Params(
        source_embedding=reads.source_embedding,
        encoder=reads.layers,
        target_embedding=embedding.backward(writes.dx, looked_up),
        decoder=cell.Params(*(getattr(writes, f"d{name}") for name in cell.Params._fields)),
        attention=attention,
        W_c=W_c,
        readout=linear.Params(top.dW, top.db),
    )


def start(
    cell: Cell,
    V_x: int,
    V_y: int,
    E: int,
    H: int,
    rng: np.random.Generator,
    *,
    attention: str = "additive",
    D: int = 2,
    dtype: DType = np.float64,
) -> Params:
    """Draw the parameters that training starts from.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    V_x, V_y, E, H : int
        Tokens of the source and of the target, size of an embedding, hidden size of the decoder.
    rng : numpy.random.Generator
    attention : {"additive", "dot", "multiplicative", "none"}
    D : {1, 2}
        Directions of the encoder; H is a multiple of it.
    dtype : float32 or float64

    Returns
    -------
    Params
        Embeddings and cells as in :func:`course_pkg.reference.networks.language_model.start`, all
        that is new uniform with Glorot's variance.

    Examples
    --------
    >>> from course_pkg.reference.cells import lstm
    >>> params = start(lstm, 9, 7, 4, 6, np.random.default_rng(0))
    >>> [layer.W_hh.shape for layer in params.encoder], params.attention.W_k.shape
    ([(12, 3), (12, 3)], (6, 6))
    """
    check_option("attention", attention, ATTENTION)
    for name, size in (("V_x", V_x), ("V_y", V_y), ("E", E), ("H", H)):
        check_size(name, size)
    if isinstance(D, (bool, float)) or D not in (1, 2):
        raise ValueError(f"D: expected 1 or 2, got {D!r}")
    if H % D:
        raise ValueError(f"H: expected a multiple of D = {D}, got {H}")
    check_generator(rng)

    def table(V: int) -> Array:
        rows: Array = rng.normal(size=(V, E)) * E**-0.5  # of length 1 on average
        return rows.astype(check_dtype(dtype))

    def matrix(n_out: int, n_in: int) -> Array:
        return xavier_uniform(n_out, n_in, rng, dtype=dtype)

    source_embedding, target_embedding = table(V_x), table(V_y)
    layers = [start_cell(cell, E, H // D, rng, dtype=dtype) for _ in range(D)]
    decoder = start_cell(cell, E, H, rng, dtype=dtype)
    readout = linear.Params(matrix(V_y, H), np.zeros(V_y, dtype=dtype))
    kind: AttentionParams = None
    if attention == "additive":
        kind = AdditiveParams(W_q=matrix(H, H), W_k=matrix(H, H), v=matrix(1, H)[0])
    elif attention == "multiplicative":
        kind = MultiplicativeParams(W=matrix(H, H))
    W_c = None if attention == "none" else linear.Params(matrix(H, 2 * H), np.zeros(H, dtype))
    return Params(source_embedding, layers, target_embedding, decoder, kind, W_c, readout)


def check_model_params(cell: Cell, params: Params) -> Shapes:
    """Raise unless the parts of a model fit together; return the sizes of the decoder.

    The embeddings are checked where they are read: a row that nobody reads may hold anything.

    Examples
    --------
    >>> from course_pkg.reference.cells import rnn
    >>> params = start(rnn, 9, 7, 4, 6, np.random.default_rng(0))
    >>> check_model_params(rnn, params._replace(encoder=params.encoder[:1]))
    Traceback (most recent call last):
        ...
    ValueError: params.encoder: expected 1 direction of size 6, as params.decoder, got size 3
    """
    check_named_tuple("params", params, Params._fields)
    if not isinstance(params.encoder, (list, tuple)) or hasattr(params.encoder, "_fields"):
        raise TypeError(f"params.encoder: expected a list, got {type(params.encoder).__name__}")
    D = len(params.encoder)
    if D not in (1, 2):
        raise ValueError(f"params.encoder: expected 1 or 2 directions, got {D}")
    shapes, reads = Shapes(), Shapes()
    shapes.array("params.target_embedding", params.target_embedding, ("V_y", "E"))
    check_params(
        shapes, params.decoder, cell.Params._fields, cell.GATES, name="params.decoder", inputs="E"
    )
    shapes.array("params.source_embedding", params.source_embedding, ("V_x", "E_x"))
    reads.array("params.source_embedding", params.source_embedding, ("V_x", "E"))
    for index, layer in enumerate(params.encoder):
        name = f"params.encoder[{index}]"
        check_params(reads, layer, cell.Params._fields, cell.GATES, name=name, inputs="E")
    H, N = shapes.sizes["H"], reads.sizes["H"]
    if D * N != H:
        wanted = f"{D} direction{'s' if D > 1 else ''} of size {H // D}"
        raise ValueError(f"params.encoder: expected {wanted}, as params.decoder, got size {N}")
    if params.W_c is not None:
        check_named_tuple("params.W_c", params.W_c, linear.Params._fields)
        shapes.array("params.W_c.W", params.W_c.W, ("H", "2H"), finite=True)
        shapes.array("params.W_c.b", params.W_c.b, ("H",), finite=True)
    elif params.attention is not None:
        raise ValueError("params.attention: expected None, because params.W_c is None")
    attentional_state.check_attention("params.attention", params.attention)
    axes = {"W_q": ("A", "H"), "W_k": ("A", "H"), "v": ("A",), "W": ("H", "H")}
    for name in getattr(params.attention, "_fields", ()):
        array = getattr(params.attention, name)
        shapes.array(f"params.attention.{name}", array, axes[name], finite=True)
    check_named_tuple("params.readout", params.readout, linear.Params._fields)
    shapes.array("params.readout.W", params.readout.W, ("V_y", "H"), finite=True)
    shapes.array("params.readout.b", params.readout.b, ("V_y",), finite=True)
    return shapes
