"""Write a file whole or not at all, whenever the program or the machine stops."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that its name always stands for the old content or for the new one.

    The bytes go into a temporary file beside the target. Only when they have reached the disk
    is it renamed, and renaming within a folder is one step for the operating system.

    Parameters
    ----------
    path : path
        The file; its folder must exist.
    content : bytes

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written to, or the disk is full. The target
        is then as it was.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "greeting.txt"
    ...     write_atomically(path, b"hello")
    ...     path.read_text()
    'hello'
    """
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o666 & ~_umask())  # mkstemp lets nobody else read
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def remove_leftovers(folder: str | os.PathLike[str], names: Iterable[str]) -> None:
    """Remove what a killed :func:`write_atomically` has left of files with these names.

    Nobody may be writing them meanwhile. Whatever else is in the folder stays.

    Parameters
    ----------
    folder : path
    names : iterable of str
        What the files are called, without their folder.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in (".a.csv-k3_x9a0b.part", ".b.part"):
    ...         (Path(folder) / name).touch()
    ...     remove_leftovers(folder, ["a.csv"])
    ...     [path.name for path in Path(folder).iterdir()]
    ['.b.part']
    """
    # mkstemp puts eight letters, digits or underscores into a name.
    own = re.compile(rf"\.({'|'.join(map(re.escape, names))})-[a-z0-9_]{{8}}\.part")
    for path in Path(folder).iterdir():
        if own.fullmatch(path.name) and path.is_file():
            path.unlink()


def _umask() -> int:
    """Return the mask that new files get; asking for it means setting it twice."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
