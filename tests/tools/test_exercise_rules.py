"""`tools/exercise_rules.py`: what a solution notebook is refused for, by the cell's name."""

import json

import pytest
from exercise_rules import is_nearly_a_mark
from make_exercises import NotAnExerciseError, make_exercise
from notebook_files import ROOT, dumps, read

ANSWER = "cell 2 (id 'answer', grade_id 'double')"
CHECK = "cell 3 (id 'check', grade_id 'double-check')"


def without_marks(notebook):
    notebook.cells[1].source = "def double(x):\n    return 2 * x"


def without_end(notebook):
    notebook.cells[1].source = "### BEGIN SOLUTION\nx = 1"


def with_end_only(notebook):
    notebook.cells[1].source = "x = 1\n### END SOLUTION"


def with_nested_marks(notebook):
    notebook.cells[1].source = "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"


def without_metadata(notebook):
    del notebook.cells[1].metadata["nbgrader"]


def with_half_metadata(notebook):
    del notebook.cells[1].metadata["nbgrader"]["locked"]


def without_solution_flag(notebook):
    notebook.cells[1].metadata["nbgrader"]["solution"] = False


def with_hidden_tests_in_the_answer(notebook):
    notebook.cells[1].source += "\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"


def without_points(notebook):
    del notebook.cells[2].metadata["nbgrader"]["points"]


def with_zero_points(notebook):
    notebook.cells[2].metadata["nbgrader"]["points"] = 0


def with_one_grade_id_twice(notebook):
    notebook.cells[2].metadata["nbgrader"]["grade_id"] = "double"


def without_check(notebook):
    del notebook.cells[2]


def without_anything(notebook):
    del notebook.cells[1:]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            without_marks,
            f"{ANSWER}: it is a solution cell without the marks",
        ),
        (
            without_end,
            f"{ANSWER}: 'BEGIN SOLUTION' has no 'END SOLUTION' after it",
        ),
        (
            with_end_only,
            f"{ANSWER}: 'END SOLUTION' has no 'BEGIN SOLUTION' before",
        ),
        (
            with_nested_marks,
            f"{ANSWER}: 'BEGIN SOLUTION' stands inside",
        ),
        (without_metadata, "cell 2 (id 'answer'): it has marks, but no nbgrader metadata"),
        (
            with_half_metadata,
            f"{ANSWER}: its nbgrader metadata lacks locked",
        ),
        (
            without_solution_flag,
            f"{ANSWER}: it has solution marks, but its nbgrader",
        ),
        (
            with_hidden_tests_in_the_answer,
            f"{ANSWER}: it has hidden tests, but is no",
        ),
        (
            without_points,
            f"{CHECK}: it is graded, so its points must be a positive",
        ),
        (
            with_zero_points,
            f"{CHECK}: it is graded, so its points must be a positive",
        ),
        (
            with_one_grade_id_twice,
            "cell 3 (id 'check', grade_id 'double'): its grade_id 'double' is that of cell 2",
        ),
        (without_check, "no cell is marked as a check"),
        (without_anything, "no cell is marked as a solution"),
    ],
    ids=lambda value: value.__name__.replace("_", " ") if callable(value) else "",
)
def test_a_solution_that_cannot_become_an_exercise_is_refused(solution, spoil, sentence):
    spoil(solution)
    with pytest.raises(NotAnExerciseError) as error:
        make_exercise(solution)
    assert sentence in str(error.value)


def with_one_id_twice(notebook):
    notebook.cells[2].id = "answer"


def without_id(notebook):
    del notebook.cells[2]["id"]


def with_an_attachment(notebook):
    notebook.cells[1].attachments = {"graph.png": {"image/png": "..."}}


def with_a_raw_cell(notebook):
    notebook.cells[0].cell_type = "raw"
    notebook.cells[0].source = "### BEGIN HIDDEN TESTS\nassert 1\n### END HIDDEN TESTS"


def with_tests_hidden_in_a_given_cell(notebook):
    notebook.cells[2].metadata["nbgrader"]["grade"] = False


def with_a_mark_scheme(notebook):
    notebook.cells[0].source += "\n### BEGIN MARK SCHEME\n1 point\n### END MARK SCHEME"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            with_one_id_twice,
            "cell 3 (id 'answer', grade_id 'double-check'): its id",
        ),
        (without_id, "cell 3 (id None, grade_id 'double-check'): it has no id"),
        (
            with_an_attachment,
            f"{ANSWER}: it is a solution cell with an",
        ),
        (with_a_raw_cell, "cell 1 (id 'title'): it has marks, but no nbgrader metadata"),
        (with_tests_hidden_in_a_given_cell, "grade_id 'double-check'): it has hidden tests, but"),
        (with_a_mark_scheme, "cell 1 (id 'title'): the line '### BEGIN MARK SCHEME' is nearly"),
    ],
    ids=lambda value: value.__name__.replace("_", " ") if callable(value) else "",
)
def test_what_nbgrader_would_not_see_is_refused(solution, spoil, sentence):
    spoil(solution)
    with pytest.raises(NotAnExerciseError) as error:
        make_exercise(solution)
    assert sentence in str(error.value)


