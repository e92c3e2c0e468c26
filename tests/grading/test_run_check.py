"""A check judges the answer, and nothing else that the learner has done in the notebook."""

from __future__ import annotations

import itertools
import logging
import subprocess
import sys
import types
import warnings

import pytest

from course_pkg.grading.failure import CheckFailed
from course_pkg.grading.run_check import remember, run_check

SETUP_CELL = """
import numpy as np
from course_pkg.grading.feedback import check_array, check_equal
from course_pkg.grading.run_check import remember

rng = np.random.default_rng(0)
x, sizes = np.arange(3.0), {"H": [5]}

def random_params(H):
    return rng.normal(size=H)

remember(globals())
"""
ANSWER = """
def double(values):
    return 2 * values
"""
WRONG_ANSWER = ANSWER.replace("2 *", "3 *")
IMPORT = "from course_pkg.grading.run_check import run_check\n"
CHECK = """
from course_pkg.grading.run_check import run_check


def double_check():
    helper = double(x.copy())
    params = random_params(4)
    check_array("twice x", helper, [0.0, 2.0, 4.0])
    check_array("twice params", double(params), 2 * params)
    check_equal("parts", sum([len(list(helper)), max(sizes["H"])]), 8)

run_check(double_check, exercise=3)
"""


CELLS = itertools.count(1)


def run_cells(*cells, namespace=None):
    """Run the cells in one namespace, as a notebook does, and return it."""
    namespace = {"__name__": "__main__"} if namespace is None else namespace
    for cell in cells:
        number = next(CELLS)  # each cell is a file to Python, as in a notebook
        exec(compile(cell, f"<cell {number}>", "exec"), namespace)
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
    "a function named like one of the set-up": "def random_params(H): raise ValueError('mine')",
    "the names of the grading room": "run_check = remember = print",
    "arrays of the set-up changed in place": "x *= 0; sizes['H'].clear()",
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
    after = {n: v for n, v in namespace.items() if n not in ("double_check", "run_check")}
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


def test_an_answer_that_changes_what_it_is_given_spoils_no_later_check(capsys):
    in_place = "def double(values):\n    values *= 2\n    return values"
    shows = """
def show_check():
    print(double(x), sizes, rng.normal(), random_params(2))
    sizes["H"].append(8)
run_check(show_check, exercise=3)
"""
    run_cells(SETUP_CELL, IMPORT, in_place, shows, shows)
    first, _, second, _ = capsys.readouterr().out.splitlines()
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
run_check(one_check, exercise=3)
"""
    set_up = SETUP_CELL.replace(
        "remember(", "first = np.ones(2)\nsecond = {'it': first}\nremember("
    )
    namespace = run_cells(set_up, IMPORT + check)
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


UNSOLVED = "Exercise 3 is not solved yet: replace `raise NotImplementedError` in `{}`."
STUBS = {
    "double": "def double(values):\n    raise NotImplementedError",
    "halves": "def halves(v):\n    raise NotImplementedError()\ndouble = halves",
    "Cell.step": """
class Cell:
    def step(self, values):
        raise NotImplementedError
double = Cell().step
""",
    "double.inner": """
def double(values):
    def inner(v):
        raise NotImplementedError
    return inner(values)
