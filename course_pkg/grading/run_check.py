"""Run a check so that it judges the answer and nothing else the learner has done."""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
import types
import warnings
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np

from course_pkg.grading.calls import alone
from course_pkg.grading.explain import explained
from course_pkg.grading.failure import CheckFailed, print_failure, with_points
from course_pkg.grading.names import copied, moved, names_in
from course_pkg.grading.parts import forget_parts, part, parts_of_a_run, said_of_points
from course_pkg.grading.progress import record

OF_IPYTHON = ("In", "Out")  # all that was typed and shown
# nbgrader sets this, and nothing else. It gives a part of the points to a cell whose value is a
# number, and none to one that ends in an error.
AS_VALUE = os.environ.get("NBGRADER_EXECUTION") == "autograde"


class _SetUp(NamedTuple):
    notebook: dict[str, Any]  # its globals, by which it is known
    values: dict[str, Any]
    file: str  # of the set-up cell: each cell is a file to Python
    name: str  # of the notebook, under which its solved exercises are noted


_setups: list[_SetUp] = []  # one at most: a process runs one notebook


def remember(notebook: dict[str, Any], name: str = "") -> None:
    """Keep what the set-up cell has made, for the checks: the last line of that cell.

    The checks of the notebook look here, not at the names in the notebook, which the learner may
    use for something else.

    Parameters
    ----------
    notebook : dict
        The names of the notebook: ``globals()``.
    name : str
        What the notebook is called, such as ``"04-lstm"``: its solved exercises are noted.

    Examples
    --------
    >>> x = 3
    >>> remember(globals())
    """
    memo: dict[int, Any] = {}
    values = {
        name: copied(value, memo)
        for name, value in notebook.items()
        if name[:1] != "_" and name not in OF_IPYTHON
    }
    _setups[:] = [_SetUp(notebook, values, sys._getframe(1).f_code.co_filename, name)]


def _file_of(value: Any) -> str | None:
    code = getattr(value, "__code__", None)
    return code.co_filename if isinstance(code, types.CodeType) else None


def _names_for(check: types.FunctionType, setup: _SetUp) -> dict[str, Any]:
    """Return the names that a check meets: Python's, those of the set-up, and the answers."""
    now = check.__globals__
    of_python = {name: value for name, value in vars(builtins).items() if name[0] != "_"}
    names = {**now, **of_python}
    wanted, restored = list(names_in(check.__code__)), {}
    memo: dict[int, Any] = {}  # what two names share, their copies share
    while wanted:
        name = wanted.pop()
        if name in restored or name in of_python or name not in setup.values:
            continue
        value = setup.values[name]
        of_the_notebook = getattr(value, "__module__", None) == check.__module__
        if of_the_notebook and isinstance(value, types.FunctionType | type):
            live = now.get(name)
            only_in_setup = _file_of(value) == setup.file != _file_of(live)
            if callable(live) and live is not value and not only_in_setup:
                continue  # an answer, or a given function, that was defined again since then
            if isinstance(value, types.FunctionType):
                wanted += names_in(value.__code__)
                value = moved(value, names)  # it, too, uses the names of the set-up cell
        else:
            value = copied(value, memo)
        restored[name] = value
    names.update(restored)
    return names


def run_check(
    check: Callable[[], None],
    *,
    exercise: int,
    numpy_alone: Collection[str] = (),
    may_call: Collection[str] = (),
) -> float | None:
    """Call ``check`` with the names of the set-up cell as they were when that cell ran.

    A notebook has one namespace. In an answer cell a learner may call a helper or a scrap
    variable whatever they like, ``x``, ``params`` or ``sum``; the check must not trip over it,
    nor the learner over the names of the check. So a check is a function, whose names are its
    own, and those of Python and of the set-up cell are looked up here first. What holds data is
    handed out as a copy: an answer that changes in place what it is given spoils no later check.

    What was defined after the set-up cell, the answers above all, is looked up as it is now. So
    it does no harm to run the set-up cell again, although it then sees the answers too.

    Warnings are not shown, and what is written to the error stream is printed: an answer may be
    right and still divide by 0 on its way, and nbgrader gives no points to a check cell with
    anything in its error stream.

    Parameters
    ----------
    check : callable
        A plain function without arguments. What is wrong with the answer it says by raising:
        by the functions of `course_pkg.grading.feedback`, or by ``assert`` with a message.
    exercise : int
        The number of the exercise.
    numpy_alone : collection of str
        Answers that may not call the package or torch, because the statement says so.
    may_call : collection of str
        Functions of the package that they may call all the same.

    Returns
    -------
    float or None
        None; but while nbgrader grades, the points of the parts that are right, where some are
        and others are not. The failure is printed then, and not raised.

    Raises
    ------
    CheckFailed
        If the answer is missing or wrong. A notebook shows its message and no traceback.
    TypeError
        If ``check`` is no such function, or returns something: a verdict, or, without having run,
        a coroutine or a generator.
    Exception
        What the answer itself raises. A notebook shows the lines of the answer alone.

    Examples
    --------
    >>> x, answer = 3, lambda value: value + 1
    >>> remember(globals())
    >>> x = "scrap"
    >>> def answer_check():
    ...     print(answer(x))
    >>> run_check(answer_check, exercise=1)
    4
    Exercise 1 solved.
    """
    forget_parts()
    as_value = AS_VALUE  # now, before an answer runs
    if not isinstance(check, types.FunctionType) or check.__closure__:
        raise TypeError(f"check: expected a function of the notebook, got {check!r}")
    if type(exercise) is not int:
        raise TypeError(f"exercise: expected the number of the exercise, got {exercise!r}")
    if isinstance(numpy_alone, str) or isinstance(may_call, str):
        raise TypeError("numpy_alone, may_call: expected lists of names, got one text")
    if not _setups or _setups[0].notebook is not check.__globals__:
        raise CheckFailed(
            "Run the first cell of this notebook (the set-up), then this one again.", opening=""
        )
    names = _names_for(check, _setups[0])
    own_part, noted, finish = parts_of_a_run()
    names.update({name: own_part for name, value in names.items() if value is part})
    for name in numpy_alone:
        if name in names:
            names[name] = alone(names[name], name=name, exercise=exercise, may_call=may_call)

    def is_notebook(frame: types.FrameType) -> bool:
        return frame.f_globals is names or frame.f_globals is check.__globals__

    failure = verdict = None
    points: float = 0
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stderr(sys.stdout),
        ):
            warnings.simplefilter("ignore")
            verdict = moved(check, names)()
        for each in noted:
            if each.error is not None:
                raise each.error
        finish(True)
    except BaseException as error:
        of_a_part = any(each.error is error for each in noted)
        finish(of_a_part)  # what fails beside the parts fails as a whole
        failure = explained(error, check, is_notebook, exercise)
        if of_a_part and (line := said_of_points(noted)):
            points = sum(each.points for each in noted if each.error is None)
            failure = with_points(failure, points, line)
            if _setups[0].name:
                record(_setups[0].name, exercise, points)
        if not (points and as_value):
            if failure is error:
                raise
            failure.__cause__ = error  # for pytest
    if failure is not None and points and as_value:
        print_failure(failure)
        return points
    if failure is not None:
        raise failure
    if verdict is not None:
        raise TypeError(f"check: expected a function that returns nothing, got {verdict!r}")
    print(f"Exercise {exercise} solved.")
    if _setups[0].name:
        record(_setups[0].name, exercise)
    return None
