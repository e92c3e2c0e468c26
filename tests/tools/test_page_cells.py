"""What runs the cells in the page, tried in this Python: what they show, and what they say."""

import importlib.util
import json
import sys

import pytest
from sphinx_course import page_cells
from sphinx_course.page_cells import NO_TORCH, Notebook, Stand, progress_of

from course_pkg.grading import progress


@pytest.fixture
def run(monkeypatch):
    """Run cells, one after the other, and return what the last one shows."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # put back afterwards
    shown = []
    notebook = Notebook(lambda kind, text, alt: shown.append((kind, text)))

    def run_all(*sources):
        for source in sources:
            shown.clear()
            notebook.run(source)
        return list(shown)

    return run_all


@pytest.fixture
def no_torch(monkeypatch):
    """A Python without PyTorch."""
    for name in [name for name in sys.modules if name.split(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Stand(), *sys.meta_path])


def test_what_a_cell_prints_and_its_last_value_are_shown(run):
    assert run("print(1, 2)\nx = 3\nx + 1") == [("stream", "1 2\n"), ("text", "4")]
    assert run("x = 1;") == run("None") == run("") == run("# nothing") == []
    assert run("'quiet';") == []


def test_an_endless_list_is_cut_off(run):
    shown = run("for n in range(100_000):\n    print(n)")
    text = "".join(part for _, part in shown)
    assert text.endswith("\n... (the rest is not shown)\n")
    assert len(text) < page_cells.MOST_CHARACTERS + 100
    assert len(shown) < 100


def test_names_stay_from_cell_to_cell(run):
    assert run("x = 3", "def f():\n    return x", "x = 5", "f()") == [("text", "5")]
    assert run("from dataclasses import dataclass", "@dataclass\nclass A:\n    n: int", "A(1)") == [
        ("text", "A(n=1)")
    ]


def test_a_value_with_html_shows_it(run):
    assert run("class T:\n    def _repr_html_(self):\n        return '<b>t</b>'", "T()") == [
        ("html", "<b>t</b>")
    ]


def test_an_error_is_shown_with_the_lines_of_the_cells_alone(run):
    ((kind, text),) = run("def f(x):\n    return 1 / x", "f(0)")
    assert kind == "error"
    assert text.startswith("Traceback (most recent call last):")
    assert "return 1 / x" in text
    assert text.endswith("ZeroDivisionError: division by zero")
    assert page_cells.__file__ not in text
    assert run("x = (")[0][1].endswith("SyntaxError: '(' was never closed")


def test_a_failed_check_says_its_words_and_no_more(run):
    failed = (
        "from course_pkg.grading.failure import CheckFailed\nraise CheckFailed('The sum is 3.')"
    )
    assert run(failed) == [("error", "Not yet. The sum is 3.")]


def test_an_error_in_an_answer_shows_the_lines_of_the_answer(run):
    set_up = (
        "from course_pkg.grading.run_check import remember, run_check\n"
        "secret = 41\nremember(globals())"
    )
    check = "def check():\n    assert answer(secret) == 42\nrun_check(check, exercise=1)"
    ((kind, text),) = run(set_up, "def answer(x):\n    return x.hidden", check)
    assert kind == "error"
    assert "x.hidden" in text
    assert "secret" not in text


def test_a_package_that_is_not_there_is_explained(run):
    text = run("import no_such_package")[-1][1]
    assert "ModuleNotFoundError" in text
    assert text.endswith(page_cells.LACKS)


def test_a_cell_has_the_language_of_jupyterlab(run):
    """Annotations are values in a cell, whatever this tool imports from __future__."""
    assert run("def f(x: 1 + 2): pass", "f.__annotations__") == [("text", "{'x': 3}")]
    assert run("def f(x: no_such_name): pass\nf.__annotations__")[-1][1].endswith(
        "NameError: name 'no_such_name' is not defined"
    )


@pytest.mark.parametrize(
    "use",
    [
        "torch.zeros(3)",
        "nn.RNN(3, 4)",
        "one_hot([1], 2)",
        "with torch.no_grad():\n    pass",
        "class Net(nn.Module):\n    pass\nNet()",
        "torch.optim.Adam([])",
    ],
)
def test_pytorch_can_be_imported_and_says_that_it_is_not_there(run, no_torch, use):
    set_up = (
        "import torch\nfrom torch import nn\nfrom torch.nn.functional import one_hot\n"
        "torch.set_num_threads(1)\n"
        "def f(x: torch.Tensor | None) -> torch.Tensor:\n    return x\n"
        "isinstance(3, torch.Tensor)"
    )
    assert run(set_up) == [("text", "False")]
    assert run(set_up, use) == [("error", NO_TORCH)]


def test_nothing_else_is_stood_in_for(no_torch):
    assert importlib.util.find_spec("torchlight") is None


def test_figures_are_shown_where_they_are_asked_for(run):
    draw = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.set_title('Loss')\n"
    shown = run("import matplotlib; matplotlib.use('agg')", draw + "print('after')")
    *before, (kind, _) = shown
    assert before
    assert "".join(text for _, text in before) == "after\n"
    assert kind == "image"
    assert run("plt.get_fignums()") == [("text", "[]")]


def test_progress_is_that_of_the_package(monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "_here", {})
    monkeypatch.delenv(progress.FILE_VARIABLE, raising=False)
    monkeypatch.setattr(page_cells, "PROGRESS", tmp_path / "progress.json")
    exercises = {"1": [2, "One"], "2": [3, "Two"], "3": [1, "Three"]}
    progress.record("04-lstm", 1)
    progress.record("04-lstm", 2, 1.0)
    found = json.loads(progress_of("04-lstm", exercises, {}))
    assert found["best"] == {"1": "solved", "2": 1.0}
    assert found["summary"].startswith("Solved: exercise 1. In part: exercise 2 (1 of 3 points).")

    # What was solved elsewhere since stays so; of both, the better counts.
    found = json.loads(progress_of("04-lstm", exercises, {"1": 1.0, "2": 2.0, "3": "solved"}))
    assert found["best"] == {"1": "solved", "2": 2.0, "3": "solved"}
    assert found["summary"].startswith("Solved: exercises 1, 3. In part: exercise 2 (2 of 3")
