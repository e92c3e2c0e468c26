"""Rule: exercises come from their solutions, fail until they are solved, and say why."""

import ast
import inspect
import re

import pytest
from execute_notebooks import execute
from make_exercises import (
    differences,
    has_hidden_tests,
    is_check,
    make_exercise,
    wanted_exercises,
)
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import METADATA, ROOT, read, shown

from tests.rules.published import EXERCISES, SOLUTIONS, each, report

FEWEST, MOST = 6, 8  # exercises of a chapter


def coverage_complaints(solution, name):
    """Return a sentence for each exercise without hidden tests, and for too few or too many.

    An answer without arguments is one value, and the visible check says all there is to say.
    """
    complaints = []
    takes_arguments = True
    for number, cell in enumerate(solution.cells, start=1):
        if is_check(cell) and takes_arguments and not has_hidden_tests(cell):
            complaints.append(
                f"{name}, cell {number}: a check without hidden tests cannot tell an answer that "
                "was fitted to the visible numbers."
            )
        elif "### BEGIN SOLUTION" in cell.source:
            takes_arguments = re.search(r"^def \w+\([^)]", cell.source, re.MULTILINE) is not None
    checks = sum(is_check(cell) for cell in solution.cells)
    if not FEWEST <= checks <= MOST:
        complaints.append(f"{name}: expected {FEWEST} to {MOST} checked exercises, got {checks}.")
    return complaints


def wrapping_complaints(solution, name):
    """Return a sentence for each check that is not one function, run by `run_check` with SETUP.

    So the names of a check are its own, and it meets the values of the set-up cell, whatever the
    learner has called a variable in between.
    """
    complaints = []
    code = [
        (f"{name}, cell {number}", cell)
        for number, cell in enumerate(solution.cells, start=1)
        if cell.cell_type == "code"
    ]
    where, setup = code[0]
    if "".join(map(ast.unparse, ast.parse(setup.source).body[-1:])) != "SETUP = dict(globals())":
        complaints.append(f"{where}: the set-up cell has to end with SETUP = dict(globals()).")
    for where, cell in code:
        if not is_check(cell):
            continue
        match ast.parse(cell.source).body:
            case [ast.FunctionDef(name=function, decorator_list=[]) as check, ast.Expr() as call]:
                right = ast.unparse(call) == f"run_check({function}, SETUP)"
                right = right and not ast.unparse(check.args)
            case _:
                right = False
        if not right:
            complaints.append(
                f"{where}: a check is one function without arguments and then "
                "run_check(..., SETUP) with it, and nothing else."
            )
    return complaints


def leak_complaints(exercise, solution, name):
    """Return a sentence for each line of a hidden region that the exercise still shows."""
    complaints = []
    for number, cell in enumerate(exercise.cells, start=1):
        for mark in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME"):
            if f"BEGIN {mark}" in cell.source or f"END {mark}" in cell.source:
                complaints.append(f"{name}, cell {number}: it still holds a mark of {mark}.")
    if [cell.id for cell in exercise.cells] != [cell.id for cell in solution.cells]:
        complaints.append(f"{name}: its cells are not those of the solution.")
    return complaints


def unsolved_complaints(executed, name):
    """Return a sentence for each check that passes unsolved or fails without a word of help.

    ``executed`` is the exercise after a run in which errors were allowed.
    """
    complaints = []
    for number, cell in enumerate(executed.cells, start=1):
        errors = [out for out in cell.get("outputs", []) if out.output_type == "error"]
        where = f"{name}, cell {number}"
        if not is_check(cell):
            if errors:
                complaints.append(
                    f"{where}: {errors[0].ename}, but only check cells may fail; put the answer "
                    "into a function, so that the notebook runs through."
                )
        elif not errors:
            complaints.append(f"{where}: the check passes although nothing was answered.")
        elif errors[0].ename not in ("NotImplementedError", "AssertionError"):
            complaints.append(
                f"{where}: an unanswered question ends in {errors[0].ename}: {errors[0].evalue}"
            )
        elif errors[0].ename == "AssertionError" and len(errors[0].evalue.strip()) < 10:
            complaints.append(f"{where}: the assertion fails without saying what was expected.")
    return complaints


def test_exercises_are_what_the_solutions_give():
    report(differences(wanted_exercises(SOLUTIONS), ROOT / "exercises"))


@each(SOLUTIONS)
def test_every_check_has_hidden_tests(path):
    report(coverage_complaints(read(path), shown(path)))


@each(SOLUTIONS)
def test_every_check_is_run_on_its_own(path):
    solution = read(path)
    report(wrapping_complaints(solution, shown(path)))
    report(wrapping_complaints(make_exercise(solution), f"exercises/{path.name}"))


@each(SOLUTIONS)
def test_right_answers_stay_right_whatever_the_names_hold(path):
    """Overwrite the values of the set-up before each check, and run the set-up again after it."""
    setup, *others = [cell for cell in read(path).cells if cell.cell_type == "code"]
    names = {"__name__": "__main__"}
    exec(setup.source, names)
    values = [
        name
        for name, value in names["SETUP"].items()
        if not (name.startswith("_") or callable(value) or inspect.ismodule(value))
    ]
    for cell in others:
        if is_check(cell):
            names.update(dict.fromkeys(values, "scrap"))
        exec(cell.source, names)
        exec(setup.source, names)


