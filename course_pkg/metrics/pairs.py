"""Input checks of the measures that compare what was written with what is right, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def check_sequence(name: str, value: Sequence[Any]) -> list[Any]:
    """Return the items of a string, a list, a tuple or a row of an array, or raise.

    Examples
    --------
    >>> check_sequence("a", "cat")
    ['c', 'a', 't']
    >>> check_sequence("a", {1, 2})
    Traceback (most recent call last):
        ...
    TypeError: a: expected a string, a list, a tuple or a row of an array, got set
    """
    if isinstance(value, np.ndarray):
        if value.ndim != 1:
            raise ValueError(f"{name}: expected shape (N,), got {value.shape}")
        items: list[Any] = value.tolist()  # Python's numbers compare faster than NumPy's
        return items
    if not isinstance(value, (str, list, tuple)):
        raise TypeError(
            f"{name}: expected a string, a list, a tuple or a row of an array, "
            f"got {type(value).__name__}"
        )
    return list(value)


def check_tokens(name: str, value: Sequence[Any]) -> list[Any]:
    """Return the tokens of a text that was cut into tokens, or raise.

    Examples
    --------
    >>> check_tokens("hypothesis", "the cat")
    Traceback (most recent call last):
        ...
    TypeError: hypothesis: expected a list of tokens, got str; cut it first, as with split()
    """
    if isinstance(value, str):
        raise TypeError(
            f"{name}: expected a list of tokens, got str; cut it first, as with split()"
        )
    return check_sequence(name, value)


def check_pairs(hypotheses: Sequence[Any], references: Sequence[Any]) -> None:
    """Raise unless there are as many hypotheses as references, and at least one.

    Parameters
    ----------
    hypotheses, references : list or tuple
        What a model wrote, and what is right: the two at one place belong together.

    Examples
    --------
    >>> check_pairs(["a"], ["a", "b"])
    Traceback (most recent call last):
        ...
    ValueError: hypotheses: expected 2 of them, one for each of references, got 1
    """
    for name, value in (("hypotheses", hypotheses), ("references", references)):
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{name}: expected a list of sequences, got {type(value).__name__}")
    if not references:
        raise ValueError("references: expected at least one, got none")
    if len(hypotheses) != len(references):
        raise ValueError(
            f"hypotheses: expected {len(references)} of them, one for each of references, "
            f"got {len(hypotheses)}"
        )
