"""A small solution notebook: one answer, one check with hidden tests."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import METADATA


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


def solution_notebook():
    return new_notebook(
        cells=[new_markdown_cell("# Exercises", id="title"), answer_cell(), check_cell()],
        metadata={"kernelspec": METADATA["kernelspec"], "vscode": {"machine": "mine"}},
    )
