"""`tools/make_exercises.py`: what it leaves out, what it keeps, and what it refuses."""

import make_exercises
import pytest
from make_exercises import NotAnExerciseError, differences, make_exercise, wanted_exercises
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import METADATA, dumps, write


def marks(grade_id, *, grade=False, solution=False, **more):
    """nbgrader's metadata of one cell."""
    return {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
        **more,
    }


def answer_cell(**metadata):
    source = (
        "def double(x):\n"
        "    ### BEGIN SOLUTION\n"
        "    return 2 * x\n"
        "    ### END SOLUTION\n"
        "print('defined')"
    )
    cell = new_code_cell(source, id="answer", execution_count=1)
    cell.outputs = [new_output("stream", name="stdout", text="defined\n")]
    cell.metadata = {"nbgrader": marks("double", solution=True), **metadata}
    return cell


def check_cell(**metadata):
    source = (
        "assert double(1) == 2\n"
        "### BEGIN HIDDEN TESTS\n"
        "assert double(7) == 14\n"
        "### END HIDDEN TESTS"
    )
    cell = new_code_cell(source, id="check", execution_count=2)
    cell.metadata = {"nbgrader": marks("double-check", grade=True, points=2), **metadata}
    return cell


@pytest.fixture
def solution():
    return new_notebook(
        cells=[new_markdown_cell("# Exercises", id="title"), answer_cell(), check_cell()],
        metadata={"kernelspec": METADATA["kernelspec"], "vscode": {"machine": "mine"}},
    )


def test_the_stub_takes_the_place_of_the_solution(solution):
    assert make_exercise(solution).cells[1].source == (
        "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError\nprint('defined')"
    )


def test_a_written_answer_becomes_a_request_for_one(solution):
    text = new_markdown_cell("Why?\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION", id="why")
    text.metadata["nbgrader"] = marks("why", grade=True, solution=True, points=1)
    solution.cells.append(text)
    exercise = make_exercise(solution)
    assert exercise.cells[3].source == "Why?\n\nYOUR ANSWER HERE"
    assert "tags" not in exercise.cells[3].metadata


def test_hidden_tests_are_left_out_and_the_check_may_fail(solution):
    check = make_exercise(solution).cells[2]
    assert check.source == "assert double(1) == 2"
    assert check.metadata["tags"] == ["raises-exception"]


def test_only_the_check_is_folded(solution):
    solution.cells[2].metadata["jupyter"] = {"outputs_hidden": False}
    title, answer, check = make_exercise(solution).cells
    assert check.metadata["jupyter"] == {"outputs_hidden": False, "source_hidden": True}
    assert "jupyter" not in title.metadata
    assert "jupyter" not in answer.metadata


def test_only_graded_test_cells_may_fail(solution):
    exercise = make_exercise(solution)
    assert all("tags" not in cell.metadata for cell in exercise.cells[:2])


def test_other_tags_stay_and_the_tag_is_not_doubled(solution):
    solution.cells[2].metadata["tags"] = ["hide-input", "raises-exception"]
    tags = make_exercise(solution).cells[2].metadata["tags"]
    assert tags == ["hide-input", "raises-exception"]


