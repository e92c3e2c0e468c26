"""Run a check so that it judges the answer and nothing else the learner has done."""

from __future__ import annotations

import contextlib
import copy
import sys
import types
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

COPIED = (np.ndarray, np.random.Generator, tuple, list, dict, set)


def run_check(check: Callable[[], None], setup: Mapping[str, Any]) -> None:
    """Call ``check`` with the names of the set-up cell as they were when that cell ran.

    A notebook has one namespace. In an answer cell a learner may call a helper or a scrap
    variable whatever they like, ``x`` or ``params`` too; the check must not trip over it, nor the
    learner over the names of the check. So a check is a function, whose names are its own, and
    those of the set-up cell are looked up here first. Arrays are handed out as copies: an answer
    that changes them in place spoils no later check.

    Warnings are not shown, and what is written to the error stream is printed: an answer may be
    right and still divide by 0 on its way, and nbgrader gives no points to a check cell with
    anything in its error stream.

    Parameters
    ----------
    check : callable
        A plain function without arguments. What is wrong with the answer it says by raising.
    setup : mapping of str to any
        The names of the set-up cell: ``SETUP = dict(globals())`` at its end.

    Raises
    ------
    AssertionError, Exception
        Whatever the check or the answer raises.

    Examples
    --------
    >>> x, answer = 3, lambda value: value + 1
    >>> SETUP = {"x": 3}
    >>> x = "scrap"
    >>> def answer_check():
    ...     print(answer(x))
    >>> run_check(answer_check, SETUP)
    4
    """
    as_they_were = {
        name: copy.deepcopy(value) if isinstance(value, COPIED) else value
        for name, value in setup.items()
        if not name.startswith("_") and name not in ("In", "Out")  # the notebook's own history
    }
    names = {**check.__globals__, **as_they_were}
    with warnings.catch_warnings(), contextlib.redirect_stderr(sys.stdout):
        warnings.simplefilter("ignore")
        types.FunctionType(check.__code__, names, check.__name__)()
