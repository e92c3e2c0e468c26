"""Fetch the WebAssembly files with which exercises run in the page, and check each of them.

    python tools/run_files.py

They are Python (Pyodide), NumPy and matplotlib for the browser, 27 MB. `run_files.toml` names each
with its SHA-256 sum, as the official package says it, and the package of the Python index that
carries them. Where there is no network, put that package's wheel into `_build/run-files/`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tools" / "run_files.toml"
CACHE = ROOT / "_build" / "run-files"
LOCK = "pyodide-lock.json"


class RunFilesError(RuntimeError):
    """The files cannot be had, or one is not what the list says; the message says which and why."""


def read_list(path: Path = LIST) -> dict[str, Any]:
    """Return what `run_files.toml` says."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def sums(wanted: dict[str, Any]) -> dict[str, str]:
    """Return the SHA-256 sum of each file, by its name."""
    packages = wanted["lock"]["packages"].values()
    return {**wanted["core"], **{each["file_name"]: each["sha256"] for each in packages}}


def sizes(folder: Path) -> tuple[int, int]:
    """Return how many bytes a reader downloads to start with NumPy, and for matplotlib on top."""
    wanted = read_list()
    start = [*wanted["core"], wanted["lock"]["packages"]["numpy"]["file_name"]]
    more = [name for name in sums(wanted) if name not in start]
    first, second = (sum((folder / n).stat().st_size for n in names) for names in (start, more))
    return first, second


def _is(content: bytes, digest: str) -> bool:
    return hashlib.sha256(content).hexdigest() == digest


def _lock(wanted: dict[str, Any]) -> bytes:
    return json.dumps(wanted["lock"], sort_keys=True).encode()


def _complete(folder: Path, wanted: dict[str, Any]) -> bool:
    """Whether all files lie there, each as the list says."""
    lock = folder / LOCK
    return (lock.is_file() and lock.read_bytes() == _lock(wanted)) and all(
        (folder / name).is_file() and _is((folder / name).read_bytes(), digest)
        for name, digest in sums(wanted).items()
    )


def _carrier(cache: Path, wanted: dict[str, Any]) -> Path:
    """Return the wheel that carries the files, fetched where it is not there."""
    name, _, version = wanted["carrier"].partition("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not any(cache.glob(pattern)):
        size = wanted["carrier_megabytes"]
        print(f"Fetching {wanted['carrier']} ({size} MB), which carries Pyodide ...", flush=True)
        # For any Python: it is unpacked, and never installed.
        options = (
            "--no-deps --only-binary=:all: --python-version=3.11 --no-cache-dir --quiet "
            "--disable-pip-version-check"
        )
        run = subprocess.run(
            [
                sys.executable,
                *f"-m pip download {options} --dest".split(),
                cache,
                wanted["carrier"],
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            reason = (run.stderr.strip() or "no reason given").splitlines()[-1]
            raise RunFilesError(
                f"{wanted['carrier']} could not be fetched with pip: {reason}\n"
                f"It carries the files with which exercises run in the page. Put its wheel into "
                f"{cache}, or build the site without RUN=1."
            )
    return next(iter(cache.glob(pattern)))


def _unpack(wheel: Path, folder: Path, wanted: dict[str, Any]) -> None:
    """Write the files of the list into a folder, each after a look at its sum."""
    try:
        with zipfile.ZipFile(wheel) as pack:
            for name, digest in sums(wanted).items():
                content = pack.read(f"{wanted['folder']}/{name}")
                if not _is(content, digest):
                    raise RunFilesError(
                        f"{name} in {wheel} is not the file that {LIST.name} names: its SHA-256 "
                        f"sum is another one. Delete {wheel.name} and try again."
                    )
                (folder / name).write_bytes(content)
    except KeyError as error:
        raise RunFilesError(f"{wheel} lacks a file that {LIST.name} names: {error}.") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise RunFilesError(f"{wheel} cannot be read ({error}). Delete it and try again.") from None


def run_files(cache: Path = CACHE, wanted: dict[str, Any] | None = None) -> Path:
    """Return the folder of the files, fetched and checked.

    Raises
    ------
    RunFilesError
        If they cannot be had, or one is not what the list says.
    """
    wanted = wanted or read_list()
    folder = cache / wanted["pyodide"]
    if not _complete(folder, wanted):
        cache.mkdir(parents=True, exist_ok=True)
        part = cache / f"{wanted['pyodide']}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        there = set(cache.iterdir())
        wheel = _carrier(cache, wanted)
        _unpack(wheel, part, wanted)
        if wheel not in there:
            wheel.unlink()  # a quarter of it is needed, and now unpacked
        (part / LOCK).write_bytes(_lock(wanted))
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    return folder


def at_hand(cache: Path = CACHE) -> bool:
    """Whether the files can be had without a network."""
    wanted = read_list()
    name, _, version = wanted["carrier"].partition("==")
    wheels = cache.glob(f"{name.replace('-', '_')}-{version}-*.whl")
    return _complete(cache / wanted["pyodide"], wanted) or any(wheels)


if __name__ == "__main__":
    try:
        print(f"Python, NumPy and matplotlib for the browser are in {run_files()}")
    except RunFilesError as error:
        sys.exit(str(error))
