"""What a learner sees of a check, in a real kernel: the message, and nothing of the check."""

from __future__ import annotations

import re

import pytest
from execute_notebooks import execute
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade
from notebook_files import METADATA

SET_UP = """
import numpy as np
from course_pkg.grading.feedback import check_array
from course_pkg.grading.run_check import remember

def values():
    return np.arange(40.0)

remember(globals())
"""
CHECK = """
# Check of exercise 3
from course_pkg.grading.run_check import run_check


def double_check():
    secret = "this gives the answer away"
    assert double is not None, f"double: expected a function, got {double!r}.{' ' * len(secret)}"
    getattr(double, "also", bool)(lambda: secret[99])  # a function of the check, handed out
    check_array("twice", double(values()), 2 * values())


run_check(double_check, exercise=3)
"""
ANSWERS = {
    "right": "def double(v):\n    return 2 * v",
    "wrong": "def double(v):\n    return 2 * v + (v > 20)",
    "unsolved": "def double(v):\n    raise NotImplementedError",
    "none": "double = None",
    "own error": "def double(v):\n    return helper(v)\n\ndef helper(v):\n    return v[99]",
    "chained": "def double(v):\n    try:\n        return v[99]\n    except IndexError as error:\n"
    "        raise ValueError('too few') from error",
    "chained to the check": "def double(v):\n    return 2 * v\n\ndef also(function):\n    try:\n"
    "        function()\n    except IndexError as error:\n        raise ValueError from error\n\n"
    "double.also = also",
    "an endless recursion": "def double(v):\n    return double(v)",
    "interrupted": "def double(v):\n    raise KeyboardInterrupt",
    "by a lambda": "double = lambda v: v @ np.ones(3)",
    "a library's error": "double = np.linalg.inv",
    "a group of errors": "def double(v):\n    raise ExceptionGroup('two', [ValueError(1)])",
    "a syntax error": "def double(v):\n    return eval('2 +')",
    "an exit": "def double(v):\n    raise SystemExit(3)",
    "another base exception": "def double(v):\n    raise GeneratorExit",
    "an error without a message": "class Odd(Exception):\n    def __str__(self):\n"
    "        raise ValueError\n\ndef double(v):\n    raise Odd",
    "one that defined the names of the room": "run_check = remember = print\ndel double",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """The check cell after each answer, and one before the set-up."""
    sources = [CHECK, SET_UP]
    for answer in ANSWERS.values():
        sources += [answer, CHECK]
    notebook = new_notebook(cells=[new_code_cell(s) for s in sources], metadata=METADATA)
    executed = execute(notebook, tmp_path_factory.mktemp("run"), allow_errors=True).cells
    found = dict(zip(ANSWERS, executed[3::2], strict=True))
    return {"no set-up": executed[0], **found}


def error_of(cell):
    (error,) = [out for out in cell.outputs if out.output_type == "error"]
    return error


def seen(cell):
    """The lines of an error, without colours."""
    text = "\n".join(error_of(cell).traceback)
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


SENTENCES = {
    "no set-up": "Run the first cell of this notebook (the set-up), then this one again.",
    "unsolved": ("Exercise 3 is not solved yet: replace `raise NotImplementedError` in `double`."),
    "none": "Not yet. double: expected a function, got None.",
    "a library's error": "Not yet. The check cannot go on with your answer. LinAlgError: ",
    "a group of errors": "Not yet. The check cannot go on with your answer. ExceptionGroup: two",
    "a syntax error": "Not yet. The check cannot go on with your answer. SyntaxError: invalid",
    "an exit": "Not yet. The check cannot go on with your answer. SystemExit: 3",
    "an error without a message": "Not yet. The check cannot go on with your answer. Odd: its mess",
    "one that defined the names of the room": "Not yet. `double` is not defined. Run the cell",
}


@pytest.mark.parametrize("case", SENTENCES)
def test_one_sentence_is_shown(cells, case):
    (line,) = seen(cells[case])
    assert line.startswith(SENTENCES[case])
    assert error_of(cells[case]).ename == "CheckFailed"
    assert line.removeprefix("Not yet. ") == error_of(cells[case]).evalue


def test_a_wrong_answer_shows_the_message(cells):
    assert seen(cells["wrong"]) == [
        "Not yet. twice: the shape (40,) is right, the values are not. "
        "Right are the first 21 of 40.",
        "  expected [17:25]: [34. 36. 38. 40. 42. 44. 46. 48.]",
        "  got      [17:25]: [34. 36. 38. 40. 43. 45. 47. 49.]",
        "  largest difference: 1, at index (21,): expected 42, got 43",
    ]


def test_a_right_answer_ends_in_a_line_that_says_so(cells):
    (output,) = cells["right"].outputs
    assert output.text == "Right: twice.\nExercise 3 solved.\n"


OWN = {
    "own error": ("IndexError", ["in double(v)", "in helper(v)"]),
    "chained": ("ValueError", ["in double(v)", "in double(v)"]),
    "chained to the check": ("ValueError", ["in also(function)", "in also(function)"]),
    "an endless recursion": ("RecursionError", 6 * ["in double(v)"]),
    "interrupted": ("KeyboardInterrupt", ["in double(v)"]),
    "another base exception": ("GeneratorExit", ["in double(v)"]),
    "by a lambda": ("ValueError", ["in <lambda>(v)"]),
}


@pytest.mark.parametrize("case", OWN)
def test_an_error_of_the_answer_shows_the_cell_of_the_answer(cells, case):
    name, places = OWN[case]
    lines = seen(cells[case])
    assert error_of(cells[case]).ename == name
    assert lines[-1].startswith(f"{name}:")
    assert [line.split(", ", 2)[2] for line in lines if line.startswith("Cell In[")] == places


@pytest.mark.parametrize("case", ["no set-up", *ANSWERS])
def test_nothing_of_the_check_or_of_the_package_is_shown(cells, case):
    text = "\n".join(out.get("text") or "\n".join(out.traceback) for out in cells[case].outputs)
    for hidden in (
        "secret",
        "double_check",
        "run_check",
        "site-packages",
        "course_pkg",
        "values()",
    ):
        assert hidden not in text


def test_all_but_the_right_answer_are_errors_to_a_grader_and_on_a_page(cells):
    for case, cell in cells.items():
        cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": 2}
        assert determine_grade(cell) == ((2 if case == "right" else 0), 2)
    page, _ = HTMLExporter().from_notebook_node(new_notebook(cells=[cells["wrong"]]))
    assert page.count("Not yet. twice: ") == 1
