"""Rule: exercises come from their solutions, fail until they are solved, and say why."""

import ast
import inspect
import os
import re

import pytest
from execute_notebooks import execute
from exercise_rules import has_hidden_tests, is_check
from make_exercises import differences, make_exercise, wanted_exercises
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import METADATA, NOT_COMPARED, ROOT, read, shown

from tests.rules.published import SOLUTIONS, each, report

FEWEST, MOST = 6, 8  # exercises of a chapter
MILESTONES = 4  # of a project, with a check


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
    fewest = MILESTONES if "project-" in name else FEWEST
    if not fewest <= checks <= MOST:
        complaints.append(f"{name}: expected {fewest} to {MOST} checked exercises, got {checks}.")
    return complaints


def cells_by_exercise(notebook):
    """Yield number and cell of each cell, and the exercise it belongs to, from 1."""
    exercise = 0
    for number, cell in enumerate(notebook.cells, start=1):
        heading = re.match(r"## Exercise (\d+)\.", cell.source)
        exercise = int(heading[1]) if heading else exercise
        yield number, cell, exercise


SETUP_ENDS = "remember(globals())"
IMPORTED = "from course_pkg.grading.run_check import run_check"


def call_is_right(call, function, exercise):
    """Whether this calls run_check with the function and the exercise, and nothing but literals."""
    match call:
        case ast.Expr(ast.Call(ast.Name("run_check"), [ast.Name(name)], keywords)):
            values = {keyword.arg: ast.unparse(keyword.value) for keyword in keywords}
            more = set(values) - {"exercise"} <= {"numpy_alone", "may_call"}
            return name == function and values.get("exercise") == str(exercise) and more
    return False


def wrapping_complaints(solution, name):
    """Return a sentence for each check that is not one function, imported and called as it is here.

    So the names of a check are its own, it meets the values of the set-up cell, whatever the
    learner has called a variable in between, and no name of the notebook is trusted.
    """
    complaints = []
    code = [(n, cell, e) for n, cell, e in cells_by_exercise(solution) if cell.cell_type == "code"]
    number, setup, _ = code[0]
    if "".join(map(ast.unparse, ast.parse(setup.source).body[-1:])) != SETUP_ENDS:
        complaints.append(f"{name}, cell {number}: the set-up cell has to end with {SETUP_ENDS}.")
    for number, cell, exercise in code:
        if not is_check(cell):
            continue
        # JupyterLab shows the first line of a folded cell, and nothing else of it.
        right = cell.source.startswith(f"# Check of exercise {exercise}: run this cell")
        match ast.parse(cell.source).body:
            case [
                ast.ImportFrom() as imported,
                ast.FunctionDef(name=function, decorator_list=[]) as check,
                call,
            ]:
                right = right and ast.unparse(imported) == IMPORTED and not ast.unparse(check.args)
                right = right and call_is_right(call, function, exercise)
            case _:
                right = False
        if not right:
            complaints.append(
                f"{name}, cell {number}: a check is a line '# Check of exercise {exercise}: run "
                f"this cell ...', '{IMPORTED}', one function without arguments, and then "
                f"run_check(..., exercise={exercise}) with it, and nothing else."
            )
    return complaints


SAYS_ALONE = re.compile(r"NumPy( and `\w+`)? alone|chapter closed|chapter's code|Do not call")


