"""Time several functions side by side, so that a busy machine disturbs them all alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Timing(NamedTuple):
    """What was measured of one function: seconds per call, one number per round."""

    seconds: np.ndarray

    def median(self) -> float:
        """Return the median number of seconds."""
        return float(np.median(self.seconds))

    def ratio(self, other: Timing) -> tuple[float, float, float]:
        """Return median, lower and upper quartile of this time over the other's, by round.

        Examples
        --------
        >>> a, b = Timing(np.array([1.0, 2.0, 9.0])), Timing(np.array([2.0, 4.0, 6.0]))
        >>> a.ratio(b)
        (0.5, 0.5, 1.0)
        """
        middle, low, high = np.quantile(self.seconds / other.seconds, [0.5, 0.25, 0.75])
        return float(middle), float(low), float(high)


def interleave(
    functions: dict[str, Callable[[], object]],
    *,
    seconds: float,
    turn: float = 0.005,
    rounds: int = 7,
    wait: Callable[[], object] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Time functions in turns, each round in a new order: A, B, C, B, A, C, ... until time is up.

    A ratio of two medians would compare moments when the machine was not equally busy; the
    median of the ratios of neighbouring turns does not. A turn repeats a short function, as
    ``timeit`` does: otherwise the one that follows a large one pays for cold caches. The order
    changes because what runs before leaves caches and memory as it needs them itself.

    Parameters
    ----------
    functions : dict
        What to time, by name.
    seconds : float
        How long to go on, for all together.
    turn : float
        The least duration of one turn, in seconds.
    rounds : int
        The least number of rounds, even where they take longer than ``seconds``.
    wait : callable
        Called at both ends of a turn: what a device was told to do must be done.
    clock : callable
        What to read the seconds of a turn from. ``time.process_time`` leaves out what other
        programs take, and is the wall clock of an idle machine as long as one thread works.

    Returns
    -------
    dict
        One :class:`Timing` per name.
    """
    repeats = {}
    for name, function in functions.items():
        function()  # the first call loads and allocates
        wait()
        start = clock()
        function()
        wait()
        repeats[name] = max(1, round(turn / max(clock() - start, 1e-6)))
    measured: dict[str, list[float]] = {name: [] for name in functions}
    order = np.random.default_rng(0)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(measured.values()))) < rounds:
        for name in order.permutation(list(functions)).tolist():
            function = functions[name]
            wait()
            start = clock()
            for _ in range(repeats[name]):
                function()
            wait()
            measured[name].append((clock() - start) / repeats[name])
    return {name: Timing(np.array(times)) for name, times in measured.items()}
