"""Text files in UTF-8, with or without a byte order mark; every other encoding is named."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

# The longer marks come first: the mark of UTF-32 begins with the mark of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def read_utf8(path: str | os.PathLike[str]) -> str:
    r"""Return the text of a file, without the mark that some editors write first.

    Line ends of every system become ``"\n"``.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it is no text in UTF-8; the message says what it is, where that can be told.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "run.toml"
    ...     path.write_bytes(codecs.BOM_UTF8 + b"seed = 1\r\n")
    ...     read_utf8(path)
    13
    'seed = 1\n'
    """
    with Path(path).open("rb") as file:
        start = file.read(4)
    for mark, name in MARKS:
        if start.startswith(mark):
            raise ValueError(f"{path}: expected text in UTF-8, got {name}; save it as UTF-8")
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected text in UTF-8, got {error}") from None
    if "\0" in text:  # UTF-16 without a mark: half of the bytes of Latin letters are 0
        raise ValueError(f"{path}: expected text in UTF-8, got bytes of 0, as UTF-16 has them")
    return text
