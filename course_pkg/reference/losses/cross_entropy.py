"""Cross-entropy from logits: class weights, ignored targets, label smoothing, three reductions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_integer, check_number
from course_pkg.reference.checks import (
    Array,
    IntArray,
    Shapes,
    check_ids,
    check_named_tuple,
    leading_axes,
)
from course_pkg.reference.layers.softmax import log_softmax
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`; N counts the targets that are used."""

    log_p: Array  # (N, V)
    q: Array  # (N, V), the weighted target distribution
    used: npt.NDArray[np.bool_]  # (...), False where a target is ignored
    reduction: Reduction
    total: float  # what the mean divides by


def forward(
    logits: Array,
    targets: IntArray,
    *,
    weights: Array | None = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> tuple[Any, Cache]:
    """Compare predicted scores with the right classes.

    Parameters
    ----------
    logits : ndarray, (..., V)
        Scores before the softmax. The classes are on the last axis.
    targets : ndarray of integers in 0..V-1, (...)
        The right classes; ``ignore_index`` where there is none, such as in padding. The logits
        there are never read.
    weights : ndarray, (V,), optional
        How much each class counts; 1 by default, never negative.
    ignore_index : int
        The mark of an ignored target.
    label_smoothing : float in [0, 1]
        The share of the target that is spread evenly over all V classes.
    reduction : {'mean', 'sum', 'none'}
        With 'mean', the sum is divided by the summed weights of the targets that are used.

    Returns
    -------
    loss : float, or for 'none' an ndarray (...)
        In nats; 0 for ignored targets.
    cache : Cache

    Raises
    ------
    ValueError
        If a used logit is not finite, or a mean is asked for where the used targets weigh 0.

    Notes
    -----
    ``loss = -sum_k q_k log p_k`` with ``p = softmax(logits)`` and, for target y, smoothing e and
    weights w, ``q_k = w_k ((1 - e) 1[k = y] + e / V)``.

    Equation: eq-cross-entropy

    Source: :cite:t:`goodfellow2016`, section 6.2.2.3; label smoothing: :cite:t:`szegedy2016`.

    Examples
    --------
    >>> loss, _ = forward(np.zeros((3, 4)), np.array([1, 0, -100]))
    >>> round(loss, 4)  # log 4: no better than guessing among four classes
    1.3863
    """
    check_reduction(reduction)
    e = check_number("label_smoothing", label_smoothing, "[0, 1]")
    shapes = Shapes()
    shapes.array("logits", logits, [*leading_axes(logits), "V"])
    V = shapes.sizes["V"]
    check_ids("targets", targets, V, ignore=check_integer("ignore_index", ignore_index))
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets: expected shape {logits.shape[:-1]}, that of logits without the classes, "
            f"got {targets.shape}"
        )
    used = targets != ignore_index  # (...)
    if weights is None:
        weights = np.ones(V, dtype=logits.dtype)
    elif (shapes.array("weights", weights, ("V",), finite=True) < 0).any():
        raise ValueError(f"weights: expected no negative value, got {weights.min()}")

    y = targets[used]  # (N,)
    total = float(weights[y].sum(dtype=np.float64))
    if reduction == "mean" and total == 0:
        raise ValueError(
            "targets: expected at least one that is not ignored and has a positive weight, "
            "because reduction='mean' divides by their weights"
        )
    z = logits[used]  # (N, V)
    if not np.isfinite(z).all():
        raise ValueError("logits: expected finite values, got NaN or infinity")
    log_p = log_softmax(z) if len(z) else z  # (N, V)
    np.maximum(log_p, np.finfo(z.dtype).min, out=log_p)  # 0 times minus infinity would be NaN
    q = np.full_like(log_p, e / V)  # (N, V)
    q[np.arange(len(y)), y] += 1 - e
    q *= weights
    losses = np.zeros(targets.shape, dtype=logits.dtype)
    losses[used] = -(q * log_p).sum(axis=1)
    return reduce(losses, reduction, total), Cache(log_p, q, used, reduction, total)


def backward(dloss: float | Array, cache: Cache) -> Array:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float, or for 'none' an ndarray (...)
        Gradient with respect to the loss; 1.0 for the loss itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    dlogits : ndarray, (..., V)
        Exactly 0 where a target is ignored.

    Notes
    -----
    ``dL/dz_k = p_k sum_j q_j - q_k``: without weights, the prediction minus the target.

    Equation: eq-cross-entropy-backward

    Source: :cite:t:`goodfellow2016`, section 6.2.2.3.

    Examples
    --------
    >>> _, cache = forward(np.zeros((1, 4)), np.array([1]))
    >>> backward(1.0, cache)
    array([[ 0.25, -0.75,  0.25,  0.25]])
    """
    check_named_tuple("cache", cache, Cache._fields)
    log_p, q, used, reduction, total = cache
    dlosses = spread(dloss, np.zeros(used.shape, dtype=log_p.dtype), reduction, total)
    dlogits = np.zeros((*used.shape, log_p.shape[1]), dtype=log_p.dtype)
    q_sum = q.sum(axis=1, keepdims=True)  # (N, 1)
    dlogits[used] = dlosses[used][:, None] * (q_sum * np.exp(log_p) - q)  # (N, V)
    return dlogits
