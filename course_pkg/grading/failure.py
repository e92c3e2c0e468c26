"""What a check says when an answer is not right: a few lines, and nothing else."""

from __future__ import annotations

import traceback

MOST_LINES = 8


class CheckFailed(AssertionError):  # noqa: N818 (the name is what a grader sees of it)
    """An answer that is not right yet; the message says what was given and what was expected.

    A notebook shows the message alone. A traceback would lead through the source of the check,
    which gives the answer away, and push the message out of sight. For everything else this is an
    error like any other: nbgrader gives no points for it, pytest fails.

    Parameters
    ----------
    message : str
        What is wrong, in at most eight lines; of more, some in the middle are not shown.
    opening : str
        What a notebook shows before it.

    Attributes
    ----------
    points : float
        Of the parts of the check that are right all the same.

    Examples
    --------
    >>> CheckFailed("h_next: expected shape (4, 5), got (5,).")._render_traceback_()
    ['Not yet. h_next: expected shape (4, 5), got (5,).']
    """

    def __init__(self, message: str, *, opening: str = "Not yet. ") -> None:
        super().__init__(message)
        self.opening = opening
        self.points = 0.0

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in the place of a traceback."""
        lines = (self.opening + str(self)).splitlines()
        if len(lines) > MOST_LINES:
            lines[MOST_LINES - 2 : -1] = ["  ..."]
        return lines


def with_points(failure: BaseException, points: float, line: str) -> BaseException:
    """Return a failure that knows the points of the parts that are right, and says them.

    Parameters
    ----------
    failure : exception
        A `CheckFailed`, or what the answer itself raises.
    points : float
        Of the parts that are right.
    line : str
        What it says of them.

    Examples
    --------
    >>> print(with_points(CheckFailed("The sum is 3."), 1, "1 of 2 points."))
    The sum is 3.
    1 of 2 points.
    """
    if isinstance(failure, CheckFailed):
        failure = CheckFailed(f"{failure}\n{line}", opening=failure.opening)
        failure.points = points
    else:
        failure.add_note(line)
    return failure


def print_failure(failure: BaseException) -> None:
    """Print what a failure says, where it is not raised.

    Examples
    --------
    >>> print_failure(CheckFailed("The sum is 3."))
    Not yet. The sum is 3.
    >>> print_failure(ValueError("no sum"))
    ValueError: no sum
    """
    if isinstance(failure, CheckFailed):
        print("\n".join(failure._render_traceback_()))
    else:
        print("".join(traceback.format_exception_only(failure)), end="")
