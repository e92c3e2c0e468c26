"""A made-up chapter of one exercise whose check has two parts, and what people do with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.tools.samples import marks

NAME = "99-parts"
SET_UP = """\
from course_pkg.grading.feedback import check_equal
from course_pkg.grading.parts import part
from course_pkg.grading.run_check import remember

remember(globals())"""
SOLUTION = """\
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


def square(x):
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION"""
CHECK = """\
# Check of exercise 1: run this cell; there is no need to open it.
from course_pkg.grading.run_check import run_check


def numbers_check():
    with part("the double", points=1):
        check_equal("double of 3", double(3), 6)
    with part("the square", points=2):
        check_equal("square of 3", square(3), 9)
        ### BEGIN HIDDEN TESTS
        check_equal("square of 5", square(5), 25)
        ### END HIDDEN TESTS


run_check(numbers_check, exercise=1)"""


def cell(kind: str, source: str, name: str, **mark: Any) -> dict[str, Any]:
    """Return a cell with nbgrader's marks, if it has any."""
    metadata = {"nbgrader": marks(name, **mark)} if mark else {}
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return made if kind == "markdown" else {**made, "outputs": [], "execution_count": None}


def notebook() -> dict[str, Any]:
    """Return the source of the chapter."""
    cells = [
        cell("markdown", "# Exercises: parts\n", "title"),
        cell("code", SET_UP, "setup", solution=False),
        cell("markdown", "## Exercise 1. Two numbers\n\nWrite `double` and `square`.", "one"),
        cell("code", SOLUTION, "numbers", solution=True),
        cell("code", CHECK, "numbers-check", grade=True, points=3),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write_source(folder: Path) -> Path:
    """Write the chapter into a folder."""
    path = folder / f"{NAME}.ipynb"
    path.write_text(json.dumps(notebook()))
    return path


def handed_in(answer: str) -> bytes:
    """Return the chapter as a student hands it in."""
    made = notebook()
    made["cells"][3]["source"] = answer
    return json.dumps(made).encode()


RIGHT = "def double(x):\n    return 2 * x\n\n\ndef square(x):\n    return x * x"
ONE = RIGHT.replace("x * x", "x + x")
OTHER = RIGHT.replace("2 * x", "3 * x")
NONE = ONE.replace("2 * x", "3 * x")
UNSOLVED = "def double(x):\n    raise NotImplementedError\n\n\ndef square(x):\n    return x * x"
RAISES = "def double(x):\n    return 1 / 0\n\n\ndef square(x):\n    return x * x"
EXITS = "def double(x):\n    raise SystemExit\n\n\ndef square(x):\n    return x * x"
VISIBLE = RIGHT.replace("x * x", "9")  # fits what is shown
BLANK = (
    "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError\n\n\n"
    "def square(x):\n    # YOUR CODE HERE\n    raise NotImplementedError"
)
# student: answer, points, state
CLASS = {
    "right": (RIGHT, 3, "right"),
    "the double alone": (ONE, 1, "part"),
    "the square alone": (OTHER, 2, "part"),
    "the double unsolved": (UNSOLVED, 2, "part"),
    "the double raises": (RAISES, 2, "part"),
    "the double exits": (EXITS, 2, "part"),
    "fitted to what is shown": (VISIBLE, 1, "part"),
    "neither": (NONE, 0, "wrong"),
    "blank": (BLANK, 0, "blank"),
}

# How an answer may try to raise its points, from within the check. The module is looked up under a
# name that no reader of the source would find.
MODULE = 'sys.modules["course_pkg.gra" + "ding.parts"]'
HOSTILE_CODE = {
    "forgets the parts": "p.forget_parts()",
    "appends": 'for _ in range(9): p._last.append(p.Part("the square", 2, None))',
    "appends to a list put aside": "old = p._last; p._last = []; "
    'old.extend(p.Part("the square", 2, None) for _ in range(9))',
    "binds points_earned anew": "p.points_earned = lambda: 99",
    "changes points_earned": 'n = "__co" + "de__"; '
    "setattr(p.points_earned, n, getattr(lambda: 99, n))",
    "binds the part anew": "p.part.__exit__ = lambda *a: True; p.Part = lambda *a: None",
    "opens parts of its own": "exec('with p.part(\"the square\", points=2): pass')",
    "has a number given for an error": 'import os; os.environ["NBGRADER_EXECUTION"] = "autograde"; '
    'sys.modules["course_pkg.gra" + "ding.run_check"].AS_VALUE = True',
    "raises a failure with points": 'e = sys.modules["course_pkg.gra" + "ding.failure"]'
    '.CheckFailed("no"); e.points = 3; raise e',
}


def hostile(code: str) -> str:
    """Return an answer of which the double is right, and which runs this as it computes."""
    lines = "".join(f"    {line}\n" for line in code.split("\n"))
    return (
        "import sys\n\n\ndef double(x):\n    return 2 * x\n\n\n"
        f"def square(x):\n    p = {MODULE}\n{lines}    return x + x"
    )
