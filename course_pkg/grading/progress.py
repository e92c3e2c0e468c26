"""Which exercises are solved: kept over restarts where `make lab` has said in which file.

A check that passes writes it down; one of which a part is right, the points. No answer is ever run
for it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

FILE_VARIABLE = "COURSE_PROGRESS"
SOLVED = math.inf  # more than any points
WORD = "solved"  # for it, in the file

_here: dict[str, dict[int, float]] = {}  # what this process has seen


def _points(value: object) -> float:
    if value == WORD:
        return SOLVED
    points = float(str(value))
    if not 0 < points < SOLVED:
        raise ValueError(value)
    return points


def _read(path: Path) -> dict[str, dict[int, float]]:
    """Return what a file holds; nothing if it is missing or damaged."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(name): {int(number): _points(value) for number, value in _pairs(best)}
            for name, best in found.items()
        }
    return {}


def _pairs(best: object) -> list[tuple[str, object]]:
    """Return number and state of the exercises; a list is of those that are solved."""
    if isinstance(best, dict):
        return list(best.items())
    if isinstance(best, list):
        return [(number, WORD) for number in best]
    raise TypeError(best)


def best_in(path: Path | None = None) -> dict[str, dict[int, float]]:
    """Return how far each exercise was solved at best, by notebook and number.

    Parameters
    ----------
    path : Path, optional
        The file; by default the one that the variable ``COURSE_PROGRESS`` names, if it is set.

    Returns
    -------
    dict of str to dict of int to float
        Points of the parts that were right, or infinity for an exercise that is solved; those of
        the file, and those of this process.
    """
    named = os.environ.get(FILE_VARIABLE)
    path = path or (Path(named) if named else None)
    found = _read(path) if path else {}
    for name, best in _here.items():
        there = found.setdefault(name, {})
        for number, points in best.items():
            there[number] = max(points, there.get(number, 0.0))
    return found


def record(notebook: str, exercise: int, points: float = SOLVED) -> None:
    """Note that an exercise is solved, or a part of it.

    A file that cannot be written is no reason to fail.

    Parameters
    ----------
    notebook : str
        The name of the notebook: ``"04-lstm"``.
    exercise : int
        Its number.
    points : float
        Of the parts that are right. Fewer than before change nothing.
    """
    here = _here.setdefault(notebook, {})
    here[exercise] = max(points, here.get(exercise, 0.0))
    named = os.environ.get(FILE_VARIABLE)
    if not named:
        return
    path = Path(named)
    best = {
        name: {str(n): WORD if states[n] == SOLVED else states[n] for n in sorted(states)}
        for name, states in sorted(best_in(path).items())
    }
    text = json.dumps(best, indent=1) + "\n"
    with contextlib.suppress(OSError):
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def earned(exercises: Mapping[int, tuple[float, str]], best: Mapping[int, float]) -> float:
    """Return the points of a notebook so far, never more than an exercise has.

    Examples
    --------
    >>> earned({1: (2, "Switches"), 2: (3, "A counter")}, {1: SOLVED, 2: 1.0})
    3.0
    """
    return sum(min(most, best.get(number, 0.0)) for number, (most, _) in exercises.items())


def summary(exercises: Mapping[int, tuple[float, str]], best: Mapping[int, float]) -> str:
    """Return which exercises of a notebook are solved, the points, and what is next.

    Parameters
    ----------
    exercises : mapping of int to (points, title)
        All that have a check.
    best : mapping of int to float
        How far each was solved, as in `best_in`.

    Examples
    --------
    >>> print(summary({1: (2, "Switches"), 2: (3, "A counter")}, {1: SOLVED, 2: 1.0}))
    Solved: exercise 1. In part: exercise 2 (1 of 3 points). 3 of 5 points.
    Next: exercise 2. A counter
    """
    done = [number for number in sorted(exercises) if best.get(number, 0.0) == SOLVED]
    left = [number for number in sorted(exercises) if number not in done]
    begun = [number for number in left if number in best]
    most = sum(each for each, _ in exercises.values())
    names = f"exercise{'s' * (len(done) > 1)} {', '.join(map(str, done))}" if done else "none yet"
    first = f"Solved: {names}."
    if begun:
        some = [
            f"{n} ({min(best[n], exercises[n][0]):g} of {exercises[n][0]:g} points)" for n in begun
        ]
        first += f" In part: exercise{'s' * (len(begun) > 1)} {', '.join(some)}."
    first += f" {earned(exercises, best):g} of {most:g} points."
    following = f"Next: exercise {left[0]}. {exercises[left[0]][1]}" if left else "All solved."
    return f"{first}\n{following}"


def show_progress(notebook: str, exercises: Mapping[int, tuple[float, str]]) -> None:
    """Print which exercises of a notebook are solved: the last cell of an exercise notebook.

    Parameters
    ----------
    notebook : str
        Its name.
    exercises : mapping of int to (points, title)
        All that have a check.

    Examples
    --------
    >>> show_progress("no-such-notebook", {1: (2, "Switches")})
    Solved: none yet. 0 of 2 points.
    Next: exercise 1. Switches
    """
    print(summary(exercises, best_in().get(notebook, {})))
