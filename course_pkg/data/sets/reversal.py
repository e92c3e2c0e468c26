"""Reversal: write the digits that were read, the last one first."""

from __future__ import annotations

import numpy as np

from course_pkg.checks import check_seed, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.pairs import Pairs, split_pairs

REVERSAL_CARD = DataCard(
    name="Reversed digits",
    origin="drawn by course_pkg.data.sets.reversal from a seed",
    size="10 to 20 digits; by default 20,000 training, 1,000 validation, 1,000 test strings",
    licence="none needed: generated",
    citation="this course",
    not_fit_for="any conclusion about language: it asks for memory and for places, not for meaning",
)
SHORTEST, LONGEST = 10, 20


def load_reversal(
    train: int = 20_000,
    held_out: int = 1_000,
    seed: int = 0,
    *,
    lengths: tuple[int, int] = (SHORTEST, LONGEST),
) -> Pairs:
    """Draw strings of digits, all different, and reverse them.

    Parameters
    ----------
    train : int
        Number of training pairs.
    held_out : int
        Number of validation pairs, and of test pairs.
    seed : int, at least 0
    lengths : (int, int)
        The smallest and the largest number of digits; each is equally probable.

    Returns
    -------
    Pairs
        Characters on both sides.

    Raises
    ------
    TypeError, ValueError
        If a number is none of these, or there are not twice as many strings of the smallest
        length as the set needs of each length.

    Examples
    --------
    >>> load_reversal(train=10, held_out=1).test
    [('99111799698018098', '89081089699711199')]
    """
    check_size("train", train)
    least, most = (check_size("lengths", length) for length in lengths)
    if least > most:
        raise ValueError(f"lengths: expected the smaller one first, got {lengths}")
    count = train + 2 * check_size("held_out", held_out)
    rng = np.random.default_rng(check_seed(seed))
    if 10**least < 2 * count / (most - least + 1):
        raise ValueError(
            f"lengths: expected strings long enough for {count} different ones, got {lengths}"
        )
    sources: dict[str, None] = {}  # in the order in which they were drawn
    while len(sources) < count:
        digits = rng.integers(0, 10, rng.integers(least, most + 1))
        sources["".join(map(str, digits))] = None
    pairs = [(source, source[::-1]) for source in sources]
    return split_pairs(
        pairs, list(sources), ("char", "char"), REVERSAL_CARD, held_out=held_out, rng=rng
    )
