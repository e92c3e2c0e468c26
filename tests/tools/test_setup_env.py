"""`tools/setup_env.py`: what runs is kept, whatever happens while another is built."""

import ast
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from notebook_files import ROOT

# What stands in for the two slow commands: a venv without pip, and no installation.
FAKE = """
import os, signal, sys, venv

sys.path.insert(0, "tools")
import setup_env, setup_store

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def run(what, command):
    if DIE_AT in what:
        die()
    if "venv" in command:
        venv.create(command[-1])

setup_env.run = run
if DIE_AT in ("write_stamp", "use", "remove_unused"):
    setattr(setup_store, DIE_AT, die)
if DIE_AT == "the last step":
    os.rename = lambda *names: die() if names[1] == setup_store.VENV else os.replace(*names)
setup_env.main(sys.argv[1:])
"""


@pytest.fixture
def course(tmp_path):
    """A course with the tools of set-up and nothing else, in a folder with an unusual name."""
    folder = tmp_path / "My Course 课程"
    (folder / "requirements").mkdir(parents=True)
    (folder / "tools").mkdir()
    for name in ("tools/setup_env.py", "tools/setup_store.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("lock.txt", "torch.txt"):
        (folder / "requirements" / name).touch()
    return folder


@pytest.fixture
def tool(course, monkeypatch):
    """The tool of this course, imported, with `run` recording its steps."""
    monkeypatch.syspath_prepend(course / "tools")
    monkeypatch.delitem(sys.modules, "setup_env", raising=False)
    monkeypatch.delitem(sys.modules, "setup_store", raising=False)
    import setup_env

    setup_env.steps, setup_env.real_run = [], setup_env.run

    def run(what, command):
        setup_env.steps.append(what)
        if "venv" in command:
            venv.create(command[-1])

    monkeypatch.setattr(setup_env, "run", run)
    yield setup_env
    for name in ("setup_env", "setup_store"):
        sys.modules.pop(name, None)


def set_up(course, *options, die_at=" nowhere", status=0):
    """Run set-up with the slow commands exchanged; `die_at` is the step at which it is killed."""
    code = f"DIE_AT = {die_at!r}\n{FAKE}"
    run = subprocess.run(
        [sys.executable, "-c", code, *options], cwd=course, capture_output=True, text=True
    )
    assert run.returncode == status, run.stderr
    return run.stdout


def new_pins(course):
    with (course / "requirements" / "lock.txt").open("a") as file:
        file.write("more==1.0\n")


def prefix(course):
    """Return where the Python of `.venv` lives: which environment is in use."""
    python = course / ".venv" / "bin" / "python"
    show = "import os, sys; print(os.path.realpath(sys.prefix))"
    return Path(subprocess.check_output([python, "-c", show], text=True).strip())


def test_a_new_course_gets_one_environment_and_the_second_call_does_nothing(course):
    assert "done" in set_up(course)
    used = prefix(course)
    assert used.parent == course / ".venvs"
    assert set_up(course) == ""
    assert prefix(course) == used


def test_scripts_run_under_the_path_that_they_name(course):
    """What pip writes: a first line with the path of the environment's Python."""
    set_up(course)
    script = course / ".venv" / "bin" / "tool"
    script.write_text(f"#!/bin/sh\nexec '{prefix(course)}/bin/python' -c 'print(5)'\n")
    script.chmod(0o755)
    assert subprocess.check_output([script], text=True) == "5\n"


def test_other_builds_of_python_and_other_settings_of_tools_change_nothing(
    course, tool, monkeypatch
):
    tool.main()
    assert len(tool.steps) == 4
    monkeypatch.setattr(sys, "version", sys.version + " (another build)")
    pyproject = course / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("line-length = 100", "line-length = 99"))
    tool.main()
    assert len(tool.steps) == 4
    pyproject.write_text(pyproject.read_text().replace("numpy>=2.0", "numpy>=2.1"))
    tool.main()
    assert len(tool.steps) == 8


def test_an_environment_of_another_version_is_kept_unless_this_one_is_asked_for(
    course, tool, monkeypatch
):
    tool.main()
    other = (3, 12) if sys.version_info[:2] != (3, 12) else (3, 13)
    monkeypatch.setattr(sys, "version_info", (*other, 0, "final", 0))
    tool.main()
    assert len(tool.steps) == 4
    built = []
    monkeypatch.setattr(tool, "build", built.append)
    monkeypatch.setattr(tool.store, "use", lambda environment: None)
    tool.main(["--this-python"])
    assert len(built) == 1


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 14)])
def test_a_python_of_the_wrong_age_keeps_what_runs_and_builds_nothing(
    course, tool, monkeypatch, capsys, version
):
    tool.main()
    monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))
    tool.main()
    new_pins(course)
    with pytest.raises(SystemExit):
        tool.main()
    message = capsys.readouterr().err
    assert "Python 3.11, 3.12 or 3.13 is needed, but " in message
    assert "The environment of before is untouched" in message
    assert prefix(course).exists()


