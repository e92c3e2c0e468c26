"""Splits: every example in one part, shares as asked for, and nothing of one part in another."""

from __future__ import annotations

import enum

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_pkg.data.splitting.splits import (
    Split,
    group_split,
    random_split,
    stratified_split,
    time_split,
)

FRACTIONS = st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (1 / 3, 1 / 3, 1 / 3), (1, 0, 0)])


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=80)
RNG = np.random.default_rng(0)


def assert_complete(split, count):
    assert isinstance(split, Split)
    assert sorted(np.concatenate(split).tolist()) == list(range(count))
    for part in split:
        np.testing.assert_array_equal(part, np.sort(part))


@given(st.integers(20, 200), FRACTIONS)
def test_random_parts_are_complete_and_of_the_right_size(count, fractions):
    split = random_split(count, fractions, np.random.default_rng(0))
    assert_complete(split, count)
    for part, fraction in zip(split, fractions, strict=True):
        assert abs(len(part) - fraction * count) < 1


def test_random_parts_depend_on_the_generator_alone():
    first, again, other = (
        random_split(50, (0.8, 0.1, 0.1), np.random.default_rng(s)) for s in (1, 1, 2)
    )
    assert first.test.tolist() == again.test.tolist()
    assert first.test.tolist() != other.test.tolist()


@given(LABELS, FRACTIONS)
def test_strata_are_within_one_example_of_their_share(labels, fractions):
    assume(len(labels) >= 10 or fractions[0] == 1)
    array = np.array(labels)
    split = stratified_split(labels, fractions, np.random.default_rng(0))
    assert_complete(split, len(labels))
    for label in set(labels):
        count = int((array == label).sum())
        for part, fraction in zip(split, fractions, strict=True):
            assert abs(int((array[part] == label).sum()) - fraction * count) < 1


@pytest.mark.parametrize("seed", range(5))
def test_strata_are_exact_where_the_share_is_a_whole_number(seed):
    labels = RNG.permutation(np.repeat(["a", "b", "c"], [100, 40, 20]))
    split = stratified_split(labels, (0.7, 0.2, 0.1), np.random.default_rng(seed))
    for part, sizes in zip(split, [(70, 28, 14), (20, 8, 4), (10, 4, 2)], strict=True):
        assert tuple((labels[part] == label).sum() for label in "abc") == sizes


def test_what_is_left_over_does_not_pile_up_in_one_part():
    labels = np.arange(100)  # a hundred classes of one example each
    split = stratified_split(labels, (0.8, 0.1, 0.1), np.random.default_rng(0))
    assert [len(part) for part in split] == [80, 10, 10]


def test_a_share_that_floats_cannot_hold_is_met():
    split = stratified_split(np.zeros(100, dtype=int), (0.29, 0.71, 0.0), np.random.default_rng(0))
    assert [len(part) for part in split] == [29, 71, 0]
    # 0.55 * 100 is 55.00000000000001: still no broken share, though "a" leaves the part behind.
    labels = np.array(["a"] * 3 + ["b"] * 100)
    split = stratified_split(labels, (0.55, 0.225, 0.225), np.random.default_rng(0))
    assert (labels[split.train] == "b").sum() == 55


@given(st.integers(20, 200), FRACTIONS)
def test_time_goes_forward_through_the_parts(count, fractions):
    split = time_split(count, fractions)
    np.testing.assert_array_equal(np.concatenate(split), np.arange(count))


def test_a_gap_keeps_the_windows_of_two_parts_apart():
    window, split = 4, time_split(50, (0.6, 0.2, 0.2), gap=3)
    assert [len(part) for part in split] == [30, 7, 7]
    for before, after in ((split.train, split.valid), (split.valid, split.test)):
        # A window is named by its last step; it reads that and the three before.
        assert after[0] - (window - 1) > before[-1]


@given(st.lists(st.integers(0, 12), min_size=3, max_size=80).filter(lambda g: len(set(g)) >= 3))
def test_groups_stay_together_and_no_part_is_empty(groups):
    array = np.array(groups)
    split = group_split(groups, (0.8, 0.1, 0.1), np.random.default_rng(0))
    assert_complete(split, len(groups))
    names = [set(array[part].tolist()) for part in split]
    assert all(names)
    assert sum(map(len, names)) == len(set.union(*names))


