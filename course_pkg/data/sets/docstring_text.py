"""Text about Python without labels, to learn the language of docstrings from before any label."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from functools import cache

from course_pkg.checks import check_option
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.docstrings import split_texts
from course_pkg.data.sets.library import SHORTEST, docstrings, letters, prose, runs
from course_pkg.data.sets.python_text import reference_texts
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import END

# Modules of no family, in Python 3.11 to 3.13 alike.
TRAIN = (
    "__future__", "_collections_abc", "_osx_support", "_py_abc", "_sitebuiltins", "abc",
    "argparse", "ast", "base64", "bisect", "cmd", "code", "codecs", "codeop", "compileall",
    "contextlib", "copy", "copyreg", "csv", "ctypes", "curses", "dataclasses", "dis", "encodings",
    "enum", "getopt", "getpass", "graphlib", "hashlib", "heapq", "hmac", "importlib", "keyword",
    "linecache", "locale", "logging", "modulefinder", "netrc", "opcode", "pickle", "pickletools",
    "pkgutil", "platform", "plistlib", "pprint", "pty", "py_compile", "pyclbr", "pydoc", "re",
    "reprlib", "rlcompleter", "runpy", "site", "sqlite3", "stat", "string", "stringprep",
    "symtable", "sysconfig", "tabnanny", "token", "tokenize", "tomllib", "tty",
    "turtle", "types", "typing", "uuid", "venv", "wave", "weakref", "xml", "zipapp", "zipimport",
)  # fmt: skip
VALID = ("collections", "configparser", "gettext", "textwrap")
TEST = ("difflib", "functools", "json", "optparse", "shlex")
DOCSTRING_TEXT_CARD = DataCard(
    name="Docstrings without labels",
    origin=(
        "the source files of the standard library and the module pydoc_data.topics of the "
        f"running Python, {platform.python_version()}"
    ),
    size="about 700,000 training characters or 155,000 words (Python 3.11), every line once",
    licence="PSF licence",
    citation="The Python Standard Library and Language Reference, Python Software Foundation",
    not_fit_for=(
        "comparison between versions of Python. Nor as a sample of English: it is about one thing"
    ),
)
FAMILY_TEXT_CARD = DataCard(
    name="Docstrings of the families, as text",
    origin=f"the labelled docstrings of the running Python, {platform.python_version()}",
    size="about 358,000 training characters or 78,500 words (Python 3.11), every text once",
    licence="PSF licence",
    citation="The Python Standard Library, Python Software Foundation",
    not_fit_for=(
        "a test of a language model that has learnt from the standard library in another way. "
        "Nor as a sample of English"
    ),
)


def load_docstring_text(level: str = "char") -> Corpus:
    r"""Load the docstrings of modules that have no family in ``docstrings``, and the reference.

    One docstring, or one paragraph of the language reference, is a line; all are treated as the
    labelled texts are, but not cut off. No line shares six words in a row with a text of the
    validation or test part of ``docstrings``.

    Parameters
    ----------
    level : {"char", "word"}

    Returns
    -------
    Corpus
        Validation and test part are docstrings of other modules. For characters each part is a
        string. For words it is a list with ``<eos>`` at the end of each line.

    Raises
    ------
    ValueError
        If the level is another.
    ModuleNotFoundError
        If this Python came without the source files of its library, or its reference texts.

    Examples
    --------
    >>> corpus = load_docstring_text()
    >>> corpus.train[:56]
    'Record of phased-in incompatible language changes. Each '
    >>> load_docstring_text("word").train[:3]
    ['Record', 'of', 'phased']
    """
    check_option("level", level, ("char", "word"))
    return _corpus(lines_of_parts(), level, DOCSTRING_TEXT_CARD)


def load_family_text(level: str = "char") -> Corpus:
    r"""Load the texts of ``docstrings`` without their labels, part by part, one text a line.

    A language model that is to read these texts can first get used to those of the training part,
    which cost no label.

    Parameters
    ----------
    level : {"char", "word"}

    Returns
    -------
    Corpus
        As :func:`load_docstring_text` gives it.

    Raises
    ------
    ValueError
        If the level is another.
    ModuleNotFoundError
        If this Python came without the source files of its library.

    Examples
    --------
    >>> text = load_family_text()
    >>> text.train.count("\n") > 2000, text.level
    (True, 'char')
    """
    check_option("level", level, ("char", "word"))
    parts = [[text for text, _ in part] for part in split_texts()]
    return _corpus(parts, level, FAMILY_TEXT_CARD)


def _corpus(parts: Iterable[Iterable[str]], level: str, card: DataCard) -> Corpus:
    """Return the lines of three parts as characters, or as words with an end behind each line."""
    train, valid, test = (
        "".join(f"{line}\n" for line in part)
        if level == "char"
        else [token for line in part for token in (*words(line), END)]
        for part in parts
    )
    return Corpus(train, valid, test, level, card)


@cache
def lines_of_parts() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the lines of training, validation and test part; none is near a held-out one."""
    _, *labelled = split_texts()
    held_out = {run for part in labelled for text, _ in part for run in runs(text)}
    test = _lines(docstrings(TEST), held_out)
    held_out |= {run for line in test for run in runs(line)}
    valid = _lines(docstrings(VALID), held_out)
    held_out |= {run for line in valid for run in runs(line)}
    paragraphs = (part for text in reference_texts() for part in re.split(r"\n\s*\n", text))
    return _lines([*docstrings(TRAIN), *paragraphs], held_out), valid, test


def _lines(texts: Iterable[str], held_out: set[str]) -> tuple[str, ...]:
    """Return the prose of texts, each once, without the ones near a held-out text."""
    once: dict[str, str] = {}
    for line in map(prose, texts):
        if len(line.split()) >= SHORTEST and not held_out & runs(line):
            once.setdefault(letters(line), line)
    return tuple(once.values())
