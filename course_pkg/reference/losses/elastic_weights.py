"""Elastic weight consolidation: a spring on every weight, as stiff as an earlier task needs it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np

from course_pkg.checks import check_number
from course_pkg.reference.checks import Array, Shapes, all_axes, check_fits, check_named_tuple
from course_pkg.reference.learning.tree import leaves, match_leaves, rebuild

P = TypeVar("P")


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`."""

    params: Any  # gives the structure
    pulls: dict[str, Array]  # strength F (theta - theta*), by name: the gradient of the penalty


def fisher(grads: P, weights: Array | None = None) -> P:
    """Return the diagonal of the Fisher information: the mean square of per-example gradients.

    Parameters
    ----------
    grads : dict, NamedTuple, list or tuple of ndarrays (N, ...), nested at will
        In each array one gradient of ``log p(label | example)`` after the other, N of them. The
        gradient of a batch does not do: squares come before the mean.
    weights : ndarray, (N,), at least 0, optional
        How much each gradient counts; 1/N by default.

    Returns
    -------
    Of the type of ``grads``, holding ndarrays (...), none of them negative.

    Raises
    ------
    ValueError
        If a gradient is not finite, or the arrays do not hold equally many.

    Notes
    -----
    ``F = sum_n weights_n g_n^2``, entry by entry. Two things bear the name. Where the labels are
    drawn from the model, or each label counts with the model's own probability of it, F is the
    Fisher information, and at a good fit near the curvature of the loss. With the labels of the
    data it is the *empirical* Fisher information, which is another quantity.

    Equation: eq-fisher

    Source: :cite:t:`kirkpatrick2017`; on the empirical one: :cite:t:`kunstner2019`.

    Examples
    --------
    >>> fisher({"w": np.array([3.0, -1.0])})  # of the batch: the square of 1, the mean
    {'w': array(5.)}

    One example with the chance p of a yes, known exactly: both labels, weighed, give p (1 - p).

    >>> p = 0.9
    >>> fisher({"w": np.array([1 - p, 0 - p])}, weights=np.array([p, 1 - p]))
    {'w': array(0.09)}
    """
    arrays = leaves("grads", grads)
    shapes = Shapes()
    for name, g in arrays.items():
        label = f"grads[{name!r}]"
        if g.ndim == 0:
            raise ValueError(f"{label}: expected shape (N, ...), a gradient an example, got ()")
        own = [f"axis {axis} of {name}" for axis in range(1, g.ndim)]  # all share N alone
        shapes.array(label, g, ["N", *own], finite=True)
    if weights is not None and (shapes.array("weights", weights, ("N",), finite=True) < 0).any():
        raise ValueError(f"weights: expected no negative value, got {weights.min()}")
    found: dict[str, Array] = {}
    for name, g in arrays.items():
        share = np.full(len(g), 1 / len(g), dtype=g.dtype) if weights is None else weights  # (N,)
        with np.errstate(over="ignore"):
            found[name] = np.asarray(np.tensordot(share, g * g, axes=1))  # (...)
        check_fits(f"grads[{name!r}]", g, found[name], "values whose squares")
    return rebuild(grads, found)


def forward(params: P, anchor: P, information: P, *, strength: float) -> tuple[float, Cache]:
    """Measure how far the weights have moved from an anchor, each by its own scale.

    Parameters
    ----------
    params : dict, NamedTuple, list or tuple of ndarrays, nested at will
        The weights theta, which learn a new task.
    anchor : like ``params``
        The weights theta* at which an earlier task was learned.
    information : like ``params``, no entry negative
        What :func:`fisher` found there. Ones: every weight is held alike (L2 towards the anchor).
    strength : float, at least 0
        lambda: how much the earlier task counts. Bayes' rule gives the number of its examples
        over that of the new task, where the loss of the new one is a mean.

    Returns
    -------
    penalty : float
        To be added to the mean loss on the new task.
    cache : Cache

    Notes
    -----
    ``penalty = (strength / 2) sum_i F_i (theta_i - theta*_i)^2``: up to a constant, the negative
    logarithm of a normal distribution around theta* with variances ``1 / (strength F_i)``.

    Equation: eq-elastic, eq-laplace

    Source: :cite:t:`kirkpatrick2017`; the approximation: :cite:t:`mackay1992`.

    Examples
    --------
    >>> theta, star = {"w": np.array([1.5, 1.5])}, {"w": np.array([1.0, 1.0])}
    >>> forward(theta, star, {"w": np.array([4.0, 0.0])}, strength=2.0)[0]  # the second is free
    1.0
    """
    strength = check_number("strength", strength, "[0, inf)")
    theta = leaves("params", params)
    star = match_leaves(params, "anchor", anchor)
    F = match_leaves(params, "information", information)
    total = 0.0
    pulls: dict[str, Array] = {}
    for name, w in theta.items():
        Shapes().array(f"params[{name!r}]", w, all_axes(w), finite=True)
        Shapes().array(f"anchor[{name!r}]", star[name], all_axes(w), finite=True)
        Shapes().array(f"information[{name!r}]", F[name], all_axes(w), finite=True)
        for bad in F[name][F[name] < 0]:
            raise ValueError(f"information[{name!r}]: expected no negative value, got {bad}")
        moved = np.asarray(w - star[name])  # (...)
        with np.errstate(over="ignore"):
            pulls[name] = np.asarray(moved.dtype.type(strength) * F[name] * moved)  # (...)
            products = np.asarray(pulls[name] * moved)  # (...)
        check_fits(f"params[{name!r}]", w, products, "distances to the anchor whose squares")
        total += 0.5 * float(products.sum())
    return total, Cache(params, pulls)


def backward(dloss: float, cache: Cache) -> Any:
    """Carry a gradient back through :func:`forward`.

    Parameters
    ----------
    dloss : float
        Gradient with respect to the penalty; 1.0 for the penalty itself.
    cache : Cache
        What :func:`forward` returned.

    Returns
    -------
    dparams : of the type of ``params``

    Notes
    -----
    ``d penalty / d theta_i = strength F_i (theta_i - theta*_i)``: the pull of a spring.

    Equation: eq-elastic

    Examples
    --------
    >>> theta, star = {"w": np.array([1.5, 1.5])}, {"w": np.array([1.0, 1.0])}
    >>> _, cache = forward(theta, star, {"w": np.array([4.0, 0.0])}, strength=2.0)
    >>> backward(1.0, cache)
    {'w': array([4., 0.])}
    """
    check_named_tuple("cache", cache, Cache._fields)
    dloss = check_number("dloss", dloss, "(-inf, inf)")
    params, pulls = cache
    return rebuild(params, {name: pull.dtype.type(dloss) * pull for name, pull in pulls.items()})
