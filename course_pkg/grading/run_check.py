"""Run a check so that it judges the answer and nothing else the learner has done."""

from __future__ import annotations

import builtins
import contextlib
import copy
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

COPIED = (np.ndarray, np.random.Generator, tuple, list, dict, set)


def _names_in(code: types.CodeType) -> Iterator[str]:
    """Yield the global names that a function looks up, those of the functions in it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_in(constant)


def _moved(function: types.FunctionType, names: dict[str, Any]) -> types.FunctionType:
    """Return the function as if it had been written where the globals are ``names``."""
    return types.FunctionType(
        function.__code__,
        names,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def run_check(check: Callable[[], None], setup: Mapping[str, Any]) -> None:
    """Call ``check`` with the names of the set-up cell as they were when that cell ran.

    A notebook has one namespace. In an answer cell a learner may call a helper or a scrap
    variable whatever they like, ``x``, ``params`` or ``sum``; the check must not trip over it,
    nor the learner over the names of the check. So a check is a function, whose names are its
    own, and those of Python and of the set-up cell are looked up here first. Arrays are handed
    out as copies: an answer that changes in place what it is given spoils no later check.

    What was defined after the set-up cell, the answers above all, is looked up as it is now. So
    it does no harm to run the set-up cell again, although ``SETUP`` then holds answers too.

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
    TypeError
        If ``check`` is no such function.
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
    if not isinstance(check, types.FunctionType) or check.__closure__:
        raise TypeError(f"check: expected a function of the notebook, got {check!r}")
    now = check.__globals__
    of_python = {name: value for name, value in vars(builtins).items() if name[0] != "_"}
    names = {**now, **of_python}
    wanted, restored = list(_names_in(check.__code__)), {}
    memo: dict[int, Any] = {}  # what two names share, their copies share
    while wanted:
        name = wanted.pop()
        if name in restored or name in of_python or name not in setup:
            continue
        value = setup[name]
        of_the_notebook = getattr(value, "__module__", None) == check.__module__
        if of_the_notebook and isinstance(value, types.FunctionType | type):
            if callable(now.get(name)) and now[name] is not value:
                continue  # an answer, or a given function, that was defined again since then
            if isinstance(value, types.FunctionType):
                wanted += _names_in(value.__code__)
                value = _moved(value, names)  # it, too, uses the names of the set-up cell
        elif isinstance(value, COPIED):
            value = copy.deepcopy(value, memo)
        restored[name] = value
    names.update(restored)
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stderr(sys.stdout),
    ):
        warnings.simplefilter("ignore")
        _moved(check, names)()
