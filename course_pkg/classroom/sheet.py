"""A table that a person fills in with a spreadsheet: read as it comes back, added to at its end.

A spreadsheet may write semicolons or tabs, a byte order mark, or an encoding of its own. What is
added goes in the same way, and what stands there stays to the letter.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from course_pkg.data.files.atomic import write_atomically

SEPARATORS = ",;\t"
ENCODINGS = ("utf-8", "cp1252")  # the second is what older spreadsheets write
MARKED = "utf-8-sig"  # by its mark a spreadsheet knows the encoding


class Sheet(NamedTuple):
    """The table as it lies in the folder."""

    content: str
    encoding: str
    separator: str
    head: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def _decoded(path: Path, content: bytes) -> tuple[str, str]:
    if content.startswith(b"PK"):
        raise ValueError(f"{path.name}: a spreadsheet's own format; save it as CSV")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        names: tuple[str, ...] = ("utf-16",)
    elif content.startswith(codecs.BOM_UTF8):
        names = ("utf-8-sig",)
    else:
        names = ENCODINGS
    for name in names:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, name
    raise ValueError(f"{path.name}: damaged, this is no text; save it as CSV, in UTF-8")


def read_sheet(path: Path, columns: Sequence[str], needed: Sequence[str]) -> Sheet:
    """Return a table; one with a head alone if there is none yet.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str
        What its head is to be.
    needed : sequence of str
        The columns that it cannot do without.

    Returns
    -------
    Sheet

    Raises
    ------
    ValueError
        If it is damaged, or lacks a column.
    """
    empty = Sheet("", MARKED, ",", tuple(columns), ())
    if not path.exists():
        return empty
    text, encoding = _decoded(path, path.read_bytes())
    if not text.strip():
        return empty
    first = text.lstrip().splitlines()[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ValueError(f"{path.name}: damaged: {error}") from None
    start = next(number for number, line in enumerate(lines) if any(map(str.strip, line)))
    head = tuple(name.strip().lower() for name in lines[start])
    missing = [name for name in needed if name not in head]
    if missing:
        raise ValueError(
            f"{path.name}, row {start + 1}: expected the columns {', '.join(columns)}, got "
            f"{', '.join(head)[:100]}; {', '.join(missing)} missing"
        )
    rows = []
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        cells = [cell.strip() for cell in line] + [""] * len(head)
        found = dict(zip(head, cells, strict=False))
        if any(found.values()):
            rows.append((number, found))
    return Sheet(text, encoding, separator, head, tuple(rows))


def add_to(path: Path, sheet: Sheet, rows: Sequence[dict[str, str]]) -> None:
    """Write rows at the end of a table that was just read; what was there stays.

    Parameters
    ----------
    path : Path
        The file; it is made if it is not there.
    sheet : Sheet
        What it holds.
    rows : sequence of dict
        By column; a column that is not there is left out.
    """
    if not rows:
        return
    lines = [[row.get(name, "") for name in sheet.head] for row in rows]
    end = "\n" if sheet.content and "\r\n" not in sheet.content else "\r\n"
    new = io.StringIO()
    writer = csv.writer(new, delimiter=sheet.separator, lineterminator=end)
    writer.writerows(lines if sheet.content else [sheet.head, *lines])
    gap = end if sheet.content and not sheet.content.endswith(("\n", "\r")) else ""
    whole = sheet.content + gap + new.getvalue()
    try:
        content = whole.encode(sheet.encoding)
    except UnicodeEncodeError:  # a name that the spreadsheet's own encoding lacks
        content = whole.encode(MARKED)
    write_atomically(path, content)
