"""Files from the network: complete and with the right SHA256, or not there at all."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from course_pkg.data.files.atomic import write_atomically

FOLDER_VARIABLE = "COURSE_DATA"
AGENT = "rnn-equation-by-equation (a course; its downloads are checked by SHA256)"


class RemoteFile(NamedTuple):
    """A public file that is known by its content, wherever it comes from."""

    name: str  # what it is called in the data folder
    url: str  # where it is public
    sha256: str  # of its bytes, 64 hexadecimal digits
    inside: str = ""  # of what a .gz file holds: such a file may be here unpacked too


class DownloadError(OSError):
    """A file could not be had, or was not the right one; the message says what to do."""


def data_folder() -> Path:
    """Return the folder where downloaded files are kept; it need not exist yet.

    It is what the environment variable ``COURSE_DATA`` names, else ``course_pkg`` in the user's
    cache folder.

    Examples
    --------
    >>> data_folder().is_absolute()
    True
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache").absolute() / "course_pkg"


def local_file(dataset: str, file: RemoteFile) -> Path | None:
    """Return the path of a file that is here, with the right bytes, or None."""
    for name, sha256 in _forms(file):
        path = data_folder() / dataset / name
        if path.is_file() and sha256_of(path) == sha256:
            return path
    return None


def _forms(file: RemoteFile) -> list[tuple[str, str]]:
    """Return name and SHA256 of each form in which a file may be kept."""
    forms = [(file.name, file.sha256)]
    return [*forms, (file.name.removesuffix(".gz"), file.inside)] if file.inside else forms


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA256 of a file's bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "text.txt"
    ...     _ = path.write_bytes(b"to be")
    ...     sha256_of(path) == hashlib.sha256(b"to be").hexdigest()
    True
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch(dataset: str, file: RemoteFile) -> Path:
    """Return the path of a file; download it if it is not there yet.

    The download goes into a folder of its own. Only a complete file with the right SHA256 gets
    its name, in one step; so whatever interrupts the download, there is never half a file. A
    second process that wants the same file waits for the first.

    Parameters
    ----------
    dataset : str
        The name of the data set: a folder below :func:`data_folder`.
    file : RemoteFile

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DownloadError
        If the network fails, or the file has another SHA256. Nothing of it is kept.
    ModuleNotFoundError
        If pooch is not installed; the message says how to install it.
    """
    found = local_file(dataset, file)
    if found:
        return found
    path = data_folder() / dataset / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(path):
        # Another process may have been faster; a file with wrong bytes is fetched anew.
        found = local_file(dataset, file)
        if found:
            return found
        _download(dataset, file, path)
    return path


def take_from(folder: str | os.PathLike[str], dataset: str, files: Iterable[RemoteFile]) -> None:
    """Copy files of a data set out of a folder of one's own, whatever they are called there.

    They are known by their SHA256. That helps where there is no network: one person downloads,
    everybody copies. A .gz file may be there unpacked.

    Parameters
    ----------
    folder : path
        Searched without its subfolders.
    dataset : str
        The name of the data set.
    files : iterable of RemoteFile

    Raises
    ------
    DownloadError
        If the folder does not exist, or lacks one of the files; the others are copied.
    """
    source = Path(folder)
    if not source.is_dir():
        raise DownloadError(f"{source}: expected a folder with the files of {dataset!r}")
    found = {sha256_of(path): path for path in sorted(source.iterdir()) if path.is_file()}
    missing = []
    for file in files:
        for name, sha256 in _forms(file):
            if sha256 in found:
                path = data_folder() / dataset / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with _only_one(path), _part_folder(path) as part:
                    shutil.copyfile(found[sha256], part / name)
                    (part / name).replace(path)
                break
        else:
            missing.append(f"{file.name} ({file.url})")
    if missing:
        raise DownloadError(f"{source}: no file with the right SHA256 for {', '.join(missing)}")


def get_by_hand(
    dataset: str, file: RemoteFile, *, folder: str | os.PathLike[str] | None = None
) -> Path:
    """Return the path of a file that its server changes, so that no SHA256 can be asked for.

    Nothing downloads it: you do, and put it in the data folder, or have it copied there.

    Parameters
    ----------
    dataset : str
        The name of the data set.
    file : RemoteFile
        Its name, the page where people get it, and the SHA256 of one version.
    folder : path, optional
        Copied from there is first: a file of this name, or that version under any name.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DownloadError
        If there is no such file; the message says what to do.
    """
    path = data_folder() / dataset / file.name
    if folder is not None:
        if not Path(folder).is_dir():
            raise DownloadError(f"{folder}: expected a folder with the files of {dataset!r}")
        own = sorted(found for found in Path(folder).glob("*") if found.is_file())
        fitting = [found for found in own if found.name == file.name]
        fitting += [found for found in own if not fitting and sha256_of(found) == file.sha256]
        if not fitting:
            raise DownloadError(f"{folder}: no file {file.name} ({file.url})")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, fitting[0].read_bytes())
    if not path.is_file():
        raise DownloadError(
            f"{dataset}: the file {file.name} changes on its server, so nothing downloads it for "
            f"you. Get it from {file.url} and call 'python -m course_pkg data get {dataset} "
            "--from FOLDER'."
        )
    return path


def _download(dataset: str, file: RemoteFile, path: Path) -> None:
    try:
        import pooch
        import requests
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "downloads need the package pooch; install it with 'pip install pooch'"
        ) from error
    get_file = pooch.HTTPDownloader(timeout=30, headers={"User-Agent": AGENT})
    with _part_folder(path) as part, _quiet(pooch.get_logger()):
        try:
            pooch.retrieve(
                file.url,
                known_hash=f"sha256:{file.sha256}",
                fname=file.name,
                path=part,
                downloader=get_file,
            )
        except requests.exceptions.RequestException as error:
            raise DownloadError(
                f"{file.url} could not be downloaded ({type(error).__name__}: {error}). Nothing "
                "was kept. Check the connection and try again" + _or_by_hand(dataset)
            ) from None
        except ValueError:  # pooch's word for another hash
            raise DownloadError(
                f"{file.url} is not the file that is known by SHA256 {file.sha256}: it was "
                "changed on its server or on the way. Nothing was kept. Try again later"
                + _or_by_hand(dataset)
            ) from None
        (part / file.name).replace(path)


def _or_by_hand(dataset: str) -> str:
    return (
        ", or get the file in another way and call 'python -m course_pkg data get "
        f"{dataset} --from FOLDER'."
    )


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let one process at a time work on a file; the lock goes with the process that holds it."""
    try:
        from filelock import FileLock
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "downloads need the package filelock; install it with 'pip install filelock'"
        ) from error
    locks = data_folder() / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{path.parent.name}-{path.name}.lock"):
        yield


@contextmanager
def _part_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder for an unfinished file, and remove it whatever happens.

    What a killed process left there is removed first: the lock is held.
    """
    part = data_folder() / ".unfinished" / path.parent.name / path.name
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