def alone_complaints(solution, name):
    """Return a sentence where a statement asks for NumPy alone and no check sees to it, or none
    asks and a check does; and for an answer of which only the check knows."""
    asks, answers, complaints = {}, {}, []
    for number, cell, exercise in cells_by_exercise(solution):
        if cell.cell_type == "markdown" and exercise not in asks:
            asks[exercise] = bool(SAYS_ALONE.search(cell.source))
        functions = re.findall(r"^def (\w+)", cell.source, re.MULTILINE)
        answers.setdefault(exercise, set()).update(functions)
        if not is_check(cell):
            continue
        call = ast.parse(cell.source).body[-1].value
        alone = [ast.literal_eval(k.value) for k in call.keywords if k.arg == "numpy_alone"]
        where = f"{name}, cell {number}"
        if asks[exercise] != bool(alone):
            says, does = ("asks", "does not see") if asks[exercise] else ("does not ask", "sees")
            complaints.append(
                f"{where}: the statement {says} for NumPy alone, the check {does} to it."
            )
        unknown = sorted(set(*alone) - answers[exercise])
        complaints += [f"{where}: numpy_alone names {f}, which is no answer." for f in unknown]
    return complaints


PART_IMPORT = "from course_pkg.grading.parts import part"


def called_in(node):
    """Return the names of the functions that are called in a statement."""
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return {each.id for each in calls if isinstance(each, ast.Name)}


def part_of(statement):
    """Return name and points of a statement `with part("name", points=2):`, or None."""
    match statement:
        case ast.With(
            [
                ast.withitem(
                    ast.Call(
                        ast.Name("part"),
                        [ast.Constant(str(name))],
                        [ast.keyword("points", ast.Constant(int() | float() as points))],
                    ),
                    None,
                )
            ]
        ):
            return name, points
    return None


