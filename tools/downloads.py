"""The files that a visitor of the site can take home: the course as a zip, its package as a wheel.

The book as a PDF is one more where ``make pdf`` has made it of the same text.

Both are made from this folder alone, without git and without a network, so that a course that was
unpacked from the zip makes the same zip again. Nothing of the machine goes in: no time of a file,
no right of a user, no cache, and no exercise that somebody has solved.
"""

from __future__ import annotations

import shutil
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "downloads"  # below the site's root

# What the course consists of. A file that lies beside these is somebody's own.
COURSE = (
    ".binder",
    ".ci",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "LICENSE-text",
    "Makefile",
    "README.md",
    "_config.yml",
    "_toc.yml",
    "benchmarks",
    "book",
    "conftest.py",
    "course_pkg",
    "exercises",
    "experiments",
    "pyproject.toml",
    "requirements",
    "solutions",
    "tests",
    "tools",
)
# The tests try right answers too.
WITH_ANSWERS = ("solutions", "tests")
# As in .gitignore: what tools and people leave in any folder.
LEFT_THERE = {"__pycache__", "runs", "work", "class", "htmlcov"}


def _project(root: Path) -> tuple[str, str]:
    """Return name and version of the package."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["name"], project["version"]


def zip_name(root: Path = ROOT) -> str:
    """Return the name of the course's zip."""
    return "{}-{}.zip".format(*_project(root))


def pdf_name(root: Path = ROOT) -> str:
    """Return the name of the book as a PDF, which ``make pdf`` writes beside the site."""
    return "{}-{}.pdf".format(*_project(root))


def wheel_name(root: Path = ROOT) -> str:
    """Return the name of the package's wheel."""
    name, version = _project(root)
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def _belongs(parts: Iterable[str]) -> bool:
    """Whether a path in a folder of the course is no tool's and no person's."""
    return not any(
        part.startswith(".") or part in LEFT_THERE or part.endswith(".egg-info") for part in parts
    )


def course_files(root: Path = ROOT, *, solutions: bool = True) -> list[Path]:
    """Return the files of the course, in order."""
    found: list[Path] = []
    for name in COURSE:
        path = root / name
        if name in WITH_ANSWERS and not solutions:
            continue
        found += [path] if path.is_file() else path.rglob("*")
    return sorted(
        path
        for path in found
        if path.is_file()
        and not path.is_symlink()  # it may lead out of the course
        and _belongs(path.relative_to(root).parts[1:])
        and not _is_a_learners(path)
    )


def _is_a_learners(path: Path) -> bool:
    """Whether this is a notebook beside the exercises that no solution stands behind."""
    solutions = path.parents[1] / "solutions"
    return path.parent.name == "exercises" and (
        solutions.is_dir() and not (solutions / path.name).exists()
    )


def content_of(path: Path, *, solutions: bool = True) -> bytes:
    """Return what is packed of a file.

    Of an exercise, this is what it was before anybody solved it; where no solutions are packed, it
    has no links to them.
    """
    if path.parent.name != "exercises" or path.suffix != ".ipynb":
        return path.read_bytes()
    from make_exercises import wanted_exercises
    from notebook_files import AS_MADE, dumps, hash_of_cells
    from notebook_files import COURSE as MADE_BY_COURSE
    from sphinx_course.exercise_pages import as_made, unsolved

    text = path.read_text(encoding="utf-8")
    if as_made(path) is not None:
        made = wanted_exercises([path.parents[1] / "solutions" / path.name])
        text = dumps(made[path.name])
    if not solutions:
        exercise = nbformat.reads(unsolved(text), as_version=4)
        exercise.metadata[MADE_BY_COURSE] = {
            AS_MADE: hash_of_cells(exercise)
        }  # and so nobody's work
        text = dumps(exercise)
    return text.encode()


def make_zip(out: Path, root: Path = ROOT, *, solutions: bool = True) -> Path:
    """Write the course as a zip into a folder and return its path; the same course, same bytes."""
    target = out / zip_name(root)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for path in course_files(root, solutions=solutions):
            content = content_of(path, solutions=solutions)
            name = f"{target.stem}/{path.relative_to(root).as_posix()}"
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, whose rights follow
            entry.external_attr = (0o755 if content.startswith(b"#!") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(entry, content)
    return target


def make_downloads(
    site: Path, root: Path = ROOT, *, solutions: bool = True, pdf: Path | None = None
) -> None:
    """Write the files into the site, in the place of those of before; a PDF is copied."""
    from course_pkg.classroom.wheel import make_wheel

    new, there = site / f".{FOLDER}", site / FOLDER
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    make_zip(new, root, solutions=solutions)
    make_wheel(root, new)
    if pdf is not None:
        shutil.copyfile(pdf, new / pdf.name)
    shutil.rmtree(there, ignore_errors=True)
    new.rename(there)
