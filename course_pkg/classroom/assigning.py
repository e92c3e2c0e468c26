"""What students get for a chapter: notebooks without solutions, the package, cards of the data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from course_pkg.classroom.assignment import Assignment, load_assignment, source_of, with_seed
from course_pkg.classroom.judging import Limits, judge
from course_pkg.classroom.links import change_texts, without_dead_links, without_solutions
from course_pkg.classroom.repair import Step
from course_pkg.classroom.wheel import make_wheel
from course_pkg.data.registry import DATA_SETS, DataSet

LINKED = re.compile(r"\]\(\.\./book/([\w-]+\.ipynb)")
RECORDED = re.compile(r"results/([\w.-]+\.csv)")
LOADED = re.compile(r"from (course_pkg\.data\.sets\.\w+) import")
WHERE = re.compile(r"^\*\*Where\.\*\*.*$", re.MULTILINE)  # of somebody who has the whole course
HERE = "**Where.** `README.txt` says how to open this notebook. Save your answers, and hand it in."
SECONDS = 300.0  # for a cell of the solution
README = """\
Once: pip install "{wheel}[lab]"   (Python 3.11 to 3.13; about 1 GB, from the package registry)
Then: jupyter lab   (in this folder; write your answers in exercises/, save, hand in the notebook)
"""
SEEDED = "Seed: {seed}   (for whoever grades: python -m course_pkg grade ... --seed {seed})\n"


def data_of(assignment: Assignment) -> list[DataSet]:
    """Return the data sets that the exercises load: from their module, or by name."""
    text = "\n".join(cell.source for cell in assignment.cells)
    modules = set(LOADED.findall(text))
    return [
        each
        for each in DATA_SETS.values()
        if each.load.__module__ in modules or f'"{each.name}"' in text
    ]


def check_solved(assignment: Assignment) -> None:
    """Run the published solutions; each check has to pass.

    Raises
    ------
    ValueError
        If one does not: the exercises cannot be solved with this seed.
    """
    steps = [
        Step("written" if c.kind == "answer" else c.kind, c.name, c.source, c.exercise)
        for c in assignment.cells
        if c.kind != "words"
    ]
    verdicts = judge(steps, Limits(seconds=SECONDS)).verdicts
    for cell in assignment.cells:
        if cell.kind == "check" and not (cell.name in verdicts and verdicts[cell.name].right):
            raise ValueError(
                f"seed: with this one the solution of exercise {cell.exercise} of "
                f"{assignment.name} does not pass its check; take another seed"
            )


def _text_of(path: Path) -> str:
    if not path.is_file():
        raise ValueError(f"chapter: {path} is missing")
    return path.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def _exercise(text: str, seed: int | None, names: Sequence[str]) -> str:
    """Return an exercise notebook: no link leads out of the pack, its seed is its own."""
    notebook = json.loads(text)
    here = {*names, *(f"../book/{name}" for name in names)}

    def change(words: str) -> str:
        return without_dead_links(without_solutions(WHERE.sub(HERE, words)), here.__contains__)

    change_texts(notebook, change)
    for cell in notebook["cells"]:
        is_setup = cell["metadata"].get("nbgrader", {}).get("grade_id") == "setup"
        if seed is not None and is_setup:
            cell["source"] = with_seed(source_of(cell), seed).splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def chapters_of(source: Path, exercise: str) -> list[str]:
    """Return the files of the chapters that go with exercises: a project has those it links to.

    Examples
    --------
    >>> chapters_of(Path("04-lstm.ipynb"), "")
    ['04-lstm.ipynb']
    >>> chapters_of(Path("project-1-forecast.ipynb"), "[chapter 1](../book/01-one.ipynb#shapes)")
    ['01-one.ipynb']
    """
    if source.name.startswith("project-"):
        return sorted(set(LINKED.findall(exercise)))
    return [source.name]


def assign(sources: Sequence[Path], out: Path, *, seed: int | None = None) -> list[str]:
    """Write what students get for these chapters, and return the files.

    Parameters
    ----------
    sources : sequence of Path
        Notebooks in ``solutions/`` of a copy of the course; its other folders lie beside.
    out : Path
        An empty folder, or none: it is made.
    seed : int, optional
        Draws the numbers of the set-up cells anew. Grade with the same seed.

    Returns
    -------
    list of str
        Paths in ``out``.

    Raises
    ------
    ValueError
        If ``out`` holds something, or a solution does not pass its check with this seed.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"out: expected an empty folder, or none, got {out}")
    assignments = [load_assignment(source, seed=seed) for source in sources]
    if seed is not None:
        for assignment in assignments:
            check_solved(assignment)
    out.mkdir(parents=True, exist_ok=True)
    for source, assignment in zip(sources, assignments, strict=True):
        course = source.resolve().parents[1]
        exercise = _text_of(course / "exercises" / source.name)
        chapters = chapters_of(source, exercise)
        text = _exercise(exercise, seed, [*(each.name for each in sources), *chapters])
        _write(out / "exercises" / source.name, text)
        for name in chapters:  # for the links in the exercises
            chapter = _text_of(course / "book" / name)
            _write(out / "book" / name, chapter)
            for record in sorted(set(RECORDED.findall(chapter))):  # runs that the chapter shows
                place = f"book/results/{record}"
                _write(out / place, _text_of(course / place))
        for each in data_of(assignment):
            _write(out / "data" / f"{each.name}.txt", f"{each.card}\n")
    wheel = make_wheel(sources[0].resolve().parents[1], out)
    seeded = "" if seed is None else SEEDED.format(seed=seed)
    _write(out / "README.txt", README.format(wheel=wheel.name) + seeded)
    return sorted(each.relative_to(out).as_posix() for each in out.rglob("*") if each.is_file())
