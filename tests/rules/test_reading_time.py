"""Rule: the times that a chapter states follow from what there is to read in it."""

from nbformat.v4 import new_markdown_cell
from notebook_files import read, shown
from reading_time import with_time

from tests.rules.published import BOOK, each, report


def complaints_about(notebook, name):
    """Return a sentence if the line says something else than the rule."""
    try:
        wanted = with_time(notebook)
    except ValueError as error:
        return [f"{name}: {error}."]
    if notebook.cells[0].source == wanted:
        return []
    return [f"{name}: the line **Time.** is not what the rule gives: run tools/reading_time.py."]


@each(BOOK)
def test_the_times_are_what_the_rule_gives(path):
    report(complaints_about(read(path), shown(path)))


def test_the_rule_sees_a_time_that_is_not_true():
    notebook = read(BOOK[0])
    notebook.cells.append(new_markdown_cell("more " * 1000))
    assert "is not what the rule gives" in complaints_about(notebook, "n")[0]
    notebook.cells[0].source = "# T"
    assert "the first cell lacks the line" in complaints_about(notebook, "n")[0]
