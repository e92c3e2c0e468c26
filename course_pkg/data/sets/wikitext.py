"""WikiText-2: two million words of good Wikipedia articles."""

from __future__ import annotations

import tempfile
from pathlib import Path

from course_pkg.data.files.archives import unpack
from course_pkg.data.files.download import DownloadError, RemoteFile, fetch
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.sets.token_files import NAMES, read_tokens

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
    """Load WikiText-2; download it (4 MB) and unpack it where it is not there yet.

    Returns
    -------
    Corpus
        Words, with ``<eos>`` at the end of each line, empty ones included.

    Raises
    ------
    DownloadError
        If the file is not there and cannot be had; the message says what to do.
    ArchiveError
        If the archive holds what it should not.
    ModuleNotFoundError
        If pooch is not installed.
    """
    archive = fetch("wikitext2", WIKITEXT2_FILES[0])
    # Unpacked anew each time (0.1 s): what is read is then what the SHA256 vouches for. Not beside
    # the archive: another process may do the same, and the folder may be for reading only.
    with tempfile.TemporaryDirectory() as temporary:
        folder = unpack(archive, Path(temporary) / "wikitext-2", max_bytes=1 << 26)
        names = {path.name: path for path in folder.rglob("wiki.*.tokens")}
        if missing := [name for name in NAMES[2] if name not in names]:
            raise DownloadError(f"{archive}: expected {', '.join(missing)} in this archive")
        train, valid, test = (read_tokens(names[name]) for name in NAMES[2])
    return Corpus(train, valid, test, "word", WIKITEXT2_CARD)
