"""Rule: what a notebook stores is one whole run from top to bottom, and nothing of a machine."""

import re

import pytest
from make_exercises import make_exercise
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import METADATA, SEAL, read, shown

from tests.rules.published import BOOK, SOLUTIONS, each, report

CELL_METADATA = {"tags", "mystnb", "nbgrader", "deletable", "editable", "jupyter", SEAL}
MACHINE = re.compile(
    r"(?<![\w/.-])/(?:home|root|tmp|work|Users|var|mnt)(?:/|\b)"  # not the path of an address
    r"|file://\S*"
    r"|\b[A-Z]:\\\S*"
    r"|site-packages"
    r"|\b0x[0-9a-fA-F]{6,}"
)


def execution_complaints(notebook, name):
    """Return a sentence for each code cell not left by one run from top to bottom."""
    complaints, expected = [], 0
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        expected += 1
        if cell.execution_count != expected:
            came = cell.execution_count
            complaints.append(
                f"{name}, cell {number}: expected execution count {expected}, got {came}: "
                f"run tools/execute_notebooks.py {name}."
            )
    return complaints


def leftover_complaints(notebook, name):
    """Return a sentence for each code cell that holds a trace of a run."""
    return [
        f"{name}, cell {number}: an exercise is handed out without outputs and counts."
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    ]


def metadata_complaints(notebook, name):
    """Return a sentence for each piece of metadata that an editor or a machine left behind."""
    complaints = []
    if notebook.metadata != METADATA:
        complaints.append(
            f"{name}: expected the notebook metadata {METADATA}, got {dict(notebook.metadata)}."
        )
    for number, cell in enumerate(notebook.cells, start=1):
        extra = sorted(set(cell.metadata) - CELL_METADATA)
        if extra:
            complaints.append(f"{name}, cell {number}: unexpected metadata {', '.join(extra)}.")
        for output in cell.get("outputs", []):
            if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
                complaints.append(f"{name}, cell {number}: a widget, which a page cannot show.")
    return complaints


def output_texts(cell):
    """Yield every text that the outputs of a cell hold, whatever its format."""
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        yield "\n".join(output.get("traceback", []))
        for kind, value in output.get("data", {}).items():
            if kind.startswith("text/") or kind == "image/svg+xml":
                yield value


def machine_complaints(notebook, name):
    """Return a sentence for each path or address of the machine that an output shows."""
    return [
        f"{name}, cell {number}: the output shows {found.group()!r}, which is of one machine only."
        for number, cell in enumerate(notebook.cells, start=1)
        for text in output_texts(cell)
        for found in MACHINE.finditer(text)
    ]


@each(BOOK + SOLUTIONS)
def test_every_code_cell_was_executed_in_order(path):
    report(execution_complaints(read(path), shown(path)))


@each(SOLUTIONS)
def test_exercises_carry_no_outputs(path):
    exercise, name = make_exercise(read(path)), f"exercises/{path.name}"
    report(leftover_complaints(exercise, name))
    del exercise.metadata["course"]
    report(metadata_complaints(exercise, name))


@each(BOOK + SOLUTIONS)
def test_the_metadata_is_clean(path):
    report(metadata_complaints(read(path), shown(path)))


@each(BOOK + SOLUTIONS)
def test_no_output_shows_a_path_or_an_address(path):
    report(machine_complaints(read(path), shown(path)))


def sample(count=1, outputs=(), **metadata):
    cell = new_code_cell("x", execution_count=count, outputs=list(outputs), metadata=metadata)
    return new_notebook(cells=[new_markdown_cell("# T"), cell], metadata=METADATA)


@pytest.mark.parametrize(
    ("notebook", "rule", "complaint"),
    [
        (sample(count=None), execution_complaints, "n, cell 2: expected execution count 1, got No"),
        (sample(count=7), execution_complaints, "n, cell 2: expected execution count 1, got 7"),
        (sample(count=1), leftover_complaints, "n, cell 2: an exercise is handed out without"),
        (
            sample(None, [new_output("stream", text="hi")]),
            leftover_complaints,
            "n, cell 2: an exercise is handed out without",
        ),
        (
            sample(execution={"iopub.status.busy": "2020"}),
            metadata_complaints,
            "n, cell 2: unexpected .* execution",
        ),
        (
            new_notebook(metadata={**METADATA, "widgets": {}}),
            metadata_complaints,
            "n: expected the notebook metadata .* got .*widgets",
        ),
        (
            new_notebook(metadata={"language_info": {"name": "python", "version": "3.11.7"}}),
            metadata_complaints,
            "n: expected the notebook metadata",
        ),
        (
            sample(
                1,
                [new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}})],
            ),
            metadata_complaints,
            "n, cell 2: a widget",
        ),
    ],
)
def test_the_rules_see_a_bad_notebook(notebook, rule, complaint):
    (sentence,) = rule(notebook, "n")
    assert re.search(complaint, sentence)


@pytest.mark.parametrize(
    "text",
    [
        "/home/me/course/x.py:3: UserWarning",
        "saved to '/tmp/model.pt'",
        "in /root",
        r"C:\Users\me\x.py",
        "/Users/me",
        "<img src='file:///srv/a.png'>",
        "at lib/python3.11/site-packages/torch",
        "<object at 0x7f3a2b4c5d6e>",
    ],
)
@pytest.mark.parametrize("kind", ["stream", "text/plain", "text/html", "image/svg+xml", "error"])
def test_the_rule_sees_a_machine_in_any_output(text, kind):
    if kind == "stream":
        output = new_output("stream", text=text)
    elif kind == "error":
        output = new_output("error", ename="E", evalue="", traceback=["first", text])
    else:
        output = new_output("display_data", data={kind: text})
    assert len(machine_complaints(sample(1, [output]), "n")) == 1


def test_the_rule_lets_addresses_of_the_web_and_numbers_pass():
    text = "https://example.org/home/x and a/tmp/b, 1/work, 0x1F, and/or, accuracy: 0.5"
    notebook = sample(1, [new_output("stream", text=text)])
    assert machine_complaints(notebook, "n") == []
    assert execution_complaints(notebook, "n") == []
    assert metadata_complaints(notebook, "n") == []
