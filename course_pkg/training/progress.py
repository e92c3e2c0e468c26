"""A progress bar for a terminal; silence in files, pipes and tests."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import TextIO

from course_pkg.checks import check_size


class ProgressBar:
    """Draw one line: how far a run is, its loss, and how long it will still take.

    Parameters
    ----------
    total : int, at least 1
        Steps of the whole run.
    done : int
        Steps that an earlier run did; they do not count for the speed.
    file : text stream, optional
        Where to draw; the error stream by default.
    show : bool, optional
        Whether to draw at all; by default, if the stream is a terminal.
    clock : function, optional
        Returns seconds; for tests.

    Raises
    ------
    TypeError, ValueError
        If the total is no integer of at least 1.

    Examples
    --------
    >>> import io
    >>> screen = io.StringIO()
    >>> bar = ProgressBar(4, file=screen, show=True, clock=iter([0.0, 2.0]).__next__)
    >>> bar.show_step(2, "loss 0.5")
    >>> screen.getvalue().strip()
    '[===============>              ] 2/4 loss 0.5, 0:02 left'
    """

    def __init__(
        self,
        total: int,
        *,
        done: int = 0,
        file: TextIO | None = None,
        show: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = check_size("total", total)
        self.done_before = done
        self.file = sys.stderr if file is None else file
        self.visible = self.file.isatty() if show is None else show
        self._clock = clock
        self._start = clock()
        self._last_drawn = -math.inf  # the first line comes at once
        self._width = 0

    def show_step(self, step: int, text: str = "") -> None:
        """Draw the line anew, at most ten times a second; the last step is always drawn."""
        if not self.visible:
            return
        now = self._clock()
        if now - self._last_drawn < 0.1 and step < self.total:
            return
        self._last_drawn = now
        done = step - self.done_before
        left = (now - self._start) / done * (self.total - step) if done > 0 else 0.0
        filled = min(30, 30 * step // self.total)
        arrow = ("=" * filled + ">")[:30]
        line = f"[{arrow:<30}] {step}/{self.total} {text}, {_minutes(left)} left"
        # Blanks wipe what a longer line before has left.
        self.file.write("\r" + line.ljust(self._width))
        self.file.flush()
        self._width = len(line)

    def close(self) -> None:
        """End the line."""
        if self.visible:
            self.file.write("\n")
            self.file.flush()


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
