"""Two questions about a line of letters: which one stands behind the mark, and which before it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_flag, check_generator, check_option, check_size

QUESTIONS = ("behind", "before")


class NeighboursBatch(NamedTuple):
    """Lines of letters with a mark and a question, and the letters that answer it."""

    x: npt.NDArray[np.int64]  # (T+1, B): letters 0..V-1, the mark V, the questions V+1 and V+2
    labels: npt.NDArray[np.int64]  # (B,), a letter


def neighbours_batch(
    B: int,
    question: str,
    rng: np.random.Generator,
    *,
    letters: int = 8,
    T: int = 8,
    question_first: bool = True,
) -> NeighboursBatch:
    """Draw lines, each with one mark that has a letter on either side.

    The two questions are two tasks with the same classes: one network can learn both, because the
    question is in what it reads. One that has learned a single question need not look at it.

    Parameters
    ----------
    B : int
        How many lines.
    question : {'behind', 'before'}
        The same for all.
    rng : Generator
        It draws the letters and the place of the mark.
    letters : int
        V, so many classes; with the mark and the questions there are V + 3 tokens.
    T : int, at least 3
        The length of a line without the question.
    question_first : bool
        Whether the question stands before the line; otherwise it stands behind it, so that a
        network has to keep both answers until it is asked.

    Returns
    -------
    NeighboursBatch
        ``x (T+1, B)``, ``labels (B,)``.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or value.

    Examples
    --------
    >>> batch = neighbours_batch(2, "behind", np.random.default_rng(0))
    >>> batch.x[:, 0]  # the question is 9, the mark is 8
    array([9, 6, 4, 2, 0, 8, 5, 4, 7])
    >>> batch.labels
    array([5, 7])
    """
    B, letters, T = check_size("B", B), check_size("letters", letters), check_size("T", T)
    check_option("question", question, QUESTIONS)
    check_generator(rng)
    if T < 3:
        raise ValueError(f"T: expected at least 3, a letter on either side of a mark, got {T}")
    line = rng.integers(letters, size=(T, B))
    place, lines = rng.integers(1, T - 1, size=B), np.arange(B)
    line[place, lines] = letters
    labels = line[place + (1 if question == "behind" else -1), lines]
    asked = np.full((1, B), letters + 1 + QUESTIONS.index(question))
    parts = (asked, line) if check_flag("question_first", question_first) else (line, asked)
    return NeighboursBatch(np.concatenate(parts), labels)
