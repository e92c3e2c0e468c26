"""What a solution notebook must be like, so that an exercise can be made of it.

A mark is a line of its own: `### BEGIN SOLUTION`, `### END SOLUTION`, `### BEGIN HIDDEN TESTS`,
`### END HIDDEN TESTS`. A line that is nearly one is refused: nbgrader would take it for a comment
and hand the solution, or the tests, out.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from nbformat import NotebookNode

MARK = re.compile(r"\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")
LIKENESS = 0.85  # one letter missing, doubled or exchanged
LIKE_MARKS = [
    edge + kind
    for edge in ("BEGIN", "END", "START", "STOP")
    for kind in ("SOLUTION", "HIDDENTESTS", "MARKSCHEME")
] + ["HIDDENTESTS", "BEGINTESTS", "ENDTESTS", "SOLUTIONBEGIN", "SOLUTIONEND"]
NBGRADER_TAKES = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")


def is_check(cell: NotebookNode) -> bool:
    """Whether this is a graded test cell: it tests an answer and holds none itself."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def marks_of(source: str) -> list[tuple[str, str]]:
    """Return the marks of a cell in order, such as ("BEGIN", "SOLUTION")."""
    found = [MARK.fullmatch(line.rstrip()) for line in source.split("\n")]
    return [(mark[1], mark[2]) for mark in found if mark]


def has_hidden_tests(cell: NotebookNode) -> bool:
    """Whether the cell's source holds tests that the exercise leaves out."""
    return ("BEGIN", "HIDDEN TESTS") in marks_of(cell.source)


def is_nearly_a_mark(line: str, *, code: bool) -> bool:
    """Whether a line is no mark, but was probably meant as one."""
    if MARK.fullmatch(line.rstrip()):
        return False
    if NBGRADER_TAKES.search(line):
        return True
    _, sign, comment = line.partition("#")
    if code and not sign:
        return False
    letters = "".join(re.findall("[A-Z]", (comment if code else line).upper()))
    return any(
        SequenceMatcher(None, letters[: len(mark) + 1], mark, autojunk=False).ratio() > LIKENESS
        for mark in LIKE_MARKS
    )


def _mark_complaints(cell: NotebookNode) -> list[str]:
    """Say which marks are nearly right, opened twice, not opened, or not closed."""
    complaints = [
        f"the line {line.strip()!r} is nearly a mark; write '### BEGIN SOLUTION', '### END "
        "SOLUTION', '### BEGIN HIDDEN TESTS' or '### END HIDDEN TESTS' on a line of its own, or "
        "put it in other words"
        for line in cell.source.split("\n")
        if is_nearly_a_mark(line, code=cell.cell_type == "code")
    ]
    open_mark = ""
    for edge, kind in marks_of(cell.source):
        if edge == "BEGIN" and open_mark:
            complaints.append(f"'BEGIN {kind}' stands inside 'BEGIN {open_mark}'")
        if edge == "END" and open_mark != kind:
            complaints.append(f"'END {kind}' has no 'BEGIN {kind}' before it")
        open_mark = kind if edge == "BEGIN" else ""
    if open_mark:
        complaints.append(f"'BEGIN {open_mark}' has no 'END {open_mark}' after it")
    return complaints


def _cell_complaints(cell: NotebookNode) -> list[str]:
    """Say what keeps one cell of a solution notebook from becoming a cell of the exercise."""
    complaints = _mark_complaints(cell)
    kinds = {kind for _, kind in marks_of(cell.source)}
    if "nbgrader" not in cell.metadata:
        if kinds:
            complaints.append("it has marks, but no nbgrader metadata")
        return complaints
    marks = cell.metadata["nbgrader"]
    missing = {"schema_version", "grade", "solution", "locked", "grade_id"} - set(marks)
    if missing:
        return [*complaints, f"its nbgrader metadata lacks {', '.join(sorted(missing))}"]
    if marks["solution"] and "SOLUTION" not in kinds:
        complaints.append("it is a solution cell without the marks BEGIN SOLUTION, END SOLUTION")
    if marks["solution"] and cell.get("attachments"):
        complaints.append("it is a solution cell with an attachment, which would be handed out")
    if "SOLUTION" in kinds and not marks["solution"]:
        complaints.append("it has solution marks, but its nbgrader metadata says solution=false")
    if "HIDDEN TESTS" in kinds and not is_check(cell):
        complaints.append("it has hidden tests, but is no check cell (grade=true, solution=false)")
    points = marks.get("points")
    if marks["grade"] and not (isinstance(points, int | float) and points > 0):
        complaints.append(f"it is graded, so its points must be a positive number, not {points!r}")
    return complaints


def complaints_about(solution: NotebookNode) -> list[str]:
    """Return one sentence for each thing that keeps this notebook from becoming an exercise."""
    sentences: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cell in enumerate(solution.cells, start=1):
        cell_id, grade_id = cell.get("id"), cell.metadata.get("nbgrader", {}).get("grade_id")
        name = f", grade_id {grade_id!r}" if grade_id else ""
        where = f"cell {number} (id {cell_id!r}{name})"
        complaints = _cell_complaints(cell)
        if not cell_id:
            complaints.append("it has no id; make notebooks gives it one")
        for kind, own in (("id", cell_id), ("grade_id", grade_id)):
            if own and (kind, own) in seen:
                complaints.append(f"its {kind} {own!r} is that of cell {seen[kind, own]} too")
            elif own:
                seen[kind, own] = number
        sentences += [f"{where}: {complaint}." for complaint in complaints]
    if not any(cell.metadata.get("nbgrader", {}).get("solution") for cell in solution.cells):
        sentences.append("no cell is marked as a solution in nbgrader's metadata.")
    if not any(is_check(cell) for cell in solution.cells):
        sentences.append("no cell is marked as a check (grade=true, solution=false).")
    return sentences
