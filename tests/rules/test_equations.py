"""Rule: each labelled equation of the book is computed by a function that names it, and back."""

import re

import pytest

from tests.rules.published import (
    BOOK,
    BOOK_PAGES,
    docstrings,
    markdown_of,
    report,
    without_code_blocks,
)

DOLLARS = re.compile(r"(?<!\\)\$\$.+?(?<!\\)\$\$(?:[ \t]*\(([^)\s]+)\))?", re.DOTALL)
DIRECTIVE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|:{3,})\{math\}[^\n]*\n(?P<body>.*?)^(?P=indent)(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)
OPTION = re.compile(r"^\s*:label:[ \t]*(\S+)", re.MULTILINE)
TEX_LABEL = re.compile(r"\\label\{([^}]+)\}")
CITED = re.compile(r"^\s*Equations?:[ \t]*(.+?)[ \t]*$", re.MULTILINE)


def labels_in(markdown):
    """Return the labels of the equations of a text, in its order within each way of writing."""
    text = without_code_blocks(markdown)
    found = [label for label in DOLLARS.findall(text) if label]
    for directive in DIRECTIVE.finditer(text):
        found += OPTION.findall(directive["body"])
    return found + TEX_LABEL.findall(text)


def citations_in(docstring):
    """Return the labels that the lines `Equation: ...` of a docstring name."""
    return [label.strip() for line in CITED.findall(docstring) for label in line.split(",")]


def complaints_about(pages, texts):
    """Compare the labels of pages with those that docstrings cite; both are (place, text)."""
    defined, complaints = {}, []
    for where, text in pages:
        for label in labels_in(text):
            if not re.fullmatch(r"eq-[a-z0-9-]+", label):
                complaints.append(f"{where}: expected a label such as eq-rnn-step, got {label!r}.")
            if label in defined:
                complaints.append(f"{where}: the label {label} is that of {defined[label]} too.")
            defined.setdefault(label, where)
    cited = set()
    for where, text in texts:
        for label in citations_in(text):
            cited.add(label)
            if label not in defined:
                complaints.append(f"{where}: cites the equation {label!r}, which no page has.")
    complaints += [
        f"{where}: no docstring of course_pkg has a line 'Equation: {label}'; name the function "
        "that computes it, or leave the equation without a label."
        for label, where in defined.items()
        if label not in cited
    ]
    return complaints


def test_equations_and_docstrings_name_each_other():
    pages = [part for path in BOOK + BOOK_PAGES for part in markdown_of(path)]
    report(complaints_about(pages, list(docstrings())))


WAYS_TO_WRITE = {
    "dollars": "So\n\n$$\nh = \\tanh(a)\n$$ (eq-a)\n",
    "dollars on a line": "So $$h = 1$$ (eq-a)",
    "after an unlabelled one": "$$\nx\n$$\n\nand\n\n$$\ny\n$$ (eq-a)",
    "directive": "```{math}\n:label: eq-a\nh = 1\n```",
    "colon directive": ":::{math}\n:label: eq-a\n:nowrap:\nh = 1\n:::",
    "indented directive": "- one\n\n  ```{math}\n  :label: eq-a\n  h = 1\n  ```",
    "amsmath": "\\begin{align}\nh &= 1 \\label{eq-a}\n\\end{align}",
    "amsmath in dollars": "$$\n\\begin{aligned}a&=b\\end{aligned}\n$$ (eq-a)",
}


@pytest.mark.parametrize("markdown", WAYS_TO_WRITE.values(), ids=WAYS_TO_WRITE)
def test_a_label_is_found_however_it_is_written(markdown):
    assert labels_in(markdown) == ["eq-a"]


@pytest.mark.parametrize(
    "markdown",
    ["$$x$$\n\n(see the text)", "```python\n$$ x $$ (eq-a)\n```", "$x$ (eq-a)", "[](eq-a)"],
)
def test_what_is_no_label_is_not_taken_for_one(markdown):
    assert labels_in(markdown) == []


def test_one_line_may_name_several_equations():
    text = "Do.\n\nNotes\n-----\nEquation: eq-a, eq-b\n\nEquation: eq-c"
    assert citations_in(text) == ["eq-a", "eq-b", "eq-c"]


PAGE = ("page", "$$x$$ (eq-a)")


@pytest.mark.parametrize(
    ("pages", "texts", "complaint"),
    [
        ([PAGE], [("f", "Do it.")], "page: no docstring of course_pkg has a line 'Equation: eq-a'"),
        ([], [("f", "Equation: eq-b")], "f: cites the equation 'eq-b', which no page has"),
        ([PAGE, ("other", PAGE[1])], [("f", "Equation: eq-a")], "other: the label eq-a is that of"),
        ([("page", "$$x$$ (step)")], [("f", "Equation: step")], "page: expected a label such as"),
    ],
)
def test_the_rule_sees_a_broken_link(pages, texts, complaint):
    (sentence,) = complaints_about(pages, texts)
    assert sentence.startswith(complaint)


def test_the_rule_accepts_equations_that_are_computed():
    assert complaints_about([PAGE], [("f", "Equation: eq-a"), ("g", "Equation: eq-a")]) == []
