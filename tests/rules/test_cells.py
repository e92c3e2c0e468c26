"""Rule: a file of a cell starts with its step, and the rest follows in one order for all cells."""

import ast

import pytest

from tests.rules.published import MODULES, each, report

ORDER = [
    "Params",
    "step",
    "StepCache",
    "StepGrads",
    "step_backward",
    "Cache",
    "Grads",
    "forward",
    "backward",
]
CELLS = [path for path in MODULES if path.parent.name == "cells"]


def complaints_about(source, name):
    """Return a sentence for each function or class that stands out of order."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    found = [node for node in ast.parse(source).body if isinstance(node, kinds)]
    if not any(node.name in ORDER for node in found):
        return []  # shared by the cells, or no cell
    wanted = sorted(found, key=lambda node: [*ORDER, node.name].index(node.name))
    return [
        f"{name}, line {node.lineno}: expected {right.name}, found {node.name}."
        for node, right in zip(found, wanted, strict=True)
        if node is not right
    ]


@each(CELLS)
def test_the_step_comes_first(path):
    report(complaints_about(path.read_text(encoding="utf-8"), path.name))


def test_there_are_cells_to_look_at():
    with_step = [path for path in CELLS if "\ndef step(" in path.read_text(encoding="utf-8")]
    assert {"rnn.py", "lstm.py", "gru.py"} <= {path.name for path in with_step}


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ("Params StepCache step", "line 2: expected step, found StepCache."),
        ("_squash step", "line 1: expected step, found _squash."),
        ("Params backward forward", "line 3: expected backward, found forward."),
    ],
)
def test_the_rule_sees_what_stands_out_of_order(names, complaint):
    source = "".join(f"def {name}(): ...\n" for name in names.split())
    assert f"m, {complaint}" in complaints_about(source, "m")


@pytest.mark.parametrize(
    "source",
    [
        "GATES = 1\nclass Params: ...\ndef step(): ...\ndef backward(): ...\ndef count(): ...",
        "def smooth(): ...\nclass Result: ...",
    ],
)
def test_the_rule_accepts(source):
    assert complaints_about(source, "m") == []
