"""Input checks for all rooms: sizes, counts, numbers, flags, options, seeds, generators.

A message names the caller's argument, what was expected and what was given. NumPy's scalars count
as the numbers they hold, and come back as Python's: JSON and TOML know no others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def check_integer(name: str, value: int) -> int:
    """Return ``value`` as an int if it is an integer, or raise.

    Examples
    --------
    >>> check_integer("ignore_index", 1.5)
    Traceback (most recent call last):
        ...
    TypeError: ignore_index: expected an integer, got float
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    return int(value)


def check_size(name: str, value: int) -> int:
    """Return ``value`` as an int if it is an integer of at least 1, or raise.

    Examples
    --------
    >>> check_size("H", 0)
    Traceback (most recent call last):
        ...
    ValueError: H: expected an integer of at least 1, got 0
    """
    if check_integer(name, value) < 1:
        raise ValueError(f"{name}: expected an integer of at least 1, got {value}")
    return int(value)


def check_count(name: str, value: int) -> int:
    """Return ``value`` as an int if it is an integer of at least 0, or raise.

    Examples
    --------
    >>> check_count("patience", -1)
    Traceback (most recent call last):
        ...
    ValueError: patience: expected an integer of at least 0, got -1
    """
    if check_integer(name, value) < 0:
        raise ValueError(f"{name}: expected an integer of at least 0, got {value}")
    return int(value)


def check_seed(seed: int) -> int:
    """Return ``seed`` if it is an integer in 0..2^32 - 1, or raise.

    Examples
    --------
    >>> check_seed(-1)
    Traceback (most recent call last):
        ...
    ValueError: seed: expected an integer in 0..4294967295, got -1
    """
    if not 0 <= check_integer("seed", seed) < 2**32:
        raise ValueError(f"seed: expected an integer in 0..{2**32 - 1}, got {seed}")
    return int(seed)


def check_real(name: str, value: float) -> float:
    """Return ``value`` unchanged if it is a real number, NaN and infinity among them, or raise.

    Examples
    --------
    >>> check_real("pad", True)
    Traceback (most recent call last):
        ...
    TypeError: pad: expected a number, got bool
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}")
    return value


def check_number(name: str, value: float, interval: str) -> float:
    """Return ``value`` as a float if it is a real number in ``interval``, or raise.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : float
        The number; NaN is never inside.
    interval : str
        A round bracket leaves its end out: ``"[0, 1)"``, ``"(0, inf)"``.

    Examples
    --------
    >>> check_number("lr", 0.1, "[0, inf)")
    0.1
    >>> check_number("momentum", 1.0, "[0, 1)")
    Traceback (most recent call last):
        ...
    ValueError: momentum: expected a number in [0, 1), got 1.0
    """
    check_real(name, value)
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = value >= low if interval[0] == "[" else value > low
    below = value <= high if interval[-1] == "]" else value < high
    if not (above and below):
        raise ValueError(f"{name}: expected a number in {interval}, got {value}")
    try:
        return float(value)
    except OverflowError:  # an int may have any size
        raise ValueError(
            f"{name}: expected a number that a float holds, got a larger int"
        ) from None


def check_flag(name: str, value: bool) -> bool:
    """Return ``value`` as a bool if it is True or False, or raise.

    Examples
    --------
    >>> check_flag("bidirectional", "no")
    Traceback (most recent call last):
        ...
    TypeError: bidirectional: expected True or False, got 'no'
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False, got {value!r}")
    return bool(value)


def check_option(name: str, value: str, options: Sequence[str]) -> str:
    """Return ``value`` if it is one of ``options``, or raise a ValueError that lists them.

    Examples
    --------
    >>> check_option("nonlinearity", "sine", ("tanh", "relu"))
    Traceback (most recent call last):
        ...
    ValueError: nonlinearity: expected one of 'tanh', 'relu', got 'sine'
    """
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"{name}: expected one of {listed}, got {value!r}")
    return value


def check_generator(rng: np.random.Generator) -> None:
    """Raise unless ``rng`` is a NumPy Generator.

    Examples
    --------
    >>> check_generator(0)
    Traceback (most recent call last):
        ...
    TypeError: rng: expected a numpy.random.Generator, got int
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {type(rng).__name__}")
