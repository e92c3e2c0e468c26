"""What a notebook shows when a check ends in an error: the learner's part of it, or a sentence."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from course_pkg.grading.failure import CheckFailed
from course_pkg.grading.names import codes_in

SHOWN_WHOLE = (SyntaxError, BaseExceptionGroup)  # by IPython, whatever it is told


def _steps(trace: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def show_only(error: BaseException, steps: list[types.TracebackType]) -> None:
    """Let IPython show an error with these steps of its traceback, and no others.

    Parameters
    ----------
    error : exception
        It stays what it is: only how a notebook shows it is changed.
    steps : list of traceback
        The steps to show, from the outermost to the innermost; none to show the message alone.
    """
    trace = None
    for step in reversed(steps):
        trace = types.TracebackType(trace, step.tb_frame, step.tb_lasti, step.tb_lineno)

    def render() -> list[str]:
        shell: Any = sys.modules["IPython"].get_ipython()  # who asks is IPython
        if trace is None:
            lines: list[str] = shell.InteractiveTB.get_exception_only(type(error), error)
        else:
            lines = shell.InteractiveTB.structured_traceback(type(error), error, trace, tb_offset=0)
        return lines

    vars(error)["_render_traceback_"] = render


def explained(
    error: BaseException,
    check: types.FunctionType,
    is_notebook: Callable[[types.FrameType], bool],
    exercise: int,
) -> BaseException:
    """Return what to raise for an error of a check: a `CheckFailed`, or the learner's own error.

    Parameters
    ----------
    error : exception
        What the check has raised.
    check : function
        The check.
    is_notebook : callable
        Whether a frame runs code of the notebook: the check's, or what the learner sees.
    exercise : int
        The number of the exercise.

    Returns
    -------
    exception
        `CheckFailed` if the answer is missing, or the check says that it is wrong or cannot use
        it. Otherwise ``error``, of which a notebook shows the frames of the learner's cells, and
        none of the check, whose source gives the answer away.
    """
    if isinstance(error, CheckFailed):
        return error
    codes = set(codes_in(check.__code__))
    steps = list(_steps(error.__traceback__))
    notebook = [step for step in steps if is_notebook(step.tb_frame)]
    learner = [step for step in notebook if step.tb_frame.f_code not in codes]
    if learner and notebook[-1] is learner[-1]:
        code = learner[-1].tb_frame.f_code
        if isinstance(error, NotImplementedError) and not error.args and steps[-1] is learner[-1]:
            function = code.co_qualname.replace(".<locals>", "")
            return CheckFailed(
                f"Exercise {exercise} is not solved yet: replace `raise NotImplementedError` in "
                f"`{function}`.",
                opening="",
            )
    elif isinstance(error, AssertionError):
        return CheckFailed(str(error) or "The check expects something else, and does not say what.")
    elif type(error) is NameError and not learner:
        return CheckFailed(
            f"`{error.name}` is not defined. Run the cell with your answer, then this one again."
        )
    if isinstance(error, SHOWN_WHOLE) or (isinstance(error, Exception) and not learner):
        return CheckFailed(
            f"The check cannot go on with your answer. {type(error).__name__}: {str(error)[:300]}"
        )
    show_only(error, learner)
    return error
