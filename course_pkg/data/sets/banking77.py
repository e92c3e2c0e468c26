"""Questions to a bank, each with one of 77 intents."""

from __future__ import annotations

import csv
import io
import os

from course_pkg.data.files.download import RemoteFile, fetch
from course_pkg.data.files.utf8 import read_utf8
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.labelled import Example, LabelledTexts, place_of
from course_pkg.data.sets.library import letters

BANKING77_CARD = DataCard(
    name="BANKING77",
    origin="questions of customers to an online bank, collected by PolyAI",
    size="13,083 questions, 77 intents. Of the authors' 10,003 training questions a tenth is for "
    "validation here, and 25 that are test questions too are left out; 3,080 test questions",
    licence="CC BY 4.0",
    citation="Casanueva and others (2020), Efficient intent detection with dual sentence encoders, "
    "NLP for ConvAI",
    not_fit_for="a bank of one's own: the intents are one company's, in English, and some overlap. "
    "The training part has 35 questions of some intents and 187 of another",
)
_ADDRESS = "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/master/banking_data"
BANKING77_FILES = (
    RemoteFile(
        "train.csv",
        f"{_ADDRESS}/train.csv",
        "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
    ),
    RemoteFile(
        "test.csv",
        f"{_ADDRESS}/test.csv",
        "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
    ),
)
COLUMNS = ["text", "category"]
HELD_OUT = 0.1  # share of each intent's training questions that are for validation


def read_intents(path: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """Read questions and their intents from a table with the columns text and category.

    White space of every kind becomes one space.

    Parameters
    ----------
    path : path
        CSV in UTF-8, with a heading.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is no such table; the message names the row.
    """
    try:
        rows = list(csv.reader(io.StringIO(read_utf8(path))))
    except csv.Error as error:
        raise ValueError(f"{path}: expected a table, got {error}") from None
    if not rows or rows[0] != COLUMNS:
        raise ValueError(f"{path}: expected a table with the heading 'text,category'")
    pairs = []
    for number, row in enumerate(rows[1:], start=1):
        texts = [" ".join(cell.split()) for cell in row]
        if len(texts) != 2 or not all(texts):
            raise ValueError(f"{path}, row {number}: expected a text and its intent, got {row}")
        pairs.append((texts[0], texts[1]))
    if not pairs:
        raise ValueError(f"{path}: expected at least one question, got none")
    return pairs


def load_banking77() -> LabelledTexts:
    """Load the questions; download them (1.1 MB) where they are not there yet.

    The authors' test part is the test part; a training question that it asks too, in the same
    words, is left out. Of each intent's training questions a tenth is held
    out for validation; which ones depends on their texts alone.

    Returns
    -------
    LabelledTexts
        Words. The classes are in alphabetical order.

    Raises
    ------
    DownloadError
        If a file is not there and cannot be had; the message says what to do.
    ModuleNotFoundError
        If pooch is not installed.
    """
    first, test = (read_intents(fetch("banking77", file)) for file in BANKING77_FILES)
    return split_intents(first, test)


def split_intents(questions: list[tuple[str, str]], test: list[tuple[str, str]]) -> LabelledTexts:
    """Number the intents, and hold questions of each out for validation.

    A training question that is asked in the test part too, in the same words, is left out.
    """
    asked = {letters(text) for text, _ in test}
    questions = [(text, intent) for text, intent in questions if letters(text) not in asked]
    classes = tuple(sorted({intent for _, intent in questions}))
    parts: tuple[list[Example], list[Example]] = ([], [])  # training, validation
    for label, intent in enumerate(classes):
        texts = sorted({text for text, its in questions if its == intent}, key=place_of)
        held_out = round(HELD_OUT * len(texts))
        parts[1].extend((text, label) for text in texts[:held_out])
        parts[0].extend((text, label) for text in texts[held_out:])
    numbered = [(text, classes.index(intent)) for text, intent in test]
    train, valid, last = (
        sorted(part, key=lambda example: place_of(example[0])) for part in (*parts, numbered)
    )
    return LabelledTexts(train, valid, last, classes, "word", BANKING77_CARD)