@pytest.mark.parametrize("spoil", [with_one_id_twice, without_id])
def test_ids_are_refused_as_they_are_stored_in_the_file(solution, spoil, tmp_path):
    """Reading must not repair them: the repair is random, so each run would give other bytes."""
    stored = json.loads(dumps(solution))
    if spoil is without_id:
        del stored["cells"][2]["id"]
    else:
        stored["cells"][2]["id"] = "answer"
    (tmp_path / "one.ipynb").write_text(json.dumps(stored))
    with pytest.raises(NotAnExerciseError, match="grade_id 'double-check'"):
        make_exercise(read(tmp_path / "one.ipynb"))


NEARLY = [
    "### BEGIN HIDDEN TEST",
    "### Begin Hidden Tests",
    "### begin hidden tests",
    "### BEGIN_HIDDEN_TESTS",
    "###BEGIN HIDDEN TESTS",
    "### BEGIN  HIDDEN TESTS",
    "### BEGN HIDDEN TESTS",
    "### BEGIN HIDEN TESTS",
    "### BEGIN HIDDEN TESTS:",
    "### BEGIN HIDDEN TESTS of other sizes",
    "### HIDDEN TESTS",
    "### BEGIN TESTS",
    "### START HIDDEN TESTS",
    "#### END HIDDEN TESTS",
    "# END HIDDEN TESTS",
    "## BEGIN SOLUTION",
    "#BEGIN SOLUTION",
    "### BEGIN SOLUTIONS",
    "### Begin solution",
    "### BEGIN SOLUTON",
    "### END SOLUTION.",
    "x = 1  ### BEGIN SOLUTION",
    "'### END SOLUTION'",
]


@pytest.mark.parametrize("line", NEARLY)
@pytest.mark.parametrize(("cell", "name"), [(1, "double"), (2, "double-check"), (0, "title")])
def test_a_line_that_is_nearly_a_mark_is_refused_in_every_cell(solution, line, cell, name):
    solution.cells[cell].source += f"\n{line}"
    with pytest.raises(NotAnExerciseError) as error:
        make_exercise(solution)
    message = str(error.value)
    assert f"cell {cell + 1} (id" in message
    assert f"{name!r}): the line {line!r} is nearly a mark" in message


@pytest.mark.parametrize("line", NEARLY)
@pytest.mark.parametrize("edge", ["BEGIN", "END"])
def test_a_mark_exchanged_for_a_line_nearly_like_it_is_refused(solution, line, edge):
    check = solution.cells[2]
    check.source = check.source.replace(f"### {edge} HIDDEN TESTS", line)
    with pytest.raises(NotAnExerciseError, match="is nearly a mark"):
        make_exercise(solution)


@pytest.mark.parametrize(
    "line",
    [
        "    ### BEGIN SOLUTION",
        "### END HIDDEN TESTS  ",
        "# the solution of the equation",
        "# hidden states",
        "# begin with the tests",
        "# end of the sequence",
        "x = begin_solution",
        "assert tests  # a solution",
        "",
    ],
)
def test_other_lines_are_not_taken_for_marks(line):
    assert not is_nearly_a_mark(line, code=True)


@pytest.mark.parametrize("line", ["## Solution", "Begin with the test.", "**Solutions**", "#"])
def test_other_text_is_not_taken_for_marks(line):
    assert not is_nearly_a_mark(line, code=False)


def test_a_second_region_in_the_singular_is_seen_in_a_real_check():
    """No other rule sees this one: the check has hidden tests, rightly marked, before it."""
    notebook = read(ROOT / "solutions" / "01-recurrent-networks.ipynb")
    cell = next(cell for cell in notebook.cells if "BEGIN HIDDEN TESTS" in cell.source)
    mark = "    ### END HIDDEN TESTS"
    more = "\n    ### BEGIN HIDDEN TEST\n    assert 4711\n    ### END HIDDEN TEST"
    cell.source = cell.source.replace(mark, mark + more, 1)
    with pytest.raises(NotAnExerciseError, match=cell.metadata["nbgrader"]["grade_id"]):
        make_exercise(notebook)