STEPS = [
    "creating .venv",
    "pinned packages",
    "installing torch",
    "own package",
    "write_stamp",
    "use",
    "the last step",
    "remove_unused",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("first", [True, False])
def test_killed_at_any_step_nothing_is_lost_and_the_next_call_ends_well(course, step, first):
    if not first:
        set_up(course)
        before = prefix(course)
        new_pins(course)
    set_up(course, die_at=step, status=-9)
    if not first:
        assert prefix(course) == before
    set_up(course)
    assert prefix(course).parent == course / ".venvs"
    assert set_up(course) == ""
    folders = [path for path in (course / ".venvs").iterdir() if path.is_dir()]
    assert folders == [prefix(course)]


def test_one_complete_environment_is_not_built_twice(course):
    set_up(course, die_at="use", status=-9)
    assert "creating" not in set_up(course, die_at="creating")


@pytest.mark.parametrize("step", STEPS[:4])
def test_a_failed_step_leaves_the_environment_of_before(course, tool, monkeypatch, capsys, step):
    tool.main()
    before = prefix(course)
    new_pins(course)
    run = tool.run

    def fail(what, command):
        run(what, command)
        if step in what:
            tool.stop("the package registry could not be reached.")

    monkeypatch.setattr(tool, "run", fail)
    with pytest.raises(SystemExit):
        tool.main()
    assert "could not be reached. The environment of before is unt" in capsys.readouterr().err
    assert prefix(course) == before
    assert [path.name for path in (course / ".venvs").iterdir() if path.is_dir()] == [before.name]


def test_an_environment_that_does_not_run_is_replaced(course):
    set_up(course)
    python = prefix(course) / "bin" / "python"
    python.unlink()
    python.symlink_to(course / "gone")
    assert "done" in set_up(course)
    assert prefix(course).exists()


def test_a_course_that_was_moved_gets_a_new_environment(course):
    set_up(course)
    moved = course.rename(course.with_name("moved"))
    assert "done" in set_up(moved)
    assert prefix(moved).parent == moved / ".venvs"


def test_what_an_older_set_up_made_is_replaced(course):
    venv.create(course / ".venv")
    (course / ".venv" / "set-up-is-complete").write_text("old\nhashes")
    assert "it is now" not in set_up(course)
    assert prefix(course).parent == course / ".venvs"
    assert not list(course.glob(".venv.before*"))


@pytest.mark.parametrize("linked", [False, True])
def test_an_environment_that_a_person_made_is_put_aside(course, tmp_path, linked):
    made = tmp_path / "elsewhere" if linked else course / ".venv"
    venv.create(made)
    (made / "mine.txt").touch()
    if linked:
        (course / ".venv").symlink_to(made)
    assert "it is now .venv.before-1" in set_up(course)
    assert (course / ".venv.before-1" / "mine.txt").exists()
    assert prefix(course).parent == course / ".venvs"


def test_what_a_person_put_beside_the_environments_stays(course):
    set_up(course)
    venv.create(course / ".venvs" / "mine")
    new_pins(course)
    assert "done" in set_up(course)
    assert sorted(path.name for path in (course / ".venvs").iterdir() if path.is_dir()) == [
        prefix(course).name,
        "mine",
    ]


def test_two_at_once_build_one(course):
    # The first holds the lock; the second waits for it, and then has nothing to do.
    hold = (
        "import sys, time; sys.path.insert(0, 'tools'); import setup_store; "
        "held = setup_store.lock(); print('held', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", hold],
        cwd=course,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout.readline() == "held\n"
    code = f"DIE_AT = ' nowhere'\n{FAKE}"
    second = subprocess.Popen(
        [sys.executable, "-u", "-c", code], cwd=course, stdout=subprocess.PIPE, text=True
    )
    assert "another set-up is at work" in second.stdout.readline()
    assert not (course / ".venv").exists()
    first.communicate()
    assert "done" in second.communicate()[0]
    assert prefix(course).exists()


SAYS = "import sys; sys.stderr.write({!r}); sys.exit(1)"
NOISE = "Traceback\n  File x\nWARNING: Retrying after NewConnectionError\n"


@pytest.mark.parametrize(
    ("errors", "sentence", "shown"),
    [
        (NOISE, "set-up: the package registry could not be reached", False),
        ("OSError: [Errno 28] No space left on device\n", "set-up: the disk is full", False),
        ("THESE PACKAGES DO NOT MATCH\n", "set-up: the step 'trying' failed", True),
    ],
)
def test_a_failure_is_one_sentence_and_noise_is_shown_where_it_helps(
    tool, capsys, errors, sentence, shown
):
    with pytest.raises(SystemExit) as end:
        tool.real_run("trying", [sys.executable, "-c", SAYS.format(errors)])
    assert end.value.code == 1
    message = capsys.readouterr().err
    assert sentence in message
    assert (errors in message) == shown
    assert len(message.split("set-up: ")[1].splitlines()) == 1


def test_a_folder_that_cannot_be_written_to_is_a_sentence(course):
    (course / ".venvs").touch()
    run = subprocess.run(
        [sys.executable, "tools/setup_env.py"], cwd=course, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr.strip().startswith("set-up: the course's folder must be writable")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("name", ["setup_env", "setup_store"])
def test_an_old_python_can_read_the_file(name):
    source = (ROOT / "tools" / f"{name}.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 4))
    assert source.isascii()
    assert "from __future__" not in source
    with pytest.raises(SyntaxError):
        ast.parse("f'{1}'", feature_version=(3, 4))
