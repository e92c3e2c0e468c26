"""Rule: an output that is not compared is asserted on before the next heading, and is a run's."""

import ast
import builtins
import re

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import NOT_COMPARED, SEAL, read, seal_of, shown

from tests.rules.published import BOOK, SOLUTIONS, each, report, without_code_blocks


def syntax_tree(source):
    """Parse a cell as IPython would read it, magics included."""
    return ast.parse(TransformerManager().transform_cell(source))


def names_in(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def imported_names(notebook):
    """Return the names of modules and of what is imported from them, over the whole notebook."""
    return {
        (alias.asname or alias.name).split(".")[0]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for node in ast.walk(syntax_tree(cell.source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def has_heading(cell):
    return cell.cell_type == "markdown" and re.search(
        r"^#{1,6} ", without_code_blocks(cell.source), re.MULTILINE
    )


def asserted_names(cells):
    """Return the names that the assert statements of these code cells look at."""
    return {
        name
        for cell in cells
        if cell.cell_type == "code"
        for node in ast.walk(syntax_tree(cell.source))
        if isinstance(node, ast.Assert)
        for name in names_in(node.test)
    }


def complaints_about(notebook, name):
    """Return a sentence for each cell whose unchecked output nothing asserts on."""
    # `assert np.isfinite(1)` says nothing about what was shown, so imported names do not count.
    common = imported_names(notebook) | set(dir(builtins))
    complaints = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or NOT_COMPARED not in cell.metadata.get("tags", []):
            continue
        section = [cell]
        for later in notebook.cells[index + 1 :]:
            if has_heading(later):
                break
            section.append(later)
        shown_names = names_in(syntax_tree(cell.source)) - common
        if not shown_names & asserted_names(section):
            looked_at = ", ".join(sorted(shown_names)) or "none"
            complaints.append(
                f"{name}, cell {index + 1}: it is tagged {NOT_COMPARED}, so an assert before the "
                f"next heading must look at what it shows ({looked_at})."
            )
    return complaints


def seal_complaints(notebook, name):
    """Return a sentence for each unchecked output that is not what the run printed."""
    return [
        f"{name}, cell {number}: what it prints was changed after the run; "
        "run tools/execute_notebooks.py."
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code"
        and NOT_COMPARED in cell.metadata.get("tags", [])
        and cell.metadata.get(SEAL) != seal_of(cell)
    ]


@each(BOOK + SOLUTIONS)
def test_what_is_not_compared_is_what_a_run_printed(path):
    report(seal_complaints(read(path), shown(path)))


def test_the_rule_sees_a_changed_number():
    cell = new_code_cell("print(17.1)", outputs=[new_output("stream", text="17.1\n")])
    cell.metadata["tags"] = [NOT_COMPARED]
    cell.metadata[SEAL] = seal_of(cell)
    notebook = new_notebook(cells=[cell])
    assert seal_complaints(notebook, "n") == []
    cell.outputs[0].text = "17.2\n"
    assert "n, cell 1: what it prints was changed" in seal_complaints(notebook, "n")[0]


@each(BOOK + SOLUTIONS)
def test_what_is_not_compared_is_asserted(path):
    report(complaints_about(read(path), shown(path)))


def sample(*cells):
    """A notebook whose first cell is tagged; markdown starts with a capital letter or a #."""
    made = [
        new_markdown_cell(text) if text[0] in "#ABC`" else new_code_cell(text) for text in cells
    ]
    made[0].metadata["tags"] = [NOT_COMPARED]
    return new_notebook(cells=[*made, new_code_cell("import numpy as np")])


@pytest.mark.parametrize(
    "cells",
    [
        ("loss = train()\nprint(loss)",),
        ("loss = train()\nprint(loss)", "# Next", "assert loss < 1"),
        ("loss = train()\nprint(loss)", "A word.\n\n## Next", "assert loss < 1"),
        ("loss = train()\nprint(loss)", "assert other < 1"),
        ("loss = np.ones(3)\nprint(loss)", "assert np.pi > 3"),
        ("print(loss)", "assert print"),
        ("print(loss)", "'assert loss < 1'"),
        ("%time loss = 1", "x = loss"),
    ],
)
def test_the_rule_sees_an_output_that_nothing_checks(cells):
    (complaint,) = complaints_about(sample(*cells), "n")
    assert complaint.startswith("n, cell 1: it is tagged nbval-ignore-output")


@pytest.mark.parametrize(
    "cells",
    [
        ("loss = train()\nprint(loss)\nassert loss < 1",),
        ("loss = train()\nprint(loss)", "A sentence.", "assert (loss < 1).all(), 'too large'"),
        ("show(losses)", "for i in range(3):\n    assert losses[i] < 1"),
        ("%time\nloss = train()", "```python\n# no heading\n```", "assert loss < 1"),
    ],
)
def test_the_rule_accepts_an_assertion_on_what_is_shown(cells):
    assert complaints_about(sample(*cells), "n") == []
