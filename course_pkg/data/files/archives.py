"""Unpacking archives that may be hostile: all of it into one new folder, or nothing."""

from __future__ import annotations

import errno
import gzip
import io
import lzma
import os
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol, Self

MAX_BYTES = 1 << 30  # 1 GiB unpacked: more than any data set of the course has
MAX_FILES = 20_000
MAX_HEADERS = 1536 * MAX_FILES  # bytes of a tar file around its files: headers and filling
MAX_NAME, MAX_PATH = 255, 1000  # bytes of a name, and of one with the folders before it
CHUNK = 1 << 16
# What the readers of the formats raise on damaged archives, besides OSError.
DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError,
    ArithmeticError, LookupError, RuntimeError, ValueError,
)  # fmt: skip


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
    twice (also if they differ in case only) or are too long, too many files and too many bytes are
    refused;
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
    OSError
        If the disk fails, or is full. Nothing is left then either.
    """
    target = Path(folder)
    if target.exists():
        raise FileExistsError(f"{target}: expected a folder that does not exist yet")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as temporary:
        inside = Path(temporary) / "content"
        inside.mkdir()
        try:
            _write_all(_members(Path(archive)), inside, max_bytes, max_files)
        except ArchiveError as error:
            raise ArchiveError(f"{archive}: {error}") from None
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
    return out.getvalue()


# A member: its name, and its content (None for a folder).
Member = tuple[str, Readable | None]


@contextmanager
def _reading() -> Iterator[None]:
    """Turn what a reader of archives raises into an ArchiveError; a failing disk is none."""
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # EINVAL: the archive points before its start
            raise
        raise ArchiveError(f"the archive is damaged: {error}") from None
    except DAMAGE as error:
        raise ArchiveError(f"the archive is damaged: {error}") from None


def _members(archive: Path) -> Iterator[Member]:
    """Yield the members of an archive of any format."""
    members = _members_of_its_format(archive)
    while True:
        with _reading():
            member = next(members, None)
        if member is None:
            return
        yield member


def _members_of_its_format(archive: Path) -> Iterator[Member]:
    with archive.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"PK"):
        yield from _zip_members(archive)
    elif start.startswith(b"\x1f\x8b"):
        with gzip.open(archive, "rb") as stream:
            yield from _tar_members(stream)
    else:
        with archive.open("rb") as stream:
            yield from _tar_members(stream)


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
    """Bytes of a stream, up to a limit that may be raised while they are read."""

    def __init__(self, stream: Readable, limit: int) -> None:
        self.stream, self.left = stream, limit

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise ArchiveError("more comes out than is allowed")
        return data


class _TarInfo(tarfile.TarInfo):
    """A member of a tar file in which no header may be damaged; tarfile would stop there."""

    @classmethod
    def fromtarfile(cls, opened: tarfile.TarFile) -> Self:
        """Read the next header; only the block of zeros at the end ends an archive."""
        try:
            return super().fromtarfile(opened)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise ArchiveError(f"the archive is damaged: {error}") from None


def _tar_members(stream: Readable) -> Iterator[Member]:
    limited = _Limited(stream, MAX_HEADERS)  # headers are held in memory: they can be bombs too
    with tarfile.open(  # type: ignore[call-overload]
        fileobj=limited, mode="r|", tarinfo=_TarInfo
    ) as opened:
        for info in opened:
            if info.isdir():
                yield info.name, None
            elif info.issparse():
                raise ArchiveError(f"{info.name!r} is a sparse file")
            elif info.isreg():
                limited.left += info.size  # which is counted where it is written
                yield info.name, opened.extractfile(info)
            else:
                raise ArchiveError(f"{info.name!r} is a link or a device")
    while limited.read(CHUNK):  # up to the sum at the end of a gzip file, which is then checked
        pass


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
    sizes = [len(part.encode("utf-8", "surrogatepass")) for part in parts]
    if sum(sizes) + len(sizes) > MAX_PATH or max(sizes, default=0) > MAX_NAME:
        raise ArchiveError(f"{name[:40]!r}... is too long a name")
    return parts


def _copy(stream: Readable, out: IO[bytes], limit: int) -> int:
    """Copy a stream and return its length; never write more than ``limit`` bytes."""
    written = 0
    while True:
        with _reading():  # and not what is written: that is the disk
            chunk = stream.read(CHUNK)
        if not chunk:
            return written
        written += len(chunk)
        if written > limit:
            raise ArchiveError("more comes out than is allowed")
        out.write(chunk)