def parts_complaints_of(source, points, answers):
    """Return what is wrong with the parts of a check, if it has any."""
    (check,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    parts = [part_of(statement) for statement in check.body]
    calls = [each.func for each in ast.walk(check) if isinstance(each, ast.Call)]
    named = [each for each in calls if isinstance(each, ast.Name) and each.id == "part"]
    if not named:
        return []  # there may be a variable of that name
    parts, complaints = [each for each in parts if each], []
    if len(named) != len(parts):
        complaints.append(
            'each part is a statement of the check itself: with part("name", points=2):'
        )
    if len(parts) < 2 or len(dict(parts)) < len(parts):
        complaints.append("expected two parts or more, of different names.")
    worth = sum(each for _, each in parts)
    if worth != points:
        complaints.append(f"its parts are worth {worth:g} points, the cell {points:g}.")
    for statement in check.body:
        if part_of(statement) or isinstance(statement, ast.FunctionDef):
            continue
        judges = any(isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(statement))
        called = {n for n in called_in(statement) if n in answers or n.startswith("check_")}
        if judges or called:
            said = ", ".join(sorted(called)) or "assert or raise"
            complaints.append(f"{said} stands beside the parts, so it fails all of them.")
    return complaints


def parts_complaints(solution, name):
    """Return a sentence for each check of which the parts do not make up the whole."""
    complaints, answers = [], set()
    code = [(n, cell) for n, cell, _ in cells_by_exercise(solution) if cell.cell_type == "code"]
    imported = PART_IMPORT in code[0][1].source.splitlines()
    for number, cell in code:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            answers.update(re.findall(r"^def (\w+)", cell.source, re.MULTILINE))
        if not is_check(cell):
            continue
        found = parts_complaints_of(cell.source, cell.metadata["nbgrader"]["points"], answers)
        if "with part(" in cell.source and not imported:
            found.append(f"the set-up cell lacks {PART_IMPORT!r}.")
        complaints += [f"{name}, cell {number}: {each}" for each in found]
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
    for number, cell, exercise in cells_by_exercise(executed):
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
        elif not re.fullmatch(
            rf"Exercise {exercise} is not solved yet: replace `raise NotImplementedError` in "
            r"`\w+`\.",
            errors[0].evalue,
        ):
            complaints.append(
                f"{where}: an unanswered question ends in {errors[0].ename}: {errors[0].evalue}"
            )
        elif errors[0].traceback != [errors[0].evalue]:
            complaints.append(f"{where}: more is shown than the sentence.")
    return complaints


def test_exercises_are_what_the_solutions_give():
    strict = bool(os.environ.get("CI"))
    anew, solved = differences(wanted_exercises(SOLUTIONS), ROOT / "exercises", strict=strict)
    report(anew)
    if solved:
        pytest.skip("; ".join(solved))


@each(SOLUTIONS)
def test_every_check_has_hidden_tests(path):
    report(coverage_complaints(read(path), shown(path)))


@each(SOLUTIONS)
def test_every_check_is_run_on_its_own(path):
    solution = read(path)
    report(wrapping_complaints(solution, shown(path)))
    report(wrapping_complaints(make_exercise(solution), f"exercises/{path.name}"))


@each(SOLUTIONS)
def test_what_a_statement_says_about_numpy_alone_is_checked(path):
    report(alone_complaints(read(path), shown(path)))


@each(SOLUTIONS)
def test_the_parts_of_a_check_are_the_whole(path):
    report(parts_complaints(read(path), shown(path)))


# What a learner calls a variable when trying something out.
USUAL = ("x", "h", "c", "W", "T", "B", "I", "H", "params", "rng", "half")


@each(SOLUTIONS)
@pytest.mark.parametrize("again", [False, True], ids=["set-up run once", "set-up run again"])
def test_right_answers_stay_right_whatever_the_names_hold(path, again):
    """Bind the usual names, and those of the values of the set-up, to nonsense before each cell."""
    setup, *others = [cell for cell in read(path).cells if cell.cell_type == "code"]
    if path.name.startswith("project-"):  # behind its last check a project trains for a minute
        others = others[: max(k for k, cell in enumerate(others, start=1) if is_check(cell))]
    names = {"__name__": "__main__"}

    def run(cell):
        exec(compile(cell.source, f"<{cell.id}>", "exec"), names)  # each cell is a file

    run(setup)
    values = [
        name
        for name, value in names.items()
        if not (name.startswith("_") or callable(value) or inspect.ismodule(value))
    ]
    for cell in others:
        if again and NOT_COMPARED in cell.metadata.get("tags", []):
            continue  # a picture of a training to look at: once is enough
        names.update(dict.fromkeys([*USUAL, *values], object()))
        run(cell)
        if again:
            run(setup)


@each(SOLUTIONS)
def test_nothing_hidden_is_left_in_the_exercise(path):
    solution = read(path)
    report(leak_complaints(make_exercise(solution), solution, shown(path)))


@each(SOLUTIONS)
def test_unsolved_checks_fail_and_say_why(path):
    executed = execute(make_exercise(read(path)), path.parent, allow_errors=True)
    report(unsolved_complaints(executed, f"exercises/{path.name}"))


def check_cell(source, error=None):
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": 1}
    if error:
        name, text, *shown_too = error
        output = new_output("error", ename=name, evalue=text, traceback=[text, *shown_too])
        cell.outputs = [output]
    return cell


def plain_cell(source, error=None):
    cell = check_cell(source, error)
    del cell.metadata["nbgrader"]
    return cell


HEADING = new_markdown_cell("## Exercise 3. Shapes\n\nWrite `f`.")
UNSOLVED = "Exercise 3 is not solved yet: replace `raise NotImplementedError` in `f`."


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (check_cell("f()"), "the check passes although nothing was answered"),
        (check_cell("f()", ("NameError", "name 'f' is not defined")), "ends in NameError: name"),
        (check_cell("f()", ("NotImplementedError", "")), "ends in NotImplementedError: "),
        (check_cell("f()", ("CheckFailed", "h: expected shape ()")), "ends in CheckFailed: h: "),
        (check_cell("f()", ("CheckFailed", UNSOLVED.replace("3", "4"))), "ends in CheckFailed"),
        (check_cell("f()", ("CheckFailed", UNSOLVED, "the source")), "more is shown than the"),
        (plain_cell("f()", ("NotImplementedError", "")), "only check cells may fail"),
    ],
)
def test_the_rule_sees_a_check_that_does_not_help(cell, complaint):
    (sentence,) = unsolved_complaints(new_notebook(cells=[HEADING, cell]), "n")
    assert sentence.startswith("n, cell 2: ")
    assert complaint in sentence


