"""The encoder: it reads the source, leaves one state per step, and says where a decoder begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.reference.checks import Array, IntArray, Shapes, check_named_tuple
from course_pkg.reference.layers import embedding
from course_pkg.reference.networks import stack
from course_pkg.reference.networks.stack import Cell


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    embedding: embedding.Cache
    run: stack.Cache


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    source_embedding: Array  # (V, E)
    layers: list[Any]  # one or two of the cell's named tuples Params, holding gradients


def forward(
    cell: Cell,
    source: IntArray,
    source_embedding: Array,
    layers: Sequence[Any],
    *,
    source_lengths: Sequence[int] | IntArray | None = None,
) -> tuple[tuple[Array, ...], Cache]:
    """Read the source.

    Parameters
    ----------
    cell : module
        ``rnn``, ``gru`` or ``lstm``.
    source : ndarray of integers in 0..V-1, (S, B)
        Time-major tokens.
    source_embedding : ndarray, (V, E)
    layers : sequence of Params
        One layer of size H, or two directions of size H/2 each.
    source_lengths : (B,) integers in 1..S, optional
        Number of valid steps of each sequence. What lies behind is never read.

    Returns
    -------
    (memory, h) or (memory, h, c) : ndarrays, (S, B, H), then (B, H)
        The states after each step (0 behind the end), and the final ones. Those of two
        directions stand side by side in both, so a decoder of size H takes them over as they
        are.
    cache : Cache

    Notes
    -----
    Equation: eq-encoder-decoder

    Source: :cite:t:`sutskever2014`; both directions: :cite:t:`bahdanau2015`.

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> from course_pkg.reference.networks.classifier import start_cell
    >>> rng = np.random.default_rng(0)
    >>> layers = [start_cell(gru, 8, 3, rng) for _ in range(2)]
    >>> (memory, h), _ = forward(gru, np.array([[3], [1]]), rng.normal(size=(5, 8)), layers)
    >>> memory.shape, h.shape
    ((2, 1, 6), (1, 6))
    """
    names = ("source", "source_embedding", "source_lengths")
    x, looked_up = embedding.forward_padded(
        source, source_embedding, source_lengths, names=names
    )  # (S, B, E)
    D = len(layers)
    (memory, *final), run = stack.forward(cell, x, layers, D=D, lengths=source_lengths)
    side_by_side = [np.concatenate(list(state), axis=1) for state in final]  # (B, H) each
    return (memory, *side_by_side), Cache(looked_up, run)


def backward(dmemory: Array | None, cache: Cache, *dstates: Array) -> Grads:
    """Carry gradients back through :func:`forward`.

    Parameters
    ----------
    dmemory : ndarray, (S, B, H), or None
        Gradient of the loss with respect to the memory; None means that it was not used.
    cache : Cache
        What :func:`forward` returned.
    *dstates : ndarrays, (B, H)
        Gradients with respect to the final states; or nothing, if they were not used.

    Returns
    -------
    Grads

    Examples
    --------
    >>> from course_pkg.reference.cells import gru
    >>> from course_pkg.reference.networks.classifier import start_cell
    >>> rng = np.random.default_rng(0)
    >>> layers = [start_cell(gru, 8, 3, rng) for _ in range(2)]
    >>> (memory, h), cache = forward(gru, np.array([[3], [1]]), rng.normal(size=(5, 8)), layers)
    >>> backward(None, cache, np.ones_like(h)).layers[1].W_hh.shape
    (9, 3)
    """
    check_named_tuple("cache", cache, Cache._fields)
    looked_up, run = cache
    _, B, N = run.runs[0].h.shape
    shapes = Shapes()
    for name, gradient in zip(run.cell.STATES, dstates, strict=False):
        shapes.array(f"d{name}", gradient, (f"{B}", f"{run.D * N}"))
    apart = [np.stack(np.split(gradient, run.D, axis=1)) for gradient in dstates]  # (D, B, H/D)
    below = stack.backward(dmemory, run, *apart)
    return Grads(embedding.backward(below.dx, looked_up), below.layers)
