"""Records of long runs: whole files, and a head that says all that the numbers depend on."""

from __future__ import annotations

import argparse
import io
import os
import platform
import re
import subprocess
import sys

import pandas as pd
import pytest
import torch

from experiments import adding, record

ROWS = [{"network": "gru", "mse": "0.5"}, {"network": "lstm", "mse": "0.25"}]
OPTIONS = argparse.Namespace(lengths=[4, 8], lr=[2e-3], match_parameters=False, csv=None)


def head_of(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))


def test_the_head_says_all_that_the_numbers_depend_on(tmp_path):
    path = tmp_path / "adding.csv"
    arguments = ["--lengths", "4", "--steps", "1", "--hidden", "2", "--csv", str(path)]
    assert adding.main(arguments) == 0
    head = head_of(path)
    assert list(head) == [
        *("command", "versions", "machine", "options", "commit", "blas", "threads", "date"),
    ]
    assert "batch 64" in head["options"]  # by default, and in no other line
    assert "lr 0.002" in head["options"]
    assert re.fullmatch(r"unknown|[0-9a-f]{12}(, and changes since)?", head["commit"])
    assert re.match(r"\S+ \S+, kernel \S+", head["blas"])
    assert head["threads"].startswith(f"torch {torch.get_num_threads()}, OMP_NUM_THREADS ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", head["date"])


def test_options_are_written_as_they_are_typed():
    about = record.describe_run("experiments.adding", ["--lengths", "4", "8"], OPTIONS)
    assert about["command"] == "python -m experiments.adding --lengths 4 8"
    assert about["options"] == "lengths 4 8, lr 0.002, match_parameters False, csv None"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernel named here is of x86-64")
@pytest.mark.parametrize("kernel", ["Nehalem", "Sandybridge"])  # of 2008 and 2011: all have them
def test_the_kernel_is_the_one_that_runs(kernel):
    pytest.importorskip("threadpoolctl")
    environment = {**os.environ, "OPENBLAS_CORETYPE": kernel}
    code = "from experiments.record import blas; print(blas())"
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    if "openblas" not in run.stdout:
        pytest.skip(f"NumPy stands on another library here: {run.stdout}")
    assert f", kernel {kernel}, " in run.stdout


def test_without_threadpoolctl_the_kernel_is_unknown(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert ", kernel unknown, numpy simd " in record.blas()


def test_the_commit_tells_changed_code_from_other_changes(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (tmp_path / "course_pkg").mkdir()
    (tmp_path / "experiments").mkdir()
    (tmp_path / "course_pkg" / "a.py").write_text("1")
    (tmp_path / "notes").write_text("1")

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "a")
    first = record.commit(tmp_path)
    assert re.fullmatch("[0-9a-f]{12}", first)
    (tmp_path / "notes").write_text("2")  # such as the record that is written
    assert record.commit(tmp_path) == first
    (tmp_path / "course_pkg" / "a.py").write_text("2")
    assert record.commit(tmp_path) == f"{first}, and changes since"
    git("checkout", "course_pkg")
    (tmp_path / "experiments" / "b.py").write_text("1")
    assert record.commit(tmp_path) == f"{first}, and changes since"


@pytest.mark.parametrize("cause", ["no history", "no git"])
def test_a_copy_without_its_history_has_no_commit(cause, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "copy").mkdir()
    if cause == "no git":
        monkeypatch.setenv("PATH", str(tmp_path))
    assert record.commit(tmp_path / "copy") == "unknown"


def test_a_failure_leaves_the_record_that_was_there_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    record.write_results(path, {"command": "one"}, ROWS)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)  # what is renamed must have reached the disk
    with pytest.raises(OSError, match="No space left"):
        record.write_results(path, {"command": "two"}, ROWS)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_rows_come_back(tmp_path):
    path = tmp_path / "a.csv"
    record.write_results(path, {"command": "é, comma"}, ROWS)
    assert path.read_bytes().startswith("# command: é, comma\nnetwork,mse\n".encode())
    assert pd.read_csv(path, comment="#").to_dict("records") == [
        {"network": "gru", "mse": 0.5},
        {"network": "lstm", "mse": 0.25},
    ]


@pytest.mark.parametrize("terminal", [True, False])
def test_the_cases_come_in_order_and_the_bar_is_for_terminals(terminal, monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", screen)
    cases = [("gru", 4), ("lstm", 8)]
    assert list(record.tracked(cases)) == cases
    shown = screen.getvalue()
    assert ("2/2 done" in shown and shown.endswith("\n")) if terminal else shown == ""
