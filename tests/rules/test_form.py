"""Rule: a chapter has one form. Text leads, code follows, and the reader is asked to think.

CONTRIBUTING.md says how to write it. How high the open code stands on the page is measured in
``tests/site/test_layout.py``; what folds and reading times have to be is for every chapter, in
``test_folds.py`` and ``test_reading_time.py``.
"""

import copy
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_files import read, shown
from reading_time import counts_of, is_folded, words_of

from tests.rules.published import BOOK, each, report, without_code_blocks

MOST_LINES = 30  # of an open cell
MOST_WORDS = 5500  # about 5,000
LEAST_HOOK = 30  # words, where the hook is no picture and no table
FIRST, THINK = "**Before you start.**", "Think first"

HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
SHOWN = re.compile(r"!\[|^ *`{3,}|^ *\|.*\|$", re.MULTILINE)  # a picture, a sample, a table
EXPLORER = re.compile(r"^ *`{3,}\{explorer\}", re.MULTILINE)
IMPORT = re.compile(r"^(?:import|from) .*$", re.MULTILINE)
BOX = re.compile(r"^(:{4,})\{admonition\} Think first$\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
ANSWER = re.compile(r"^(:{3,})\{dropdown\} Answer$\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


def texts(notebook):
    """Return the Markdown cells, code between fences left out."""
    return [without_code_blocks(c.source) for c in notebook.cells if c.cell_type == "markdown"]


def open_cells(notebook):
    """Yield number and source of the code that stands open on the page."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and not is_folded(cell):
            yield number, cell.source


def hook_complaints(notebook):
    """Something to wonder about comes before the first code."""
    before = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            break
        before.append(cell.source)
    _, _, rest = "\n\n".join(before).partition(FIRST)
    hook = rest.partition("\n\n")[2]
    if SHOWN.search(hook) or words_of(hook) >= LEAST_HOOK:
        return []
    return ["expected a hook before the first code: a picture, a sample, a few sentences"]


def set_up_complaints(notebook):
    """Imports are folded; the first code cell holds them and says so."""
    first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    words = first.metadata.get("mystnb", {}).get("code_prompt_show", "") if first else ""
    complaints = []
    if first is None or not is_folded(first) or not words.startswith("Set-up"):
        complaints.append("expected the first code cell folded, and called 'Set-up: ...'")
    for number, source in open_cells(notebook):
        found = IMPORT.search(source)
        if found:
            complaints.append(f"cell {number}: '{found[0]}' stands in open code")
    return complaints


def open_code_complaints(notebook):
    """No open cell is long."""
    lengths = {number: len(source.splitlines()) for number, source in open_cells(notebook)}
    return [
        f"cell {number}: {length} lines of open code; at most {MOST_LINES}"
        for number, length in lengths.items()
        if length > MOST_LINES
    ]


def length_complaints(notebook):
    """The whole is not long."""
    words = counts_of(notebook).words
    return [f"{words} words; at most {MOST_WORDS}"] if words > MOST_WORDS else []


def think_complaints(notebook):
    """Two or three questions, each with one answer, which is folded."""
    whole = "\n\n".join(texts(notebook))
    boxes = [found[2] for found in BOX.finditer(whole)]
    complaints = []
    if len(boxes) not in (2, 3):
        complaints.append(f"expected 2 or 3 boxes {THINK!r}, found {len(boxes)}")
    for number, box in enumerate(boxes, start=1):
        answers = ANSWER.findall(box)
        if not box.startswith(":class: think-first\n"):
            complaints.append(f"{THINK} {number}: expected the line ':class: think-first'")
        if len(answers) != 1 or not answers[0][1].strip():
            complaints.append(f"{THINK} {number}: expected one ':::{{dropdown}} Answer' in the box")
        elif ANSWER.sub("", box).count("?") == 0:
            complaints.append(f"{THINK} {number}: expected a question outside the answer")
    return complaints


def heading_complaints(notebook):
    """Headings can be read aloud, and fit the column of contents."""
    return [
        f"expected a heading in words, got {found[0]!r}"
        for text in texts(notebook)
        for found in HEADING.finditer(text)
        if set("$`") & set(found[0])
    ]


def figure_complaints(notebook):
    """Something can be moved."""
    if any(EXPLORER.search(text) for text in texts(notebook)):
        return []
    return ["expected an interactive figure: ```{explorer} name"]


RULES = [
    hook_complaints,
    set_up_complaints,
    open_code_complaints,
    length_complaints,
    think_complaints,
    heading_complaints,
    figure_complaints,
]


def complaints_about(notebook, name):
    """Return a sentence for each part of the form that a chapter lacks."""
    return [f"{name}: {complaint}." for rule in RULES for complaint in rule(notebook)]


@each(BOOK)
def test_a_chapter_has_the_form(path):
    report(complaints_about(read(path), shown(path)))


SET_UP = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Set-up: imports"}}
QUESTION = """\
::::{admonition} Think first
:class: think-first
Why?

:::{dropdown} Answer
Because.
:::
::::
"""
HOOK = "A table:\n\n| a | b |\n|---|---|\n| 1 | 2 |"


def chapter(**parts):
    """Return a chapter that has the form, but for the parts that are given."""
    cells = {
        "first": new_markdown_cell(f"# T\n\n{FIRST} Nothing."),
        "hook": new_markdown_cell(HOOK),
        "set_up": new_code_cell("# Set-up: imports\nimport numpy", metadata=SET_UP),
        "heading": new_markdown_cell("## In words"),
        "figure": new_markdown_cell("```{explorer} next-token\n```"),
        "think": new_markdown_cell(QUESTION),
        "again": new_markdown_cell(QUESTION),
        "code": new_code_cell("x = 1"),
    }
    for name, source in parts.items():
        cells[name].source = source
    return new_notebook(cells=[copy.deepcopy(cell) for cell in cells.values()])


@pytest.mark.parametrize(
    "notebook",
    [
        chapter(),
        chapter(hook="word " * LEAST_HOOK),
        chapter(hook="![A picture](a.png)"),
        chapter(hook="```text\nA sample.\n```"),
        chapter(think=f"{QUESTION}\n\nbetween\n\n{QUESTION}"),
        chapter(code="x = 1\n" * MOST_LINES),
        chapter(heading="```python\n# $ a comment\n```"),
    ],
)
def test_the_rule_accepts(notebook):
    assert complaints_about(notebook, "n") == []


@pytest.mark.parametrize(
    ("notebook", "complaint"),
    [
        (chapter(hook="Only a few words."), "expected a hook before the first code"),
        (chapter(first=f"# T\n\n{FIRST} {'word ' * 99}", hook=""), "expected a hook"),
        (chapter(code="import torch"), "cell 8: 'import torch' stands in open code."),
        (chapter(code="x = 1\n" * 31), "cell 8: 31 lines of open code; at most 30."),
        (chapter(heading="word " * 6000), "words; at most 5500."),
        (chapter(think=""), "expected 2 or 3 boxes 'Think first', found 1."),
        (chapter(think=QUESTION * 3), "expected 2 or 3 boxes 'Think first', found 4."),
        (chapter(think=QUESTION.replace(":class: think-first\n", "")), "1: expected the line"),
        (chapter(think=QUESTION.replace("{dropdown}", "{note}")), "1: expected one ':::{dropdown}"),
        (chapter(think=QUESTION.replace("Because.", "")), "1: expected one ':::{dropdown} Answer'"),
        (chapter(think=QUESTION.replace("Why?", "So.")), "expected a question outside the answer"),
        (chapter(heading="### What is $W_{hh}$"), "expected a heading in words, got '### What is"),
        (chapter(heading="## Calling `detach`"), "expected a heading in words, got '## Calling"),
        (chapter(figure="![A picture](a.png)"), "expected an interactive figure"),
    ],
)
def test_the_rule_sees(notebook, complaint):
    (sentence,) = complaints_about(notebook, "n")
    assert complaint in sentence


def test_the_rule_sees_a_set_up_that_is_open_or_not_called_so():
    for metadata in ({}, {**SET_UP, "mystnb": {"code_prompt_show": "Imports"}}):
        notebook = chapter()
        notebook.cells[2].metadata = metadata
        assert "expected the first code cell folded" in complaints_about(notebook, "n")[0]
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    assert "expected the first code cell folded" in complaints_about(notebook, "n")[0]
