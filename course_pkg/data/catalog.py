"""The list of all data sets: what each is, where it comes from, how it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from course_pkg.data.files.download import RemoteFile, local_file
from course_pkg.data.sets.agreement import AGREEMENT_CARD, load_agreement
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.co2 import CO2_CARD, load_co2
from course_pkg.data.sets.digits import DIGITS_CARD, MNIST_CARD, MNIST_FILES, load_digits
from course_pkg.data.sets.ptb import PTB_CARD, PTB_FILES, load_ptb
from course_pkg.data.sets.python_text import PYTHON_TEXT_CARD, load_python_text
from course_pkg.data.sets.sunspots import SUNSPOTS_CARD, load_sunspots
from course_pkg.data.sets.tinyshakespeare import (
    TINYSHAKESPEARE_CARD,
    TINYSHAKESPEARE_FILES,
    load_tinyshakespeare,
)
from course_pkg.data.sets.wikitext import WIKITEXT2_CARD, WIKITEXT2_FILES, load_wikitext2


class DataSet(NamedTuple):
    """One data set of the course."""

    name: str  # what it is called on the command line
    card: DataCard  # origin, size, licence, limits
    load: Callable[[], Any]  # the loader
    files: tuple[RemoteFile, ...] = ()  # what is downloaded; nothing where it is there offline

    @property
    def is_here(self) -> bool:
        """Whether loading needs no network."""
        return all(local_file(self.name, file) for file in self.files)


CATALOG = {
    entry.name: entry
    for entry in (
        DataSet("agreement", AGREEMENT_CARD, load_agreement),
        DataSet("co2", CO2_CARD, load_co2),
        DataSet("digits", DIGITS_CARD, load_digits),
        DataSet("python-text", PYTHON_TEXT_CARD, load_python_text),
        DataSet("sunspots", SUNSPOTS_CARD, load_sunspots),
        DataSet("mnist", MNIST_CARD, lambda: load_digits("full"), MNIST_FILES),
        DataSet("ptb", PTB_CARD, load_ptb, PTB_FILES),
        DataSet(
            "tinyshakespeare", TINYSHAKESPEARE_CARD, load_tinyshakespeare, TINYSHAKESPEARE_FILES
        ),
        DataSet("wikitext2", WIKITEXT2_CARD, load_wikitext2, WIKITEXT2_FILES),
    )
}


def find(name: str) -> DataSet:
    """Return the data set of a name.

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
    ValueError: name: expected one of agreement, co2, digits, mnist, ptb, ..., got 'moonspots'
    """
    if name not in CATALOG:
        raise ValueError(f"name: expected one of {', '.join(sorted(CATALOG))}, got {name!r}")
    return CATALOG[name]
