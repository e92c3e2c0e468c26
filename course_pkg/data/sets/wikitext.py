"""WikiText-2: two million words of good Wikipedia articles."""

from __future__ import annotations

import zipfile

from course_pkg.data.files.download import RemoteFile, fetch
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.token_files import WIKITEXT, tokens_of

WIKITEXT2_CARD = DataCard(
    name="WikiText-2",
    origin="Wikipedia articles marked good or featured, cut into words by S. Merity and others",
    size="2,088,628 training, 217,646 validation, 245,569 test tokens, <eos> included",
    licence="CC BY-SA 3.0 and GFDL",
    citation="Merity, Xiong, Bradbury, Socher (2017), Pointer sentinel mixture models, ICLR",
    not_fit_for="statements about today's Wikipedia; other languages",
)
# The sum comes from public lists of checksums, not from the bytes. The first home of the file is
# gone; this is its author's own site.
WIKITEXT2_FILES = (
    RemoteFile(
        "wikitext-2-v1.zip",
        "https://wikitext.smerity.com/wikitext-2-v1.zip",
        "92675f1d63015c1c8b51f1656a52d5bdbc33aafa60cc47a218a66e7ee817488c",
    ),
)


def load_wikitext2() -> Corpus:
    """Load WikiText-2; download it (4 MB) where it is not there yet.

    It is read out of its archive each time (0.1 s): what is read is then what the SHA256 vouches
    for, and nothing else is kept.

    Returns
    -------
    Corpus
        Words, with ``<eos>`` at the end of each line, empty ones included.

    Raises
    ------
    DownloadError
        If the file is not there and cannot be had; the message says what to do.
    ModuleNotFoundError
        If pooch is not installed.
    """
    archive = fetch("wikitext2", WIKITEXT2_FILES[0])
    with zipfile.ZipFile(archive) as opened:
        folder = zipfile.Path(opened, "wikitext-2/")
        texts = ((folder / name).read_text(encoding="utf-8") for name in WIKITEXT)
        train, valid, test = map(tokens_of, texts)
    return Corpus(train, valid, test, "word", WIKITEXT2_CARD)