def test_nothing_of_a_run_or_a_machine_is_left(solution):
    exercise = make_exercise(solution)
    assert exercise.metadata == METADATA
    code = [cell for cell in exercise.cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * 2


def test_cells_keep_their_ids_and_the_solution_is_not_touched(solution):
    before = dumps(solution)
    assert [cell.id for cell in make_exercise(solution).cells] == ["title", "answer", "check"]
    assert dumps(solution) == before


def test_the_same_solution_gives_the_same_bytes(solution):
    assert dumps(make_exercise(solution)) == dumps(make_exercise(solution))


def test_the_checksum_is_that_of_the_exercise_as_handed_out(solution):
    from nbgrader.utils import compute_checksum

    for cell in make_exercise(solution).cells[1:]:
        assert cell.metadata.nbgrader.checksum == compute_checksum(cell)


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
        (without_marks, "cell 2 (id 'answer'): it is a solution cell without the marks"),
        (without_end, "cell 2 (id 'answer'): 'BEGIN SOLUTION' has no 'END SOLUTION' after it"),
        (with_end_only, "cell 2 (id 'answer'): 'END SOLUTION' has no 'BEGIN SOLUTION' before"),
        (with_nested_marks, "cell 2 (id 'answer'): 'BEGIN SOLUTION' stands inside"),
        (without_metadata, "cell 2 (id 'answer'): it has marks, but no nbgrader metadata"),
        (with_half_metadata, "cell 2 (id 'answer'): its nbgrader metadata lacks locked"),
        (without_solution_flag, "cell 2 (id 'answer'): it has solution marks, but its nbgrader"),
        (with_hidden_tests_in_the_answer, "cell 2 (id 'answer'): it has hidden tests, but is no"),
        (without_points, "cell 3 (id 'check'): it is graded, so its points must be a positive"),
        (with_zero_points, "cell 3 (id 'check'): it is graded, so its points must be a positive"),
        (with_one_grade_id_twice, "cell 3 (id 'check'): its grade_id 'double' is that of cell 2"),
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


@pytest.fixture
def project(solution, tmp_path, monkeypatch):
    """A folder with one solution, which the command line takes for the whole project."""
    (tmp_path / "solutions").mkdir()
    write(tmp_path / "solutions" / "01-one.ipynb", dumps(solution))
    monkeypatch.setattr(make_exercises, "ROOT", tmp_path)
    monkeypatch.setattr(
        make_exercises,
        "notebooks_in",
        lambda folder: sorted((tmp_path / folder).glob("*.ipynb")),
    )
    return tmp_path


def test_what_was_just_made_passes_the_check(project, capsys):
    assert make_exercises.main([]) == 0
    assert "written" in capsys.readouterr().out
    first = (project / "exercises" / "01-one.ipynb").read_bytes()
    assert make_exercises.main(["--check"]) == 0
    assert make_exercises.main([]) == 0
    assert "unchanged" in capsys.readouterr().out
    assert (project / "exercises" / "01-one.ipynb").read_bytes() == first
    assert not list(project.rglob("*.part"))


def test_the_check_names_missing_changed_and_left_over_files(project, capsys):
    exercises = project / "exercises"
    assert make_exercises.main(["--check"]) == 1
    assert "01-one.ipynb is missing" in capsys.readouterr().err
    make_exercises.main([])
    path = exercises / "01-one.ipynb"
    path.write_text(path.read_text().replace("double(1)", "double(2)"))
    (exercises / "02-two.ipynb").write_text("{}")
    before = path.read_bytes()
    assert make_exercises.main(["--check"]) == 1
    message = capsys.readouterr().err
    assert "01-one.ipynb differs from what solutions/01-one.ipynb gives" in message
    assert "02-two.ipynb is left over: there is no solutions/02-two.ipynb" in message
    assert path.read_bytes() == before
    assert make_exercises.main([]) == 0
    assert make_exercises.main(["--check"]) == 0
    assert not (exercises / "02-two.ipynb").exists()


def test_a_refusal_names_the_file_and_writes_nothing(project, solution, capsys):
    without_points(solution)
    write(project / "solutions" / "01-one.ipynb", dumps(solution))
    assert make_exercises.main([]) == 1
    assert "01-one.ipynb: cell 3 (id 'check')" in capsys.readouterr().err
    assert not (project / "exercises").exists()


def test_differences_of_an_exercise_in_step_is_empty(project, tmp_path):
    wanted = wanted_exercises([project / "solutions" / "01-one.ipynb"])
    for name, text in wanted.items():
        write(tmp_path / name, text)
    assert differences(wanted, tmp_path) == []
