"""A check judges the answer, and nothing else that the learner has done in the notebook."""

from __future__ import annotations

import logging
import sys
import warnings

import pytest

from course_pkg.grading.run_check import run_check

SETUP_CELL = """
import numpy as np
from course_pkg.grading.feedback import check_array, check_equal
from course_pkg.grading.run_check import run_check

rng = np.random.default_rng(0)
x, sizes = np.arange(3.0), {"H": [5]}

def random_params(H):
    return rng.normal(size=H)

SETUP = dict(globals())
"""
ANSWER = """
def double(values):
    return 2 * values
"""
WRONG_ANSWER = ANSWER.replace("2 *", "3 *")
CHECK = """
def double_check():
    helper = double(x.copy())
    params = random_params(4)
    check_array("twice x", helper, [0.0, 2.0, 4.0])
    check_array("twice params", double(params), 2 * params)
    check_equal("parts", sum([len(list(helper)), max(sizes["H"])]), 8)

run_check(double_check, SETUP)
"""


def run_cells(*cells, namespace=None):
    """Run the cells in one namespace, as a notebook does, and return it."""
    namespace = {"__name__": "__main__"} if namespace is None else namespace
    for cell in cells:
        exec(cell, namespace)
    return namespace


CLASHES = {
    "a helper named like a variable of the check": "def helper(*a): raise ValueError('mine')",
    "a scrap variable named like an array of the set-up": "x = 'scrap'",
    "a generator that draws on": "rng.normal(size=100)",
    "a scrap variable named like what a function of the set-up uses": "rng = np = None",
    "a scrap variable named like a function of the set-up": "random_params = np.ones(3)",
    "a check of one's own": "def check_array(*a, **b): raise ValueError('mine')",
    "names of Python": "sum, max, list, len = 0, 1, [], 3",
    "an error state of one's own": "np.seterr(all='raise')",
}


@pytest.mark.parametrize("case", CLASHES)
@pytest.mark.filterwarnings("error")
def test_names_of_the_learner_do_not_matter(case, capsys):
    import numpy as np

    with np.errstate():
        namespace = run_cells(SETUP_CELL, CLASHES[case], ANSWER, CHECK)
    assert capsys.readouterr().out.count("Right: ") == 3
    if "names of Python" in case:
        assert namespace["sum"] == 0  # the learner's names are as they were


def test_a_check_leaves_no_name_behind_and_changes_none():
    namespace = run_cells(SETUP_CELL, ANSWER, "helper, params = 'mine', 'mine too'")
    before = dict(namespace)
    run_cells(CHECK, namespace=namespace)
    after = {name: value for name, value in namespace.items() if name != "double_check"}
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


def test_an_answer_that_changes_what_it_is_given_spoils_no_later_check(capsys):
    in_place = "def double(values):\n    values *= 2\n    return values"
    shows = """
def show_check():
    print(double(x), sizes, rng.normal(), random_params(2))
    sizes["H"].append(8)
run_check(show_check, SETUP)
"""
    run_cells(SETUP_CELL, in_place, shows, shows)
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert first.startswith("[0. 2. 4.] {'H': [5]}")


@pytest.mark.parametrize(
    "order",
    [(SETUP_CELL, WRONG_ANSWER, SETUP_CELL), (WRONG_ANSWER, SETUP_CELL)],
    ids=["the set-up cell run twice", "the set-up cell run late"],
)
def test_the_newest_answer_is_checked(order, capsys):
    namespace = run_cells(*order)
    with pytest.raises(AssertionError, match="twice x"):
        run_cells(CHECK, namespace=namespace)
    run_cells(ANSWER, CHECK, namespace=namespace)
    assert capsys.readouterr().out.count("Right: ") == 3


def test_an_answer_from_before_the_set_up_uses_its_own_helpers(capsys):
    answer = "def times(v):\n    return 2 * v\ndef double(values):\n    return times(values)"
    run_cells(answer, SETUP_CELL, CHECK)
    assert capsys.readouterr().out.count("Right: ") == 3


def test_two_names_of_one_array_stay_one_array():
    check = """
def one_check():
    assert first is second["it"]
    first[0] = 7
    assert second["it"][0] == 7
run_check(one_check, SETUP)
"""
    set_up = SETUP_CELL.replace("SETUP =", "first = np.ones(2)\nsecond = {'it': first}\nSETUP =")
    namespace = run_cells(set_up, check)
    assert namespace["first"][0] == 1


NOISY = """
import logging, sys, warnings
def double(values):
    warnings.warn("careful")
    np.log(np.zeros(1)), np.float64(1) / 0 * 0
    print("a note", file=sys.stderr)
    logging.getLogger("noisy").warning("a log line")
    return 2 * values
"""


@pytest.mark.filterwarnings("error")
def test_warnings_are_silent_and_the_error_stream_is_printed(capsys):
    lines_of = logging.getLogger("noisy")
    lines_of.propagate = False  # pytest collects it; a notebook's goes to the error stream
    try:
        run_cells(SETUP_CELL, NOISY.replace("/ 0", "/ np.float64(0)"), CHECK)
    finally:
        lines_of.propagate = True
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "a note" in captured.out
    assert "a log line" in captured.out
    assert captured.out.count("Right: ") == 3
    assert sys.stderr is not sys.stdout
    with pytest.raises(UserWarning):
        warnings.warn("shown again after the check", UserWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (WRONG_ANSWER, AssertionError, "twice x: .*"),
        ("def double(values):\n    raise NotImplementedError", NotImplementedError, None),
        ("def double(values):\n    return [] + 2", TypeError, "can only concatenate"),
        ("", NameError, "name 'double' is not defined"),
    ],
    ids=["wrong", "not answered", "with an error", "missing"],
)
def test_errors_pass_through(answer, error, message):
    with pytest.raises(error, match=message) as caught:
        run_cells(SETUP_CELL, answer, CHECK)
    assert caught.traceback[-1].frame.code.name in ("double", "double_check", "check_array")
    assert sys.stderr is not sys.stdout


def test_only_a_function_of_the_notebook_is_a_check():
    inner = 3
    for not_a_check in (print, None, lambda: inner):
        with pytest.raises(TypeError, match="check: expected a function of the notebook"):
            run_check(not_a_check, {})
