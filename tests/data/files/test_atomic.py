"""Writing a file whole: also when the disk refuses or the process is killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from course_pkg.data.files.atomic import remove_leftovers, write_atomically


def test_it_writes_and_overwrites(tmp_path):
    for content in (b"one", b"two, longer", b""):
        write_atomically(tmp_path / "f", content)
        assert (tmp_path / "f").read_bytes() == content
    assert list(tmp_path.iterdir()) == [tmp_path / "f"]


def test_others_may_read_the_file_as_the_umask_says(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "f", b"x")
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640
    finally:
        os.umask(before)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    write_atomically(tmp_path / "f", b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "f"]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "f", b"x")


def test_a_killed_process_leaves_the_old_content_or_the_new(tmp_path):
    path = tmp_path / "f"
    contents = [bytes([65 + i]) * 3_000_000 for i in range(2)]
    write_atomically(path, contents[0])
    code = (
        "import itertools, sys\nfrom course_pkg.data.files.atomic import write_atomically\n"
        "print('ready', flush=True)\n"
        "for i in itertools.count():\n"
        "    write_atomically(sys.argv[1], bytes([65 + i % 2]) * 3_000_000)\n"
    )
    for wait in (0.01, 0.02, 0.033):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert path.read_bytes() in contents


def test_leftovers_of_ones_own_files_go_and_nothing_else(tmp_path):
    names = {".a.b-abcd_123.part", ".aXb-abcd_123.part", ".a.b-x.part", ".x.part", "a.b"}
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / ".a.b-folder_x.part").mkdir()
    remove_leftovers(tmp_path, ["a.b", "c"])
    left = {path.name for path in tmp_path.iterdir()}
    assert left == names - {".a.b-abcd_123.part"} | {".a.b-folder_x.part"}