def test_the_rule_accepts_the_sentence():
    cells = [HEADING, check_cell("f()", ("CheckFailed", UNSOLVED)), plain_cell("1")]
    assert unsolved_complaints(new_notebook(cells=cells), "n") == []


SET_UP = "from course_pkg.grading.run_check import remember\nx = 3\nremember(globals())"
WRAPPED = """\
# Check of exercise 3: run this cell; there is no need to open it.
from course_pkg.grading.run_check import run_check


def f_check():
    assert f() == 1


run_check(f_check, exercise=3)"""


def test_the_rule_holds_in_a_real_run(tmp_path):
    stub = plain_cell("def f():\n    raise NotImplementedError")
    passing, failing = check_cell(WRAPPED.replace("f() ==", "1 ==")), check_cell(WRAPPED)
    cells = [plain_cell(SET_UP), HEADING, stub, passing, failing]
    notebook = new_notebook(cells=cells, metadata=METADATA)
    complaints = unsolved_complaints(execute(notebook, tmp_path, allow_errors=True), "n")
    assert complaints == ["n, cell 4: the check passes although nothing was answered."]


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


CALL = "run_check(f_check, exercise=3)"


@pytest.mark.parametrize(
    ("source", "right"),
    [
        (WRAPPED, True),
        (WRAPPED.replace("\n\n\nrun", "\n\n# the call\nrun"), True),
        (WRAPPED.replace("=3)", '=3, numpy_alone=["f"], may_call=["sigmoid"])'), True),
        ("assert f() == 1", False),
        (WRAPPED.partition("\n")[2], False),
        (WRAPPED.replace("exercise 3", "exercise 4"), False),
        (WRAPPED.replace("from course_pkg.grading.run_check import run_check", ""), False),
        (WRAPPED.replace("import run_check", "import remember as run_check"), False),
        (WRAPPED.replace("def f_check", "x = 1\ndef f_check"), False),
        (WRAPPED + "\nprint(1)", False),
        (WRAPPED + "\n" + WRAPPED, False),
        (WRAPPED.replace(CALL, "f_check()"), False),
        (WRAPPED.replace(CALL, "run_check(f_check)"), False),
        (WRAPPED.replace(CALL, "run_check(f_check, exercise=4)"), False),
        (WRAPPED.replace(CALL, "run_check(f_check, globals(), exercise=3)"), False),
        (WRAPPED.replace(CALL, "run_check(f_check, exercise=3, setup=globals())"), False),
        (WRAPPED.replace(CALL, "run_check(g_check, exercise=3)"), False),
        (WRAPPED.replace("f_check()", "f_check(x=1)"), False),
        (WRAPPED.replace("def f_check", "@once\ndef f_check"), False),
        ("", False),
    ],
)
def test_the_rule_sees_a_check_that_is_not_run_on_its_own(source, right):
    cells = [plain_cell(SET_UP), HEADING, check_cell(source)]
    complaints = wrapping_complaints(new_notebook(cells=cells), "n")
    assert [text.split(": ")[0] for text in complaints] == ([] if right else ["n, cell 3"])


@pytest.mark.parametrize(
    "source",
    ["x = 3", "remember(globals())\nx = 3", "names = dict(globals())", "remember(locals())", ""],
)
def test_the_rule_sees_a_set_up_cell_that_does_not_end_with_its_names(source):
    cells = [plain_cell(source), HEADING, check_cell(WRAPPED)]
    (complaint,) = wrapping_complaints(new_notebook(cells=cells), "n")
    assert complaint == "n, cell 1: the set-up cell has to end with remember(globals())."


ALONE = WRAPPED.replace("=3)", '=3, numpy_alone=["f"])')


