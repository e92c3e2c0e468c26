"""The recipes of the Makefile, in a course whose path has spaces and other scripts."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig

import pytest
from make_exercises import make_exercise
from notebook_files import ROOT, dumps, read, write

from tests.tools.samples import solution_notebook

# What JupyterLab is asked for: it writes that down, and ends.
JUPYTER = """#!/bin/sh
printf '%s\\n' "$PWD" "$JUPYTER_CONFIG_PATH" "$@" > asked
printf '%s' "$HOME" > home
"""
MAKE_ENVIRONMENT = """
import sys, venv
sys.path.insert(0, "tools")
import setup_env, setup_store
setup_env.run = lambda what, command: "venv" in command and venv.create(command[-1])
setup_env.main()
"""


@pytest.fixture
def course(request, tmp_path):
    """A course with the Makefile, one exercise, and an environment with a false JupyterLab."""
    folder = tmp_path / getattr(request, "param", "My Course 课程") / "course"
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    for name in ("Makefile", "pyproject.toml", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "exercises").mkdir()
    write(folder / "exercises" / "01-one.ipynb", dumps(make_exercise(solution_notebook())))
    subprocess.run([sys.executable, "-c", MAKE_ENVIRONMENT], cwd=folder, check=True)
    (packages,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    (packages / "these.pth").write_text(sysconfig.get_path("purelib"))
    (folder / ".venv" / "bin" / "jupyter").write_text(JUPYTER)
    (folder / ".venv" / "bin" / "jupyter").chmod(0o755)
    return folder


def make(course, *words, path=os.environ["PATH"], status=0, **more):
    """Call make as a learner would, and return what it says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run = subprocess.run(
        ["make", *words],
        cwd=course,
        env={**kept, "PATH": path, "PYTHONPATH": "", **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == status, run.stdout
    return run.stdout


@pytest.mark.parametrize("course", ["My Course 课程", "Zoë's $HOME", "plain"], indirect=True)
def test_the_learner_gets_copies_and_jupyterlab_opens_on_them(course):
    assert "your copies of the exercises, 1 new" in make(course, "lab", "ARGS=--no-browser")
    folder, config, *words = (course / "asked").read_text().splitlines()
    assert folder == str(course)
    assert config == str(course / "tools" / "jupyter")
    assert words == [
        "lab",
        "--notebook-dir=.",  # so that ../book/... is there
        "--LabApp.default_url=/lab/tree/work",
        "--no-browser",
    ]
    mine = course / "work" / "01-one.ipynb"
    solved = read(mine)
    solved.cells[1].source = "def double(x):\n    return 2 * x"
    write(mine, dumps(solved))
    (course / "work" / "Zoës Notizen 课程.ipynb").touch()
    before = mine.read_bytes()
    assert make(course, "lab") == ""
    assert mine.read_bytes() == before

    make(course, "clean")
    assert not (course / ".venv").exists()
    assert not (course / ".venvs").exists()
    assert mine.read_bytes() == before
    assert (course / "work" / "Zoës Notizen 课程.ipynb").exists()

    (course / ".venv").mkdir()  # a person's own, which set-up would put aside
    (course / ".venv" / "pyvenv.cfg").touch()
    subprocess.run(["make", "clean"], cwd=course, check=True)
    assert (course / ".venv" / "pyvenv.cfg").exists()


def test_an_environment_that_fits_is_kept_whatever_comes_first_in_the_path(course, tmp_path):
    other = tmp_path / "bin"
    other.mkdir()
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13"):
        (other / name).write_text("#!/bin/sh\nexit 1\n")  # too old, or too new
        (other / name).chmod(0o755)
    used = (course / ".venv").readlink()
    assert make(course, "setup", path=f"{other}:/usr/bin:/bin") == ""
    assert (course / ".venv").readlink() == used


def test_jupyter_keeps_its_state_in_the_course_where_home_cannot_be_written(course, tmp_path):
    make(course, "lab", HOME="/proc/nohome")
    assert (course / "home").read_text() == str(course / "work" / ".home")
    (tmp_path / "my home").mkdir()
    for home in (str(tmp_path / "my home"), ""):
        make(course, "lab", HOME=home)
        assert (course / "home").read_text() == home


def test_a_copy_without_answers_says_why_it_has_no_tests(course):
    assert "This copy of the course has no tests" in make(course, "test", status=2)


def test_help_lists_every_target_with_what_it_does(course):
    text = make(course)
    rules = (course / "Makefile").read_text()
    targets = " ".join(re.findall(r"^\.PHONY: (.*)", rules, re.MULTILINE)).split()
    for target in set(targets) - {"setup"}:
        (line,) = [line for line in text.splitlines() if line.startswith(f"  make {target} ")]
        assert len(line.split()) > 4
    assert "open JupyterLab in work/" in text
    assert "work/ stays" in text


def test_git_and_ruff_leave_the_learners_work_alone(course):
    make(course, "lab")
    (course / "work" / "scratch.py").write_text("import os\n")
    (course / "class" / "submitted").mkdir(parents=True)
    (course / "class" / "submitted" / "anna.py").write_text("import os\n")
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache"]
        listing = subprocess.run(
            [*ruff, "work", "class", ".venvs", "--force-exclude"],
            cwd=course,
            capture_output=True,
            text=True,
        )
        assert listing.returncode == 0, listing.stdout
        assert "No Python files" in listing.stderr
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    subprocess.run(["git", "init", "--quiet"], cwd=course, check=True)
    kept = subprocess.check_output(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=course, text=True
    ).split("\n")
    assert [name for name in kept if name.startswith(("work", "class", ".venv"))] == []
    assert "exercises/01-one.ipynb" in kept
