"""What a check says when an answer is not right: a few lines, and nothing else."""

from __future__ import annotations

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
