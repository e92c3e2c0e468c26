"""Rule: a cell whose code is folded says in plain words what is inside, wherever it is opened.

The site shows ``mystnb.code_prompt_show``; JupyterLab, and whatever knows nothing of folds, shows
the first line of the code. Both say the same.
"""

import re

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from notebook_files import read, shown

from tests.rules.published import BOOK, SOLUTIONS, each, report

TAG = "hide-input"
# What they printed would be hidden as well, or nothing would say that there is more.
HIDES_MORE = {"hide-output", "hide-cell", "remove-input", "remove-output", "remove-cell"}
LONGEST = 80  # characters: on a phone two lines
# The bar is there to be clicked; a reader wants to know what for.
EMPTY_WORDS = re.compile(r"\b(click|toggle|expand|unfold|code cell)\b|^(show|hide|see)\b", re.I)


def words_complaint(words):
    """Return what is wrong with the words on a bar, or an empty string."""
    if not words.strip():
        return "expected words that say what is inside"
    if len(words) > LONGEST:
        return f"expected at most {LONGEST} characters, got {len(words)}: {words!r}"
    if EMPTY_WORDS.search(words):
        return f"expected what is inside, not what to do with it, got {words!r}"
    if not words[0].isupper() or words.endswith("."):
        return f"expected a capital letter first and no full stop, got {words!r}"
    return ""


def complaints_about(notebook, name):
    """Return a sentence for everything that a folded cell lacks; checks of exercises have none."""
    complaints = []
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"{name}, cell {number}"
        tags = set(cell.metadata.get("tags", []))
        complaints += [f"{where}: unexpected tag {tag}." for tag in sorted(tags & HIDES_MORE)]
        if cell.cell_type != "code" or "nbgrader" in cell.metadata:
            continue
        render = cell.metadata.get("mystnb", {})
        signs = {
            f"the tag {TAG}": TAG in tags,
            "mystnb.code_prompt_show": "code_prompt_show" in render,
            "jupyter.source_hidden": cell.metadata.get("jupyter", {}).get("source_hidden", False),
        }
        if "code_prompt_hide" in render:
            complaints.append(f"{where}: mystnb.code_prompt_hide is shown nowhere.")
        if not any(signs.values()):
            continue
        complaints += [
            f"{where}: folded, but without {sign}." for sign, is_set in signs.items() if not is_set
        ]
        words = render.get("code_prompt_show", "")
        wrong = words_complaint(words)
        if wrong:
            complaints.append(f"{where}: mystnb.code_prompt_show: {wrong}.")
        elif cell.source.partition("\n")[0] != f"# {words}":
            complaints.append(f"{where}: expected the first line '# {words}'.")
    return complaints


@each(BOOK + SOLUTIONS)
def test_a_folded_cell_says_what_is_inside(path):
    report(complaints_about(read(path), shown(path)))


WORDS = "Set-up: imports, seed, one thread"


def folded(source=f"# {WORDS}\nimport numpy", **metadata):
    whole = {
        "tags": [TAG],
        "mystnb": {"code_prompt_show": WORDS},
        "jupyter": {"source_hidden": True},
    }
    return new_notebook(cells=[new_code_cell(source, metadata={**whole, **metadata})])


def test_the_rule_accepts():
    assert complaints_about(folded(), "n") == []
    assert complaints_about(new_notebook(cells=[new_code_cell("x = 1")]), "n") == []
    assert complaints_about(folded("# Check", mystnb={}, nbgrader={}), "n") == []


@pytest.mark.parametrize(
    ("notebook", "complaint"),
    [
        (folded(tags=[]), "folded, but without the tag hide-input."),
        (folded(jupyter={}), "folded, but without jupyter.source_hidden."),
        (folded(tags=[TAG, "remove-output"]), "unexpected tag remove-output."),
        (folded("import numpy"), f"expected the first line '# {WORDS}'."),
        (folded("# Set-up\nimport numpy"), f"expected the first line '# {WORDS}'."),
        (
            folded(mystnb={"code_prompt_show": WORDS, "code_prompt_hide": "Hide"}),
            "mystnb.code_prompt_hide is shown nowhere.",
        ),
    ],
)
def test_the_rule_sees_what_a_fold_lacks(notebook, complaint):
    assert complaints_about(notebook, "n") == [f"n, cell 1: {complaint}"]


def test_the_rule_sees_a_fold_without_words():
    assert complaints_about(folded(mystnb={}), "n") == [
        "n, cell 1: folded, but without mystnb.code_prompt_show.",
        "n, cell 1: mystnb.code_prompt_show: expected words that say what is inside.",
    ]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (" ", "expected words"),
        ("Click to show the set-up", "not what to do with it"),
        ("Show code cell source", "not what to do with it"),
        ("Hide the imports", "not what to do with it"),
        ("imports", "a capital letter first"),
        ("Imports.", "no full stop"),
        ("X" * 81, "at most 80 characters, got 81"),
    ],
)
def test_the_rule_sees_words_that_do_not_help(words, complaint):
    (sentence,) = complaints_about(folded(f"# {words}", mystnb={"code_prompt_show": words}), "n")
    assert complaint in sentence


@pytest.mark.parametrize(
    "words",
    [WORDS, "What the text claims, tested", "The drawing", "Training, which shows the loss"],
)
def test_the_rule_accepts_words(words):
    assert words_complaint(words) == ""
