"""The course as a zip: complete, the same bytes every time, and nobody's own files in it."""

import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile

import pytest
from copy_exercises import name_in_work
from downloads import COURSE, course_files, make_zip, zip_name
from make_exercises import make_exercise, wanted_exercises
from notebook_files import ROOT, dumps, is_as_made, read, write

from course_pkg.classroom.wheel import make_wheel
from tests.rules.published import SOLUTIONS
from tests.tools.samples import solution_notebook

MAKE_AGAIN = """
import sys
from pathlib import Path
sys.path.insert(0, "tools")
from downloads import make_zip
make_zip(Path(sys.argv[1]))
"""
HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n(.+?)### END HIDDEN TESTS", re.DOTALL)


def unpacked(folder, **options):
    """Make the zip and unpack it as a learner would; return the folder of the course."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(make_zip(folder, **options)) as pack:
        pack.extractall(folder)
    return folder / zip_name().removesuffix(".zip")


def run(course, *words):
    """Call this Python in a course, with nothing of this one in its path."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *words], cwd=course, env=clean, capture_output=True, text=True, check=True
    ).stdout


def test_what_git_tracks_is_what_the_zip_holds():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this course is no clone")
    listing = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    tracked = {name for name in listing.split("\0") if name and (ROOT / name).exists()}
    packed = {path.relative_to(ROOT).as_posix() for path in course_files()}
    assert tracked <= packed, sorted(tracked - packed)[:5]


def test_an_unpacked_course_works_and_makes_the_same_zip(tmp_path):
    course = unpacked(tmp_path)
    assert "your copies of the exercises" in run(course, "tools/copy_exercises.py")
    copies = sorted(path.name for path in (course / "work").iterdir())
    assert copies == sorted(name_in_work(path) for path in (ROOT / "exercises").glob("*.ipynb"))
    with zipfile.ZipFile(tmp_path / zip_name()) as pack:
        run_me = next(entry for entry in pack.infolist() if entry.filename.endswith("/.ci/run"))
        assert stat.S_IMODE(run_me.external_attr >> 16) == 0o755

    # A learner's own files, caches, and rights do not change what is made of it.
    (course / "exercises" / "01-my-answers.ipynb").touch()
    (course / "book" / ".ipynb_checkpoints").mkdir()
    (course / "book" / ".ipynb_checkpoints" / "x.ipynb").touch()
    (course / "course_pkg" / "secret.py").symlink_to("/etc/hostname")
    (course / "notes.txt").touch()
    (course / "README.md").chmod(0o600)
    os.utime(course / "README.md", (0, 0))
    (tmp_path / "again").mkdir()
    run(course, "-c", MAKE_AGAIN, str(tmp_path / "again"))
    again = tmp_path / "again" / zip_name()
    assert again.read_bytes() == (tmp_path / zip_name()).read_bytes()


def test_without_solutions_no_hidden_test_is_in_it(tmp_path):
    blocks = [
        block.strip()
        for path in SOLUTIONS
        for cell in read(path).cells
        for block in HIDDEN.findall(cell.source)
    ]
    assert len(blocks) > 50
    course = unpacked(tmp_path, solutions=False)
    files = [path for path in course.rglob("*") if path.is_file()]
    tops = {path.relative_to(course).parts[0] for path in files}
    assert tops == set(COURSE) - {"solutions", "tests"}
    for path in files:
        if path.suffix == ".ipynb":
            text = "\n".join(cell.source for cell in read(path).cells)
        else:
            text = path.read_text(encoding="utf-8", errors="replace")
        found = [block for block in blocks if block in text]
        assert not found, f"{path.relative_to(course)}: {found[0]}"
    assert "your copies of the exercises" in run(course, "tools/copy_exercises.py")
    for path in sorted((course / "exercises").glob("*.ipynb")):
        exercise = read(path)
        assert is_as_made(exercise)
        assert not any("../solutions/" in cell.source for cell in exercise.cells)


def test_a_solved_exercise_is_packed_as_it_was_made(tmp_path):
    course, out = tmp_path / "course", tmp_path / "out"
    out.mkdir()
    for folder in ("solutions", "exercises"):
        (course / folder).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", course / "pyproject.toml")
    source = course / "solutions" / "01-one.ipynb"
    write(source, dumps(solution_notebook()))
    solved = make_exercise(solution_notebook())
    solved.cells[1].source = "def double(x):\n    return x + x"
    for name in ("01-one.ipynb", "01-backup.ipynb"):
        write(course / "exercises" / name, dumps(solved))
    with zipfile.ZipFile(make_zip(out, course)) as pack:
        (name,) = (name for name in pack.namelist() if "/exercises/" in name)
        assert name.endswith("/01-one.ipynb")
        assert pack.read(name).decode() == dumps(wanted_exercises([source])["01-one.ipynb"])


def test_the_same_package_gives_the_same_wheel(tmp_path):
    """Whatever the times and rights of its files are."""
    course = tmp_path / "course"
    (course / "course_pkg").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, course / name)
    (course / "course_pkg" / "__init__.py").write_text('"""A package."""\n')
    wheels = []
    for number, mask in enumerate((0o022, 0o077)):
        os.utime(course / "course_pkg" / "__init__.py", (10**9 * number, 10**9 * number))
        (course / "course_pkg" / "__init__.py").chmod(0o666 & ~mask)
        out = tmp_path / str(number)
        out.mkdir()
        before = os.umask(mask)
        try:
            wheels.append(make_wheel(course, out))
        finally:
            os.umask(before)
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[0]) as pack:
        rights = {stat.S_IMODE(entry.external_attr >> 16) for entry in pack.infolist()}
    assert rights <= {0o644, 0o664}
