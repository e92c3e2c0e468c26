"""`tools/make_exercises.py`: what it leaves out of a solution, and what it keeps."""

from make_exercises import make_exercise
from nbformat.v4 import new_markdown_cell
from notebook_files import METADATA, dumps, is_as_made

from tests.tools.samples import marks


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
    assert is_as_made(exercise)
    del exercise.metadata["course"]
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
