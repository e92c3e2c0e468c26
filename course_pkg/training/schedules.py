"""Learning-rate schedules: pure functions from the step to a factor on the learning rate.

Steps count from 0; the factor at step k is used for the update that follows k updates. A pure
function has no state to save: a resumed run computes the same factors.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from course_pkg.checks import check_count, check_number, check_option, check_size

Schedule = Callable[[int], float]


def constant(step: int, total: int) -> float:
    """Keep the learning rate.

    Parameters
    ----------
    step : int, at least 0
    total : int, at least 1
        Not used; all schedules are called alike.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If the step or the total is no such integer.

    Examples
    --------
    >>> constant(7, total=10)
    1.0
    """
    _check_step(step, total)
    return 1.0


def cosine(step: int, total: int, *, floor: float = 0.0) -> float:
    """Fall from 1 to ``floor`` along half a wave: slowly, fast, slowly.

    Parameters
    ----------
    step : int, at least 0
        Behind ``total`` the factor stays at the floor.
    total : int, at least 1
    floor : float in [0, 1]

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or range.

    Notes
    -----
    ``floor + (1 - floor) (1 + cos(pi step / total)) / 2``.

    Equation: eq-cosine

    Source: :cite:t:`loshchilov2017`, without restarts.

    Examples
    --------
    >>> [round(cosine(step, total=4), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    _check_step(step, total)
    floor = check_number("floor", floor, "[0, 1]")
    return _half_wave(1.0, floor, min(step / total, 1.0))


def one_cycle(
    step: int, total: int, *, peak: float = 0.3, start: float = 1 / 25, end: float = 4e-6
) -> float:
    """Rise from ``start`` to 1 in the first part of the run, then fall to ``end``; half waves.

    Parameters
    ----------
    step : int, at least 0
        Behind the last step, ``total - 1``, the factor stays at the end.
    total : int, at least 1
    peak : float in [0, 1]
        The share of the steps before the highest point.
    start, end : float in (0, 1]
        The factors at the first step, if there is room for a rise, and at the last.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or range.

    Notes
    -----
    With the peak at step ``p = peak total - 1`` the factor is
    ``1 + (start - 1) (1 + cos(pi step / p)) / 2`` before it, and then
    ``end + (1 - end) (1 + cos(pi (step - p) / (total - 1 - p))) / 2``: the numbers of
    ``torch.optim.lr_scheduler.OneCycleLR``. Where p is not above 0 there is no rise, and where it
    is below 0, as in runs of less than ``1 / peak`` steps, the fall has begun before step 0.

    Equation: eq-one-cycle

    Source: the idea, :cite:t:`smith2017`; this form is that of the fastai library and of PyTorch.

    Examples
    --------
    >>> [round(one_cycle(step, total=10), 3) for step in (0, 1, 2, 6, 9)]
    [0.04, 0.52, 1.0, 0.389, 0.0]
    """
    _check_step(step, total)
    rise = check_number("peak", peak, "[0, 1]") * total - 1
    start = check_number("start", start, "(0, 1]")
    end = check_number("end", end, "(0, 1]")
    if step <= rise and rise > 0:
        return _half_wave(start, 1.0, step / rise)
    fall = total - 1 - rise
    return end if step - rise >= fall else _half_wave(1.0, end, (step - rise) / fall)


def slanted_triangular(step: int, total: int, *, peak: float = 0.1, ratio: float = 32.0) -> float:
    """Rise along a short straight line to 1, then fall along a long one to ``1 / ratio``.

    Parameters
    ----------
    step : int, at least 0
        Behind ``total`` the factor stays at ``1 / ratio``.
    total : int, at least 1
    peak : float in (0, 1)
        The share of the steps before the highest point.
    ratio : float, at least 1
        How many times smaller the smallest rate is than the largest.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or range.

    Notes
    -----
    With ``cut = floor(total peak)``, ``p = step / cut`` before the cut and
    ``p = 1 - (step - cut) / (total - cut)`` from it on; the factor is
    ``(1 + p (ratio - 1)) / ratio``. Howard and Ruder write the second denominator as
    ``cut (1 / peak - 1)``, which is the same when ``total peak`` is whole; otherwise theirs ends
    early and turns negative, while this one ends at ``total``.

    Equation: eq-slanted-triangular

    Source: :cite:t:`howard2018`.

    Examples
    --------
    >>> [round(slanted_triangular(step, total=20), 3) for step in (0, 1, 2, 11, 20)]
    [0.031, 0.516, 1.0, 0.516, 0.031]
    """
    _check_step(step, total)
    # Rounded: 0.29 * 100 is 28.999999999999996.
    cut = math.floor(round(total * check_number("peak", peak, "(0, 1)"), 9))
    ratio = check_number("ratio", ratio, "[1, inf)")
    p = step / cut if step < cut else 1 - (min(step, total) - cut) / (total - cut)
    return (1 + p * (ratio - 1)) / ratio


def warm_up(step: int, total: int, *, start: float = 0.01) -> float:
    """Rise along a straight line from ``start`` to 1 in ``total`` steps, and stay there.

    It is meant to be multiplied with another schedule: at the start, the running means of Adam
    rest on few gradients.

    Parameters
    ----------
    step : int, at least 0
    total : int, at least 1
        The steps of the warm-up.
    start : float in [0, 1]

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or range.

    Notes
    -----
    ``start + (1 - start) min(step / total, 1)``, as ``torch.optim.lr_scheduler.LinearLR``.

    Examples
    --------
    >>> [round(warm_up(step, total=4, start=0.2), 1) for step in range(6)]
    [0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    """
    _check_step(step, total)
    start = check_number("start", start, "[0, 1]")
    return start + (1 - start) * min(step / total, 1.0)


SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "constant": constant,
    "cosine": cosine,
    "one_cycle": one_cycle,
    "slanted_triangular": slanted_triangular,
}


def make_schedule(name: str, total: int, *, warm_up_steps: int = 0) -> Schedule:
    """Fix all arguments of a schedule but the step, and multiply it with a warm-up.

    Parameters
    ----------
    name : {'constant', 'cosine', 'one_cycle', 'slanted_triangular'}
    total : int, at least 1
        The steps of the whole run.
    warm_up_steps : int, at least 0
        The steps of a linear warm-up; 0 means none.

    Returns
    -------
    function from the step to the factor

    Raises
    ------
    TypeError, ValueError
        If the name is unknown or a number is out of range.

    Examples
    --------
    >>> factor = make_schedule("cosine", total=100, warm_up_steps=10)
    >>> [round(factor(step), 2) for step in (0, 5, 10, 100)]
    [0.01, 0.5, 0.98, 0.0]
    """
    function = SCHEDULES[check_option("schedule", name, tuple(SCHEDULES))]
    check_size("total", total)
    if check_count("warm_up_steps", warm_up_steps) == 0:
        return lambda step: function(step, total)
    return lambda step: function(step, total) * warm_up(step, warm_up_steps)


def _half_wave(start: float, end: float, share: float) -> float:
    """Go from ``start`` to ``end`` as the share of the way goes from 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _check_step(step: int, total: int) -> None:
    check_count("step", step)
    check_size("total", total)
