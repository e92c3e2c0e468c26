"""Stochastic gradient descent, with momentum, Nesterov's variant and weight decay."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np

from course_pkg.checks import check_flag, check_number
from course_pkg.reference.checks import Array, check_fits, check_named_tuple
from course_pkg.reference.learning.tree import add_decay, leaves, match_leaves, rebuild

P = TypeVar("P")


class State(NamedTuple):
    """What SGD remembers from one update to the next, by parameter name."""

    velocity: dict[str, Array]


def init(params: object) -> State:
    """Make the state before the first update: no velocity.

    Parameters
    ----------
    params : dict, NamedTuple, list or tuple of arrays, nested at will

    Returns
    -------
    State

    Examples
    --------
    >>> init({"w": np.array([1.0, 2.0])}).velocity
    {'w': array([0., 0.])}
    """
    return State({name: np.zeros_like(p) for name, p in leaves("params", params).items()})


def update(
    params: P,
    grads: P,
    state: State,
    *,
    lr: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> tuple[P, State]:
    """Take one step downhill; nothing that is passed in is changed.

    Parameters
    ----------
    params : dict, NamedTuple, list or tuple of arrays, nested at will
    grads : like ``params``
        Gradients; :func:`course_pkg.reference.learning.tree.pick_gradients` arranges those of a
        backward function so.
    state : State
        From :func:`init` or the last update.
    lr : float, at least 0
        Learning rate.
    momentum : float in [0, 1)
        The share of the velocity that is kept.
    nesterov : bool
        Whether the step looks ahead along the new velocity; needs momentum.
    weight_decay : float, at least 0
        Adds ``weight_decay * params`` to the gradient.

    Returns
    -------
    params : of the type of ``params``
    state : State

    Raises
    ------
    ValueError
        If ``nesterov`` comes without momentum, or a velocity or a step overflows.

    Notes
    -----
    ``g = dL/dw + weight_decay * w``, ``v = momentum * v + g``, ``w = w - lr * v``; Nesterov:
    ``w = w - lr * (g + momentum * v)``.

    Equation: eq-momentum

    Source: :cite:t:`robbinsmonro1951`; :cite:t:`polyak1964`; :cite:t:`nesterov1983`, in the form
    of :cite:t:`sutskever2013` as PyTorch writes it, with the learning rate outside the velocity;
    momentum: :cite:t:`goodfellow2016`, section 8.3.

    Examples
    --------
    >>> params, state = {"w": np.array([1.0])}, init({"w": np.array([1.0])})
    >>> for _ in range(2):  # of w^2, whose gradient is 2 w
    ...     params, state = update(params, {"w": 2 * params["w"]}, state, lr=0.1, momentum=0.5)
    >>> params["w"].round(3)  # 1 - 0.1 * 2 = 0.8; 0.8 - 0.1 * (0.5 * 2 + 1.6) = 0.54
    array([0.54])
    """
    lr = check_number("lr", lr, "[0, inf)")
    momentum = check_number("momentum", momentum, "[0, 1)")
    weight_decay = check_number("weight_decay", weight_decay, "[0, inf)")
    if check_flag("nesterov", nesterov) and momentum == 0:
        raise ValueError("nesterov: expected momentum above 0 with it, got momentum=0.0")
    check_named_tuple("state", state, State._fields)
    slopes = match_leaves(params, "grads", grads)
    velocity = match_leaves(params, "state.velocity", state.velocity)
    new_params: dict[str, Array] = {}
    new_velocity: dict[str, Array] = {}
    for name, w in leaves("params", params).items():
        label, g = add_decay(name, slopes[name], w, weight_decay)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is named below
            v = momentum * velocity[name] + g
            ahead = g + momentum * v if nesterov else v
            new = w - lr * ahead
        check_fits(label, g, ahead, "values that with the velocity")
        check_fits("lr", lr, new, "steps that")
        new_params[name], new_velocity[name] = new, v
    return rebuild(params, new_params), State(new_velocity)
