"""Answers to the exercises, one file a chapter, and what the checks have to say of them.

Each entry of `ANSWERS` is `(exercise, verdict, answer)`. The exercise goes by its `grade_id`. The
verdict is `RIGHT`, or a part of the message with which the check refuses the answer. The answer is
the text of the answer cell, or the solution with something changed.
"""

from __future__ import annotations

from collections.abc import Callable

RIGHT = "right"

Answer = str | Callable[[str], str]


def change(*pairs: tuple[str, str]) -> Callable[[str], str]:
    """Return the answer that is the solution with the first text of each pair replaced."""

    def changed(solution: str) -> str:
        for old, new in pairs:
            assert old in solution, f"the solution does not hold {old!r}"
            solution = solution.replace(old, new)
        return solution

    return changed
