"""Binary cross-entropy from logits: one yes-or-no question per entry."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_number
from course_pkg.reference.checks import Array, Shapes, all_axes, check_named_tuple
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    logits: Array  # (...)
    targets: Array  # (...)
    pos_weight: float
    reduction: Reduction


def forward(
    logits: Array,
    targets: Array,
    *,
    pos_weight: float = 1.0,
    reduction: Reduction = "mean",
) -> tuple[Any, Cache]:
    """Compare the score of each "yes" with what is true.

    Parameters
    ----------
    logits : ndarray, (...)
        Scores before the sigmoid.
    targets : ndarray, (...), values in [0, 1]
        1 for yes and 0 for no, in the dtype of ``logits``; probabilities in between are fine.
    pos_weight : float, at least 0
        How much a "yes" counts compared with a "no"; above 1 if it is rare.
    reduction : {'mean', 'sum', 'none'}

    Returns
    -------
    loss : float, or for 'none' an ndarray (...)
        In nats.
    cache : Cache

    Raises
    ------
    ValueError
        If a logit is not finite.

    Notes
    -----
    ``loss = -w t log s(z) - (1 - t) log(1 - s(z))`` with the sigmoid s and ``w = pos_weight``.
    Both come from the logit at once, so that nothing overflows and no logarithm of 0 is taken:
    ``-log s(z) = log(exp(0) + exp(-z))`` and ``-log(1 - s(z)) = log(exp(0) + exp(z))``.

    Source: :cite:t:`goodfellow2016`, section 6.2.2.2.

    Examples
    --------
    >>> loss, _ = forward(np.array([0.0, 1e4]), np.array([1.0, 1.0]), reduction="none")
    >>> loss.round(4)
    array([0.6931, 0.    ])
    """
    check_reduction(reduction)
    pos_weight = check_number("pos_weight", pos_weight, "[0, inf)")
    shapes = Shapes()
    shapes.array("logits", logits, all_axes(logits), finite=True)
    shapes.array("targets", targets, all_axes(logits))
    for bad in targets[~((targets >= 0) & (targets <= 1))]:
        raise ValueError(f"targets: expected values in [0, 1], got {bad}")
    z, t = logits, targets
    losses = pos_weight * t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)  # (...)
    return reduce(losses, reduction, losses.size), Cache(logits, targets, pos_weight, reduction)


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
    dlogits : ndarray, (...)

    Notes
    -----
    ``dL/dz = (1 - t) s(z) - w t (1 - s(z))``; with w = 1 this is ``s(z) - t``.

    Examples
    --------
    >>> _, cache = forward(np.array([0.0, 0.0]), np.array([1.0, 0.0]), reduction="sum")
    >>> backward(1.0, cache)
    array([-0.5,  0.5])
    """
    check_named_tuple("cache", cache, Cache._fields)
    z, t, pos_weight, reduction = cache
    s = sigmoid(z)  # (...)
    dlogits: Array = ((1 - t) * s - pos_weight * t * (1 - s)) * spread(dloss, z, reduction, z.size)
    return dlogits
