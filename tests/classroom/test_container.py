"""The recipe for a container: its inner command, with what a container leaves of an environment."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys

from notebook_files import ROOT

from tests.classroom.made_up import rows

PAGE = (ROOT / "book" / "instructors.md").read_text()
(RUN,) = re.findall(r"```\n(mkdir .*?docker run.*?)```", PAGE, re.DOTALL)
DOCKERFILE = (ROOT / "tools" / "grading" / "Dockerfile").read_text()


def test_it_has_no_network_no_rights_and_limits():
    words = RUN.split()
    for one, other in (("--network", "none"), ("--cap-drop", "ALL")):
        assert words[words.index(one) + 1] == other
    assert {"--read-only", "--memory", "--pids-limit"} <= set(words)
    writable = [word for word in re.findall(r'--volume "[^"]*:(/\S+)"', RUN) if ":ro" not in word]
    assert writable == ["/graded"]


def test_its_inner_command_grades(tmp_path):
    """With an empty home, no write access elsewhere being needed, and no variable but these."""
    (tmp_path / "submissions").mkdir()
    for row in rows():
        if row.name in ("right", "blank"):
            (tmp_path / "submissions" / f"{row.name}.ipynb").write_bytes(row.content)
    (tmp_path / "tmp").mkdir()
    command = RUN.split("course-grading ", 1)[1].split()
    assert command[:4] == ["python", "-m", "course_pkg", "grade"]
    command = [sys.executable, *(word.replace("/s", f"{tmp_path}/s", 1) for word in command[1:])]
    command[-1] = str(tmp_path / "graded")
    (home,) = re.findall(r"HOME=(\S+)", DOCKERFILE)
    assert home == "/tmp"
    place = str(tmp_path / "tmp")
    run = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.defpath, "HOME": place, "TMPDIR": place, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    with (tmp_path / "graded" / "grades.csv").open() as file:
        assert {row["student"]: row["points"] for row in csv.DictReader(file)} == {
            "right": "21",
            "blank": "0",
        }
