"""Rule: ruff finds nothing, notebooks included, and mypy, strict, finds nothing in the package."""

import subprocess
import sys

import pytest
from notebook_files import ROOT

CHECKS = {
    "ruff check": ["ruff", "check", "--no-cache", "--quiet", "."],
    "ruff format": ["ruff", "format", "--no-cache", "--check", "--quiet", "."],
    "mypy": ["mypy"],
}


@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS)
def test_nothing_is_found(command):
    run = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, f"\n{run.stdout}{run.stderr}"


@pytest.mark.parametrize("name", ["ruff check", "ruff format", "mypy"])
def test_a_bad_file_is_found(name, tmp_path):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "course_pkg").mkdir()
    (tmp_path / "course_pkg" / "__init__.py").write_text("import os\ndef f( x ): return x\n")
    run = subprocess.run(
        [sys.executable, "-m", *CHECKS[name]], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 1, f"\n{run.stdout}{run.stderr}"