""",
}


@pytest.mark.parametrize("name", STUBS)
def test_an_unsolved_exercise_says_so(name):
    with pytest.raises(CheckFailed) as caught:
        run_cells(SETUP_CELL, STUBS[name], CHECK)
    assert str(caught.value) == UNSOLVED.format(name)
    assert caught.value._render_traceback_() == [UNSOLVED.format(name)]


def test_a_check_without_the_set_up_asks_for_it():
    run_cells(SETUP_CELL)  # of another notebook
    with pytest.raises(CheckFailed) as caught:
        run_cells(ANSWER, CHECK)
    asks = "Run the first cell of this notebook (the set-up), then this one again."
    assert caught.value._render_traceback_() == [asks]


def test_an_answer_whose_cell_has_not_run_is_asked_for():
    with pytest.raises(
        CheckFailed, match=r"`double` is not defined\. Run the cell with your answer"
    ):
        run_cells(SETUP_CELL, CHECK)


OWN_ERRORS = {
    "a wrong operation": ("def double(values):\n    return [] + 2", TypeError, ["double"]),
    "in a helper": (
        "def helper(v):\n    return v[99]\ndef double(values):\n    return helper(values)",
        IndexError,
        ["double", "helper"],
    ),
    "in NumPy": ("def double(values):\n    return np.stack([])", ValueError, ["double"]),
    "a missing name": ("def double(values):\n    return halves(values)", NameError, ["double"]),
    "an assert of one's own": (
        "def double(values):\n    assert len(values) == 99, 'mine'",
        AssertionError,
        ["double"],
    ),
    "a missing part of NumPy": (
        "def double(values):\n    raise NotImplementedError('complex values')",
        NotImplementedError,
        ["double"],
    ),
    "nothing there, in a library": (
        "import asyncio\ndef double(v):\n    asyncio.AbstractEventLoop().stop()",
        NotImplementedError,
        ["double"],
    ),
    "interrupted": ("def double(v):\n    raise KeyboardInterrupt", KeyboardInterrupt, ["double"]),
}


@pytest.mark.parametrize("case", OWN_ERRORS)
def test_an_error_of_the_answer_is_shown_with_the_frames_of_the_answer(case, monkeypatch):
    answer, error, functions = OWN_ERRORS[case]
    with pytest.raises(error) as caught:
        run_cells(SETUP_CELL, answer, CHECK)
    assert not isinstance(caught.value, CheckFailed)
    shown = []

    class Shell:  # what IPython has
        class InteractiveTB:
            @staticmethod
            def structured_traceback(kind, value, trace, tb_offset):
                assert (kind, value, tb_offset) == (error, caught.value, 0)
                while trace:
                    shown.append(trace.tb_frame.f_code.co_name)
                    trace = trace.tb_next
                return ["shown"]

    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=Shell))
    assert caught.value._render_traceback_() == ["shown"]
    assert shown == functions
    assert sys.stderr is not sys.stdout


CANNOT_GO_ON = {
    "other arguments": (
        "def double(a, b):\n    return a",
        "TypeError: double() missing 1 required",
    ),
    "no function": ("double = 3", "TypeError: 'int' object is not callable"),
    "a syntax error": (
        "def double(v):\n    return eval('2 +')",
        "SyntaxError: invalid syntax (<string>, line 1)",
    ),
    "a group of errors": (
        "def double(v):\n    raise ExceptionGroup('two', [ValueError(1), TypeError(2)])",
        "ExceptionGroup: two (2 sub-exceptions)",
    ),
    "an error of a library": ("double = np.linalg.inv", "LinAlgError: "),
}


@pytest.mark.parametrize("case", CANNOT_GO_ON)
def test_a_check_that_cannot_go_on_says_so_without_its_source(case):
    answer, message = CANNOT_GO_ON[case]
    with pytest.raises(CheckFailed) as caught:
        run_cells(SETUP_CELL, answer, CHECK)
    assert str(caught.value).startswith("The check cannot go on with your answer. " + message)
    assert caught.value.__context__ is None  # IPython looks for groups there


ASSERTS = """
def double_check():
    def inner(value):
        assert value == 6, f"expected 6, got {value}"

    values = list(map(inner, [double(3)]))
    assert values == [6]


run_check(double_check, exercise=3)
"""


def test_an_assert_of_the_check_shows_its_message():
    with pytest.raises(CheckFailed) as caught:
        run_cells(SETUP_CELL, IMPORT, WRONG_ANSWER, ASSERTS)
    assert caught.value._render_traceback_() == ["Not yet. expected 6, got 9"]
    with pytest.raises(CheckFailed, match="does not say what"):
        run_cells(SETUP_CELL, IMPORT, ANSWER, ASSERTS)


def test_an_assert_in_what_the_check_hands_to_the_answer_is_the_check_s():
    check = """
def double_check():
    def counted(value):
        assert value < 5, "too many steps"
    double(counted)
