"""Rule: inside the package, dependencies point one way, and the reference needs NumPy alone."""

import ast
import subprocess
import sys

import pytest
from notebook_files import ROOT, shown

from tests.rules.published import MODULES, report

PACKAGE = "course_pkg"
# What a part may import of the package, besides itself. Figures are for notebooks only.
MAY_IMPORT = {
    "": set(),
    "checks": set(),
    "reference": {"checks"},
    "metrics": {"reference", "checks"},
    "decoding": {"reference", "checks"},
    "models": {"reference", "checks"},
    "data": {"reference", "checks"},
    "training": {"models", "decoding", "data", "metrics", "reference", "checks"},
    "deployment": {"models", "decoding", "data", "metrics", "reference", "checks"},
    "grading": {"reference", "checks"},
    "classroom": {"data", "grading", "checks"},
    "plots": {"models", "data", "reference", "checks"},
    "__main__": {
        "training",
        "deployment",
        "classroom",
        "grading",
        "decoding",
        "models",
        "data",
        "metrics",
    },
}
# These stand on NumPy alone, and must import where torch is not installed.
NUMPY_ALONE = ("checks", "reference", "metrics", "decoding", "grading")
# A function may ask for these when it is called; the module imports without them.
WHEN_CALLED = {"course_pkg.metrics.bleu": {"sacrebleu"}}


def imported_modules(source, module):
    """Return line and full name of everything a module imports; ``module`` is its own name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            # `from course_pkg import plots` imports the part, not a name of the package.
            parts = [f"{base}.{alias.name}" for alias in node.names] if base == PACKAGE else [base]
            found += [(node.lineno, name) for name in parts]
    return found


def part_of(module):
    """Return the part of the package that a module belongs to: `reference`, `plots`, ..."""
    names = module.split(".")
    return names[1] if len(names) > 1 else ""


def complaints_about(source, module, name):
    """Return a sentence for each import that points the wrong way."""
    part, complaints = part_of(module), []
    if part not in MAY_IMPORT:
        return [f"{name}: say in MAY_IMPORT what {PACKAGE}.{part} may import."]
    for line, wanted in imported_modules(source, module):
        where = f"{name}, line {line}"
        top = wanted.split(".")[0]
        if top == PACKAGE:
            if part_of(wanted) not in {part, *MAY_IMPORT[part]}:
                complaints.append(f"{where}: {PACKAGE}.{part} may not import {wanted}.")
        elif top in WHEN_CALLED.get(module, ()):
            continue
        elif part in NUMPY_ALONE and top != "numpy" and top not in sys.stdlib_module_names:
            complaints.append(f"{where}: {PACKAGE}.{part} stands on NumPy alone, not on {top}.")
    return complaints


def module_name(path):
    names = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(names)  # a package is its own __init__, so that `.` means the package


@pytest.mark.parametrize("path", MODULES, ids=[shown(path) for path in MODULES])
def test_imports_point_one_way(path):
    module = module_name(path)
    if part_of(module) == "__init__":
        module = PACKAGE
    report(complaints_about(path.read_text(encoding="utf-8"), module, shown(path)))


def test_what_stands_on_numpy_imports_where_torch_is_not_installed():
    modules = [name for path in MODULES if part_of(name := module_name(path)) in NUMPY_ALONE]
    modules = [name.removesuffix(".__init__") for name in modules]
    blocked = ("torch", "matplotlib", "pandas", "scipy", "statsmodels", "sacrebleu")
    code = (
        f"import sys, importlib\nfor name in {blocked!r}: sys.modules[name] = None\n"
        f"for name in {modules!r}: importlib.import_module(name)\nprint('imported')"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "imported\n", run.stderr


CELL = "reference.cells.rnn"


@pytest.mark.parametrize(
    ("source", "module", "complaint"),
    [
        ("import torch", CELL, "reference stands on NumPy alone, not on torch"),
        ("from scipy import special", CELL, "stands on NumPy alone, not on scipy"),
        ("def f():\n    import torch.nn", CELL, "m, line 2: course_pkg.reference stands"),
        ("def f():\n    import sacrebleu", CELL, "stands on NumPy alone, not on sacrebleu"),
        ("def f():\n    import pandas", "metrics.bleu", "stands on NumPy alone, not on pandas"),
        ("from course_pkg.models import rnn", CELL, "may not import course_pkg.models"),
        ("from course_pkg import models", CELL, "may not import course_pkg.models"),
        ("from ...models import rnn", CELL, "may not import course_pkg.models"),
        ("import course_pkg.plots", "models.rnn", "may not import course_pkg.plots"),
        ("from course_pkg.plots import use_style", "__main__", "may not import course_pkg.plots"),
        ("from course_pkg.grading import feedback", "models.rnn", "may not import course_pkg.gra"),
        ("import torch", "grading.feedback", "course_pkg.grading stands on NumPy alone"),
        (
            "from course_pkg.reference.cells import rnn",
            "checks",
            "checks may not import course_pkg.ref",
        ),
        ("import numpy", "surprise.rnn", "say in MAY_IMPORT what course_pkg.surprise may import"),
    ],
)
def test_the_rule_sees_an_import_that_points_back(source, module, complaint):
    (sentence,) = complaints_about(source, f"{PACKAGE}.{module}", "m")
    assert complaint in sentence


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import math\nimport numpy as np\nfrom numpy.typing import NDArray", CELL),
        ("from course_pkg.reference.checks import Shapes", CELL),
        ("from ..checks import Shapes", CELL),
        ("from course_pkg.checks import check_size", CELL),
        ("def f():\n    import sacrebleu", "metrics.bleu"),
        ("import torch\nfrom course_pkg.reference.cells import rnn", "models.rnn"),
        ("from course_pkg.plots.style import INK", "plots.states"),
    ],
)
def test_the_rule_accepts_imports_that_point_down(source, module):
    assert complaints_about(source, f"{PACKAGE}.{module}", "m") == []
