"""The names that a check meets: values as copies, functions as if they stood beside it."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import random
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

DATA = (np.ndarray, np.random.Generator, np.random.RandomState, random.Random)
CONTAINERS = (tuple, list, dict, set)


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield the code of a function and of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_in(constant)


def names_in(code: types.CodeType) -> Iterator[str]:
    """Yield the global names that a function looks up, also in the functions inside it.

    Examples
    --------
    >>> def outer():
    ...     return lambda: helper(3)
    >>> list(names_in(outer.__code__))
    ['helper']
    """
    for inner in codes_in(code):
        yield from inner.co_names


def moved(function: types.FunctionType, names: dict[str, Any]) -> types.FunctionType:
    """Return the function as if it had been written where the globals are ``names``.

    Examples
    --------
    >>> def scaled(value, *, by=2):
    ...     return by * value + offset
    >>> moved(scaled, {"offset": 1})(3)
    7
    """
    twin = types.FunctionType(
        function.__code__,
        names,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__annotations__ = function.__annotations__
    twin.__qualname__, twin.__doc__ = function.__qualname__, function.__doc__
    twin.__module__ = function.__module__
    twin.__dict__.update(function.__dict__)
    return twin


def _of_torch(value: Any) -> bool:
    """Whether it is a tensor, a module, a generator: without importing torch."""
    return any(base.__module__.partition(".")[0] == "torch" for base in type(value).__mro__)


def copied(value: Any, memo: dict[int, Any]) -> Any:
    """Return a copy of a value that holds data, and any other value itself.

    Data are arrays, tensors, random generators, modules of torch, dataclasses, and containers of
    such. Functions, classes, open files and the like stay what they are.

    Parameters
    ----------
    value : any
        What a name of the notebook stands for.
    memo : dict
        What was copied already: what two names share, their copies share.

    Examples
    --------
    >>> memo = {}
    >>> weights = np.ones(2)
    >>> pair = copied([weights, print], memo)
    >>> pair[0] is weights, pair[0] is copied(weights, memo), pair[1] is print
    (False, True, True)
    """
    is_object = dataclasses.is_dataclass(value) and not isinstance(value, type)
    if not (isinstance(value, DATA + CONTAINERS) or is_object or _of_torch(value)):
        return value
    if id(value) in memo:
        return memo[id(value)]
    trial = dict(memo)  # a copy that fails leaves half of it behind
    with contextlib.suppress(Exception):  # a tensor with a history, an open file
        twin = copy.deepcopy(value, trial)
        alive = trial.pop(id(trial), [])  # the objects whose ids it holds
        memo.update(trial)
        memo.setdefault(id(memo), []).extend(alive)
        return twin
    if _of_torch(value) and hasattr(value, "detach"):
        memo[id(value)] = value.detach().clone().requires_grad_(value.requires_grad)
    elif isinstance(value, list):
        parts: list[Any] = []
        memo[id(value)] = parts  # first, for they may hold the list
        parts += [copied(part, memo) for part in value]
    elif isinstance(value, dict):
        table: dict[Any, Any] = {}
        memo[id(value)] = table
        table |= {copied(key, memo): copied(part, memo) for key, part in value.items()}
    elif isinstance(value, tuple):
        make = getattr(value, "_make", tuple)  # a named tuple stays one
        memo[id(value)] = make(copied(part, memo) for part in value)
    return memo.get(id(value), value)
