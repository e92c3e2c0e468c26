"""Rule: a few short lines in the first cell say how to work on the exercises, alike in all."""

import re

from notebook_files import read

from tests.rules.published import SOLUTIONS, each

NOTEBOOKS = [path for path in SOLUTIONS if path.stem != "exam-answers"]
FEWEST, MOST, WORDS = 4, 6, 50
IN_ALL = (
    "- Run the set-up cell first.",
    '- A right answer ends in "Exercise 1 solved." After a wrong one you see what you returned, '
    "often also what was expected, and why. An unsolved exercise fails its check; this is normal.",
    "- Each exercise has two hints. Try without them first.",
)


def lines_of(text):
    """Return the items of the list that follows the words How it works."""
    return re.search(r"^\*\*How it works\.\*\*\n\n((?:- .+\n?)+)", text, re.M)[1].splitlines()


@each(NOTEBOOKS)
def test_a_few_short_lines_say_how_it_works(path):
    notebook = read(path)
    lines = lines_of(notebook.cells[0].source)
    assert FEWEST <= len(lines) <= MOST
    assert max(len(line.split()) for line in lines) <= WORDS
    for said in IN_ALL:
        assert any(line.startswith(said) for line in lines), said


@each(NOTEBOOKS)
def test_each_exercise_has_the_hints_that_it_speaks_of(path):
    parts = re.split(
        r"^## Exercise \d+", "\n".join(cell.source for cell in read(path).cells), flags=re.M
    )
    assert len(parts) > 1
    assert [part.count("{dropdown} Hint ") for part in parts[1:]] == [2] * (len(parts) - 1)