run_check(double_check, exercise=3)
"""
    with pytest.raises(CheckFailed, match="too many steps"):
        run_cells(SETUP_CELL, IMPORT, "def double(f):\n    return f(9)", check)


def test_a_right_answer_ends_in_a_line_that_says_so(capsys):
    run_cells(SETUP_CELL, ANSWER, CHECK)
    assert capsys.readouterr().out.splitlines()[-1] == "Exercise 3 solved."


def test_a_wrong_answer_is_not_called_solved(capsys):
    with pytest.raises(CheckFailed, match="twice x: "):
        run_cells(SETUP_CELL, WRONG_ANSWER, CHECK)
    assert "solved" not in capsys.readouterr().out
    assert sys.stderr is not sys.stdout


SET_UP_AGAIN = [(), (SETUP_CELL,)]


@pytest.mark.parametrize("again", SET_UP_AGAIN, ids=["set-up once", "set-up again"])
@pytest.mark.parametrize(
    "answer",
    [
        "def double(v, *, gain=2):\n    return gain * v",
        "def double(v, /, more=1, *, gain=1):\n    return (gain + more) * v",
        "def double(v):\n    double.calls += 1\n    return 2 * v\ndouble.calls = 0",
        "import functools\n@functools.cache\ndef two(v: int) -> int:\n    return 2\n"
        "def double(v):\n    return two(1) * v",
        "import functools\ndef named(f):\n    @functools.wraps(f)\n    def inner(*a):\n"
        "        return inner.__wrapped__(*a)\n    return inner\n"
        "@named\ndef double(v):\n    return 2 * v",
        "def made(gain):\n    def double(v):\n        return gain * v\n    return double\n"
        "double = made(2)",
    ],
    ids=["keyword default", "defaults of all kinds", "attribute", "cached", "wrapped", "closure"],
)
def test_an_answer_is_the_function_it_was(answer, again, capsys):
    run_cells(SETUP_CELL, answer, CHECK, *again, CHECK)
    assert capsys.readouterr().out.count("Exercise 3 solved.") == 2


def test_a_check_and_a_function_of_the_set_up_keep_their_keyword_defaults(capsys):
    given = "def scaled(v, *, by=2):\n    return by * v\n" + SETUP_CELL
    check = "def c(*, tol=1e-9):\n    assert abs(scaled(3) - 6) < tol\nrun_check(c, exercise=1)"
    run_cells(given, IMPORT, check)
    assert capsys.readouterr().out == "Exercise 1 solved.\n"


NEVER_RUNS = {
    "coroutine": "async def c():\n    assert double(1) == 2",
    "generator": "def c():\n    yield\n    assert double(1) == 2",
    "asynchronous generator": "async def c():\n    yield\n    assert double(1) == 2",
    "verdict": "def c():\n    return double(1) == 2",
    "verdict of NumPy": "def c():\n    return np.bool_(double(1) == 2)",
    "another coroutine": "def c():\n    async def inner(): pass\n    x = inner()\n    return x",
}


@pytest.mark.parametrize("kind", NEVER_RUNS)
@pytest.mark.filterwarnings("ignore:coroutine")
def test_a_check_that_does_not_run_or_returns_something_is_refused(kind, capsys):
    with pytest.raises(TypeError, match="check: expected a function that returns nothing, got"):
        run_cells(SETUP_CELL, IMPORT, WRONG_ANSWER, NEVER_RUNS[kind] + "\nrun_check(c, exercise=1)")
    assert "solved" not in capsys.readouterr().out


def test_only_a_function_of_the_notebook_is_a_check():
    inner = 3
    for not_a_check in (print, None, lambda: inner):
        with pytest.raises(TypeError, match="check: expected a function of the notebook"):
            run_check(not_a_check, exercise=3)


def check():
    """Pass."""


def test_the_other_arguments_are_what_they_should_be():
    remember(globals())
    for exercise in ("3", None, 3.0, True):
        with pytest.raises(TypeError, match="exercise: expected the number of the exercise, got"):
            run_check(check, exercise=exercise)
    for wrong in ({"numpy_alone": "double"}, {"may_call": "sigmoid"}):
        with pytest.raises(TypeError, match="expected lists of names"):
            run_check(check, exercise=3, **wrong)


def test_numpy_alone_is_seen_to_and_the_check_itself_is_free(capsys):
    set_up = "from course_pkg.reference.layers.activations import sigmoid\n" + SETUP_CELL
    check = """
def gate_check():
    check_array("gate", gate(x), sigmoid(x))
run_check(gate_check, exercise=3, numpy_alone=["gate"])
"""
    own = "def gate(v):\n    return 1 / (1 + np.exp(-v))"
    run_cells(set_up, IMPORT, own, check)
    assert capsys.readouterr().out.endswith("Exercise 3 solved.\n")
    for borrowed in ("def gate(v):\n    return sigmoid(v)", "gate = sigmoid"):
        with pytest.raises(CheckFailed, match="Exercise 3 asks for NumPy alone: `gate` calls"):
            run_cells(set_up, IMPORT, borrowed, check)
        run_cells(set_up, IMPORT, borrowed, check.replace("])", "], may_call=['sigmoid'])"))


def test_the_grading_room_needs_numpy_alone():
    code = """
import sys
for name in ("torch", "IPython", "pandas", "scipy", "matplotlib"):
    sys.modules[name] = None
import numpy as np
from course_pkg.grading import feedback, prediction
from course_pkg.grading.run_check import remember, run_check
remember(globals())
def check():
    feedback.check_array("x", [1.0], np.ones(1))
run_check(check, exercise=1)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "Right: x.\nExercise 1 solved.\n", run.stderr
