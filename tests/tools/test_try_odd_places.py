"""The script that tries odd places: what it calls a failure, and what no network means."""

import shutil
import subprocess
import sys

import pytest
import try_odd_places as odd

TALK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5)
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    print(error.strerror)
"""


@pytest.fixture
def course(tmp_path):
    """A course whose set-up is done, with a Makefile to be written."""
    (tmp_path / ".venvs" / "1").mkdir(parents=True)
    (tmp_path / ".venv").symlink_to(".venvs/1")
    return tmp_path


def test_without_a_network_this_machine_is_there_and_no_other():
    if shutil.which("unshare") is None or subprocess.run([*odd.OFFLINE, "true"]).returncode:
        pytest.skip("unshare is not allowed here")
    before = [*odd.OFFLINE, sys.executable, "-c", odd.LOOPBACK]
    said = subprocess.check_output([*before, sys.executable, "-c", TALK], text=True)
    assert said == "Network is unreachable\n"


@pytest.mark.parametrize(
    ("setup", "doctor", "failure"),
    [
        ("@true", "@echo fine", None),
        ("@echo installing", "@echo fine", "expected to find all done, got 'installing"),
        ("@ln -sfn .venvs/2 .venv", "@echo fine", "expected to find all done"),
        ("@true", "@echo MEND; exit 1", "make doctor: MEND"),
        ("@sleep 60", "@true", "make setup: not done in 1 s"),
    ],
)
def test_a_set_up_that_is_not_kept_and_a_complaint_are_failures(
    course, monkeypatch, setup, doctor, failure
):
    (course / "Makefile").write_text(f"setup:\n\t{setup}\ndoctor:\n\t{doctor}\n")
    run, most = odd.run, 1 if "sleep" in setup else 60
    monkeypatch.setattr(odd, "run", lambda *words, seconds=60: run(*words, seconds=most))
    if failure is None:
        odd.check_set_up(course, odd.usual())
    else:
        with pytest.raises(odd.FailedError, match=failure):
            odd.check_set_up(course, odd.usual())


def test_a_laboratory_that_ends_by_itself_is_a_failure(course):
    (course / "Makefile").write_text("lab:\n\t@exit 1\n")
    with pytest.raises(odd.FailedError, match="ended by itself"):
        odd.check_lab(course, odd.usual())


def test_what_this_run_put_into_the_environment_is_left_out(monkeypatch):
    for name in ("PYTHONPATH", "MAKEFLAGS", "JUPYTER_PATH", "COURSE_PROGRESS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert "LANG" in odd.usual()
    assert "x" not in odd.usual().values()
    if sys.prefix != sys.base_prefix:
        assert f"{sys.prefix}/bin" not in odd.usual()["PATH"].split(":")
