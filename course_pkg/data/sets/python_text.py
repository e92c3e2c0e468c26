"""Real English without a download: the reference texts that every Python brings along."""

from __future__ import annotations

import platform
from typing import Any

from course_pkg.checks import check_option
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus, cut
from course_pkg.data.text.tokens import words

PYTHON_TEXT_CARD = DataCard(
    name="Python language reference",
    origin=f"the module pydoc_data.topics of the running Python, {platform.python_version()}",
    size="about 373,000 characters or 76,000 words (Python 3.11), every paragraph once",
    licence="PSF licence",
    citation="The Python Language Reference, Python Software Foundation",
    not_fit_for=(
        "comparison between machines: the text differs a little from one version of Python to "
        "the next. Nor as a sample of English: it is about one thing"
    ),
)


def load_python_text(level: str = "char") -> Corpus:
    """Load the Python language reference as characters or as words.

    The module gives one text for each topic, and many paragraphs stand in several topics, a
    fifth of the text. Each is kept once: else the test part would hold what was trained on.
    Of what is left the first 90 % are for training, then 5 % and 5 %.

    Parameters
    ----------
    level : {"char", "word"}

    Returns
    -------
    Corpus
        For characters each part is a string. For words it is a list, without line ends and without
        the lines that are drawn under headings and in tables.

    Raises
    ------
    ValueError
        If the level is another.
    ModuleNotFoundError
        If this Python came without its reference texts.

    Examples
    --------
    >>> corpus = load_python_text()
    >>> corpus.train[:22]
    'The "assert" statement'
    >>> load_python_text("word").train[:4]
    ['The', '"', 'assert', '"']
    """
    check_option("level", level, ("char", "word"))
    once: dict[str, str] = {}  # by its words: copies may be indented differently
    for text in reference_texts():
        for paragraph in text.split("\n\n"):
            once.setdefault(" ".join(paragraph.split()), paragraph.strip("\n"))
    once.pop("", None)
    parts = cut("\n\n".join(once.values()), (0.9, 0.95), at="\n\n")
    if level == "char":
        return Corpus(*parts, level, PYTHON_TEXT_CARD)
    train, valid, test = (words(_without_rules(part)) for part in parts)
    return Corpus(train, valid, test, level, PYTHON_TEXT_CARD)


def reference_texts() -> list[str]:
    """Return the text of each topic, by the names of the topics.

    Raises
    ------
    ModuleNotFoundError
        If this Python came without its reference texts.
    """
    try:
        from pydoc_data import topics
    except ModuleNotFoundError as error:  # some distributions take it out of Python
        raise ModuleNotFoundError(
            "this text comes from Python's module pydoc_data, which this Python came without; "
            "install Python's documentation (Debian: python3-doc) or the full Python"
        ) from error
    listed: dict[str, Any] = topics.topics
    return [listed[name] for name in sorted(listed)]


def _without_rules(text: str) -> str:
    """Leave out lines without a letter or digit: to predict the marks of a ruler is too easy."""
    return "\n".join(line for line in text.split("\n") if any(map(str.isalnum, line)))
