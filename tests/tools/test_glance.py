"""`tools/sphinx_course/glance.py`: a function's lines without its docstring and its checks."""

import ast
import doctest
import inspect
import pkgutil
from importlib import import_module
from textwrap import dedent

import pytest
from sphinx_course.glance import at_a_glance, unfold

from course_pkg import reference
from course_pkg.reference import checks
from course_pkg.reference.cells import lstm


def public_functions():
    """Return the functions of the reference that are not checks themselves."""
    found = pkgutil.walk_packages(reference.__path__, f"{reference.__name__}.")
    modules = [import_module(module.name) for module in found]
    return [
        function
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith(("_", "check_"))
    ]


def glance_of(function):
    return at_a_glance(inspect.getsource(function))


def full_name(function):
    return f"{function.__module__}.{function.__name__}"


def unfolded(function, docstring="Do."):
    """Return the lines of a docstring after the glance was put in, if there is one."""
    lines = docstring.splitlines()
    unfold(None, "function", full_name(function), function, None, lines)
    return lines


def runs_alone(function):
    """Whether the page shows a glance that reads no sizes which the checks found."""
    used = {
        node.id for node in ast.walk(ast.parse(glance_of(function))) if isinstance(node, ast.Name)
    }
    return unfolded(function) != ["Do."] and "shapes" not in used


EACH = pytest.mark.parametrize("function", public_functions(), ids=full_name)


def test_the_lstm_shows_its_formulas_and_shapes():
    glance = glance_of(lstm.step)
    for line in (
        "def step(x: Array, h: Array, c: Array, params: Params)",
        "    a = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh  # (B, 4H)\n",
        "    f = sigmoid(a_f)  # how much of the old cell is kept\n",
        "    c_next = f * c + i * g\n",
        "    return (h_next, c_next), StepCache(",
    ):
        assert line in glance
    for word in ("check_", "hapes", '"""'):
        assert word not in glance
    assert len(glance.splitlines()) < 15


@EACH
def test_it_is_python_without_docstring_and_checks(function):
    glance = glance_of(function)
    (definition,) = ast.parse(glance).body
    assert ast.get_docstring(definition) is None
    assert "hapes.array(" not in glance
    assert "Shapes()" not in glance
    called = [node.func for node in ast.walk(definition) if isinstance(node, ast.Call)]
    assert not [name for name in map(ast.unparse, called) if name.startswith("check_")]


@pytest.mark.parametrize("function", list(filter(runs_alone, public_functions())), ids=full_name)
def test_it_computes_the_same(function):
    """The examples of the docstring hold for what the glance shows."""
    source = "from __future__ import annotations\n" + glance_of(function)
    names = dict(vars(inspect.getmodule(function)))
    exec(compile(source, "glance", "exec"), names)
    (test,) = doctest.DocTestFinder(recurse=False).find(function, globs=names)
    test.examples = [example for example in test.examples if example.exc_msg is None]
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("check_size('T', T)\nreturn T", "return T"),
        ("T = check_size('T', T)\nreturn T", "return T"),
        ("T, k = check_size('T', T), check_size('k', k)\nreturn T * k", "return T * k"),
        ("return T * check_number('k', k, '(0, 1)')", "return T * k"),
        ("return np.eye(T, dtype=check_dtype(dtype))", "return np.eye(T, dtype=dtype)"),
        ("T = len(Shapes().array('W', W, ('T', 'T')))\nreturn T", "T = len(W)\nreturn T"),
        (
            "T = [check_size(name, n) for name, n in k]\nreturn T",
            "T = [n for name, n in k]\nreturn T",
        ),
        ("if T < 1:\n    raise ValueError(T)\nreturn T", "return T"),
        ("if T < 1:\n    low = T\n    raise ValueError(low)\nreturn T", "return T"),
        ("for bad in T[T < 1]:\n    raise ValueError(bad)\nreturn T", "return T"),
        ("if W is not None:\n    check_size('W', W)\nreturn T", "return T"),
        ("low = T - 1\ncheck_size('low', low)\nreturn T", "return T"),
        ("low = T - 1\nlower = low - 1\ncheck_size('l', lower)\nreturn T", "return T"),
        (
            "if T:\n    k = 1\nelse:\n    raise ValueError(T)\nreturn k",
            "if T:\n    k = 1\nreturn k",
        ),
        (
            "if T:\n    k = 1\nelif W:\n    raise ValueError(T)\nreturn k",
            "if T:\n    k = 1\nreturn k",
        ),
        (
            "# It is a size.\ncheck_size('T', T)\n# A comment.\nreturn T  # (T,)",
            "# A comment.\nreturn T  # (T,)",
        ),
        ("check_size('T', T)\n\n\nk = T\n\ncheck_size('k', k)\n\nreturn k", "k = T\n\nreturn k"),
        ("return T  # type: ignore[no-any-return]  # (B,)", "return T  # (B,)"),
    ],
)
def test_what_goes(body, left):
    head = "def f(T, k, W, dtype):\n"
    body, left = (text.replace("\n", "\n    ").replace("\n    \n", "\n\n") for text in (body, left))
    assert at_a_glance(f'{head}    """Do."""\n    {body}\n') == f"{head}    {left}"


@pytest.mark.parametrize(
    "body",
    [
        "if T < 1:\n        return 0\n    return T",
        "if T < 1:\n        raise ValueError(T)\n    else:\n        k = T\n    return k",
        "W[0] = T",
        "W.best = T",
        "W.append(T)",
        "k = 0\n    k += T",
        "found = _check_all(T)\n    return found",
        "def inner():\n        return k\n    k = T\n    return inner",
        "try:\n        return T\n    except TypeError:\n        raise ValueError(T) from None",
    ],
)
def test_what_stays(body):
    source = f"def f(T, k, W):\n    {body}"
    assert at_a_glance(source) == source


def test_it_stands_before_the_parameters():
    lines = unfolded(lstm.step, "Step.\n\n:math:`x`, more.\n\n:Parameters: x")
    assert lines[2] == ":math:`x`, more."
    assert lines[-1] == ":Parameters: x"
    (summary,) = [line for line in lines if "<summary>" in line]
    source = inspect.getsource(lstm.step).splitlines()
    shown = glance_of(lstm.step).splitlines()
    assert f"At a glance: {len(shown)} of {len(source)} lines" in summary
    assert [f"   {line}" for line in shown] == lines[lines.index(f"   {shown[0]}") :][: len(shown)]


@pytest.mark.parametrize(
    "function",
    [lstm.parameter_count, checks.check_lengths, dedent],
    ids=["one line", "all checks", "not of the reference"],
)
def test_where_there_is_none(function):
    assert unfolded(function) == ["Do."]