@pytest.mark.parametrize(
    ("statement", "check", "complaint"),
    [
        ("Write `f`.", WRAPPED, None),
        ("Write `f` with NumPy alone.", ALONE, None),
        ("With the chapter closed, write `f`.", ALONE, None),
        ("Write `f` with NumPy alone.", WRAPPED, "asks for NumPy alone, the check does not see"),
        ("With NumPy and `sigmoid` alone, write `f`.", WRAPPED, "asks for NumPy alone, the check"),
        ("Do not call `rnn.backward`.", WRAPPED, "asks for NumPy alone, the check does not see"),
        ("Write `f`.", ALONE, "does not ask for NumPy alone, the check sees"),
        ("With NumPy alone.", ALONE.replace('["f"]', '["g"]'), "g, which is no answer"),
    ],
)
def test_the_rule_sees_what_is_said_and_not_checked(statement, check, complaint):
    cells = [
        new_markdown_cell(f"## Exercise 3. Shapes\n\n{statement}"),
        plain_cell("def f():\n    raise NotImplementedError"),
        check_cell(check),
    ]
    complaints = alone_complaints(new_notebook(cells=cells), "n")
    assert len(complaints) == (complaint is not None)
    assert complaint is None or complaint in complaints[0]


IN_PARTS = """\
# Check of exercise 3: run this cell; there is no need to open it.
from course_pkg.grading.run_check import run_check


def f_check():
    wanted = sum([1, 2])

    def twice():
        assert f() == 2
        return f()

    with part("the one", points=0.5):
        assert f() == wanted
    with part("the other", points=2):
        twice()


run_check(f_check, exercise=3)"""
SET_UP_OF_PARTS = f"{PART_IMPORT}\n{SET_UP}"


def parts_said(source, points=2.5, setup=SET_UP_OF_PARTS):
    answer = plain_cell("def f():\n    raise NotImplementedError")
    answer.metadata["nbgrader"] = {"grade": False, "solution": True}
    check = check_cell(source)
    check.metadata["nbgrader"]["points"] = points
    return parts_complaints(new_notebook(cells=[plain_cell(setup), answer, check]), "n")


def test_the_rule_accepts_parts_and_checks_without():
    assert parts_said(IN_PARTS) == []
    assert parts_said(WRAPPED, points=7) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("points=2)", "points=3)"), "its parts are worth 3.5 points, the cell 2.5."),
        (("the other", "the one"), "two parts or more, of different names."),
        (('with part("the other", points=2)', "if True"), "expected two parts or more"),
        (("points=2)", "points=TWO)"), "each part is a statement of the check itself"),
        (("        twice()", '        with part("x", points=1):\n            1'), "each part is"),
        (("        twice()", '        part("x", points=1)'), "each part is a statement"),
        (("[1, 2]", "[f()]"), "f stands beside the parts, so it fails all of them."),
        (("wanted = sum([1, 2])", "check_true(1, 2)"), "check_true stands beside the parts"),
        (("wanted = sum([1, 2])", "assert 1"), "assert or raise stands beside the parts"),
        (("wanted = sum([1, 2])", "for _ in (): raise E"), "assert or raise stands beside"),
    ],
)
def test_the_rule_sees_parts_that_are_not_the_whole(change, complaint):
    said = parts_said(IN_PARTS.replace(*change))
    assert any(complaint in sentence for sentence in said), said


def test_the_rule_sees_a_part_that_nobody_imported():
    assert parts_said(IN_PARTS, setup=SET_UP) == [
        f"n, cell 3: the set-up cell lacks {PART_IMPORT!r}."
    ]


def test_the_rule_sees_what_was_left_in():
    solution = new_notebook(cells=[check_cell("### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS")])
    exercise = new_notebook(cells=[*solution.cells, plain_cell("more")])
    complaints = leak_complaints(exercise, solution, "n")
    assert complaints == [
        "n, cell 1: it still holds a mark of HIDDEN TESTS.",
        "n: its cells are not those of the solution.",
    ]
