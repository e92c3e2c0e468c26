"""What a notebook shows when a check ends in an error: the learner's part of it, or a sentence."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from course_pkg.grading.failure import CheckFailed
from course_pkg.grading.names import codes_in

SHOWN_WHOLE = (SyntaxError, SystemExit, BaseExceptionGroup)  # by IPython, whatever it is told
MOST_STEPS = 6  # of an endless recursion, and of any other long way


def _steps(trace: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _traceback(steps: list[types.TracebackType]) -> types.TracebackType | None:
    """Return a traceback of these steps, of many the first and the last ones."""
    trace = None
    few = steps if len(steps) <= MOST_STEPS else steps[:2] + steps[2 - MOST_STEPS :]
    for step in reversed(few):
        trace = types.TracebackType(trace, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return trace


def _led_to(error: BaseException) -> list[BaseException]:
    """Return the errors that IPython shows before an error: what it was raised from, or in."""
    chain, known = [], {id(error)}
    earlier = error.__cause__ or error.__context__
    while earlier is not None and id(earlier) not in known:
        known.add(id(earlier))
        chain.append(earlier)
        earlier = earlier.__cause__ or earlier.__context__
    return chain


def show_only(
    error: BaseException,
    shown: Callable[[BaseException], list[types.TracebackType]],
) -> None:
    """Let IPython show some steps of the traceback of an error, and no others.

    Parameters
    ----------
    error : exception
        It stays what it is: only how a notebook shows it is changed.
    shown : callable
        The steps to show of it, and of the errors that led to it, from the outermost to the
        innermost; none to show the message alone.
    """
    trace = _traceback(shown(error))

    def render() -> list[str]:
        shell: Any = sys.modules["IPython"].get_ipython()  # who asks is IPython
        if trace is None:
            lines: list[str] = shell.InteractiveTB.get_exception_only(type(error), error)
        else:
            for earlier in _led_to(error):
                earlier.__traceback__ = _traceback(shown(earlier))
            lines = shell.InteractiveTB.structured_traceback(type(error), error, trace, tb_offset=0)
        return lines

    vars(error)["_render_traceback_"] = render


def _message(error: BaseException) -> str | None:
    """Return what an error says, or None if even that ends in an error."""
    try:
        return str(error)
    except Exception:
        return None


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
    message = _message(error)
    codes = set(codes_in(check.__code__))

    def of_learner(error: BaseException) -> list[types.TracebackType]:
        steps = [step for step in _steps(error.__traceback__) if is_notebook(step.tb_frame)]
        return [step for step in steps if step.tb_frame.f_code not in codes]

    steps = list(_steps(error.__traceback__))
    notebook = [step for step in steps if is_notebook(step.tb_frame)]
    learner = of_learner(error)
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
        return CheckFailed(message or "The check expects something else, and does not say what.")
    elif type(error) is NameError and not learner:
        return CheckFailed(
            f"`{error.name}` is not defined. Run the cell with your answer, then this one again."
        )
    for_one_line = isinstance(error, SHOWN_WHOLE) or message is None
    if for_one_line or (isinstance(error, Exception) and not learner):
        return CheckFailed(
            f"The check cannot go on with your answer. {type(error).__name__}: "
            f"{'its message cannot be printed' if message is None else message[:300]}"
        )
    show_only(error, of_learner)
    return error
