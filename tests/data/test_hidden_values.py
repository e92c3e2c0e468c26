"""What an array hides is nowhere used: masked arrays and matrices are refused by all of data."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from course_pkg.data.batching.batches import length_batches, padding_share
from course_pkg.data.batching.padding import pad_batch, unpad_batch
from course_pkg.data.batching.streams import TokenStreams
from course_pkg.data.checks import as_array, integer_row
from course_pkg.data.sets.co2 import fill_forward
from course_pkg.data.sets.digits import rows
from course_pkg.data.splitting.leaks import shared_examples
from course_pkg.data.splitting.scaling import MinMaxScaler, StandardScaler
from course_pkg.data.splitting.splits import group_split, stratified_split
from course_pkg.data.text.vocabulary import Vocabulary

VALUES = np.array([315.0, -99.99, 316.0])
IDS = np.array([3, 1, 2])
RNG = np.random.default_rng(0)
SHARES = (1.0, 0.0, 0.0)
VOCABULARY = Vocabulary.build("abcd", specials=())

# Each takes a row of floats or of integers, which is right here.
FLOATS = {
    "fill_forward values": fill_forward,
    "pad_batch sequences[1]": lambda x: pad_batch([VALUES, x]),
    "pad_batch sequences": lambda x: pad_batch(np.stack([x, x]) if type(x) is np.ndarray else x),
    "unpad_batch x": lambda x: unpad_batch(x.reshape(-1, 1), [3]),
    "shared_examples first": lambda x: shared_examples(x, VALUES),
    "shared_examples second": lambda x: shared_examples(VALUES, x),
    "shared_examples examples": lambda x: shared_examples([x], [VALUES]),
    "shared_examples examples, in a list": lambda x: shared_examples([[x]], []),
    "StandardScaler train": lambda x: StandardScaler().fit(x),
    "StandardScaler x": lambda x: StandardScaler().fit(VALUES).transform(x),
    "MinMaxScaler train": lambda x: MinMaxScaler().fit(x),
    "MinMaxScaler z": lambda x: MinMaxScaler().fit(VALUES).inverse(x),
    "StandardScaler mask": lambda x: StandardScaler().fit(VALUES, mask=x > 0),
}
INTEGERS = {
    "TokenStreams ids": lambda x: TokenStreams(x, 1, 1),
    "length_batches lengths": lambda x: length_batches(x, 2, RNG),
    "padding_share lengths": lambda x: padding_share(x, [[0]]),
    "padding_share batches[0]": lambda x: padding_share(np.arange(1, 9), [x]),
    "unpad_batch lengths": lambda x: unpad_batch(np.zeros((3, 3)), x),
    "stratified_split labels": lambda x: stratified_split(x, SHARES, RNG),
    "group_split groups": lambda x: group_split(x, SHARES, RNG),
    "decode ids": VOCABULARY.decode,
    "rows images": lambda x: rows(x.astype(np.uint8).reshape(1, 1, -1)),
    "as_array x": lambda x: as_array("x", x),
    "integer_row x": lambda x: integer_row("x", x),
}
CALLS = [
    *((name, call, VALUES) for name, call in FLOATS.items()),
    *((name, call, IDS) for name, call in INTEGERS.items()),
]
each_call = pytest.mark.parametrize(("name", "call", "row"), CALLS, ids=[c[0] for c in CALLS])


@each_call
def test_a_plain_array_is_taken(name, call, row):
    call(row)


def argument(name):
    return name.split()[1].rstrip(",").replace("[", r"\[").replace("]", r"\]")


@each_call
@pytest.mark.parametrize("mask", [[False, True, False], [False] * 3, np.ma.nomask])
def test_a_masked_array_is_refused_by_name(name, call, row, mask):
    hidden = np.ma.array(row, mask=mask)
    given = np.ma.stack([hidden, hidden]) if name == "pad_batch sequences" else hidden
    with pytest.raises(TypeError, match=f"{argument(name)}: expected a NumPy array, got MaskedArr"):
        call(given)


# An image and a batch of one column have more axes than a matrix can have.
@pytest.mark.parametrize(
    ("name", "call", "row"),
    [call for call in CALLS if call[0] not in ("rows images", "StandardScaler mask")],
)
def test_a_matrix_is_refused_by_name(name, call, row):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        given = np.matrix(row)
    with pytest.raises(TypeError, match=f"{argument(name)}: expected a NumPy array, got matrix"):
        call(given)


def test_the_masked_entry_itself_is_no_number():
    for call in (
        lambda: pad_batch([[1.0, np.ma.masked]]),
        lambda: shared_examples([np.ma.masked], [1.0]),
        lambda: fill_forward([1.0, np.ma.masked]),
    ):
        with pytest.raises(TypeError, match="expected a NumPy array, got MaskedConstant"):
            call()
    with pytest.raises(TypeError, match="labels: expected labels of one kind, got MaskedConstant"):
        stratified_split([1, np.ma.masked], SHARES, RNG)


def ragged(*sequences):
    """Return sequences as np.load gives them when they differ in length."""
    array = np.empty(len(sequences), dtype=object)
    array[:] = sequences
    return array


@pytest.mark.parametrize("make", [np.array, list], ids=["arrays", "lists"])
@pytest.mark.parametrize(
    "sequences",
    [([1, 2, 3], [4]), ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]])],
    ids=["ids", "features"],
)
def test_an_array_of_sequences_is_padded_as_the_list_it_is(sequences, make):
    given = [make(sequence) for sequence in sequences]
    for one, other in zip(pad_batch(ragged(*given)), pad_batch(given), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@pytest.mark.parametrize("sequence", [ragged(1, 2), ragged([1], [2, 3]), ragged("a", "b")])
def test_a_sequence_of_objects_is_refused(sequence):
    with pytest.raises(TypeError, match=r"sequences\[1\]: expected numbers, got object"):
        pad_batch([[1, 2], sequence])
    with pytest.raises(TypeError, match="examples: expected text or numbers, got object"):
        shared_examples([sequence], [])
    for call, name in (
        (lambda: fill_forward(sequence), "values: expected numbers"),
        (lambda: length_batches(sequence, 2, RNG), "lengths: expected integers"),
        (lambda: TokenStreams(sequence, 1, 1), "ids: expected integers"),
        (lambda: VOCABULARY.decode(sequence), "ids: expected integers"),
        (lambda: StandardScaler().fit(sequence), "train: expected float32 or float64"),
    ):
        with pytest.raises(TypeError, match=f"{name}, got object"):
            call()


def test_a_list_of_rows_of_different_lengths_is_named():
    rows_of_two_lengths = [[1.0], [2.0, 3.0]]
    for call, name in (
        (lambda: pad_batch([rows_of_two_lengths]), r"sequences\[0\]"),
        (lambda: shared_examples([], [rows_of_two_lengths]), "examples"),
        (lambda: fill_forward(rows_of_two_lengths), "values"),
        (lambda: length_batches(rows_of_two_lengths, 1, RNG), "lengths"),
        (lambda: VOCABULARY.decode(rows_of_two_lengths), "ids"),
    ):
        with pytest.raises(ValueError, match=f"{name}: expected rows of one length"):
            call()


def test_true_is_no_length_index_or_id():
    for call, name in (
        (lambda: length_batches([2, True], 1, RNG), "lengths"),
        (lambda: padding_share([2, 1], [[0, True]]), r"batches\[0\]"),
        (lambda: VOCABULARY.decode([0, True]), "ids"),
    ):
        with pytest.raises(TypeError, match=f"{name}: expected integers, got bool"):
            call()


def test_strings_of_any_length_are_text():
    words = np.array(["to", "be"], dtype=np.dtypes.StringDType())
    assert shared_examples([words], [["be", "to"], ["to", "be"]]) == [(0, 1)]
