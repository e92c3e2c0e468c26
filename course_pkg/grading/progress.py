"""Which exercises are solved: kept over restarts where `make lab` has said in which file.

A check that passes writes it down. No answer is ever run for it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

FILE_VARIABLE = "COURSE_PROGRESS"

_here: dict[str, set[int]] = {}  # solved in this process


def _read(path: Path) -> dict[str, set[int]]:
    """Return what a file holds; nothing if it is missing or damaged."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): {int(number) for number in solved} for name, solved in found.items()}
    return {}


def solved_in(path: Path | None = None) -> dict[str, set[int]]:
    """Return the numbers of the exercises that were solved, by notebook.

    Parameters
    ----------
    path : Path, optional
        The file; by default the one that the variable ``COURSE_PROGRESS`` names, if it is set.

    Returns
    -------
    dict of str to set of int
        Those of the file, and those solved in this process.
    """
    named = os.environ.get(FILE_VARIABLE)
    path = path or (Path(named) if named else None)
    found = _read(path) if path else {}
    for name, numbers in _here.items():
        found[name] = found.get(name, set()) | numbers
    return found


def record(notebook: str, exercise: int) -> None:
    """Note that an exercise is solved. A file that cannot be written is no reason to fail.

    Parameters
    ----------
    notebook : str
        The name of the notebook: ``"04-lstm"``.
    exercise : int
        Its number.
    """
    _here.setdefault(notebook, set()).add(exercise)
    named = os.environ.get(FILE_VARIABLE)
    if not named:
        return
    path = Path(named)
    solved = {name: sorted(numbers) for name, numbers in sorted(solved_in(path).items())}
    text = json.dumps(solved, indent=1) + "\n"
    with contextlib.suppress(OSError):
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def summary(exercises: Mapping[int, tuple[float, str]], solved: set[int]) -> str:
    """Return which exercises of a notebook are solved, the points, and what is next.

    Parameters
    ----------
    exercises : mapping of int to (points, title)
        All that have a check.
    solved : set of int
        Those that are solved.

    Examples
    --------
    >>> print(summary({1: (2, "Switches"), 2: (3, "A counter")}, {1}))
    Solved: exercise 1. 2 of 5 points.
    Next: exercise 2. A counter
    """
    done = sorted(solved & set(exercises))
    points = sum(exercises[number][0] for number in done)
    most = sum(each for each, _ in exercises.values())
    left = [number for number in sorted(exercises) if number not in solved]
    names = f"exercise{'s' * (len(done) > 1)} {', '.join(map(str, done))}" if done else "none yet"
    lines = [f"Solved: {names}. {points:g} of {most:g} points."]
    lines.append(f"Next: exercise {left[0]}. {exercises[left[0]][1]}" if left else "All solved.")
    return "\n".join(lines)


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
    print(summary(exercises, solved_in().get(notebook, set())))
