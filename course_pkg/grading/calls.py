"""Which functions of the package an answer calls."""

from __future__ import annotations

import contextlib
import gc
import sys
import types
from collections.abc import Callable, Collection, Iterator
from typing import Any

from course_pkg.grading.failure import CheckFailed

PACKAGE, OWN = "course_pkg", "course_pkg.grading"
OTHERS = ("torch", "sacrebleu")  # libraries that have some answers, too


@contextlib.contextmanager
def _watched(see: Callable[[types.FrameType], None]) -> Iterator[None]:
    """Show each Python function that is called to ``see``, under whatever name it was imported.

    Replacing an attribute of a module would not do: after ``from ... import forward`` an answer
    holds the function itself. No garbage is collected meanwhile: what a library does to things that
    somebody has left lying about is no call of the answer.
    """

    def profile(frame: types.FrameType, event: str, _: Any) -> None:
        if event == "call":
            see(frame)

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()


@contextlib.contextmanager
def calls_of(function: Callable[..., Any]) -> Iterator[list[dict[str, Any]]]:
    """Record the arguments of each call of a function, by whatever name an answer knows it.

    Parameters
    ----------
    function : callable
        A plain function.

    Yields
    ------
    list of dict
        The arguments of each call, by name, in the order of the calls; it grows while the calls
        are made.

    Examples
    --------
    >>> def area(width, height=1):
    ...     return width * height
    >>> known_as = area
    >>> with calls_of(area) as calls:
    ...     _ = known_as(3), area(2, height=5)
    >>> calls
    [{'width': 3, 'height': 1}, {'width': 2, 'height': 5}]
    """
    if not isinstance(function, types.FunctionType):
        raise TypeError(f"function: expected a plain function, got {function!r}")
    calls: list[dict[str, Any]] = []

    def see(frame: types.FrameType) -> None:
        if frame.f_code is function.__code__:
            calls.append(dict(frame.f_locals))

    with _watched(see):
        yield calls


def _module(frame: types.FrameType | None) -> str:
    name = frame.f_globals.get("__name__") if frame else None
    return name if isinstance(name, str) else ""


def _inside(module: str) -> bool:
    """Whether a module is one of the package or of OTHERS; not this room, which calls answers."""
    return module.partition(".")[0] in (PACKAGE, *OTHERS) and not f"{module}.".startswith(f"{OWN}.")


def _imports(frame: types.FrameType | None) -> bool:
    """Whether a module of the package or of OTHERS is being imported: that is not to call it."""
    while frame is not None:
        if frame.f_code.co_name == "<module>" and _inside(_module(frame)):
            return True
        frame = frame.f_back
    return False


def alone(
    answer: Callable[..., Any], *, name: str, exercise: int, may_call: Collection[str] = ()
) -> Callable[..., Any]:
    """Return an answer that fails its check when it calls the package, or a library that has it.

    Parameters
    ----------
    answer : callable
        The learner's function.
    name : str
        Its name.
    exercise : int
        The number of the exercise, whose statement asks for NumPy alone.
    may_call : collection of str
        Functions that the statement allows: ``"sigmoid"``. What they call is allowed, too.

    Returns
    -------
    callable
        A function that calls the answer, and then raises `CheckFailed` if the answer has called
        the package, sacrebleu, or a function of torch that is written in Python: a network, a
        backward pass. To use a tensor as an array is none. Other calls, those of the check
        itself, are not looked at.

    Examples
    --------
    >>> from course_pkg.reference.layers.activations import sigmoid
    >>> gate = alone(lambda a: sigmoid(a), name="gate", exercise=3)
    >>> gate(0.0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    course_pkg.grading.failure.CheckFailed: Exercise 3 asks for NumPy alone: `gate` calls ...
    >>> print(alone(lambda a: sigmoid(a), name="gate", exercise=3, may_call=["sigmoid"])(0.0))
    0.5
    """

    def guarded(*arguments: Any, **named: Any) -> Any:
        seen: list[str] = []

        def see(frame: types.FrameType) -> None:
            code, module = frame.f_code, _module(frame)
            # What the package itself calls was let in before.
            if not _inside(module) or _inside(_module(frame.f_back)) or _imports(frame):
                return
            if (library := module.partition(".")[0]) in OTHERS:
                seen.append(library)
            elif code.co_qualname not in may_call:
                function = code.co_qualname.removesuffix(".__init__")  # of a class: the class
                seen.append(f"{module.rpartition('.')[2]}.{function}")

        result, error = None, None
        with _watched(see):
            try:
                result = answer(*arguments, **named)
            except Exception as raised:
                error = raised
        if seen:
            means = " and ".join(["NumPy", *(f"`{allowed}`" for allowed in may_call)])
            raise CheckFailed(
                f"Exercise {exercise} asks for {means} alone: `{name}` calls `{seen[0]}`."
            )
        if error is not None:
            raise error
        return result

    return guarded
