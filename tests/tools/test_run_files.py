"""The WebAssembly files: only those of the list are taken, and what is wrong is said."""

import hashlib
import json
import subprocess
import zipfile

import pytest
import run_files as tool
from run_files import RunFilesError, read_list, run_files, sums

CORE, WHEEL = b"the core", b"the wheel"
WANTED = {
    "pyodide": "9.9.9",
    "carrier": "some-carrier==1.2",
    "carrier_megabytes": 1,
    "folder": "inner/pyodide",
    "core": {"core.wasm": hashlib.sha256(CORE).hexdigest()},
    "lock": {
        "info": {"python": "3.14.0"},
        "packages": {
            "numpy": {"file_name": "n.whl", "sha256": hashlib.sha256(WHEEL).hexdigest()},
        },
    },
}


@pytest.fixture
def carrier(tmp_path):
    """Write the package that carries the files, with these contents, and return its path."""

    def write(**contents):
        path = tmp_path / "some_carrier-1.2-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as pack:
            for name, content in contents.items():
                pack.writestr(f"inner/pyodide/{name.replace('_', '.')}", content)
        return path

    return write


def test_the_list_names_files_with_their_sums():
    wanted = read_list()
    assert all(len(digest) == 64 for digest in sums(wanted).values())
    packages = wanted["lock"]["packages"]
    needed = {need for each in packages.values() for need in each["depends"]}
    assert needed <= set(packages)
    assert {"numpy", "matplotlib"} <= set(packages)
    assert {"pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"} < set(wanted["core"])


def test_files_that_are_those_of_the_list_are_taken_with_its_lock(tmp_path, carrier):
    carrier(core_wasm=CORE, n_whl=WHEEL, stranger_js=b"something else")
    folder = run_files(tmp_path, WANTED)
    assert sorted(path.name for path in folder.iterdir()) == [
        "core.wasm",
        "n.whl",
        "pyodide-lock.json",
    ]
    assert json.loads((folder / "pyodide-lock.json").read_text()) == WANTED["lock"]


def test_they_are_checked_each_time_and_taken_anew(tmp_path, carrier):
    path = carrier(core_wasm=CORE, n_whl=WHEEL)
    folder = run_files(tmp_path, WANTED)
    (folder / "n.whl").write_bytes(b"damaged")
    assert (run_files(tmp_path, WANTED) / "n.whl").read_bytes() == WHEEL
    (folder / "pyodide-lock.json").write_text("{}")
    lock = (run_files(tmp_path, WANTED) / "pyodide-lock.json").read_text()
    assert json.loads(lock) == WANTED["lock"]
    more = {**WANTED["lock"], "info": {"python": "3.14.1"}}  # the same files, another list
    lock = (run_files(tmp_path, {**WANTED, "lock": more}) / "pyodide-lock.json").read_text()
    assert json.loads(lock) == more
    run_files(tmp_path, WANTED)
    path.unlink()
    assert run_files(tmp_path, WANTED) == folder  # all there: the carrier is not needed


def test_what_was_fetched_is_not_kept_what_was_put_there_is(tmp_path, carrier, monkeypatch):
    def fetch(*_, **__):
        carrier(core_wasm=CORE, n_whl=WHEEL)
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(tool.subprocess, "run", fetch)
    assert [path.name for path in run_files(tmp_path, WANTED).parent.iterdir()] == ["9.9.9"]
    put = carrier(core_wasm=CORE, n_whl=WHEEL)
    (tmp_path / "9.9.9" / "n.whl").unlink()
    run_files(tmp_path, WANTED)
    assert put.exists()


def test_another_file_is_refused(tmp_path, carrier):
    carrier(core_wasm=CORE, n_whl=WHEEL + b" ")
    with pytest.raises(RunFilesError, match=r"n\.whl in .* is not the file that run_files\.toml"):
        run_files(tmp_path, WANTED)
    assert not (tmp_path / "9.9.9").exists()


def test_a_missing_file_is_named(tmp_path, carrier):
    carrier(core_wasm=CORE)
    with pytest.raises(RunFilesError, match=r"lacks a file .* names: .*n\.whl"):
        run_files(tmp_path, WANTED)


def test_half_a_download_is_named(tmp_path, carrier):
    path = carrier(core_wasm=CORE, n_whl=WHEEL)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunFilesError, match="cannot be read"):
        run_files(tmp_path, WANTED)


def test_without_a_network_it_says_what_to_do(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "a line\nERROR: No matching distribution\n")
    monkeypatch.setattr(tool.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RunFilesError) as error:
        run_files(tmp_path, WANTED)
    assert "No matching distribution" in str(error.value)
    assert f"Put its wheel into {tmp_path}, or build the site without RUN=1." in str(error.value)
