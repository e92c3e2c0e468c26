"""The package as a file that ``pip install`` takes, made of a copy of the course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NEEDED = ("pyproject.toml", "README.md", "LICENSE", "course_pkg")
THE_TIME = "1767225600"  # of all files in the wheel: the first second of 2026
BUILD = "import sys, setuptools.build_meta as build; print(build.build_wheel(sys.argv[1]))"


def make_wheel(course: Path, out: Path) -> Path:
    """Write the package of the course as a wheel, without a network, and return its path.

    It is built beside, so that nothing is left in the course. The same course gives the same
    bytes.

    Parameters
    ----------
    course : Path
        The folder of a copy of the course.
    out : Path
        The folder for the wheel; it must exist.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If ``course`` is no copy of the course.
    RuntimeError
        If setuptools is missing, or refuses.
    """
    missing = [name for name in NEEDED if not (course / name).exists()]
    if missing:
        raise ValueError(f"course: expected a copy of the course, {course} lacks {missing[0]}")
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "course"
        tree.mkdir()
        for name in NEEDED:
            source, ignored = course / name, shutil.ignore_patterns("__pycache__")
            if source.is_dir():
                shutil.copytree(source, tree / name, ignore=ignored)
            else:
                shutil.copy(source, tree / name)
        for path in tree.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        run = subprocess.run(
            [sys.executable, "-c", BUILD, str(out.resolve())],
            cwd=tree,
            env={**os.environ, "SOURCE_DATE_EPOCH": THE_TIME},
            umask=0o022,
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode:
        reason = (run.stderr.strip() or "no reason given").splitlines()[-1]
        raise RuntimeError(f"the wheel could not be built: {reason}")
    return out / run.stdout.strip().splitlines()[-1]