@each(SOLUTIONS)
def test_nothing_hidden_is_left_in_the_exercise(path):
    solution = read(path)
    report(leak_complaints(make_exercise(solution), solution, shown(path)))


@each(EXERCISES)
def test_unsolved_checks_fail_and_say_why(path):
    report(unsolved_complaints(execute(read(path), path.parent, allow_errors=True), shown(path)))


def check_cell(source, error=None):
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": 1}
    if error:
        cell.outputs = [new_output("error", ename=error[0], evalue=error[1], traceback=[])]
    return cell


def plain_cell(source, error=None):
    cell = check_cell(source, error)
    del cell.metadata["nbgrader"]
    return cell


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (check_cell("f()"), "the check passes although nothing was answered"),
        (check_cell("f()", ("NameError", "name 'f' is not defined")), "ends in NameError: name"),
        (check_cell("assert f()", ("AssertionError", "")), "fails without saying what"),
        (plain_cell("f()", ("NotImplementedError", "")), "only check cells may fail"),
    ],
)
def test_the_rule_sees_a_check_that_does_not_help(cell, complaint):
    (sentence,) = unsolved_complaints(new_notebook(cells=[cell]), "n")
    assert sentence.startswith("n, cell 1: ")
    assert complaint in sentence


def test_the_rule_accepts_a_stub_and_an_explained_failure():
    cells = [
        new_markdown_cell("# E"),
        check_cell("f()", ("NotImplementedError", "")),
        check_cell("f()", ("AssertionError", "h: expected shape (2,), got (3,)")),
        plain_cell("1"),
    ]
    assert unsolved_complaints(new_notebook(cells=cells), "n") == []


def test_the_rule_holds_in_a_real_run(tmp_path):
    stub = plain_cell("def f():\n    raise NotImplementedError")
    passing, failing = check_cell("assert True"), check_cell("assert f() == 1")
    notebook = new_notebook(cells=[stub, passing, failing], metadata=METADATA)
    complaints = unsolved_complaints(execute(notebook, tmp_path, allow_errors=True), "n")
    assert complaints == ["n, cell 2: the check passes although nothing was answered."]


def test_the_rule_sees_missing_hidden_tests_and_too_few_exercises():
    complaints = coverage_complaints(new_notebook(cells=[check_cell("assert f() == 1")]), "n")
    assert "n, cell 1: a check without hidden tests" in complaints[0]
    assert "n: expected 6 to 8 checked exercises, got 1" in complaints[1]
    hidden = "### BEGIN HIDDEN TESTS\nassert f() == 1\n### END HIDDEN TESTS"
    assert (
        coverage_complaints(new_notebook(cells=[check_cell(hidden) for _ in range(6)]), "n") == []
    )


def test_an_answer_without_arguments_needs_no_hidden_tests():
    def complaints(definition):
        source = f"def {definition}:\n    ### BEGIN SOLUTION\n    ### END SOLUTION"
        cells = [
            cell(text)
            for _ in range(6)
            for cell, text in ((plain_cell, source), (check_cell, "assert f() == 1"))
        ]
        return coverage_complaints(new_notebook(cells=cells), "n")

    assert complaints("f()") == []
    assert len(complaints("f(x)")) == 6


WRAPPED = "def f_check():\n    assert f() == 1\n\n\nrun_check(f_check, SETUP)"


@pytest.mark.parametrize(
    ("source", "right"),
    [
        (WRAPPED, True),
        (WRAPPED.replace("\n\n\n", "\n\n# the call\n"), True),
        ("assert f() == 1", False),
        ("x = 1\n" + WRAPPED, False),
        (WRAPPED + "\nprint(1)", False),
        (WRAPPED + "\n" + WRAPPED, False),
        (WRAPPED.replace("run_check(f_check, SETUP)", "f_check()"), False),
        (WRAPPED.replace(", SETUP)", ", globals())"), False),
        (WRAPPED.replace(", SETUP)", ")"), False),
        (WRAPPED.replace("run_check(f_check", "run_check(g_check"), False),
        (WRAPPED.replace("f_check()", "f_check(x=1)"), False),
        ("@once\n" + WRAPPED, False),
        ("", False),
    ],
)
def test_the_rule_sees_a_check_that_is_not_run_on_its_own(source, right):
    cells = [new_markdown_cell("# E"), plain_cell("x = 3\nSETUP = dict(globals())")]
    complaints = wrapping_complaints(new_notebook(cells=[*cells, check_cell(source)]), "n")
    assert [text.split(": ")[0] for text in complaints] == ([] if right else ["n, cell 3"])


@pytest.mark.parametrize(
    "source", ["x = 3", "SETUP = dict(globals())\nx = 3", "SETUP = {}", "SETUP = globals()", ""]
)
def test_the_rule_sees_a_set_up_cell_that_does_not_end_with_its_names(source):
    cells = [plain_cell(source), check_cell(WRAPPED)]
    (complaint,) = wrapping_complaints(new_notebook(cells=cells), "n")
    assert complaint == "n, cell 1: the set-up cell has to end with SETUP = dict(globals())."


def test_the_rule_sees_what_was_left_in():
    solution = new_notebook(cells=[check_cell("### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS")])
    exercise = new_notebook(cells=[*solution.cells, plain_cell("more")])
    complaints = leak_complaints(exercise, solution, "n")
    assert complaints == [
        "n, cell 1: it still holds a mark of HIDDEN TESTS.",
        "n: its cells are not those of the solution.",
    ]
