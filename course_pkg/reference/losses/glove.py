"""GloVe's loss: inner products of word vectors fitted to logarithms of counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_number
from course_pkg.reference.checks import Array, Shapes, check_named_tuple
from course_pkg.reference.losses.reduction import Reduction, check_reduction, reduce, spread


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    v: Array  # (N, I)
    u: Array  # (N, I)
    weights: Array  # (N,)
    misses: Array  # (N,), by how much each logarithm is missed
    reduction: Reduction


class Grads(NamedTuple):
    """Gradients, each shaped like what it belongs to."""

    dv: Array
    du: Array
    db: Array
    dc: Array


def weight(counts: Array, *, most: float = 100.0, power: float = 0.75) -> Array:
    """Return how much each count counts: rare pairs little, frequent ones not without end.

    Parameters
    ----------
    counts : ndarray, (...), above 0
        How often two words stood together.
    most : float above 0
        From here on the weight is 1.
    power : float in [0, 1]

    Returns
    -------
    ndarray, (...), values in (0, 1]

    Raises
    ------
    ValueError
        If a count is not above 0: pairs that never stood together are left out, since they have
        no logarithm.

    Notes
    -----
    ``f(x) = min(1, (x / most)^power)``.

    Source: :cite:t:`pennington2014`, equation 9.

    Examples
    --------
    >>> weight(np.array([1.0, 100.0, 5000.0])).round(3)
    array([0.032, 1.   , 1.   ])
    """
    most = check_number("most", most, "(0, inf)")
    power = check_number("power", power, "[0, 1]")
    Shapes().array("counts", counts, ["N"] * np.ndim(counts), finite=True)
    for bad in counts[counts <= 0]:
        raise ValueError(f"counts: expected values above 0, got {bad}")
    weights: Array = np.minimum(1, (counts / most) ** power).astype(counts.dtype)
    return weights


def forward(
    v: Array,
    u: Array,
    b: Array,
    c: Array,
    counts: Array,
    *,
    most: float = 100.0,
    power: float = 0.75,
    reduction: Reduction = "mean",
) -> tuple[Any, Cache]:
    """Compare N inner products with the logarithms of how often the words stood together.

    Parameters
    ----------
    v, u : ndarray, (N, I)
        Vectors of the first and the second word of each pair, from two tables.
    b, c : ndarray, (N,)
        A number for each of them, that takes up how frequent the word is.
    counts : ndarray, (N,), above 0
        How often the two stood together, perhaps weighted by their distance.
    most, power : float
        As for :func:`weight`.
    reduction : {'mean', 'sum', 'none'}
        Over the N pairs.

    Returns
    -------
    loss : float, or for 'none' an ndarray (N,)
    cache : Cache

    Raises
    ------
    ValueError
        If a value is not finite, or a count not above 0.

    Notes
    -----
    ``loss = f(x) (v.u + b + c - log x)^2`` with ``f`` as in :func:`weight`.

    Source: :cite:t:`pennington2014`, equation 8.

    Examples
    --------
    >>> zero = np.zeros((1, 2))
    >>> forward(zero, zero, np.zeros(1), np.zeros(1), np.array([1.0]))[0]  # log 1 is met
    0.0
    """
    check_reduction(reduction)
    shapes = Shapes()
    shapes.array("v", v, ("N", "I"), finite=True)
    shapes.array("u", u, ("N", "I"), finite=True)
    shapes.array("b", b, ("N",), finite=True)
    shapes.array("c", c, ("N",), finite=True)
    shapes.array("counts", counts, ("N",))
    weights = weight(counts, most=most, power=power)  # (N,)
    misses = (v * u).sum(axis=1) + b + c - np.log(counts)  # (N,)
    losses = weights * misses**2
    return reduce(losses, reduction, len(v)), Cache(v, u, weights, misses, reduction)


def backward(dloss: float | Array, cache: Cache) -> Grads:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float, or for 'none' an ndarray (N,)
        Gradient with respect to the loss; 1.0 for the loss itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    Grads
        ``dv, du (N, I)`` and ``db, dc (N,)``; the two last are equal.

    Notes
    -----
    ``dL/db = dL/dc = 2 f(x) (v.u + b + c - log x)``, ``dL/dv = dL/db u``, ``dL/du = dL/db v``.

    Source: :cite:t:`pennington2014`.

    Examples
    --------
    >>> one = np.ones((1, 2))
    >>> _, cache = forward(one, one, np.zeros(1), np.zeros(1), np.array([1.0]), most=1.0)
    >>> backward(1.0, cache).dv
    array([[4., 4.]])
    """
    check_named_tuple("cache", cache, Cache._fields)
    v, u, weights, misses, reduction = cache
    db = spread(dloss, misses, reduction, len(v)) * 2 * weights * misses  # (N,)
    return Grads(db[:, None] * u, db[:, None] * v, db, db.copy())
