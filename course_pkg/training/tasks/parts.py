"""The parts of the data: each must fit the model, and none may be within another.

What is chosen on must not be what is measured on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from course_pkg.data.checks import as_array
from course_pkg.reference.checks import FLOATS, IntArray, check_array, check_ids


def check_sequences(
    name: str, x: Any, settings: Mapping[str, Any], dtype: np.dtype[Any] | None
) -> None:
    """Raise unless sequences are what a model with these settings reads.

    Parameters
    ----------
    name : str
        What they are called, for the message.
    x : ndarray (N, T, I) or (N, T), or sequence of N ndarrays (T_n, I) or (T_n,)
        Vectors of floats, or ids.
    settings : mapping
        ``features`` or ``tokens`` says what the model reads. With neither, anything goes that is
        numbers, and finite.
    dtype : dtype, optional
        Of the model's weights; vectors must have it too.

    Raises
    ------
    TypeError, ValueError
        If they are not; the message names the first that is not.

    Examples
    --------
    >>> check_sequences("x", np.zeros((8, 5, 3)), {"features": 2}, None)
    Traceback (most recent call last):
        ...
    ValueError: x[0]: expected shape (T, 2) with T >= 1, got (5, 3)
    """
    rows = x.ndim > 0 if isinstance(x, np.ndarray) else isinstance(x, Sequence)
    if not rows or isinstance(x, str):
        raise TypeError(f"{name}: expected an array or a list of arrays, got {type(x).__name__}")
    if isinstance(x, np.ndarray):
        check_array(name, x)
        if x.dtype == object:  # as np.load gives for sequences of different lengths
            raise TypeError(
                f"{name}: expected an array of numbers or a list of arrays, got an array of "
                "objects; [np.asarray(row) for row in x] makes such a list of it"
            )
    features, tokens = settings.get("features"), settings.get("tokens")
    for n, sequence in enumerate(x):
        label = f"{name}[{n}]"
        if not isinstance(sequence, np.ndarray) or sequence.dtype.kind not in "iuf":
            got = getattr(sequence, "dtype", type(sequence).__name__)
            raise TypeError(f"{label}: expected an array of numbers, got {got}")
        check_array(label, sequence)
        shape = "(T,)" if tokens else f"(T, {features})" if features else "(T, ...)"
        wrong = sequence.ndim != 1 if tokens else features and sequence.shape[1:] != (features,)
        if wrong or sequence.size == 0:
            raise ValueError(f"{label}: expected shape {shape} with T >= 1, got {sequence.shape}")
        if tokens:
            check_ids(label, sequence, tokens)
        elif features and sequence.dtype != (dtype or sequence.dtype):
            raise TypeError(
                f"{label}: expected {dtype} as the model's weights, got {sequence.dtype}"
            )
        elif features and sequence.dtype not in FLOATS:
            raise TypeError(f"{label}: expected float32 or float64, got {sequence.dtype}")
        elif sequence.dtype.kind == "f" and not np.isfinite(sequence).all():
            raise ValueError(f"{label}: expected finite values, got NaN or infinity")


def check_apart(parts: Mapping[str, Collection[Any]]) -> None:
    """Raise if a part is mostly in another one, as when one is passed under two names.

    Few examples in common are let through: many data sets hold some twice, and whether that
    matters is for :func:`course_pkg.data.splitting.leaks.shared_examples` and its reader to say.

    Parameters
    ----------
    parts : mapping of str to sequence of examples

    Raises
    ------
    ValueError
        If a part is empty, or over half of a part is in another one, before or after it.

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
    known = {name: set(found) for name, found in digests.items()}
    for pair in combinations(parts, 2):
        for part, other in (pair[::-1], pair):
            common = sum(digest in known[other] for digest in digests[part])
            if common > len(digests[part]) / 2:
                raise ValueError(
                    f"parts: expected examples of its own in {part!r}, "
                    f"got {common} of {len(digests[part])} from {other!r}"
                )


def check_texts_apart(parts: Mapping[str, IntArray]) -> None:
    """Raise if two texts share their memory, or one stands within the other as a whole.

    Parameters
    ----------
    parts : mapping of str to ndarray of int, (N,)

    Raises
    ------
    ValueError
        If there are two such texts.

    Examples
    --------
    >>> check_texts_apart({"valid": np.array([3, 1]), "test": np.array([2, 3, 1, 0])})
    Traceback (most recent call last):
        ...
    ValueError: parts: 'valid' and 'test' are, or share, the same text
    """
    for first, second in combinations(parts, 2):
        one, two = parts[first], parts[second]
        short, long = (one, two) if len(one) <= len(two) else (two, one)
        if np.shares_memory(one, two) or _stands_in(short, long):
            raise ValueError(f"parts: {first!r} and {second!r} are, or share, the same text")


def _stands_in(short: IntArray, long: IntArray) -> bool:
    """Return whether the short text is a piece of the long one."""
    piece, whole = (array.astype(np.int64).tobytes() for array in (short, long))
    place = whole.find(piece)
    while place % 8 and place > 0:  # the bytes are there, but no token begins at that place
        place = whole.find(piece, place + 1)
    return place >= 0


def fingerprint(arrays: Iterable[Any]) -> str:
    """Return a SHA-256 over arrays: their types, shapes and bytes.

    A checkpoint keeps one of every part, so that a run is not resumed on other data.

    Raises
    ------
    TypeError, ValueError
        If one hides values, or is of objects: their bytes are places in the memory, which say
        nothing in another process.

    Examples
    --------
    >>> fingerprint([np.array([1, 2])]) == fingerprint([np.array([1, 2])])
    True
    >>> fingerprint([np.array([1, 2])]) == fingerprint([np.array([1]), np.array([2])])
    False
    """
    found = hashlib.sha256()
    for value in arrays:
        array = np.ascontiguousarray(as_array("arrays", value))
        if array.dtype.kind not in "biufcUS":
            raise TypeError(f"arrays: expected numbers or text, got {array.dtype}")
        found.update(f"{array.dtype.str} {array.shape} ".encode())
        found.update(array.data)
    return found.hexdigest()


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with Python's numbers in place of NumPy's, which JSON does not know.

    Examples
    --------
    >>> plain({"hidden": np.int64(8), "cell": "gru"})
    {'hidden': 8, 'cell': 'gru'}
    """
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in settings.items()
    }


def _digest(example: Any) -> bytes:
    """Stand for an example: the examples themselves, a second time, would fill the memory."""
    if isinstance(example, str):
        return hashlib.sha256(example.encode()).digest()
    return bytes.fromhex(fingerprint([example]))
