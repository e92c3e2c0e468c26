"""What the checks stand on, kept before the first answer runs and put back before each check.

An answer runs in the same process as its check. It can bind any name anew, ``run_check``,
``numpy.allclose``, ``print``, or change a function in place. This undoes it. It does not make the
process safe: whoever means to can reach every object of it.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Callable
from typing import Any

OURS = "course_pkg"
KEPT = ("builtins", "numpy", OURS, "torch", "math", "copy", "contextlib", "traceback", "types")

# No answer needs these; to find the expected numbers, or the grader, one does.
REACHES_OUT = frozenset(
    {"_getframe", "_current_frames", "currentframe", "settrace", "setprofile", "addaudithook"}
    | {"f_back", "f_locals", "f_globals", "f_builtins", "tb_frame", "gi_frame", "cr_frame"}
    | {"__closure__", "__code__", "__globals__", "__builtins__", "__subclasses__", "ag_frame"}
    | {"get_objects", "get_referrers", "get_referents", "ctypes", "grading", "classroom"}
)


def reaches_out(source: str) -> list[str]:
    r"""Return the names in an answer by which one reaches the check itself.

    Parameters
    ----------
    source : str
        The cell. What is no Python names nothing.

    Returns
    -------
    list of str
        In order, without repetition.

    Examples
    --------
    >>> reaches_out("import sys\ndef f():\n    return sys._getframe(1).f_locals['expected']")
    ['_getframe', 'f_locals']
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            whole = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found.update(part for name in whole for part in name.split("."))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)  # getattr(sys, "_getframe")
    return sorted(found & REACHES_OUT)


def _belongs(name: str, tops: tuple[str, ...]) -> bool:
    return name.partition(".")[0] in tops


def _functions(value: Any) -> list[types.FunctionType]:
    """Return the functions that a name of a module stands for: itself, or a class's own."""
    if isinstance(value, types.FunctionType):
        return [value]
    if isinstance(value, type):
        return [each for each in vars(value).values() if isinstance(each, types.FunctionType)]
    return []


def keep() -> Callable[[], None]:
    """Remember the modules that checks stand on; return a function that puts them back.

    Returns
    -------
    callable
        Without arguments.

    Examples
    --------
    >>> import math
    >>> put_back = keep()
    >>> math.sqrt = abs
    >>> put_back()
    >>> math.sqrt(9.0)
    3.0
    """
    modules = {name: module for name, module in sys.modules.items() if _belongs(name, KEPT)}
    spaces = [(vars(module), dict(vars(module))) for module in modules.values()]
    own = [vars(module) for name, module in modules.items() if _belongs(name, (OURS,))]
    classes = {
        value
        for space in own
        for value in space.values()
        if isinstance(value, type) and _belongs(value.__module__, (OURS,))
    }
    attributes = [(cls, dict(vars(cls))) for cls in classes]
    functions = [
        (each, each.__code__, each.__defaults__, each.__kwdefaults__)
        for space in own
        for value in space.values()
        for each in _functions(value)
        if _belongs(each.__module__ or "", (OURS,))
    ]
    checks = modules.get(f"{OURS}.grading.run_check")
    setups = vars(checks)["_setups"] if checks else []
    held = [(setup, dict(setup.values)) for setup in setups]
    # First of all: what the lines below are made of. They ask no module for anything.
    builtin, of_python, loaded = vars(builtins), dict(vars(builtins)), sys.modules

    def put_back() -> None:
        builtin.update(of_python)
        for space, saved in spaces:
            for name, value in saved.items():
                if space.get(name, space) is not value:
                    space[name] = value
        for name, module in modules.items():
            if loaded.get(name) is not module:
                loaded[name] = module
        for cls, saved in attributes:
            for name, value in saved.items():
                if vars(cls).get(name) is not value:
                    setattr(cls, name, value)
        for function, code, defaults, named in functions:
            if function.__code__ is not code:
                function.__code__ = code
            if function.__defaults__ is not defaults:
                function.__defaults__ = defaults
            if function.__kwdefaults__ is not named:
                function.__kwdefaults__ = named
        setups[:] = [setup for setup, _ in held]
        for setup, values in held:
            setup.values.clear()
            setup.values.update(values)

    return put_back
