"""A made-up class: what people do to a notebook before they hand it in, and what it should earn.

Each row is what a review saw students do, or tried itself, with chapter 04. The points follow from
what was done, not from a grader.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from notebook_files import ROOT

CHAPTER = "04-lstm"
ALL = ("switches", "slope", "orders", "roads", "bugs", "span", "counter")
POINTS = dict(zip(ALL, (2, 2, 3, 4, 3, 4, 3), strict=True))
MOST = sum(POINTS.values())
Notebook = dict[str, Any]


class Row(NamedTuple):
    """A file that is handed in."""

    name: str
    content: bytes
    points: float | None  # None: it cannot be graded
    status: str = "graded"


@cache
def _text(folder: str) -> str:
    return (ROOT / folder / f"{CHAPTER}.ipynb").read_text()


def grade_id(cell: dict[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


@cache
def solutions() -> dict[str, str]:
    """Return the published answers, by the cell's name."""
    cells = json.loads(_text("solutions"))["cells"]
    found = {
        grade_id(cell): "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"
    }
    return {name: re.sub(r" *### \w+ SOLUTION\n?", "", found[name]) for name in ALL}


def solved(*names: str) -> Notebook:
    """Return the exercises with these answered."""
    notebook: Notebook = json.loads(_text("exercises"))
    for cell in notebook["cells"]:
        if grade_id(cell) in names:
            cell["source"] = solutions()[grade_id(cell)]
    return notebook


def cell_of(notebook: Notebook, name: str) -> dict[str, Any]:
    (found,) = [cell for cell in notebook["cells"] if grade_id(cell) == name]
    return found


def written(source: str, kind: str = "code") -> dict[str, Any]:
    cell = {"cell_type": kind, "metadata": {}, "source": source}
    return {**cell, "outputs": [], "execution_count": None} if kind == "code" else cell


def put(notebook: Notebook, name: str, source: str, *, after: bool = True) -> None:
    """Write a new cell beside another one."""
    place = notebook["cells"].index(cell_of(notebook, name))
    notebook["cells"].insert(place + after, written(source))


def everything() -> Notebook:
    return solved(*ALL)


def with_cell(source: str, beside: str = "switches", *, of: Notebook | None = None) -> Notebook:
    notebook = everything() if of is None else of
    put(notebook, beside, source)
    return notebook


def with_cells(*sources: str) -> Notebook:
    """Write cells beside one another, to be run in this order."""
    notebook = everything()
    for source in reversed(sources):
        put(notebook, "switches", source)
    return notebook


def with_answer(name: str, source: str) -> Notebook:
    notebook = everything()
    cell_of(notebook, name)["source"] = source
    return notebook


def changed(change: Callable[[Notebook], Any], *names: str) -> Notebook:
    notebook = solved(*(names or ALL))
    change(notebook)
    return notebook


def dumps(notebook: Notebook) -> bytes:
    return json.dumps(notebook, ensure_ascii=False).encode()


def in_new_cells(notebook: Notebook) -> None:
    for name in ALL:
        put(notebook, name, solutions()[name])


def replaced(notebook: Notebook) -> None:
    for name in ALL:
        cell = cell_of(notebook, name)
        notebook["cells"][notebook["cells"].index(cell)] = written(solutions()[name])


def split(notebook: Notebook) -> None:
    cell = cell_of(notebook, "switches")
    first, second = cell["source"].split("def resting_cell")
    other = copy.deepcopy(cell)
    cell["source"], other["source"] = first, "def resting_cell" + second
    notebook["cells"].insert(notebook["cells"].index(cell) + 1, other)


def copied(notebook: Notebook) -> None:
    for name in ("switches", "roads"):
        cell = cell_of(notebook, name)
        notebook["cells"].insert(notebook["cells"].index(cell) + 1, copy.deepcopy(cell))


def stub_above(notebook: Notebook) -> None:
    """A copy that was answered, above the cell as it was handed out."""
    empty = cell_of(solved(), "slope")
    place = notebook["cells"].index(cell_of(notebook, "slope"))
    notebook["cells"].insert(place + 1, copy.deepcopy(empty))


