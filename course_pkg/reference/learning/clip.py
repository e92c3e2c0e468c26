"""Gradient clipping: by the norm of the whole gradient, or entry by entry."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from course_pkg.checks import check_number
from course_pkg.reference.learning.tree import leaves, rebuild

P = TypeVar("P")


def norm(grads: object) -> float:
    """Return the Euclidean norm of all entries of all arrays together.

    Parameters
    ----------
    grads : dict, NamedTuple, list or tuple of arrays, nested at will
        Gradients of the parameters alone, as from
        :func:`course_pkg.reference.learning.tree.pick_gradients`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the norm overflows.

    Examples
    --------
    >>> norm({"W": np.array([[3.0]]), "b": np.array([4.0])})
    5.0
    """
    arrays = leaves("grads", grads).values()
    largest = max(float(np.abs(g).max()) for g in arrays)
    if largest == 0:
        return 0.0
    # Dividing first keeps the squares of exploding gradients from overflowing.
    total = largest * math.sqrt(sum(float(np.square(g / largest).sum()) for g in arrays))
    if math.isinf(total):
        raise ValueError(
            f"grads: expected a norm that a float holds, got entries up to {largest:g}"
        )
    return total


def clip_norm(grads: P, max_norm: float) -> tuple[P, float]:
    """Shorten the gradient to a norm of at most ``max_norm``; its direction stays.

    Parameters
    ----------
    grads : dict, NamedTuple, list or tuple of arrays, nested at will
        Gradients of the parameters alone, as from
        :func:`course_pkg.reference.learning.tree.pick_gradients`; not changed.
    max_norm : float, above 0
        The longest that is left as it is.

    Returns
    -------
    clipped : of the type of ``grads``
    total_norm : float
        The norm before clipping.

    Notes
    -----
    Equation: eq-clip-norm

    Source: :cite:t:`pascanu2013`. To the norm 1e-6 is added, as PyTorch does, against division
    by 0.

    Examples
    --------
    >>> clipped, total_norm = clip_norm({"W": np.array([30.0, 40.0])}, max_norm=5.0)
    >>> clipped["W"].round(3), total_norm
    (array([3., 4.]), 50.0)
    """
    max_norm = check_number("max_norm", max_norm, "(0, inf)")
    total_norm = norm(grads)
    scale = min(1.0, max_norm / (total_norm + 1e-6))
    return rebuild(grads, {k: scale * g for k, g in leaves("grads", grads).items()}), total_norm


def clip_value(grads: P, limit: float) -> P:
    """Cut every entry to [-limit, limit]; this changes the gradient's direction.

    Parameters
    ----------
    grads : dict, NamedTuple, list or tuple of arrays, nested at will
        Not changed.
    limit : float, above 0

    Returns
    -------
    Of the type of ``grads``.

    Notes
    -----
    Equation: eq-clip-value

    Source: after :cite:t:`mikolov2012`, who, as :cite:t:`pascanu2013` tell it, clipped the parts
    of each time step and not their sum.

    Examples
    --------
    >>> clip_value({"W": np.array([30.0, 0.1])}, limit=5.0)["W"]  # the second grew in importance
    array([5. , 0.1])
    """
    limit = check_number("limit", limit, "(0, inf)")
    with np.errstate(over="ignore"):  # a limit beyond all floats cuts nothing
        clipped = {k: np.clip(g, -limit, limit) for k, g in leaves("grads", grads).items()}
    return rebuild(grads, clipped)
