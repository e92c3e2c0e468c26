"""How many tokens one has to insert, delete or exchange to turn one sequence into another.

Let d[i, j] be the distance between the first i tokens of a and the first j of b. The last step is
a token of a deleted, a token of b inserted, or one exchanged, which is free if the two are equal::

    d[i, j] = min(d[i-1, j] + 1,  d[i, j-1] + 1,  d[i-1, j-1] + (a[i] != b[j]))

Only the middle term needs its own row. Unrolled, it takes the smallest of all d[i, k] + (j - k)
with k <= j, so a running minimum over d[i, k] - k computes a row at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_pkg.metrics.pairs import check_pairs, check_sequence


def edit_distance(a: Sequence[Any], b: Sequence[Any]) -> int:
    """Return the Levenshtein distance of two sequences.

    Parameters
    ----------
    a, b : str, list, tuple or row of an array, (N,) and (M,)
        A string is a sequence of characters. Tokens must be hashable.

    Returns
    -------
    int in 0..max(N, M)

    Raises
    ------
    TypeError, ValueError
        If one is no such sequence.

    Notes
    -----
    It takes O(N M) time and O(M) memory.

    Source: :cite:t:`levenshtein1966`.

    Examples
    --------
    >>> edit_distance("kitten", "sitting")  # k -> s, e -> i, and a g
    3
    >>> edit_distance("the cat sat".split(), "the cat".split())
    1
    """
    number: dict[Any, int] = {}  # equal tokens get equal numbers
    rows = [check_sequence(name, value) for name, value in (("a", a), ("b", b))]
    x, y = (np.array([number.setdefault(t, len(number)) for t in row], np.int64) for row in rows)
    places = np.arange(len(y) + 1)
    d = places  # (M + 1,): nothing read of a, so insert all of b
    for token in x:
        new = d + 1  # delete the token
        new[1:] = np.minimum(new[1:], d[:-1] + (y != token))  # exchange it, or keep it
        d = np.minimum.accumulate(new - places) + places  # insert tokens of b
    return int(d[-1])


def error_rate(hypotheses: Sequence[Sequence[Any]], references: Sequence[Sequence[Any]]) -> float:
    """Return how many edits turn the hypotheses into the references, per token of the latter.

    With strings this is the *character error rate*, with lists of words the *word error rate*.
    Edits and tokens are summed over the corpus before one is divided by the other.

    Parameters
    ----------
    hypotheses, references : list of B sequences
        What a model wrote, and what is right.

    Returns
    -------
    float, at least 0
        It passes 1 if the hypotheses are much longer than the references.

    Raises
    ------
    TypeError, ValueError
        If these are no two lists of sequences, of the same length, at least 1, or no reference
        has a token.

    Examples
    --------
    >>> error_rate(["kitten", "ab"], ["sitting", "abc"])  # (3 + 1) / (7 + 3)
    0.4
    """
    check_pairs(hypotheses, references)
    edits = tokens = 0
    for n, (a, b) in enumerate(zip(hypotheses, references, strict=True)):
        written = check_sequence(f"hypotheses[{n}]", a)
        right = check_sequence(f"references[{n}]", b)
        edits += edit_distance(written, right)
        tokens += len(right)
    if not tokens:
        raise ValueError("references: expected at least one token, got empty sequences alone")
    return edits / tokens
