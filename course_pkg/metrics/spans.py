"""Entities out of BIO tags, and how many were found: precision, recall and F1 of whole spans.

``B-PER I-PER O B-LOC`` says: a person of two tokens, a token that is no name, a place of one. A
span counts as found where its kind, its first and its last token are right; half a name is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from course_pkg.metrics.pairs import check_pairs


class Span(NamedTuple):
    """An entity: tokens ``first`` to ``last``, both included."""

    kind: str
    first: int
    last: int


class SpanScores(NamedTuple):
    """What was found, of what there is."""

    precision: float  # the share of the predicted spans that are right
    recall: float  # the share of the true spans that were found
    f1: float  # the harmonic mean of the two
    support: int  # the number of true spans


def spans(tags: Sequence[str]) -> list[Span]:
    """Return the entities of one sentence.

    Parameters
    ----------
    tags : list of str
        ``O``, or ``B-`` or ``I-`` with the kind of entity behind it.

    Returns
    -------
    list of Span
        In the order of the sentence.

    Raises
    ------
    TypeError, ValueError
        If a tag is no text, or none of these three forms.

    Notes
    -----
    A network may write what no person would: an ``I-LOC`` behind an ``O``, or behind a ``B-PER``.
    As in the evaluation script of CoNLL-2000, it then begins an entity.

    Source: :cite:t:`tjongkimsang2003`.

    Examples
    --------
    >>> spans(["B-PER", "I-PER", "O", "B-LOC"])
    [Span(kind='PER', first=0, last=1), Span(kind='LOC', first=3, last=3)]
    >>> [tuple(span) for span in spans(["I-LOC", "I-PER"])]
    [('LOC', 0, 0), ('PER', 1, 1)]
    """
    found: list[Span] = []
    before, kind_before = "O", ""
    for place, tag in enumerate(tags):
        mark, kind = _parts(tag, place)
        if mark == "B" or (mark == "I" and (before == "O" or kind != kind_before)):
            found.append(Span(kind, place, place))
        elif mark == "I":
            found[-1] = found[-1]._replace(last=place)
        before, kind_before = mark, kind
    return found


def span_scores(
    hypotheses: Sequence[Sequence[str]],
    references: Sequence[Sequence[str]],
    *,
    kind: str | None = None,
) -> SpanScores:
    """Compare the entities of B sentences with the true ones, all counted together.

    Parameters
    ----------
    hypotheses, references : list of B lists of str
        Tags, as for :func:`spans`: the predicted and the true ones of the same sentences.
    kind : str, optional
        Only entities of this kind.

    Returns
    -------
    SpanScores
        A share of nothing is 0.

    Raises
    ------
    TypeError, ValueError
        If these are no two lists of sentences, of the same lengths, at least one sentence.

    Notes
    -----
    With n spans that are in both, ``precision = n / predicted``, ``recall = n / true`` and
    ``F1 = 2 n / (predicted + true)``.

    Source: :cite:t:`tjongkimsang2003`.

    Examples
    --------
    Half a name is no name, though three of the four tags are right.

    >>> span_scores([["B-PER", "O", "O", "O"]], [["B-PER", "I-PER", "O", "O"]])
    SpanScores(precision=0.0, recall=0.0, f1=0.0, support=1)
    """
    check_pairs(hypotheses, references)
    ours: set[tuple[int, Span]] = set()
    theirs: set[tuple[int, Span]] = set()
    for number, (guess, truth) in enumerate(zip(hypotheses, references, strict=True)):
        if len(guess) != len(truth):
            raise ValueError(
                f"hypotheses[{number}]: expected {len(truth)} tags, as many as in references, "
                f"got {len(guess)}"
            )
        ours.update((number, span) for span in spans(guess) if kind in (None, span.kind))
        theirs.update((number, span) for span in spans(truth) if kind in (None, span.kind))
    right = len(ours & theirs)
    return SpanScores(
        precision=right / len(ours) if ours else 0.0,
        recall=right / len(theirs) if theirs else 0.0,
        f1=2 * right / (len(ours) + len(theirs)) if right else 0.0,
        support=len(theirs),
    )


def _parts(tag: str, place: int) -> tuple[str, str]:
    """Return mark and kind of a tag."""
    if not isinstance(tag, str):
        raise TypeError(f"tags[{place}]: expected str, got {type(tag).__name__}")
    mark, _, kind = tag.partition("-")
    if tag != "O" and (mark not in ("B", "I") or not kind):
        raise ValueError(f"tags[{place}]: expected O, B-kind or I-kind, got {tag!r}")
    return mark, kind
