"""Text for language models: offline by default, the public originals when asked for."""

from __future__ import annotations

from course_pkg.checks import check_option
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.ptb import load_ptb
from course_pkg.data.sets.python_text import load_python_text
from course_pkg.data.sets.tinyshakespeare import load_tinyshakespeare

SOURCES = ("offline", "full")


def load_characters(source: str = "offline") -> Corpus:
    """Load a text for a character model.

    Parameters
    ----------
    source : {"offline", "full"}
        ``"offline"``: the Python language reference. ``"full"``: Tiny Shakespeare, downloaded
        where it is not there yet.

    Returns
    -------
    Corpus
        Each part is a string.

    Raises
    ------
    ValueError
        If the source is another.
    DownloadError
        If the files of the full source are not there and cannot be had.

    Examples
    --------
    >>> load_characters().level
    'char'
    """
    if check_option("source", source, SOURCES) == "full":
        return load_tinyshakespeare()
    return load_python_text("char")


def load_words(source: str = "offline") -> Corpus:
    """Load a text for a word model.

    Parameters
    ----------
    source : {"offline", "full"}
        ``"offline"``: the Python language reference. ``"full"``: the Penn Treebank text,
        downloaded where it is not there yet; mind its licence.

    Returns
    -------
    Corpus
        Each part is a list of words.

    Raises
    ------
    ValueError
        If the source is another.
    DownloadError
        If the files of the full source are not there and cannot be had.

    Examples
    --------
    >>> load_words().level
    'word'
    """
    if check_option("source", source, SOURCES) == "full":
        return load_ptb()
    return load_python_text("word")
