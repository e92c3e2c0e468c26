"""The parts of a check: an exercise that asks two things gives points for each of them."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple


class Part(NamedTuple):
    """How a part of a check has ended."""

    name: str
    points: float
    error: BaseException | None  # None: right


_last: list[Part] = []  # those of the check that ran last


class part:  # noqa: N801 (it is used like a function)
    """Check one part of an exercise; what is wrong with it stops none of the others.

    `run_check` raises the error of the first part that fails, when all of them have been run.

    Parameters
    ----------
    name : str
        What the part asks for, in the learner's words: ``"the coupled cell"``.
    points : float
        What it is worth. The parts of a check add up to the points of its cell.

    Raises
    ------
    ValueError
        If ``points`` is not above 0.

    Examples
    --------
    >>> forget_parts()
    >>> with part("the sum", points=1):
    ...     assert 1 + 1 == 2
    >>> with part("the product", points=2):
    ...     assert 1 * 1 == 2, "The product is 1."
    >>> points_earned()
    1
    """

    _noted: ClassVar[list[Part]] = _last

    def __init__(self, name: str, *, points: float) -> None:
        if not points > 0:
            raise ValueError(f"points: expected a number above 0, got {points!r}")
        self.name, self.points = name, points

    def __enter__(self) -> None:
        """Begin the part."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> bool:
        """Note how it ended. What stops a notebook, such as Ctrl-C, is passed on."""
        self._noted.append(Part(self.name, self.points, error))
        return isinstance(error, Exception | SystemExit)


def parts_of_a_run() -> tuple[Any, list[Part], Callable[[bool], None]]:
    """Return what one run of a check needs, so that an answer cannot write down its own points.

    Returns
    -------
    own : class
        A ``part`` that notes in a list of this run; an answer that gets at the ``part`` of this
        module changes nothing.
    noted : list of Part
        How the parts have ended.
    finish : callable
        Called at the end, with whether the parts count, it keeps them for `points_earned`.
    """
    noted: list[Part] = []
    last = _last
    methods = {name: vars(part)[name] for name in ("__init__", "__enter__", "__exit__")}

    def finish(counts: bool) -> None:
        last[:] = noted if counts else []

    return type("part", (), {**methods, "_noted": noted}), noted, finish


def forget_parts() -> None:
    """Forget the parts of the check that ran last: another one begins."""
    _last.clear()


def points_earned() -> float:
    """Return the points of the parts that were right in the check that ran last.

    A check without parts has none to tell: it is right or not as a whole.
    """
    return sum(each.points for each in _last if each.error is None)


def said_of_points(parts: Sequence[Part]) -> str:
    """Return a line on the parts that are right, where some are and others are not.

    Examples
    --------
    >>> said_of_points([])
    ''
    >>> said_of_points([Part("the sum", 1, None), Part("the product", 2, AssertionError())])
    '1 of 3 points: right so far is the sum.'
    """
    right = [each.name for each in parts if each.error is None]
    if not right or len(right) == len(parts):
        return ""
    listed = ", ".join(right[:-1]) + (" and " if len(right) > 1 else "") + right[-1]
    verb = "are" if len(right) > 1 else "is"
    earned = sum(each.points for each in parts if each.error is None)
    whole = sum(each.points for each in parts)
    return f"{earned:g} of {whole:g} points: right so far {verb} {listed}."
