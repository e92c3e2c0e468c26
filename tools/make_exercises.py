"""Make `exercises/NAME.ipynb` from `solutions/NAME.ipynb`, with nbgrader's own steps.

Between the marks `### BEGIN SOLUTION` and `### END SOLUTION` a stub takes the solution's place;
what stands between `### BEGIN HIDDEN TESTS` and `### END HIDDEN TESTS` is left out. A check cell
gets the tag `raises-exception`: it is meant to fail until the exercise is solved. As it gives
answers away, JupyterLab shows it folded. Each exercise leads to its solution, the last cells say
how far one is and where to go on.

An exercise in which somebody has written answers or notes is never overwritten, and no file is
deleted: each exercise holds a hash of its cells as they were made, so what came later is seen.

    python tools/make_exercises.py           write the exercises
    python tools/make_exercises.py --check   write nothing; exit 1 if an exercise is out of date
"""

from __future__ import annotations

import argparse
import copy
import sys
from pathlib import Path

from exercise_links import following, with_links
from exercise_rules import complaints_about, is_check
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from notebook_files import (
    AS_MADE,
    COURSE,
    METADATA,
    ROOT,
    NotANotebookError,
    dumps,
    hash_of_cells,
    is_as_made,
    notebooks_in,
    read,
    shown,
    write,
)

from course_pkg.classroom.assignment import HEADING, STUB, TEXT_STUB

REMEMBER = "remember(globals())"
PROGRESS = """\
# Run this cell to see how far you are.
from course_pkg.grading.progress import show_progress

show_progress(
    "{name}",
    {{
{exercises}
    }},
)"""
CHECK_TAG = "raises-exception"
FOLDED = {"source_hidden": True}


class NotAnExerciseError(ValueError):
    """A solution notebook of which no exercise can be made; the message lists why."""


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
    # The order of `nbgrader generate_assignment`; the first checksums are of the solution, the
    # second of the exercise as it is handed out.
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
    exercise.metadata[COURSE] = {AS_MADE: hash_of_cells(exercise)}
    return exercise


def with_progress(exercise: NotebookNode, name: str) -> NotebookNode:
    """Return an exercise that knows its name, and has a cell that says what is solved in it.

    The solution has neither: what is run for a test or for a grade is no learner's progress.
    """
    exercise = copy.deepcopy(exercise)
    titles: dict[int, str] = {}
    points: dict[int, float] = {}
    for cell in exercise.cells:
        if cell.cell_type == "markdown":
            titles |= {int(found[1]): found[2].strip() for found in HEADING.finditer(cell.source)}
        elif is_check(cell) and titles:
            number = max(titles)
            points[number] = points.get(number, 0) + cell.metadata["nbgrader"]["points"]
        cell.source = cell.source.replace(REMEMBER, f'remember(globals(), "{name}")')
    lines = [f'        {n}: ({points[n]:g}, "{titles[n]}"),' for n in sorted(points)]
    source = PROGRESS.format(name=name, exercises="\n".join(lines))
    cell = new_code_cell(source, id="progress", metadata={"tags": ["remove-cell"]})
    last = exercise.cells[-1].source.startswith("## ")  # where one goes from here
    exercise.cells.insert(len(exercise.cells) - last, cell)
    exercise.metadata[COURSE] = {AS_MADE: hash_of_cells(exercise)}
    return exercise


def wanted_exercises(solutions: list[Path]) -> dict[str, NotebookNode]:
    """Return file name and notebook of each exercise that these solutions call for."""
    wanted, failures = {}, []
    after = following(solutions)
    for path in solutions:
        try:
            exercise = with_links(make_exercise(read(path)), path.name, after.get(path.name))
            wanted[path.name] = with_progress(exercise, path.stem)
        except NotANotebookError as error:
            failures.append(str(error))
        except NotAnExerciseError as error:
            failures += [f"{shown(path)}: {line}" for line in str(error).splitlines()]
    if failures:
        raise NotAnExerciseError("\n".join(failures))
    return wanted


def state_of(path: Path, wanted: NotebookNode | None) -> str:
    """Return how a file stands to the exercise that belongs there, if one does.

    "missing"; "unchanged", to the byte; "saved": the same cells, run and saved again; "stale": as
    it was once made, and nobody's work; or "written in", by whomever.
    """
    if not path.exists():
        return "missing"
    if wanted is not None and path.read_bytes() == dumps(wanted).encode():
        return "unchanged"
    try:
        found = read(path)
    except NotANotebookError:
        return "written in"
    if wanted is not None and hash_of_cells(found) == hash_of_cells(wanted):
        return "saved"
    return "stale" if is_as_made(found) else "written in"


def differences(
    wanted: dict[str, NotebookNode], folder: Path, *, strict: bool = False
) -> tuple[list[str], list[str]]:
    """Return one line for each exercise to be made anew, and one for each that is a person's.

    With ``strict``, nothing may differ by a byte: nobody solves an exercise where the project
    is tested before a change lands.
    """
    anew, personal = [], []
    for name, exercise in wanted.items():
        path = folder / name
        match state_of(path, exercise):
            case "missing":
                anew.append(f"{shown(path)} is missing")
            case "stale":
                anew.append(f"{shown(path)} differs from what solutions/{name} gives")
            case "saved" if strict:
                anew.append(f"{shown(path)} was run and saved")
            case "written in":
                personal.append(f"{shown(path)} holds answers or notes")
    for path in sorted(set(folder.glob("*.ipynb")) - {folder / name for name in wanted}):
        line = f"{shown(path)} is left over: there is no solutions/{path.name}"
        (anew if state_of(path, None) == "stale" else personal).append(line)
    return ([*anew, *personal], []) if strict else (anew, personal)


def make(wanted: dict[str, NotebookNode], folder: Path) -> int:
    """Write the exercises, but not over anybody's work; return the exit status."""
    folder.mkdir(exist_ok=True)
    refused = 0
    for name, exercise in wanted.items():
        path = folder / name
        state = state_of(path, exercise)
        if state == "written in":
            refused = 1
            print(
                f"{shown(path)} holds answers or notes, so it is left as it is. Move it to work/ "
                "to keep them (or delete it), and call make exercises again.",
                file=sys.stderr,
            )
        elif state == "unchanged":
            print(f"{shown(path)}: unchanged")
        else:
            write(path, dumps(exercise))
            print(f"{shown(path)}: written")
    for path in sorted(set(folder.glob("*.ipynb")) - {folder / name for name in wanted}):
        print(f"{shown(path)}: left alone, as there is no solutions/{path.name}")
    return refused


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
    if not check:
        return make(wanted, folder)
    anew, personal = differences(wanted, folder)
    for line in [*personal, *anew]:
        print(line, file=sys.stderr)
    if anew:
        print("Change the solutions, then run `make exercises`.", file=sys.stderr)
    return 1 if anew else 0


if __name__ == "__main__":
    sys.exit(main())
