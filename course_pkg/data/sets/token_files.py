"""Texts that come as words between spaces, one sentence or paragraph a line."""

from __future__ import annotations

import os
from pathlib import Path

from course_pkg.data.files.utf8 import read_utf8
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.text.vocabulary import END

# What the three files are called.
PLAIN = ("train.txt", "valid.txt", "test.txt")
PTB = ("ptb.train.txt", "ptb.valid.txt", "ptb.test.txt")
WIKITEXT = ("wiki.train.tokens", "wiki.valid.tokens", "wiki.test.tokens")


def read_tokens(path: str | os.PathLike[str]) -> list[str]:
    r"""Read a file of words between spaces; each line end becomes the token ``<eos>``.

    Empty lines count: they end too. That is how the published perplexities of PTB and
    WikiText-2 are counted.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of str

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is no UTF-8 text, or empty.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.txt"
    ...     _ = path.write_text("to be\nor not")
    ...     read_tokens(path)
    ['to', 'be', '<eos>', 'or', 'not', '<eos>']
    """
    text = read_utf8(path)
    if not text.strip():
        raise ValueError(f"{path}: expected words, got an empty file")
    return tokens_of(text)


def tokens_of(text: str) -> list[str]:
    r"""Return the words of a text in this format, and ``<eos>`` for each line end.

    Examples
    --------
    >>> tokens_of(" = Title = \n\n")
    ['=', 'Title', '=', '<eos>', '<eos>']
    """
    # Not splitlines: that would also end a line at marks such as U+2028 inside it.
    lines = text.removesuffix("\n").split("\n")
    return [token for line in lines for token in (*line.split(), END)]


def load_token_folder(folder: str | os.PathLike[str]) -> Corpus:
    """Load a text of one's own from a folder with three files in this format.

    Parameters
    ----------
    folder : path
        With ``train.txt``, ``valid.txt`` and ``test.txt``, or the names that the files of PTB
        (``ptb.train.txt``) or WikiText-2 (``wiki.train.tokens``) have.

    Returns
    -------
    Corpus
        Words.

    Raises
    ------
    FileNotFoundError
        If the folder has not all three.
    ValueError
        If a file is no UTF-8 text, or empty.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in zip(PLAIN, ("to be", "or not", "to be")):
    ...         _ = (Path(folder) / name).write_text(text)
    ...     load_token_folder(folder).valid
    ['or', 'not', '<eos>']
    """
    for names in (PLAIN, PTB, WIKITEXT):
        paths = [Path(folder) / name for name in names]
        if all(path.is_file() for path in paths):
            card = DataCard(
                name=f"Texts in {Path(folder).name}",
                origin="files of your own",
                size="see the files",
                licence="you know",
                citation="none",
                not_fit_for="comparison with published numbers: the files were not checked",
            )
            train, valid, test = (read_tokens(path) for path in paths)
            return Corpus(train, valid, test, "word", card)
    raise FileNotFoundError(f"{folder}: expected {', '.join(PLAIN)} in this folder")
