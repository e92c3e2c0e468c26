"""The notebooks of a class: in a folder, or in the zip file that Moodle or Canvas hands out."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from course_pkg.classroom.submission import MOST_BYTES

MOST_FILES = 20_000
MOST_IN_ALL = 4_000_000_000  # bytes of a zip file, unpacked
NOT_THEIRS = (".ipynb_checkpoints", "__MACOSX")
MOODLE = re.compile(r"^(?P<student>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(?:_|$)")
CANVAS = re.compile(r"^(?P<student>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_.+$")


class Work(NamedTuple):
    """What one student has handed in."""

    student: str
    id: str  # of the learning platform; "" where there is none
    files: tuple[tuple[str, bytes], ...]  # notebooks, by path
    folder: str = ""  # that Moodle has made for the student


def _whose(path: PurePosixPath) -> tuple[str, str, str]:
    """Return student, the platform's number and Moodle's folder, from where a file lies.

    Examples
    --------
    >>> _whose(PurePosixPath("Ann Lee_4711_assignsubmission_file_/04-lstm.ipynb"))
    ('Ann Lee', '4711', 'Ann Lee_4711_assignsubmission_file_')
    >>> _whose(PurePosixPath("Ann Lee_4711_assignsubmission_file_04-lstm.ipynb"))  # no folders
    ('Ann Lee', '4711', 'Ann Lee_4711_assignsubmission_file_')
    >>> _whose(PurePosixPath("leeann_LATE_4711_99_04-lstm.ipynb"))
    ('leeann', '4711', '')
    >>> _whose(PurePosixPath("anna/04-lstm.ipynb"))
    ('anna', '', '')
    """
    top = path.parts[0] if len(path.parts) > 1 else path.stem
    if found := MOODLE.match(top):
        return found["student"], found["id"], found[0]
    if len(path.parts) == 1 and (found := CANVAS.match(top)):
        return found["student"], found["id"], ""
    return top, "", ""


def _is_theirs(path: PurePosixPath) -> bool:
    return path.suffix.lower() == ".ipynb" and not set(path.parts) & set(NOT_THEIRS)


def _in_folder(folder: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if _is_theirs(name) and path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                yield name, file.read(MOST_BYTES + 1)


def _refuse_hostile(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse a zip file whose members point out of it, or that would fill a disk."""
    if len(members) > MOST_FILES or sum(each.file_size for each in members) > MOST_IN_ALL:
        raise ValueError(
            f"submissions: {path} holds {len(members)} files of "
            f"{sum(each.file_size for each in members):,} bytes; "
            f"at most {MOST_FILES:,} and {MOST_IN_ALL:,}"
        )
    for each in members:
        name = PurePosixPath(each.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise ValueError(
                f"submissions: {path} holds a file outside of itself: {each.filename!r}"
            )
        if stat.S_ISLNK(each.external_attr >> 16):
            raise ValueError(f"submissions: {path} holds a link: {each.filename!r}")
        if each.flag_bits & 1:
            raise ValueError(f"submissions: {path} holds an encrypted file: {each.filename!r}")


def _is_of_a_student(path: PurePosixPath) -> bool:
    """Whether a file that is no notebook tells of a student, who has handed in another thing."""
    named = len(path.parts) > 1 or MOODLE.match(path.stem) or CANVAS.match(path.stem)
    return bool(named) and not set(path.parts) & set(NOT_THEIRS)


def _in_zip(path: Path) -> Iterator[tuple[PurePosixPath, bytes | None]]:
    """Yield the notebooks of a zip file, read and never unpacked to a disk; None for the rest."""
    try:
        with zipfile.ZipFile(path) as pack:
            members = [each for each in pack.infolist() if each.filename and not each.is_dir()]
            _refuse_hostile(path, members)
            for each in members:
                name = PurePosixPath(each.filename.replace("\\", "/"))
                if _is_theirs(name):
                    with pack.open(each) as file:  # a header may lie about the size
                        yield name, file.read(MOST_BYTES + 1)
                elif _is_of_a_student(name):
                    yield name, None
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise ValueError(f"submissions: {path} is no zip file, or a damaged one: {error}") from None


def collect(path: Path) -> list[Work]:
    """Return what a class has handed in.

    Parameters
    ----------
    path : Path
        A folder, or a zip file. In it a notebook for each student, ``anna.ipynb``, or a folder,
        ``anna/04-lstm.ipynb``; the names that Moodle and Canvas give are understood.

    Returns
    -------
    list of Work
        By student. Each may have any number of notebooks, none included.

    Raises
    ------
    ValueError
        If there is nothing to read, or if the zip file could write outside of itself.
    """
    if not path.exists():
        raise ValueError(f"submissions: expected a folder or a zip file, got {path}: there is none")
    found: list[tuple[PurePosixPath, bytes | None]]
    if path.is_dir():
        found = list(_in_folder(path))
        empty = [each.name for each in sorted(path.iterdir()) if each.is_dir()]
        places = [PurePosixPath(name) / "nothing" for name in empty if name not in NOT_THEIRS]
    elif zipfile.is_zipfile(path):
        found, places = list(_in_zip(path)), []
    else:
        raise ValueError(f"submissions: expected a folder or a zip file, got {path}")
    works: dict[tuple[str, str], list[tuple[str, bytes]]] = {}
    folders: dict[tuple[str, str], str] = {}
    for name, content in [*((place, None) for place in places), *found]:
        *who, folder = _whose(name)
        files = works.setdefault((who[0], who[1]), [])
        folders.setdefault((who[0], who[1]), folder)
        if content is not None:
            files.append((str(name), content))
    if not works:
        raise ValueError(f"submissions: {path} holds no notebooks")
    return [Work(*who, tuple(files), folders[who]) for who, files in sorted(works.items())]
