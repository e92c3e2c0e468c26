"""Downloads: the right file or none, whatever happens on the way."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from course_pkg.data.files import download
from course_pkg.data.files.download import (
    DownloadError,
    RemoteFile,
    data_folder,
    fetch,
    sha256_of,
    take_from,
)

BODY = bytes(range(256)) * 2000


def files_below(folder):
    """Return every file of the data folder but the empty ones that serve as locks."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [path.relative_to(folder) for path in found if path.suffix != ".lock"]


def test_a_file_is_fetched_once_and_kept(server, folder):
    file = server.file("x.bin", BODY)
    path = fetch("set", file)
    assert path == folder / "set" / "x.bin"
    assert path.read_bytes() == BODY
    assert fetch("set", file) == path
    assert server.requests["/x.bin"] == 1
    assert files_below(folder) == [Path("set/x.bin")]
    assert server.agents == {download.AGENT}  # some servers refuse a library's own name


def test_what_is_here_needs_no_server_and_no_pooch(server, folder, monkeypatch):
    file = server.file("x.bin", BODY)
    fetch("set", file)
    server.content.clear()
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert fetch("set", file).read_bytes() == BODY


def test_a_damaged_file_is_fetched_anew(server, folder):
    file = server.file("x.bin", BODY)
    fetch("set", file).write_bytes(BODY[:-1])
    assert fetch("set", file).read_bytes() == BODY
    assert server.requests["/x.bin"] == 2


def wrong_content(server):
    return server.file("x.bin", BODY)._replace(sha256="0" * 64)


def missing(server):
    file = server.file("x.bin", BODY)
    server.content.clear()
    return file


def closed_halfway(server):
    server.cut.add("/x.bin")
    return server.file("x.bin", BODY)


def no_server(server):
    return RemoteFile("x.bin", "http://127.0.0.1:9/x.bin", "0" * 64)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (wrong_content, "is not the file that is known by SHA256 0000"),
        (missing, "could not be downloaded .*404"),
        (closed_halfway, "could not be downloaded"),
        (no_server, "could not be downloaded .ConnectionError"),
    ],
)
def test_a_failure_leaves_nothing_and_says_what_to_do(make, message, server, folder):
    with pytest.raises(DownloadError, match=message) as raised:
        fetch("set", make(server))
    assert files_below(folder) == []
    for advice in ("Nothing was kept", "ry again", "data get set --from FOLDER"):
        assert advice in str(raised.value)


def test_a_failure_leaves_the_file_that_was_there(server, folder):
    file = server.file("x.bin", BODY)
    path = fetch("set", file)
    with pytest.raises(DownloadError):
        fetch("set", file._replace(sha256="0" * 64))
    assert path.read_bytes() == BODY


FETCH = """
import signal, sys
from course_pkg.data.files.download import RemoteFile, fetch
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
fetch("set", RemoteFile(*sys.argv[1:]))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_download_can_be_started_again(how, server, folder):
    file = server.file("x.bin", BODY)
    server.held.add("/x.bin")
    process = subprocess.Popen([sys.executable, "-c", FETCH, *file], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not any(
        path.stat().st_size for path in folder.rglob(".unfinished/**/*") if path.is_file()
    ):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(how)
    process.wait()
    assert not (folder / "set" / "x.bin").exists()
    if how == signal.SIGINT:  # a process that may still clean up, does
        assert files_below(folder) == []
    server.go_on.set()
    assert fetch("set", file).read_bytes() == BODY
    assert files_below(folder) == [Path("set/x.bin")]


def test_two_at_once_download_once(server):
    file = server.file("x.bin", BODY)
    server.held.add("/x.bin")
    paths = []
    threads = [threading.Thread(target=lambda: paths.append(fetch("set", file))) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert paths == []
    server.go_on.set()
    for thread in threads:
        thread.join(30)
    assert [path.read_bytes() for path in paths] == [BODY, BODY]
    assert server.requests["/x.bin"] == 1


@pytest.mark.parametrize("name", ["pooch", "filelock"])
def test_a_missing_package_is_named(name, server, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        ModuleNotFoundError, match=f"package {name}; install it with 'pip install {name}'"
    ):
        fetch("set", server.file("x.bin", BODY))


def test_own_files_are_found_by_their_content(tmp_path, server, folder):
    files = [server.file("a.txt", b"first"), server.file("b.txt", b"second")]
    own = tmp_path / "stick"
    (own / "inside").mkdir(parents=True)
    for name, body in (("one", b"first"), ("two.bin", b"second"), ("three", b"other")):
        (own / name).write_bytes(body)
    take_from(own, "set", files)
    server.content.clear()
    assert [fetch("set", file).read_bytes() for file in files] == [b"first", b"second"]
    assert sorted(files_below(folder)) == [Path("set/a.txt"), Path("set/b.txt")]


def test_own_files_may_be_unpacked(tmp_path, server, folder):
    body = gzip.compress(b"first")
    file = server.file("a.gz", body)._replace(inside=hashlib.sha256(b"first").hexdigest())
    own = tmp_path / "stick"
    own.mkdir()
    (own / "a").write_bytes(b"first")
    take_from(own, "set", [file])
    assert fetch("set", file) == folder / "set" / "a"
    assert server.requests == {}
    (folder / "set" / "a").write_bytes(b"damaged")
    assert fetch("set", file).read_bytes() == body


def test_own_files_that_are_missing_are_named(tmp_path, server, folder):
    files = [server.file("a.txt", b"first"), server.file("b.txt", b"second")]
    own = tmp_path / "stick"
    own.mkdir()
    (own / "a.txt").write_bytes(b"first")
    (own / "b.txt").write_bytes(b"not the second")
    with pytest.raises(DownloadError, match=r"no file with the right SHA256 for b\.txt \(http"):
        take_from(own, "set", files)
    assert files_below(folder) == [Path("set/a.txt")]
    with pytest.raises(DownloadError, match="expected a folder with the files of 'set'"):
        take_from(tmp_path / "none", "set", files)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"COURSE_DATA": "/a/b"}, "/a/b"),
        ({"COURSE_DATA": "", "XDG_CACHE_HOME": "/c"}, "/c/course_pkg"),
        ({"COURSE_DATA": "", "XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/course_pkg"),
        ({"COURSE_DATA": "~/d", "HOME": "/h"}, "/h/d"),
        ({"COURSE_DATA": "e"}, str(Path.cwd() / "e")),
    ],
)
def test_the_folder_is_where_the_variables_say(variables, expected, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(data_folder()) == expected


def test_a_full_disk_is_an_error_and_leaves_nothing(server, folder, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "move", full)
    with pytest.raises(OSError, match="No space left"):
        fetch("set", server.file("x.bin", BODY))
    assert files_below(folder) == []


def test_sha256_is_that_of_the_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    assert sha256_of(tmp_path / "x").startswith("e3b0c44298fc1c149afbf4c8996fb924")


def test_every_known_sum_is_a_sha256_and_every_address_is_https():
    from course_pkg.data.registry import DATA_SETS

    files = [file for entry in DATA_SETS.values() for file in entry.files]
    assert len(files) == 12
    for file in files:
        assert file.url.startswith("https://")
        assert len(file.sha256) == 64
        assert int(file.sha256, 16)
        assert os.path.basename(file.name) == file.name  # noqa: PTH119


def test_pooch_is_quiet_and_its_logger_as_before(server, capfd):
    import pooch

    before = pooch.get_logger().level
    fetch("set", server.file("x.bin", BODY))
    assert pooch.get_logger().level == before
    assert capfd.readouterr() == ("", "")
