"""Connectionist temporal classification: labels without knowing at which step each one stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_flag, check_integer
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_array,
    check_ids,
    check_lengths,
    check_named_tuple,
)
from course_pkg.reference.layers.softmax import log_softmax
from course_pkg.reference.losses.ctc_lattice import (
    Lattice,
    lattice,
    sums_of_beginnings,
    sums_of_ends,
)
from course_pkg.reference.losses.reduction import Reduction, check_reduction, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    log_p: Array  # (T, B, C)
    places: Lattice
    lengths: IntArray  # (B,)
    alpha: Array  # (T, B, K), with K = 2 S + 1
    log_likelihood: Array  # (B,), -infinity where the labels do not fit
    reduction: Reduction


def forward(
    logits: Array,
    targets: IntArray,
    *,
    lengths: Sequence[int] | IntArray | None = None,
    target_lengths: Sequence[int] | IntArray | None = None,
    blank: int = 0,
    reduction: Reduction = "mean",
    zero_infinity: bool = False,
) -> tuple[Any, Cache]:
    """Return minus the log-probability of the labels: all their readings together.

    Parameters
    ----------
    logits : ndarray, (T, B, C)
        Scores before the softmax, of C - 1 labels and the blank, at each step. What stands in the
        padding, NaN included, is never read.
    targets : ndarray of integers in 0..C-1, without the blank, (B, S)
        The labels in their order; anything in the padding.
    lengths : (B,) integers in 1..T, optional
        Number of valid steps; all by default.
    target_lengths : (B,) integers in 0..S, optional
        Number of labels; all by default. A sequence may have none.
    blank : int in 0..C-1
    reduction : {'mean', 'sum', 'none'}
        With 'mean', as in PyTorch, each loss is divided by its number of labels (by 1 if there
        are none) before the mean over the batch.
    zero_infinity : bool
        Whether a sequence with too few steps for its labels counts 0 and has no gradient; else
        it is an error.

    Returns
    -------
    loss : float, or for 'none' an ndarray (B,)
        In nats.
    cache : Cache

    Raises
    ------
    ValueError
        If a logit that counts is not finite, a label is the blank, or labels do not fit into
        their steps (each needs one, and equal neighbours a blank between them).

    Notes
    -----
    ``loss = -log sum over readings of prod_t p[t, symbol_t]``, where a reading becomes the labels
    when repeated symbols are merged and then blanks dropped.

    Source: :cite:t:`graves2006`.

    Examples
    --------
    Two steps, one label, nothing known: ``aa``, ``a_`` and ``_a`` of 4 readings.

    >>> loss, _ = forward(np.zeros((2, 1, 2)), np.array([[1]]))
    >>> round(float(np.exp(-loss)), 6)
    0.75
    """
    check_reduction(reduction)
    check_flag("zero_infinity", zero_infinity)
    Shapes().array("logits", logits, ("T", "B", "C"))
    T, B, C = logits.shape
    check_array("targets", targets)
    if targets.ndim != 2 or len(targets) != B:
        raise ValueError(f"targets: expected shape (B, S) with B = {B}, got {targets.shape}")
    steps = np.full(B, T) if lengths is None else check_lengths(lengths, T, B)
    S = targets.shape[1]
    if target_lengths is None:
        counts = np.full(B, S)
    else:
        counts = check_lengths(target_lengths, S, B, name="target_lengths", least=0)
    check_ids("blank", np.asarray(check_integer("blank", blank)), C)
    inside = np.arange(S) < counts[:, None]  # (B, S)
    if targets.dtype.kind in "iu" and (targets[inside] == blank).any():
        raise ValueError(f"targets: expected labels, got the blank, {blank}")
    filled = np.where(inside, targets, blank)
    if filled.size:
        check_ids("targets", filled, C)
    places = lattice(filled, counts, blank)
    for b in np.flatnonzero(places.steps > steps) if not zero_infinity else ():
        raise ValueError(
            f"targets: the labels of sequence {b} take {places.steps[b]} steps at least (equal "
            f"neighbours need a blank between them), and it has {steps[b]}; with "
            "zero_infinity=True it would count 0"
        )
    valid = (np.arange(T)[:, None] < steps)[:, :, None]  # (T, B, 1)
    scores = np.where(valid, logits, 0)
    if not np.isfinite(scores).all():
        raise ValueError("logits: expected finite values in every valid step, got NaN or infinity")
    log_p = log_softmax(scores)
    alpha, log_likelihood = sums_of_beginnings(_at_places(log_p, places), places, steps)
    cache = Cache(log_p, places, steps, alpha, log_likelihood, reduction)
    losses = np.where(np.isfinite(log_likelihood), -log_likelihood, 0)  # (B,)
    if reduction == "none":
        return losses, cache
    weighted = losses * _weights(cache)
    return float(weighted.sum()), cache


def backward(dloss: float | Array, cache: Cache) -> Array:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float, or for 'none' an ndarray (B,)
        Gradient with respect to the loss; 1.0 for the loss itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    dlogits : ndarray, (T, B, C)
        Exactly 0 in the padding, and for sequences that count 0.

    Notes
    -----
    ``dL/dz[t, c] = p[t, c] - p(the reading emits c at step t | the labels)``: what the network
    says, less what the lattice says that knows the labels. The second is the sum of
    ``exp(alpha + beta - log likelihood)`` over the places of symbol c.

    Source: :cite:t:`graves2006`, equation 16.

    Examples
    --------
    Of three readings two have the label at the first step.

    >>> _, cache = forward(np.zeros((2, 1, 2)), np.array([[1]]))
    >>> backward(1.0, cache)[0, 0].round(4)  # 1/2 - 1/3, 1/2 - 2/3
    array([ 0.1667, -0.1667])
    """
    check_named_tuple("cache", cache, Cache._fields)
    log_p, places, lengths, alpha, log_likelihood, reduction = cache
    T, B, C = log_p.shape
    each = spread(dloss, np.zeros(B, dtype=log_p.dtype), reduction, 1)  # (B,)
    if reduction != "none":
        each = each * _weights(cache)
    fits = np.isfinite(log_likelihood)  # (B,)
    beta = sums_of_ends(_at_places(log_p, places), places, lengths)
    likelihood = np.where(fits, log_likelihood, 0)[:, None]
    at_places = np.exp(alpha + beta - likelihood)  # (T, B, K), p(the reading stands there)
    one_hot = places.symbols[:, :, None] == np.arange(C)  # (B, K, C)
    emits = at_places.swapaxes(0, 1) @ one_hot.astype(log_p.dtype)  # (B, T, C)
    valid = (np.arange(T)[:, None] < lengths) & fits  # (T, B)
    dlogits: Array = (np.exp(log_p) - emits.swapaxes(0, 1)) * each[:, None]  # (T, B, C)
    dlogits[~valid] = 0
    return dlogits


def _at_places(log_p: Array, places: Lattice) -> Array:
    """Return the log-probability of the symbol of each place, (T, B, K)."""
    indices = np.broadcast_to(places.symbols, (len(log_p), *places.symbols.shape))
    at_places: Array = np.take_along_axis(log_p, indices, axis=2)
    return at_places


def _weights(cache: Cache) -> Array:
    """Return by how much each loss counts, (B,)."""
    labels = cache.places.last // 2
    B = len(labels)
    weights = 1 / (np.maximum(labels, 1) * B) if cache.reduction == "mean" else np.ones(B)
    return weights.astype(cache.log_p.dtype)
