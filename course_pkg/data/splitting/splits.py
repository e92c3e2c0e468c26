"""Training, validation and test part: at random, by class, by time, by group."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_count, check_generator, check_number, check_size
from course_pkg.data.checks import label_row

Fractions = tuple[float, float, float]
Indices = npt.NDArray[np.int64]


class Split(NamedTuple):
    """Which examples are for training, for choosing, and for the one final measurement."""

    train: Indices  # (N_train,), what the weights, the vocabulary and the scaling come from
    valid: Indices  # (N_valid,), what settings and the moment to stop are chosen by
    test: Indices  # (N_test,), measured once, when nothing is chosen any more


def random_split(count: int, fractions: Fractions, rng: np.random.Generator) -> Split:
    """Split examples that do not depend on each other, at random.

    Parameters
    ----------
    count : int
        Number of examples, N.
    fractions : three numbers in [0, 1] that sum to 1
        The shares of training, validation and test.
    rng : numpy.random.Generator

    Returns
    -------
    Split
        Each of 0..N-1 in exactly one part; each part sorted, and less than one example away
        from its share.

    Raises
    ------
    TypeError, ValueError
        If the arguments are none of these, or a part whose share is above 0 would be empty.

    Examples
    --------
    >>> random_split(10, (0.6, 0.2, 0.2), np.random.default_rng(0))
    Split(train=array([2, 3, 4, 5, 6, 7]), valid=array([0, 9]), test=array([1, 8]))
    """
    return stratified_split(np.zeros(check_size("count", count), dtype=int), fractions, rng)


def stratified_split(
    labels: Sequence[Hashable] | npt.NDArray[Any], fractions: Fractions, rng: np.random.Generator
) -> Split:
    """Split so that each class has the same shares of the parts.

    Within each class a part is less than one example away from its share, and equal to it
    where the share is a whole number. What is left over of a class goes to the parts that are
    furthest behind in total.

    Parameters
    ----------
    labels : (N,) integers or strings
        The class of each example: a list, an array, a column of a table.
    fractions : three numbers in [0, 1] that sum to 1
        The shares of training, validation and test.
    rng : numpy.random.Generator

    Returns
    -------
    Split
        Each of 0..N-1 in exactly one part; each part sorted.

    Raises
    ------
    TypeError, ValueError
        If the arguments are none of these, strings stand beside integers, a label is missing, or
        a part whose share is above 0 would be empty.

    Examples
    --------
    >>> labels = np.array(["a"] * 4 + ["b"] * 8)
    >>> split = stratified_split(labels, (0.5, 0.25, 0.25), np.random.default_rng(0))
    >>> [labels[part].tolist() for part in split[1:]]
    [['a', 'b', 'b'], ['a', 'b', 'b']]
    """
    array = label_row("labels", labels)
    shares = _fractions(fractions)
    check_generator(rng)
    parts: list[list[Indices]] = [[], [], []]
    behind = np.zeros(3)  # what each part should have by now, less what it has
    names, number = np.unique(array, return_inverse=True)
    for label in range(len(names)):
        members = rng.permutation(np.flatnonzero(number == label))
        wanted = np.round(shares * len(members), 9)  # 0.29 * 100 is 28.999999999999996
        sizes = np.floor(wanted).astype(int)
        behind += wanted - sizes
        # One more each for the parts that are furthest behind, among those with a broken share.
        order = np.argsort(np.where(wanted > sizes, -behind, np.inf), kind="stable")
        more = order[: len(members) - sizes.sum()]
        sizes[more] += 1
        behind[more] -= 1
        for part, some in zip(parts, np.split(members, np.cumsum(sizes)[:2]), strict=True):
            part.append(some)
    return _filled(Split(*(np.sort(np.concatenate(part)) for part in parts)), shares)


def time_split(count: int, fractions: Fractions, *, gap: int = 0) -> Split:
    """Split a series: first training, then validation, then test.

    What is forecast must lie after what was learned from. Cutting at random would put the
    neighbours of each test step, which are nearly equal to it, into the training part.

    Parameters
    ----------
    count : int
        Number of steps, N.
    fractions : three numbers in [0, 1] that sum to 1
        The shares of training, validation and test.
    gap : int
        Steps left out at the beginning of the validation and of the test part. With windows of
        W steps cut out of the parts, no gap is needed; with windows cut before the split, a gap
        of W - 1 keeps those of two parts from overlapping.

    Returns
    -------
    Split
        Three runs of consecutive indices in order.

    Raises
    ------
    TypeError, ValueError
        If the arguments are none of these, a part whose share is above 0 would be empty, or the
        gap leaves nothing of it.

    Examples
    --------
    >>> time_split(10, (0.6, 0.2, 0.2), gap=1)
    Split(train=array([0, 1, 2, 3, 4, 5]), valid=array([7]), test=array([9]))
    """
    count, shares = check_size("count", count), _fractions(fractions)
    gap = check_count("gap", gap)
    ends = np.round(np.cumsum(shares) * count).astype(int)  # half to even, as Python rounds
    train, valid, test = _filled(Split(*np.split(np.arange(count), ends[:2])), shares)
    for name, part in (("validation", valid), ("test", test)):
        if 0 < len(part) <= gap:
            raise ValueError(
                f"gap: expected less than the {len(part)} steps of the {name} part, got {gap}"
            )
    return Split(train, valid[gap:], test[gap:])


def group_split(
    groups: Sequence[Hashable] | npt.NDArray[Any], fractions: Fractions, rng: np.random.Generator
) -> Split:
    """Split so that no group is in two parts: all of a speaker's recordings, say, in one.

    Groups come in random order; each goes to the part that lacks the most examples. So the
    shares are met only as well as the sizes of the groups allow; no part stays empty.

    Parameters
    ----------
    groups : (N,) integers or strings
        The group of each example: a list, an array, a column of a table.
    fractions : three numbers in [0, 1] that sum to 1
        The shares of training, validation and test.
    rng : numpy.random.Generator

    Returns
    -------
    Split
        Each of 0..N-1 in exactly one part; each part sorted.

    Raises
    ------
    TypeError, ValueError
        If the arguments are none of these, strings stand beside integers, a group is missing, or
        there are fewer groups than parts.

    Examples
    --------
    >>> speakers = np.array(["ann", "ann", "bob", "cem", "cem", "cem"])
    >>> split = group_split(speakers, (0.4, 0.3, 0.3), np.random.default_rng(0))
    >>> [sorted(set(speakers[part].tolist())) for part in split]
    [['cem'], ['ann'], ['bob']]
    """
    array, shares = label_row("groups", groups), _fractions(fractions)
    check_generator(rng)
    names, number, sizes = np.unique(array, return_inverse=True, return_counts=True)
    if len(names) < np.count_nonzero(shares):
        raise ValueError(f"groups: expected at least one group for each part, got {len(names)}")
    lacking = shares * len(array)
    part_of = np.empty(len(names), dtype=int)
    empty = {part for part in range(3) if shares[part] > 0}
    for done, group in enumerate(rng.permutation(len(names))):
        # The last groups are kept for the parts that would get none otherwise.
        open_to = sorted(empty) if len(names) - done <= len(empty) else [0, 1, 2]
        part = max(open_to, key=lambda part: lacking[part])
        part_of[group] = part
        lacking[part] -= sizes[group]
        empty.discard(part)
    parts = part_of[number]
    return Split(*(np.flatnonzero(parts == part) for part in range(3)))


def _fractions(fractions: Fractions) -> npt.NDArray[np.float64]:
    if len(fractions) != 3:
        raise ValueError(f"fractions: expected three numbers, got {len(fractions)}")
    shares = np.array([check_number("fractions", share, "[0, 1]") for share in fractions])
    if abs(shares.sum() - 1) > 1e-9:
        raise ValueError(f"fractions: expected numbers that sum to 1, got {tuple(fractions)}")
    return shares


def _filled(split: Split, shares: npt.NDArray[np.float64]) -> Split:
    """Return the split if each part that has a share has an example, or raise."""
    for name, part, share in zip(split._fields, split, shares, strict=True):
        if share > 0 and len(part) == 0:
            count = sum(map(len, split))
            raise ValueError(
                f"fractions: expected an example for the part {name!r}, got none of {count}; "
                "take more examples, or give the part the share 0"
            )
    return split
