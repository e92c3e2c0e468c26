"""Adam and AdamW: every parameter gets a step size of its own."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

import numpy as np

from course_pkg.checks import check_flag, check_integer, check_number
from course_pkg.reference.checks import Array, check_eps, check_fits, check_named_tuple
from course_pkg.reference.learning.tree import add_decay, leaves, match_leaves, rebuild

P = TypeVar("P")


class State(NamedTuple):
    """What Adam remembers from one update to the next; the means by parameter name."""

    step: int
    m: dict[str, Array]  # running mean of the gradient
    v: dict[str, Array]  # running mean of its square


def init(params: object) -> State:
    """Make the state before the first update: both means 0.

    Parameters
    ----------
    params : dict, NamedTuple, list or tuple of arrays, nested at will

    Returns
    -------
    State

    Examples
    --------
    >>> init({"w": np.array([1.0, 2.0])})
    State(step=0, m={'w': array([0., 0.])}, v={'w': array([0., 0.])})
    """
    arrays = leaves("params", params)
    return State(
        step=0,
        m={name: np.zeros_like(w) for name, w in arrays.items()},
        v={name: np.zeros_like(w) for name, w in arrays.items()},
    )


def update(
    params: P,
    grads: P,
    state: State,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> tuple[P, State]:
    """Take one step of Adam, or of AdamW; nothing that is passed in is changed.

    Parameters
    ----------
    params : dict, NamedTuple, list or tuple of arrays, nested at will
    grads : like ``params``
        Gradients; :func:`course_pkg.reference.learning.tree.pick_gradients` arranges those of a
        backward function so.
    state : State
        From :func:`init` or the last update.
    lr : float, at least 0
        Learning rate: about the largest change of a parameter in one step.
    beta1, beta2 : float in [0, 1)
        The shares of the two running means that are kept.
    eps : float, above 0
        Keeps a gradient of 0 from dividing by 0.
    weight_decay : float, at least 0
        How strongly parameters are pulled towards 0.
    decoupled : bool
        True is AdamW: the pull acts on the parameter itself. False adds it to the gradient,
        where it is divided by the running square as well: large gradients then weaken it.

    Returns
    -------
    params : of the type of ``params``
    state : State

    Raises
    ------
    ValueError
        If the square of a gradient overflows, or a step.

    Notes
    -----
    ``m = beta1 m + (1 - beta1) g``, ``v = beta2 v + (1 - beta2) g^2``,
    ``w = w - lr m_hat / (sqrt(v_hat) + eps)`` with ``m_hat = m / (1 - beta1^k)`` and
    ``v_hat = v / (1 - beta2^k)`` at step k. The divisions undo the start from 0.
    Adam: ``g = dL/dw + weight_decay w``. AdamW: ``g = dL/dw``, and first
    ``w = w - lr weight_decay w``.

    Equation: eq-adam-means, eq-adam

    Source: :cite:t:`kingma2015`; AdamW: :cite:t:`loshchilov2019`, with the decay multiplied by the
    rate, as PyTorch does.

    Examples
    --------
    >>> params = {"w": np.array([1.0, 1.0])}
    >>> grads = {"w": np.array([0.001, 1000.0])}
    >>> update(params, grads, init(params), lr=0.1)[0]["w"].round(3)  # equal steps all the same
    array([0.9, 0.9])
    """
    lr = check_number("lr", lr, "[0, inf)")
    beta1 = check_number("beta1", beta1, "[0, 1)")
    beta2 = check_number("beta2", beta2, "[0, 1)")
    weight_decay = check_number("weight_decay", weight_decay, "[0, inf)")
    decoupled = check_flag("decoupled", decoupled)
    check_named_tuple("state", state, State._fields)
    k = check_integer("state.step", state.step) + 1
    if k < 1:
        raise ValueError(f"state.step: expected an integer of at least 0, got {state.step}")
    slopes = match_leaves(params, "grads", grads)
    old_m = match_leaves(params, "state.m", state.m)
    old_v = match_leaves(params, "state.v", state.v)
    new_params: dict[str, Array] = {}
    new_m: dict[str, Array] = {}
    new_v: dict[str, Array] = {}
    for name, w in leaves("params", params).items():
        eps = check_eps(eps, w.dtype)
        label, g = add_decay(name, slopes[name], w, 0 if decoupled else weight_decay)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is named below
            m = beta1 * old_m[name] + (1 - beta1) * g
            v = beta2 * old_v[name] + (1 - beta2) * g * g
            m_hat = m / (1 - beta1**k)
            root = np.sqrt(v) / math.sqrt(1 - beta2**k)  # of v_hat, which may not fit
            decayed = w - lr * weight_decay * w if decoupled else w
            new = decayed - lr * m_hat / (root + eps)
        check_fits(label, g, v, "values whose squares")
        check_fits("weight_decay", weight_decay, decayed, "parameters that")
        check_fits("lr", lr, new, "steps that")
        new_params[name], new_m[name], new_v[name] = new, m, v
    return rebuild(params, new_params), State(k, new_m, new_v)
