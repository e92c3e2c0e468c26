"""How often a model writes exactly what is right: whole sequences, and token by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course_pkg.metrics.pairs import check_pairs, check_sequence


def exact_match(hypotheses: Sequence[Sequence[Any]], references: Sequence[Sequence[Any]]) -> float:
    """Return the share of sequences that are right from the first token to the last.

    Parameters
    ----------
    hypotheses, references : list of B sequences
        Strings, or lists, tuples or rows of tokens.

    Returns
    -------
    float in 0..1

    Raises
    ------
    TypeError, ValueError
        If these are no two lists of sequences, of the same length, at least 1.

    Examples
    --------
    >>> exact_match(["1987-03-03", "1987-03-04"], ["1987-03-03", "1987-03-30"])
    0.5
    """
    pairs = _listed(hypotheses, references)
    return sum(a == b for a, b in pairs) / len(pairs)


def token_accuracy(
    hypotheses: Sequence[Sequence[Any]], references: Sequence[Sequence[Any]]
) -> float:
    """Return the share of places at which the right token stands.

    A place that only one of the two sequences has is wrong: one who writes too little or too much
    gains nothing. One token too many at the front makes everything behind it wrong; the edit
    distance is milder.

    Parameters
    ----------
    hypotheses, references : list of B sequences
        Strings, or lists, tuples or rows of tokens.

    Returns
    -------
    float in 0..1

    Raises
    ------
    TypeError, ValueError
        If these are no two lists of sequences, of the same length, at least 1, or no sequence
        has a token.

    Examples
    --------
    >>> token_accuracy(["abcd", "ab"], ["abce", "abcd"])  # 3 + 2 of 4 + 4
    0.625
    >>> token_accuracy(["xabc"], ["abc"])
    0.0
    """
    pairs = _listed(hypotheses, references)
    places = sum(max(len(a), len(b)) for a, b in pairs)
    if not places:
        raise ValueError("references: expected at least one token, got empty sequences alone")
    return sum(bool(x == y) for a, b in pairs for x, y in zip(a, b, strict=False)) / places


def _listed(
    hypotheses: Sequence[Sequence[Any]], references: Sequence[Sequence[Any]]
) -> list[tuple[list[Any], list[Any]]]:
    check_pairs(hypotheses, references)
    return [
        (check_sequence(f"hypotheses[{n}]", a), check_sequence(f"references[{n}]", b))
        for n, (a, b) in enumerate(zip(hypotheses, references, strict=True))
    ]
