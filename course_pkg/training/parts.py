"""Keep the parts of the data apart: what is chosen on must not be what is measured on."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np


def check_apart(parts: Mapping[str, Collection[Any]]) -> None:
    """Raise if two parts are mostly the same examples, as when one is passed under two names.

    Few examples in common are let through: many data sets hold some twice, and whether that
    matters is for :func:`course_pkg.data.leaks.shared_examples` and its reader to say.

    Parameters
    ----------
    parts : mapping of str to sequence of examples

    Raises
    ------
    ValueError
        If a part is empty, or over half of a part is in another one.

    Examples
    --------
    >>> check_apart({"train": ["a", "b"], "valid": ["c", "d"], "test": ["c", "d", "e"]})
    Traceback (most recent call last):
        ...
    ValueError: parts: expected examples of its own in 'test', got 2 of 3 from 'valid'
    """
    for name, examples in parts.items():
        if len(examples) == 0:
            raise ValueError(f"parts: expected at least one example in {name!r}, got none")
    digests = {name: [_digest(example) for example in examples] for name, examples in parts.items()}
    names = list(parts)
    for place, first in enumerate(names):
        known = set(digests[first])
        for second in names[place + 1 :]:
            common = sum(digest in known for digest in digests[second])
            if common > len(parts[second]) / 2:
                raise ValueError(
                    f"parts: expected examples of its own in {second!r}, "
                    f"got {common} of {len(parts[second])} from {first!r}"
                )


def fingerprint(arrays: Iterable[Any]) -> str:
    """Return a SHA-256 over arrays: their types, shapes and bytes.

    A checkpoint keeps that of the training part, so that a run is not resumed on other data.

    Examples
    --------
    >>> fingerprint([np.array([1, 2])]) == fingerprint([np.array([1, 2])])
    True
    >>> fingerprint([np.array([1, 2])]) == fingerprint([np.array([1]), np.array([2])])
    False
    """
    found = hashlib.sha256()
    for value in arrays:
        array = np.ascontiguousarray(value)
        found.update(f"{array.dtype.str} {array.shape} ".encode())
        found.update(array.data)
    return found.hexdigest()


def _digest(example: Any) -> bytes:
    """Stand for an example: the examples themselves, a second time, would fill the memory."""
    if isinstance(example, str):
        return hashlib.sha256(example.encode()).digest()
    return bytes.fromhex(fingerprint([example]))
