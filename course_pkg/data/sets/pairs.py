"""Pairs of texts, in three parts: what is read, and what is to be written."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.splitting.splits import group_split

Pair = tuple[str, str]  # source, target


class Pairs(NamedTuple):
    """Source and target texts: for training, for choosing, for one measurement."""

    train: list[Pair]  # (source text, target text)
    valid: list[Pair]  # the same
    test: list[Pair]  # the same
    levels: tuple[str, str]  # "char" or "word": what a token is, in the source and in the target
    card: DataCard  # origin, licence, limits


def split_pairs(
    pairs: Sequence[Pair],
    groups: Sequence[Hashable],
    levels: tuple[str, str],
    card: DataCard,
    *,
    held_out: int,
    rng: np.random.Generator,
) -> Pairs:
    """Split pairs so that what belongs together is in one part: all ways to write one day, say.

    Parameters
    ----------
    pairs : sequence of (str, str)
    groups : sequence of integers or strings, as many
        Pairs of one group stand in one part.
    levels : (str, str)
    card : DataCard
    held_out : int
        About how many pairs the validation part gets, and the test part too; exactly so many
        where each group is one pair.
    rng : numpy.random.Generator

    Returns
    -------
    Pairs
        The pairs of each part in the order in which they were given.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two pairs for each held-out one, or groups do not fit the pairs.

    Examples
    --------
    >>> card = DataCard("Toy", "made up", "4 pairs", "public domain", "none", "any decision")
    >>> texts = [("one", "un"), ("one", "une"), ("two", "deux"), ("six", "six")]
    >>> sources = [source for source, _ in texts]
    >>> pairs = split_pairs(
    ...     texts, sources, ("word", "word"), card, held_out=1, rng=np.random.default_rng(7)
    ... )
    >>> pairs.train, pairs.valid, pairs.test
    ([('one', 'un'), ('one', 'une')], [('two', 'deux')], [('six', 'six')])
    """
    if len(groups) != len(pairs):
        raise ValueError(f"groups: expected {len(pairs)}, one for each pair, got {len(groups)}")
    if 2 * check_size("held_out", held_out) >= len(pairs):
        raise ValueError(
            f"held_out: expected less than half of the {len(pairs)} pairs, got {held_out}"
        )
    share = held_out / len(pairs)
    parts = group_split(groups, (1 - 2 * share, share, share), rng)
    train, valid, test = ([pairs[i] for i in part] for part in parts)
    return Pairs(train, valid, test, levels, card)


def by_source(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """Return every target of each source: the references that a translation is compared with.

    Examples
    --------
    >>> by_source([("one", "un"), ("two", "deux"), ("one", "une")])
    {'one': ['un', 'une'], 'two': ['deux']}
    """
    found: dict[str, list[str]] = {}
    for source, target in pairs:
        found.setdefault(source, []).append(target)
    return found
