"""Unpacking archives that may be hostile: all of it into one new folder, or nothing."""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

MAX_BYTES = 1 << 30  # 1 GiB unpacked: more than any data set of the course has
MAX_FILES = 20_000
CHUNK = 1 << 16


class Readable(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


class ArchiveError(ValueError):
    """An archive is damaged, or wants what an honest one does not need."""


def unpack(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    max_bytes: int = MAX_BYTES,
    max_files: int = MAX_FILES,
) -> Path:
    """Unpack a zip, tar or tar.gz file into a new folder.

    Everything goes into a temporary folder beside it first, which gets its name when all is
    well. Names that lead out of the folder, links, devices, encrypted files, names that occur
    twice (also if they differ in case only), too many files and too many bytes are refused;
    bytes are counted as they come out, not as the archive says. Rights and owners are ignored.

    Parameters
    ----------
    archive : path
    folder : path
        Must not exist yet; the folder above it must.
    max_bytes, max_files : int
        Limits of what comes out.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ArchiveError
        If the archive is no archive, is damaged, or holds something of the above. Nothing of
        it is left on the disk.
    FileExistsError
        If the folder exists.
    """
    target = Path(folder)
    if target.exists():
        raise FileExistsError(f"{target}: expected a folder that does not exist yet")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as temporary:
        inside = Path(temporary) / "content"
        inside.mkdir()
        try:
            _write_all(_members(Path(archive), max_bytes), inside, max_bytes, max_files)
        except ArchiveError as error:
            raise ArchiveError(f"{archive}: {error}") from None
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
                raise  # the disk, not the archive
            raise ArchiveError(f"{archive}: the archive is damaged: {error}") from None
        inside.replace(target)
    return target


def unpack_gzip(packed: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a single gzip file.

    Parameters
    ----------
    packed : path
    max_bytes : int
        The most that may come out.

    Raises
    ------
    ArchiveError
        If the file is no gzip file, is damaged, or more comes out.
    """
    out = io.BytesIO()
    try:
        with gzip.open(packed, "rb") as stream:
            _copy(stream, out, max_bytes)
    except ArchiveError as error:
        raise ArchiveError(f"{packed}: {error}") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ArchiveError(f"{packed}: the file is damaged: {error}") from None
    return out.getvalue()


# A member: its name, and its content (None for a folder).
Member = tuple[str, Readable | None]


def _members(archive: Path, max_bytes: int) -> Iterator[Member]:
    with archive.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"PK"):
        yield from _zip_members(archive)
    elif start.startswith(b"\x1f\x8b"):
        with gzip.open(archive, "rb") as stream:
            yield from _tar_members(stream, max_bytes)
    else:
        with archive.open("rb") as stream:
            yield from _tar_members(stream, max_bytes)


def _zip_members(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            kind = info.external_attr >> 28  # of the file's mode, where the archive has one
            if kind not in (0, 0o10, 0o04):
                raise ArchiveError(f"{info.filename!r} is a link or a device")
            if info.flag_bits & 1:
                raise ArchiveError(f"{info.filename!r} is encrypted")
            if info.is_dir():
                yield info.filename, None
                continue
            try:
                with opened.open(info) as stream:
                    yield info.filename, stream
            except NotImplementedError as error:
                raise ArchiveError(f"{info.filename!r}: {error}") from None


class _Limited:
    """Bytes of a stream, up to a limit: a tar file's headers can be bombs too."""

    def __init__(self, stream: Readable, limit: int) -> None:
        self.stream, self.left = stream, limit

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise ArchiveError("more comes out than is allowed")
        return data


def _tar_members(stream: Readable, max_bytes: int) -> Iterator[Member]:
    # Each file has a header and is filled up to 512 bytes, so the frame may be as large again.
    limited = _Limited(stream, 2 * max_bytes + 1024 * MAX_FILES)
    with tarfile.open(fileobj=limited, mode="r|") as opened:  # type: ignore[call-overload]
        for info in opened:
            if info.isdir():
                yield info.name, None
            elif info.isreg():
                yield info.name, opened.extractfile(info)
            else:
                raise ArchiveError(f"{info.name!r} is a link or a device")


def _write_all(members: Iterator[Member], folder: Path, max_bytes: int, max_files: int) -> None:
    left, seen, files = max_bytes, set[str](), set[str]()
    for count, (name, stream) in enumerate(members, start=1):
        if count > max_files:
            raise ArchiveError(f"holds more than {max_files} files")
        parts = _safe_parts(name)
        if not parts:
            continue  # "./", the folder itself
        key = "/".join(parts).casefold()
        above = {"/".join(parts[:n]).casefold() for n in range(1, len(parts))}
        if above & files or (stream is not None and key in seen) or key in files:
            raise ArchiveError(f"{name!r} occurs twice")
        seen |= {key} | above
        path = folder.joinpath(*parts)
        if stream is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        files.add(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            left -= _copy(stream, out, left)


def _safe_parts(name: str) -> tuple[str, ...]:
    """Return the parts of a member's name, or raise where it could lead out of the folder."""
    parts = tuple(part for part in PurePosixPath(name).parts if part != ".")
    if (
        name.startswith("/")
        or "\\" in name
        or ".." in parts
        or re.match(r"[A-Za-z]:", name)
        or any(ord(character) < 32 for character in name)
    ):
        raise ArchiveError(f"{name!r} leads out of the folder")
    return parts


def _copy(stream: Readable, out: IO[bytes], limit: int) -> int:
    """Copy a stream and return its length; never write more than ``limit`` bytes."""
    written = 0
    while chunk := stream.read(CHUNK):
        written += len(chunk)
        if written > limit:
            raise ArchiveError("more comes out than is allowed")
        out.write(chunk)
    return written