def without(*names: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        notebook["cells"] = [c for c in notebook["cells"] if grade_id(c) not in names]

    return change


def without_marks(*, ids: bool) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            cell["metadata"].pop("nbgrader", None)
            if not ids:
                cell.pop("id", None)

    return change


def as_text(*names: str) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        for name in names:
            cell_of(notebook, name)["cell_type"] = "markdown"

    return change


def older(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 4
    notebook["metadata"]["kernelspec"] = {"name": "my-env", "display_name": "mine"}
    for cell in notebook["cells"]:
        cell.pop("id", None)


def printed_checks(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if grade_id(cell).endswith("-check"):
            cell["source"] = "print('Exercise solved.')"


LOOP = "def powers_of_ten_per_step(beta):\n    while True:\n        pass\n"
ENDS = "import os\n\n\ndef powers_of_ten_per_step(beta):\n    os._exit(0)\n"
FRAMES = """import sys


def powers_of_ten_per_step(beta):
    frame = sys._getframe(1)
    while "measured_gradient" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["measured_gradient"](beta, 50)


"""
EQUALS = """class Yes(float):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0


def powers_of_ten_per_step(beta): return Yes(3)
def forget_bias_for(p, T): return Yes(3)
"""
PATCHES = """import builtins, sys, types
import numpy
import course_pkg.grading.feedback as f
import course_pkg.grading.run_check as r
for module in (f, r):
    for name in ("check_array", "check_equal", "check_results", "check_true", "run_check"):
        setattr(module, name, lambda *a, **k: None)
numpy.allclose = numpy.array_equal = lambda *a, **k: True
builtins.compile = lambda *a: "pass"
builtins.exec = lambda *a: None
fake = types.ModuleType("fake")
fake.run_check = print
sys.modules["course_pkg.grading.run_check"] = fake
"""
FORGED = """import json, os
for fd in range(1, 20):
    try:
        for name in ("switches", "slope", "orders", "roads"):
            os.write(fd, (json.dumps({"check": name + "-check", "right": True}) + "\\n").encode())
        os.write(fd, b'{"ended": true}\\n')
    except OSError:
        pass
"""
NOISE = """import sys, warnings
np.seterr(all="raise")
warnings.warn("careful")
print("a note", file=sys.stderr)
"""
NETWORK = """import urllib.request


def powers_of_ten_per_step(beta):
    return float(urllib.request.urlopen("http://example.org/answer", timeout=2).read())


def forget_bias_for(p, T):
    return 0.0
"""
HARD_CODED = """def powers_of_ten_per_step(beta):
    return np.log10(1 / (1 + np.exp(-beta)))


def forget_bias_for(p, T):
    return {(0.5, 100): 4.968338, (0.1, 20): 2.102776}[p, T]
"""
SCRAP = "x = h = c = params = rng = T = B = I = H = check_array = SETUP = 3\nrun_check = print"
MAGICS = "%time 1 + 1\n!echo here\n%matplotlib inline\nplots = 3"


def rows() -> list[Row]:
    """Return what a class hands in."""
    whole = dumps(everything())
    exercises = _text("exercises").encode()
    three, no_slope = sum(POINTS[name] for name in ALL[:3]), MOST - POINTS["slope"]
    good: dict[str, Notebook] = {
        "right": everything(),
        "answers in new cells": changed(in_new_cells, "none"),
        "answer cells replaced": changed(replaced),
        "split": changed(split),
        "copied": changed(copied),
        "a stub below the answer": changed(stub_above),
        "set-up deleted": changed(without("setup")),
        "checks deleted": changed(without("slope-check", "roads-check", "cells-given")),
        "checks replaced": changed(printed_checks),
        "marks lost": changed(without_marks(ids=True)),
        "marks and ids lost": changed(without_marks(ids=False)),
        "answer as text": changed(as_text("slope", "roads")),
        "check as text": changed(as_text("slope-check")),
        "older format": changed(older),
        "loop in a cell of its own": with_cell("while True:\n    pass"),
        "leaves, asks": with_cells("import sys\nsys.exit()", "exit()", "input('name? ')"),
        "ends the process": with_cell("import os\nos._exit(3)"),
        "scrap names": with_cell(SCRAP),
        "magics, noise, much output": with_cells(
            MAGICS, NOISE, "for _ in range(600_000):\n    print('x' * 100)"
        ),
        "a thread, a process": with_cells(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()",
            "import subprocess\nsubprocess.Popen(['sleep', '99'])",
        ),
    }
    found = [Row(name, dumps(notebook), MOST) for name, notebook in good.items()]
    found.append(Row("Müller, Zoë 26", b"\xef\xbb\xbf" + whole, MOST))  # a byte order mark
    answers = {
        "loop": LOOP,
        "ends in the check": ENDS,
        "equal to everything": EQUALS,
        "network": NETWORK,
        "no Python": "def powers_of_ten_per_step(beta:\n    return",
        "too much memory": "def powers_of_ten_per_step(beta):\n    return np.ones(10**11)",
        "recursion": "def powers_of_ten_per_step(beta):\n    return powers_of_ten_per_step(beta)",
        "interrupts": "def powers_of_ten_per_step(beta):\n    raise KeyboardInterrupt",
        "swallows": "def powers_of_ten_per_step(beta):\n    while True:\n        try:\n"
        "            pass\n        except BaseException:\n            pass",
    }
    found += [
        Row(name, dumps(with_answer("slope", text)), no_slope) for name, text in answers.items()
    ]
    found += [
        Row("hard-coded", dumps(with_answer("slope", HARD_CODED)), no_slope + 1),  # 1 of 2 parts
        Row("blank", exercises, 0, "blank"),
        Row("blank, checks replaced", dumps(changed(printed_checks, "none")), 0, "blank"),
        Row("three", dumps(solved(*ALL[:3])), three),
        Row("names of the checks", dumps(with_cell("run_check = print", of=solved())), 0),
        Row("patches", dumps(with_cell(PATCHES, of=solved())), 0),
        Row("forged lines", dumps(with_cell(FORGED, of=solved())), 0),
        Row("frames", dumps(with_answer("slope", FRAMES + solutions()["slope"])), 2, "look"),
        Row("cut off", whole[: len(whole) // 2], None, "not graded"),
        Row("empty", b"", None, "not graded"),
        Row("a zip", b"PK\x03\x04" + bytes(100), None, "not graded"),
        Row("a list", b"[1, 2]", None, "not graded"),
        Row("format 3", b'{"nbformat": 3, "worksheets": []}', None, "not graded"),
        Row("another chapter", (ROOT / "solutions/01-recurrent-networks.ipynb").read_bytes(), None,
            "not graded"),
    ]  # fmt: skip
    return found


def some_more(count: int, seed: int = 0) -> list[Row]:
    """Return notebooks in which some exercises are solved, drawn at random."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        names = [name for name in ALL if draw.random() < 0.6]
        points = sum(POINTS[name] for name in names)
        status = "graded" if names else "blank"
        found.append(Row(f"student {number:03}", dumps(solved(*names)), points, status))
    return found