def test_small_groups_meet_their_shares():
    split = group_split(np.arange(1000) // 5, (0.8, 0.1, 0.1), np.random.default_rng(0))
    assert [len(part) for part in split] == [800, 100, 100]


def test_labels_of_one_kind_may_be_of_several_types():
    labels = [np.int64(1), 1, np.uint8(1), 2, 2, 2]
    split = stratified_split(labels, (1 / 3, 1 / 3, 1 / 3), np.random.default_rng(0))
    assert [len(part) for part in split] == [2, 2, 2]
    stratified_split([np.str_("a"), "a", "a"], (1, 0, 0), np.random.default_rng(0))


# Columns of a table and other arrays, and the plain list that each stands for.
COLUMNS = {
    "strings": (lambda: pd.Series([*"abcd"] * 5), [*"abcd"] * 5),
    "strings of objects": (lambda: pd.Series([*"abcd"] * 5, dtype=object), [*"abcd"] * 5),
    "pandas strings": (lambda: pd.Series([*"abcd"] * 5, dtype="string"), [*"abcd"] * 5),
    "another index": (lambda: pd.Series([*"dcba"] * 5, index=range(40, 20, -1)), [*"dcba"] * 5),
    "categories": (lambda: pd.Series([*"abcd"] * 5, dtype="category"), [*"abcd"] * 5),
    "a categorical": (lambda: pd.Categorical([*"abcd"] * 5), [*"abcd"] * 5),
    "ordered otherwise": (lambda: pd.Categorical([*"abcd"] * 5, [*"dcba"]), [*"abcd"] * 5),
    "an index": (lambda: pd.Index([*"abcd"] * 5), [*"abcd"] * 5),
    "integers": (lambda: pd.Series([3, 1, 2] * 5), [3, 1, 2] * 5),
    "nullable integers": (lambda: pd.Series([3, 1, 2] * 5, dtype="Int64"), [3, 1, 2] * 5),
    "integer categories": (lambda: pd.Series([3, 1, 2] * 5, dtype="category"), [3, 1, 2] * 5),
    "truths": (lambda: pd.Series([True, False] * 8), [True, False] * 8),
    "nullable truths": (lambda: pd.Series([True, False] * 8, dtype="boolean"), [True, False] * 8),
    "array of strings": (lambda: np.array([*"abcd"] * 5), [*"abcd"] * 5),
    "array of any strings": (
        lambda: np.array([*"abcd"] * 5, dtype=np.dtypes.StringDType()),
        [*"abcd"] * 5,
    ),
    "array of any strings or none": (
        lambda: np.array([*"abcd"] * 5, dtype=np.dtypes.StringDType(na_object=None)),
        [*"abcd"] * 5,
    ),
    "array of string objects": (lambda: np.array([*"abcd"] * 5, dtype=object), [*"abcd"] * 5),
    "array of integer objects": (lambda: np.array([3, 1, 2] * 5, dtype=object), [3, 1, 2] * 5),
    "large integers": (lambda: np.array([2**70, -5, 2**63] * 5, dtype=object), [3, 1, 2] * 5),
    "a range": (lambda: range(20), list(range(20))),
    "subclasses": (lambda: [Colour.RED, Colour.BLUE] * 8, ["red", "blue"] * 8),
}
each_split = pytest.mark.parametrize("split", [stratified_split, group_split])


@each_split
@pytest.mark.parametrize(("make", "plain"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_is_split_like_the_list_it_stands_for(make, plain, split):
    shares = (0.5, 0.5, 0.0)
    expected = split(plain, shares, np.random.default_rng(0))
    for got, part in zip(split(make(), shares, np.random.default_rng(0)), expected, strict=True):
        np.testing.assert_array_equal(got, part)


MISSING = {
    "None in a list": (["a", None], "None"),
    "NaN in a list": (["a", float("nan")], "nan"),
    "NaN first": ([float("nan"), "a"], "nan"),
    "None among integers": ([1, None], "None"),
    "NA": ([1, pd.NA], "<NA>"),
    "NaT": (["a", pd.NaT], "NaT"),
    "NumPy's NaT": ([1, np.datetime64("NaT")], "NaT"),
    "strings": (pd.Series(["a", None]), "nan"),
    "strings of objects": (pd.Series(["a", None], dtype=object), "None"),
    "pandas strings": (pd.Series(["a", None], dtype="string"), "<NA>"),
    "categories": (pd.Series(["a", None], dtype="category"), "nan"),
    "integers that became floats": (pd.Series([1, None]), "nan"),
    "nullable integers": (pd.Series([1, None], dtype="Int64"), "<NA>"),
    "nullable truths": (pd.Series([True, None], dtype="boolean"), "<NA>"),
    "array of floats": (np.array([1.0, np.nan]), "nan"),
    "array of objects": (np.array(["a", None], dtype=object), "None"),
    "array of any strings": (
        np.array(["a", None], dtype=np.dtypes.StringDType(na_object=None)),
        "None",
    ),
}


@each_split
@pytest.mark.parametrize(("labels", "shown"), MISSING.values(), ids=MISSING)
def test_a_missing_label_is_named_with_its_place(labels, shown, split):
    place = int(pd.isna(list(labels)).argmax())
    message = f"s: expected a label for each example, got {shown} at {place}$"
    with pytest.raises(ValueError, match=message):
        split(labels, (1, 0, 0), RNG)


@each_split
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (pd.Series(["1", 1], dtype=object), "labels of one kind, got int and str"),
        (np.array([True, 1], dtype=object), "labels of one kind, got bool and int"),
        (np.array([b"a", "a"], dtype=object), "labels of one kind, got bytes and str"),
        ([1, 1.5], "labels of one kind, got float and int"),
        (pd.Series([0.5, 1.5]), "integers or strings, got float"),
        (np.array([0.5]), "integers or strings, got float"),
        (pd.Series(pd.to_datetime(["2001-01-01"])), "integers or strings, got Timestamp"),
        ([(1, 2), (3,)], "integers or strings, got tuple"),
        (np.array([None, np.zeros(2)], dtype=object)[1:], "integers or strings, got ndarray"),
    ],
)
def test_labels_of_another_kind_are_refused(labels, message, split):
    with pytest.raises(TypeError, match=f"s: expected {message}$"):
        split(labels, (1, 0, 0), RNG)


@each_split
@pytest.mark.parametrize(
    "labels",
    [[], "abc", None, 3, {"a": 1}, pd.DataFrame({"a": [1, 2]}), pd.Series([], dtype=object)],
)
def test_what_is_no_row_of_labels_is_refused(labels, split):
    with pytest.raises(ValueError, match=r"s: expected shape \(N,\) with N >= 1, got \("):
        split(labels, (1, 0, 0), RNG)


def test_a_part_of_share_zero_stays_empty():
    split = group_split(list("aabbcc"), (0.5, 0.5, 0.0), np.random.default_rng(0))
    assert len(split.test) == 0
    assert len(split.train)
    assert len(split.valid)


SHARES = (0.8, 0.1, 0.1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: random_split(0, SHARES, RNG),
            ValueError,
            "count: expected an integer of at least",
        ),
        (lambda: random_split(9, SHARES, 1), TypeError, "rng: expected a numpy.random.Generator"),
        (lambda: random_split(9, (0.5, 0.5), RNG), ValueError, "fractions: expected three numbers"),
        (lambda: random_split(9, (0.5, 0.2, 0.2), RNG), ValueError, "fractions: .* sum to 1, got"),
        (
            lambda: random_split(9, (1.2, -0.1, -0.1), RNG),
            ValueError,
            r"fractions: .*\[0, 1\], got",
        ),
        (lambda: random_split(9, ("a", 0, 1), RNG), TypeError, "fractions: expected a number, got"),
        (lambda: stratified_split([], SHARES, RNG), ValueError, r"labels: expected shape \(N,\)"),
        (
            lambda: stratified_split([[1]], SHARES, RNG),
            ValueError,
            r"labels: expected shape \(N,\)",
        ),
        (
            lambda: stratified_split([0.5], SHARES, RNG),
            TypeError,
            "labels: expected integers or st",
        ),
        (
            lambda: stratified_split(["1", 1], SHARES, RNG),
            TypeError,
            "labels: expected labels of one kind, got int and str",
        ),
        (
            lambda: group_split([True, 1, 2, 3], SHARES, RNG),
            TypeError,
            "groups: expected labels of one kind, got bool and int",
        ),
        (
            lambda: random_split(3, SHARES, RNG),
            ValueError,
            "fractions: expected an example for the part .*, got none of 3",
        ),
        (
            lambda: stratified_split([0, 1, 1], SHARES, RNG),
            ValueError,
            "fractions: expected an example for the part .*, got none of 3",
        ),
        (
            lambda: time_split(3, SHARES),
            ValueError,
            "fractions: expected an example for the part 'test', got none of 3",
        ),
        (lambda: stratified_split([1], SHARES, None), TypeError, "rng: expected a numpy.random"),
        (lambda: time_split(9, (0.5, 0.5)), ValueError, "fractions: expected three numbers"),
        (
            lambda: time_split(9, SHARES, gap=-1),
            ValueError,
            "gap: expected an integer of at least 0",
        ),
        (lambda: time_split(9, SHARES, gap=1.0), TypeError, "gap: expected an integer, got float"),
        (
            lambda: time_split(100, SHARES, gap=10),
            ValueError,
            "less than the 10 steps of the valid",
        ),
        (lambda: group_split([1, 2], SHARES, RNG), ValueError, "at least one group for each part"),
        (lambda: group_split([1, 2, 3], SHARES, 0), TypeError, "rng: expected a numpy.random"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
