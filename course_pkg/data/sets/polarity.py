"""Sentences of film reviews, each for or against its film."""

from __future__ import annotations

import os
import zipfile
import zlib

from course_pkg.data.files.download import RemoteFile, fetch
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.labelled import Example, LabelledTexts, place_of
from course_pkg.data.sets.library import letters

POLARITY_CARD = DataCard(
    name="Sentence polarity",
    origin="sentences of rottentomatoes.com that their reviewers marked fresh or rotten, collected "
    "by B. Pang and L. Lee; version 1.0, as NLTK serves it",
    size="10,662 sentences, half of each class; 80 % training, 10 % validation, 10 % test",
    licence="CC BY 4.0 (NLTK's card)",
    citation="Pang and Lee (2005), Seeing stars, ACL",
    not_fit_for="other kinds of text; comparing with published numbers, which mostly average over "
    "ten parts. Sentences of one review may stand in two parts: the file does not name reviews",
)
POLARITY_FILES = (
    RemoteFile(
        "sentence_polarity.zip",
        "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/"
        "sentence_polarity.zip",
        "6e1ed4405b65c7eabf1d199a7f7c437091ac21da0ea7467b410a74062574566b",
    ),
)
CLASSES = {"negative": "rt-polarity.neg", "positive": "rt-polarity.pos"}
HELD_OUT = 0.1
# What an archive that is none, or damaged, makes Python raise; RuntimeError: it seems encrypted.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, UnicodeDecodeError)


def read_polarity(path: str | os.PathLike[str]) -> list[Example]:
    """Read the sentences out of the archive, with the place of their class in ``CLASSES``.

    A sentence that comes again is dropped; one that stands in both classes is dropped in both.

    Parameters
    ----------
    path : path
        A zip file with a folder ``sentence_polarity``.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is no such archive, or its files are not UTF-8.
    """
    labels: dict[str, set[int]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for label, name in enumerate(CLASSES.values()):
                text = archive.read(f"sentence_polarity/{name}").decode("utf-8")
                for line in text.split("\n"):
                    labels.setdefault(" ".join(line.split()), set()).add(label)
    except DAMAGED as error:
        raise ValueError(
            f"{path}: expected a zip file with sentence_polarity/{{{','.join(CLASSES.values())}}}, "
            f"texts in UTF-8, got {error}"
        ) from None
    labels.pop("", None)
    return [(text, found.pop()) for text, found in labels.items() if len(found) == 1]


def load_polarity() -> LabelledTexts:
    """Load the sentences; download them (0.5 MB) where they are not there yet.

    Which part a sentence is in depends on its text alone; the order of each part says nothing.

    Returns
    -------
    LabelledTexts
        Words with spaces between them, as they were cut by the authors, in small letters.

    Raises
    ------
    DownloadError
        If the file is not there and cannot be had; the message says what to do.
    ModuleNotFoundError
        If pooch is not installed.
    """
    examples = read_polarity(fetch("polarity", POLARITY_FILES[0]))
    placed = sorted((place_of(letters(text)), text, label) for text, label in examples)
    test, valid, train = (
        [(text, label) for place, text, label in placed if low <= place < high]
        for low, high in ((0, HELD_OUT), (HELD_OUT, 2 * HELD_OUT), (2 * HELD_OUT, 1))
    )
    return LabelledTexts(train, valid, test, tuple(CLASSES), "word", POLARITY_CARD)
