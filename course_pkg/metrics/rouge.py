"""How much of a reference a summary repeats: shared n-grams, or the longest shared subsequence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from course_pkg.checks import check_size
from course_pkg.metrics.pairs import check_tokens


class Rouge(NamedTuple):
    """Shares in 0..1. Where there is nothing to share, a share is 0."""

    precision: float  # of the hypothesis, how much is in the reference
    recall: float  # of the reference, how much is in the hypothesis; Lin's measure
    f1: float  # their harmonic mean


def rouge_n(hypothesis: Sequence[Any], reference: Sequence[Any], n: int) -> Rouge:
    """Count the n-grams that two texts share; each counts as often as the rarer of the two says.

    Parameters
    ----------
    hypothesis, reference : list of tokens
        What a model wrote, and what is right.
    n : int
        The length of the n-grams: ROUGE-1, ROUGE-2, ...

    Returns
    -------
    Rouge

    Raises
    ------
    TypeError, ValueError
        If a text is not cut into tokens, or ``n`` is no integer of at least 1.

    Notes
    -----
    Equation: eq-rouge

    Source: :cite:t:`lin2004`.

    Examples
    --------
    >>> reference = "police killed the gunman".split()
    >>> rouge_n("police kill the gunman".split(), reference, 1).recall
    0.75
    >>> round(rouge_n("police kill the gunman".split(), reference, 2).recall, 4)
    0.3333
    """
    size = check_size("n", n)
    written, right = (
        Counter(zip(*(tokens[k:] for k in range(size)), strict=False))
        for tokens in (check_tokens("hypothesis", hypothesis), check_tokens("reference", reference))
    )
    return _rouge((written & right).total(), written.total(), right.total())


def rouge_l(hypothesis: Sequence[Any], reference: Sequence[Any]) -> Rouge:
    """Measure the longest common subsequence: tokens in the same order, gaps allowed.

    Parameters
    ----------
    hypothesis, reference : list of tokens
        What a model wrote, and what is right. Both are read as one sentence.

    Returns
    -------
    Rouge

    Raises
    ------
    TypeError, ValueError
        If a text is not cut into tokens.

    Notes
    -----
    Equation: eq-rouge

    Source: :cite:t:`lin2004`.

    Examples
    --------
    >>> reference = "police killed the gunman".split()
    >>> rouge_l("police kill the gunman".split(), reference).recall
    0.75
    >>> rouge_l("the gunman kill police".split(), reference).recall
    0.5
    """
    a, b = check_tokens("hypothesis", hypothesis), check_tokens("reference", reference)
    longest = [0] * (len(b) + 1)  # of what was read of a, and the first j tokens of b
    for token in a:
        before, longest = longest, [0]
        for j, other in enumerate(b):
            best = before[j] + 1 if token == other else max(before[j + 1], longest[j])
            longest.append(best)
    return _rouge(longest[-1], len(a), len(b))


def _rouge(shared: int, written: int, right: int) -> Rouge:
    precision = shared / written if written else 0.0
    recall = shared / right if right else 0.0
    return Rouge(precision, recall, 2 * shared / (written + right) if shared else 0.0)
