"""Give the learner a copy of each exercise in `work/`, and never write over one.

    python tools/copy_exercises.py

`make lab` calls this and opens JupyterLab in `work/`, which git ignores. A copy that is missing is
made. When an exercise has changed, a copy in which nobody has written anything is brought up to
date; beside any other, the new version is laid under another name.

Exercise and chapter have one name, and JupyterLab's tabs show nothing else. So a copy is called
`04-lstm-exercises.ipynb`, and its links to other exercises lead to their copies. A copy with the
chapter's name, from before, stays and counts.

Each exercise holds a hash of its cells as they were made, and so does each copy: that tells which
version it is, and whether somebody has written in it.
"""

from __future__ import annotations

import copy
import os
import re
import sys
from pathlib import Path

from nbformat import NotebookNode
from notebook_files import (
    ROOT,
    NotANotebookError,
    dumps,
    is_as_made,
    notebooks_in,
    read,
    shown,
    version_of,
    write,
)

IN_WORK = "-exercises"
TO_AN_EXERCISE = re.compile(rf"(?<=\]\()(\d\d-[\w-]+?)(?:{IN_WORK})?(?=\.ipynb)")


def name_in_work(source: Path) -> str:
    """Return the name of an exercise's copy: not that of a chapter."""
    chapter = source.parents[1] / "book" / source.name
    return f"{source.stem}{IN_WORK}.ipynb" if chapter.exists() else source.name


def _linked(notebook: NotebookNode, ending: str) -> NotebookNode:
    """Return a notebook whose links to exercises of chapters lead to names with this ending."""
    found = copy.deepcopy(notebook)
    for cell in found.cells:
        if cell.cell_type == "markdown":
            cell.source = TO_AN_EXERCISE.sub(rf"\1{ending}", cell.source)
    return found


def _read_if_possible(path: Path) -> NotebookNode | None:
    try:
        return read(path)
    except (NotANotebookError, OSError):
        return None  # a learner's file of whatever kind


def _is_anybodys(path: Path) -> bool:
    """Whether there is a file in which somebody may have written something."""
    if not os.path.lexists(path):
        return False
    found = _read_if_possible(path)
    # A copy's links differ from those of what it was made of.
    return found is None or not (is_as_made(found) or is_as_made(_linked(found, "")))


def _name_beside(path: Path) -> Path:
    """Return a path for a new version: NAME-new.ipynb, NAME-new-2.ipynb, ..."""
    number, beside = 1, path.with_stem(f"{path.stem}-new")
    while _is_anybodys(beside):
        number += 1
        beside = path.with_stem(f"{path.stem}-new-{number}")
    return beside


def copy_exercises(exercises: list[Path], work: Path) -> list[str]:
    """Make and refresh the copies; return a sentence for each thing that was done."""
    work.mkdir(exist_ok=True)
    there = {path: _read_if_possible(path) for path in sorted(work.glob("*.ipynb"))}
    versions = {version_of(notebook) for notebook in there.values() if notebook}
    made, sentences = 0, []
    for source in exercises:
        exercise = _read_if_possible(source)
        copied = work / name_in_work(source)
        if exercise is None:
            sentences.append(f"{shown(source)} cannot be read, so no copy of it was made.")
            continue
        text = source.read_text(encoding="utf-8-sig")
        if copied.name != source.name:
            text = dumps(_linked(exercise, IN_WORK))
            if os.path.lexists(work / source.name) and not os.path.lexists(copied):
                copied = work / source.name  # from before copies had names of their own
        if not os.path.lexists(copied):  # a link may lead to a disk that is not here today
            write(copied, text)
            made += 1
        elif not _is_anybodys(copied):
            if version_of(exercise) != version_of(there[copied]):
                write(copied, text)
                sentences.append(f"{shown(copied)}: brought up to date; it held no answers.")
        elif version_of(exercise) not in versions:  # nor in a copy with another name
            beside = _name_beside(copied)
            write(beside, text)
            sentences.append(
                f"{shown(copied)}: this exercise has changed since you began. Your copy is as you "
                f"left it; the new version is {shown(beside)}."
            )
    if made:
        sentences.insert(
            0,
            f"{shown(work)}/: your copies of the exercises, {made} new. What you save there stays.",
        )
    return sentences


def main() -> int:
    """Run the command line; return its exit status."""
    try:
        sentences = copy_exercises(notebooks_in("exercises"), ROOT / "work")
    except OSError as error:
        print(f"work/ could not be filled with copies of the exercises: {error}", file=sys.stderr)
        return 1
    for sentence in sentences:
        print(sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main())
