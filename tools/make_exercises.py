"""Make `exercises/NN-name.ipynb` from `solutions/NN-name.ipynb`, with nbgrader's own steps.

Between the marks `### BEGIN SOLUTION` and `### END SOLUTION` a stub takes the solution's place;
what stands between `### BEGIN HIDDEN TESTS` and `### END HIDDEN TESTS` is left out. A check cell
gets the tag `raises-exception`: it is meant to fail until the exercise is solved. As it gives
answers away, JupyterLab shows it folded.

    python tools/make_exercises.py           write the exercises
    python tools/make_exercises.py --check   write nothing; exit 1 if an exercise is out of date
"""

from __future__ import annotations

import argparse
import copy
import re
import sys
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from notebook_files import METADATA, ROOT, dumps, notebooks_in, read, shown, write

STUB = "# YOUR CODE HERE\nraise NotImplementedError"
TEXT_STUB = "YOUR ANSWER HERE"
CHECK_TAG = "raises-exception"
FOLDED = {"source_hidden": True}
MARK = re.compile(r"\b(BEGIN|END) (SOLUTION|HIDDEN TESTS)\b")


class NotAnExerciseError(ValueError):
    """A solution notebook of which no exercise can be made; the message lists why."""


def is_check(cell: NotebookNode) -> bool:
    """Whether this is a graded test cell: it tests an answer and holds none itself."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def has_hidden_tests(cell: NotebookNode) -> bool:
    """Whether the cell's source holds tests that the exercise leaves out."""
    return ("BEGIN", "HIDDEN TESTS") in MARK.findall(cell.source)


def _mark_complaints(source: str) -> list[str]:
    """Say which marks are opened twice, or not opened, or not closed."""
    open_mark, complaints = "", []
    for edge, kind in MARK.findall(source):
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
    complaints = _mark_complaints(cell.source)
    kinds = {kind for _, kind in MARK.findall(cell.source)}
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
    grade_ids: dict[str, int] = {}
    for number, cell in enumerate(solution.cells, start=1):
        where = f"cell {number} (id {cell.get('id', 'missing')!r})"
        sentences += [f"{where}: {complaint}." for complaint in _cell_complaints(cell)]
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in grade_ids:
            sentences.append(
                f"{where}: its grade_id {grade_id!r} is that of cell {grade_ids[grade_id]} too."
            )
        elif grade_id is not None:
            grade_ids[grade_id] = number
    if not any(cell.metadata.get("nbgrader", {}).get("solution") for cell in solution.cells):
        sentences.append("no cell is marked as a solution in nbgrader's metadata.")
    if not any(is_check(cell) for cell in solution.cells):
        sentences.append("no cell is marked as a check (grade=true, solution=false).")
    return sentences


def make_exercise(solution: NotebookNode) -> NotebookNode:
    """Return the exercise to a solution notebook; the solution itself stays as it is.

    Raises
    ------
    NotAnExerciseError
        If marks or nbgrader metadata are missing or contradict each other; the message names
        the cells.
    """
    complaints = complaints_about(solution)
    if complaints:
        raise NotAnExerciseError("\n".join(complaints))
    exercise = copy.deepcopy(solution)
    exercise.metadata = NotebookNode(copy.deepcopy(METADATA))
    # The order of `nbgrader generate_assignment`; the first checksums see the solution, the
    # second those of the exercise as it is handed out.
    steps = (
        LockCells(),
        ClearSolutions(code_stub={"python": STUB}, text_stub=TEXT_STUB),
        ClearOutput(),
        CheckCellMetadata(),
        ComputeChecksums(),
        ClearHiddenTests(),
        ClearMarkScheme(),
        ComputeChecksums(),
        CheckCellMetadata(),
    )
    for step in steps:
        exercise, _ = step.preprocess(exercise, {})
    for cell in exercise.cells:
        if is_check(cell):
            tags = cell.metadata.get("tags", [])
            cell.metadata["tags"] = [*tags, *({CHECK_TAG} - set(tags))]
            cell.metadata["jupyter"] = {**cell.metadata.get("jupyter", {}), **FOLDED}
    return exercise


def wanted_exercises(solutions: list[Path]) -> dict[str, str]:
    """Return file name and text of each exercise that these solutions call for."""
    wanted, failures = {}, []
    for path in solutions:
        try:
            wanted[path.name] = dumps(make_exercise(read(path)))
        except NotAnExerciseError as error:
            failures += [f"{shown(path)}: {line}" for line in str(error).splitlines()]
    if failures:
        raise NotAnExerciseError("\n".join(failures))
    return wanted


def differences(wanted: dict[str, str], folder: Path) -> list[str]:
    """Return one line for each exercise that differs, is missing or is left over."""
    lines = []
    for name, text in wanted.items():
        path = folder / name
        if not path.exists():
            lines.append(f"{shown(path)} is missing")
        elif path.read_bytes() != text.encode():
            lines.append(f"{shown(path)} differs from what solutions/{name} gives")
    for path in sorted(folder.glob("*.ipynb")):
        if path.name not in wanted:
            lines.append(f"{shown(path)} is left over: there is no solutions/{path.name}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description="Make the exercises from the solutions.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    check = parser.parse_args(arguments).check
    folder = ROOT / "exercises"
    try:
        wanted = wanted_exercises(notebooks_in("solutions"))
    except NotAnExerciseError as error:
        print(error, file=sys.stderr)
        return 1
    stale = differences(wanted, folder)
    if check:
        for line in stale:
            print(line, file=sys.stderr)
        if stale:
            print("Run `make exercises`; exercises are never edited by hand.", file=sys.stderr)
        return 1 if stale else 0
    folder.mkdir(exist_ok=True)
    for name, text in wanted.items():
        path = folder / name
        if path.exists() and path.read_bytes() == text.encode():
            print(f"{shown(path)}: unchanged")
        else:
            write(path, text)
            print(f"{shown(path)}: written")
    for path in sorted(set(folder.glob("*.ipynb")) - {folder / name for name in wanted}):
        path.unlink()
        print(f"{shown(path)}: removed, as there is no solutions/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
