"""Tiny Shakespeare: a megabyte of plays, the classic text for character models."""

from __future__ import annotations

from course_pkg.data.files.download import RemoteFile, fetch
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus, cut

TINYSHAKESPEARE_CARD = DataCard(
    name="Tiny Shakespeare",
    origin="plays of William Shakespeare, put together by A. Karpathy for char-rnn",
    size="1,115,394 characters, 65 different ones; 5 % validation, 85 % training, 10 % test",
    licence="public domain",
    citation="Karpathy (2015), The unreasonable effectiveness of recurrent neural networks",
    not_fit_for="modern English; published numbers differ in how they split it",
)
TINYSHAKESPEARE_FILES = (
    RemoteFile(
        "input.txt",
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    ),
)


def load_tinyshakespeare() -> Corpus:
    """Load Tiny Shakespeare; download it (1 MB) where it is not there yet.

    Returns
    -------
    Corpus
        Characters: each part is a string, cut at a line end. The last tenth is the test part, and
        the validation part is the beginning: a play runs on from the training part into the test
        part, and whoever holds out what lies between never meets its speakers.

    Raises
    ------
    DownloadError
        If the file is not there and cannot be had; the message says what to do.
    ModuleNotFoundError
        If pooch is not installed.
    """
    path = fetch("tinyshakespeare", TINYSHAKESPEARE_FILES[0])
    text = path.read_bytes().decode("utf-8")
    valid, train, test = cut(text, (0.05, 0.9))
    return Corpus(train, valid, test, "char", TINYSHAKESPEARE_CARD)
