"""Run the cells of one notebook and judge its answers: ``python -m course_pkg.classroom.runner``.

The job comes on the standard input, as JSON; a line of JSON goes out for each cell that is begun,
for each check that was run, and at the end. What the notebook itself prints goes to the error
stream. A line begins with a word that the job brought along, which the notebook does not know.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

MOST_LINES = 8  # of a message
WRITTEN = "<ipython-input"  # the files that IPython takes cells for
FILE = "<{name}, cell {number}>"


class TookTooLongError(BaseException):
    """A cell ran longer than it may. An answer that catches every Exception does not catch this."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `TookTooLongError` in the block when its time is over, and again each second.

    Where the platform has no such clock, the process that reads our lines is the only judge.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLongError(f"it ran longer than {seconds:g} seconds")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit(memory: int) -> None:
    """Bound the memory that is written to, where the platform can."""
    try:
        import resource
    except ImportError:
        return
    for name in ("RLIMIT_DATA", "RLIMIT_CORE"):
        size = memory if name == "RLIMIT_DATA" else 0
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (size, size))


def _shell() -> Any:
    """Return an IPython shell without a history: cells may hold its magics."""
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    HistoryManager.enabled = False  # type: ignore[assignment]
    shell = InteractiveShell.instance()
    shell.ast_node_interactivity = "none"  # nothing is shown
    return shell


def _place(error: BaseException) -> list[str]:
    """Return the line of a written cell in which an error was raised, if one was."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(WRITTEN):
            place = linecache.getline(file, trace.tb_lineno).strip()
        trace = trace.tb_next
    return [f"in the line: {place}"] if place else []


def lines_of(error: BaseException) -> list[str]:
    """Return what a notebook shows of an error, without colours, and not more than eight lines.

    Examples
    --------
    >>> lines_of(ZeroDivisionError("division by zero"))
    ['ZeroDivisionError: division by zero']
    """
    opening = getattr(error, "opening", None)
    try:
        name = opening if isinstance(opening, str) else f"{type(error).__name__}: "
        lines = f"{name}{error}".rstrip(": ").splitlines() + _place(error)
        lines += [note for note in getattr(error, "__notes__", []) if isinstance(note, str)]
    except BaseException:
        lines = [f"{type(error).__name__}, of which the message cannot be printed"]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES - 2 : -1] = ["  ..."]
    return [line[:400] for line in lines]


def run(job: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
    """Run the cells of a job and say what becomes of them.

    Parameters
    ----------
    job : dict
        ``cells``: a list of ``kind`` ("given", "written", "check"), ``name`` and ``source``;
        ``seconds``: what each may take.
    say : callable
        It is given a dict for each cell that begins, each check, and the end.
    """
    from course_pkg.classroom.trust import keep
    from course_pkg.grading.parts import forget_parts, points_earned

    shell = _shell()
    names = shell.user_ns
    builtin, run_code, translate, seconds = __builtins__, exec, compile, job["seconds"]
    put_back: Callable[[], None] | None = None
    for number, cell in enumerate(job["cells"], start=1):
        say({"began": number - 1})
        kind, source = cell["kind"], cell["source"]
        if kind == "written":
            put_back = put_back or keep()
            try:
                with within(seconds):
                    result = shell.run_cell(source, store_history=False, silent=True)
                error = result.error_before_exec or result.error_in_exec
            except BaseException as raised:
                error = raised
            if error is not None:
                say({"error": cell["name"], "lines": lines_of(error)})
            continue
        if put_back is not None:
            put_back()
        names["__builtins__"], names["__name__"] = builtin, "__main__"
        file = FILE.format(name=cell["name"], number=number)
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        failure = None
        forget_parts()
        try:
            with within(seconds):
                run_code(translate(source, file, "exec"), names)
        except BaseException as raised:
            failure = raised
        if kind == "check":
            message = [] if failure is None else lines_of(failure)
            if put_back is not None:
                put_back()  # the answer ran once more, within the check
            verdict = {"right": failure is None, "lines": message, "points": points_earned()}
            say({"check": cell["name"], **verdict})
        elif failure is not None:
            say({"error": cell["name"], "lines": lines_of(failure)})
    say({"ended": True})


def main() -> None:
    """Read a job, run it, and leave without waiting for what the notebook has started."""
    job = json.loads(sys.stdin.buffer.read())
    word = job.pop("word")
    channel = os.dup(1)
    os.dup2(2, 1)  # what the notebook prints
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    write, encode, lock = os.write, json.dumps, threading.Lock()

    def say(what: dict[str, Any]) -> None:
        line = f"{word} {encode(what)}\n".encode()
        with lock:
            while line:
                line = line[write(channel, line) :]

    leave = os._exit
    _limit(job["memory"])
    run(job, say)
    leave(0)


if __name__ == "__main__":
    main()
