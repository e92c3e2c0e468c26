"""`make doctor`: it sees what is wrong, says how to mend it, and changes nothing."""

import ast
import os
import shutil
import subprocess
import sys
import sysconfig

import pytest
from notebook_files import ROOT

MAKE_ENVIRONMENT = """
import sys, venv
sys.path.insert(0, "tools")
import setup_env
setup_env.run = lambda what, command: "venv" in command and venv.create(command[-1])
setup_env.main()
"""
KERNEL = """{"argv": ["/usr/bin/false", "{connection_file}"], "display_name": "Python 3",
"language": "python"}"""


@pytest.fixture
def course(tmp_path):
    """A course without an environment, in a folder with an unusual name."""
    folder = tmp_path / "My Course 课程"
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "course_pkg").mkdir()
    (folder / "course_pkg" / "__init__.py").touch()
    (tmp_path / "home").mkdir()
    return folder


@pytest.fixture
def packages(course):
    """Its environment, which holds the packages of this one; the folder for more of them."""
    subprocess.run([sys.executable, "-c", MAKE_ENVIRONMENT], cwd=course, check=True)
    (folder,) = (course / ".venv" / "lib").glob("python*/site-packages")
    (folder / "these.pth").write_text(f"{sysconfig.get_path('purelib')}\n{course}\n")
    return folder


def doctor(course, status):
    """Call `make doctor` and return its lines; nothing may be written."""
    before = {path: path.lstat().st_mtime_ns for path in course.rglob("*")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    kept |= {"HOME": str(course.parent / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
    kept.pop("PYTHONPATH", None)
    run = subprocess.run(["make", "doctor"], cwd=course, env=kept, capture_output=True, text=True)
    assert (run.returncode != 0) == status, run.stdout + run.stderr
    assert {path: path.lstat().st_mtime_ns for path in course.rglob("*")} == before
    return run.stdout.splitlines()


def to_mend(lines):
    return [line.removeprefix("  MEND  ") for line in lines if line.startswith("  MEND")]


def test_a_good_installation_has_nothing_to_mend(course, packages):
    lines = doctor(course, status=False)
    assert to_mend(lines) == []
    assert lines[-1] == "All that the course needs is there."
    assert any("packages, of the locked versions" in line for line in lines)


def test_what_is_wrong_is_named_with_its_remedy(course, packages):
    old = packages / "numpy-1.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: NumPy\nVersion: 1.0\n")
    (packages / "torch.py").write_text("raise OSError('libgomp.so.1: cannot open it')\n")
    kernel = course.parent / "home" / ".local" / "share" / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(KERNEL)
    (course / "course_pkg").rename(course / "gone")
    version, torch, package, python3 = to_mend(doctor(course, status=True))
    assert version.startswith("numpy is 1.0, expected ")
    assert "pip install --no-deps numpy==" in version
    assert "PyTorch cannot be imported (OSError: libgomp.so.1: cannot open it)" in torch
    assert "course_pkg cannot be imported" in package
    assert "not that of .venv (/usr/bin/false)" in python3


def test_without_an_environment_any_python_can_look(course):
    (first, *rest) = to_mend(doctor(course, status=True))
    assert first == "there is no .venv yet: make lab"
    assert not rest


def test_a_broken_or_foreign_environment_is_told_apart(course, packages):
    python = course / ".venv" / "bin" / "python"
    (course / ".venv" / "set-up-is-complete").rename(course / "stamp")
    assert ".venv was not made by this course" in to_mend(doctor(course, status=True))[0]
    python.unlink()
    python.symlink_to(course / "gone")
    (line,) = to_mend(doctor(course, status=True))
    assert line.startswith(".venv does not run")
    assert line.endswith(": make lab")


def test_an_old_python_can_read_it():
    for name in ("chromium.py", "doctor.py", "setup_env.py", "setup_store.py"):
        ast.parse((ROOT / "tools" / name).read_text(), feature_version=(3, 7))
    listed = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            "import sys; sys.path.insert(0, 'tools'); import doctor",
        ],
        cwd=ROOT,
        check=False,
    )
    assert listed.returncode == 0  # the standard library alone


def test_a_full_disk_and_a_folder_of_somebody_else(course, monkeypatch, capsys):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import doctor as tool

    monkeypatch.setattr(tool.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1e9))
    monkeypatch.setattr(tool.os, "access", lambda *_: False)
    monkeypatch.setattr(tool, "ROOT", course)
    (course / "work").mkdir()
    report = tool.Report()
    tool.look_at_disk(report, complete=False)
    space, here, work = to_mend(capsys.readouterr().out.splitlines())
    assert space == "1.0 GB of disk are free, 2 are needed: free some"
    assert here.startswith(f"you may not write in {course}: chmod u+rwx '{course}'")
    assert "/work:" in work
    assert report.wrong == 3
