"""The parts of a check: an exercise that asks two things gives points for each of them."""

from __future__ import annotations

import types
from typing import NamedTuple


class _Part(NamedTuple):
    name: str
    points: float
    error: BaseException | None  # None: right


_parts: list[_Part] = []  # those of the check that runs, or ran last


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
        _parts.append(_Part(self.name, self.points, error))
        return isinstance(error, Exception | SystemExit)


def forget_parts() -> None:
    """Forget the parts of the check that ran last: another one begins."""
    _parts.clear()


def first_failure() -> BaseException | None:
    """Return the error of the first part that failed, or None."""
    return next((each.error for each in _parts if each.error is not None), None)


def points_earned() -> float:
    """Return the points of the parts that were right in the check that ran last.

    A check without parts has none to tell: it is right or not as a whole.
    """
    return sum(each.points for each in _parts if each.error is None)


def said_of_points() -> str:
    """Return a line on the parts that are right, where some are and others are not.

    Examples
    --------
    >>> forget_parts()
    >>> said_of_points()
    ''
    >>> with part("the sum", points=1):
    ...     pass
    >>> with part("the product", points=2):
    ...     raise AssertionError
    >>> said_of_points()
    '1 of 3 points: right so far is the sum.'
    """
    right = [each.name for each in _parts if each.error is None]
    if not right or len(right) == len(_parts):
        return ""
    listed = ", ".join(right[:-1]) + (" and " if len(right) > 1 else "") + right[-1]
    verb = "are" if len(right) > 1 else "is"
    whole = sum(each.points for each in _parts)
    return f"{points_earned():g} of {whole:g} points: right so far {verb} {listed}."
