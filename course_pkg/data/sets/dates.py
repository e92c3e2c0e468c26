"""Dates as people of twelve languages write them, and the one way that ISO 8601 knows."""

from __future__ import annotations

import datetime

import numpy as np

from course_pkg.checks import check_option, check_seed, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.pairs import Pairs, split_pairs

DATES_CARD = DataCard(
    name="Dates in twelve languages",
    origin="formats of Unicode's CLDR, as shipped in the Python package Babel; days drawn from a "
    "seed",
    size="12 languages, 4 lengths, days of 1950 to 2049; by default 30,000 training, 1,000 "
    "validation, 1,000 test days",
    licence="Unicode License v3 (CLDR), BSD-3-Clause (Babel)",
    citation="Unicode CLDR; babel.dates.format_date",
    not_fit_for="dates outside 1950 to 2049 or of other calendars; CLDR's formats change a little "
    "between versions of Babel, so numbers do too",
)
LOCALES = ("de", "en", "es", "fi", "fr", "it", "nl", "pl", "pt", "ru", "tr", "zh")
FORMATS = ("full", "long", "medium", "short")
FIRST = datetime.date(1950, 1, 1)
DAYS = (datetime.date(2050, 1, 1) - FIRST).days  # one century: two digits of a year are enough


def written_date(day: datetime.date, locale: str, form: str) -> str:
    """Return a date as it is written in a language, with the language before it.

    Parameters
    ----------
    day : datetime.date
    locale : {"de", "en", "es", "fi", "fr", "it", "nl", "pl", "pt", "ru", "tr", "zh"}
        American English is meant by "en".
    form : {"full", "long", "medium", "short"}

    Returns
    -------
    str
        Every space is a plain one; a keyboard has no other.

    Raises
    ------
    ValueError
        If the language or the form is none of these.
    ModuleNotFoundError
        If Babel is not installed; the message says how to install it.

    Examples
    --------
    >>> written_date(datetime.date(1987, 3, 3), "fr", "long")
    'fr: 3 mars 1987'
    """
    check_option("locale", locale, LOCALES)
    check_option("form", form, FORMATS)
    try:
        from babel.dates import format_date
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "dates are written by the package babel; install it with 'pip install babel'"
        ) from error
    return " ".join(f"{locale}: {format_date(day, form, locale=locale)}".split())


def load_dates(train: int = 30_000, held_out: int = 1_000, seed: int = 0) -> Pairs:
    """Draw days of 1950 to 2049, all different, and write each in one language and length.

    Each language and each length is equally probable. No day of one part is in another one.

    Parameters
    ----------
    train : int
        Number of training pairs.
    held_out : int
        Number of validation pairs, and of test pairs.
    seed : int, at least 0

    Returns
    -------
    Pairs
        Characters on both sides; a target is as ``1987-03-03``.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer, or the century has fewer days than are wanted.
    ModuleNotFoundError
        If Babel is not installed; the message says how to install it.

    Examples
    --------
    >>> pairs = load_dates(train=100, held_out=10)
    >>> len(pairs.train), len(pairs.valid[0][1])
    (100, 10)
    """
    count = check_size("train", train) + 2 * check_size("held_out", held_out)
    if count > DAYS:
        raise ValueError(f"train: expected at most {DAYS - 2 * held_out} days, got {train}")
    rng = np.random.default_rng(check_seed(seed))
    pairs = []
    for number in rng.permutation(DAYS)[:count].tolist():
        day = FIRST + datetime.timedelta(days=number)
        locale, form = LOCALES[rng.integers(len(LOCALES))], FORMATS[rng.integers(len(FORMATS))]
        pairs.append((written_date(day, locale, form), day.isoformat()))
    targets = [target for _, target in pairs]
    return split_pairs(pairs, targets, ("char", "char"), DATES_CARD, held_out=held_out, rng=rng)
