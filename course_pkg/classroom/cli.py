"""The commands ``assign`` and ``grade`` of ``python -m course_pkg``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_pkg.checks import check_size
from course_pkg.classroom import page, similar, table, written
from course_pkg.classroom.assigning import assign
from course_pkg.classroom.assignment import Assignment, load_assignment
from course_pkg.classroom.grading import Result, grade_all
from course_pkg.classroom.handed_in import Work, collect
from course_pkg.classroom.judging import Limits, without_network
from course_pkg.classroom.submission import NotGradableError, read_submission
from course_pkg.data.files.atomic import write_atomically

GRADE = """\
Grade what a class has handed in for one chapter. Each notebook runs in a process of its own, with
the course's own set-up and checks. It is code that runs on your machine, as you: use a container
or an account for it. Nothing is written but into the folder --out, and there nothing is removed;
stopped and called again, the command goes on.
"""
ASSIGN = """\
Write what students get for one or more chapters into a folder: the exercises without solutions,
the chapters, cards of the data, the package as a file to install, and a README of two lines.
"""
SOLUTIONS = Path(__file__).parents[2] / "solutions"


def add_commands(subparsers: Any) -> None:
    """Add the commands of this room to those of ``python -m course_pkg``.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_commands(parser.add_subparsers())
    >>> parser.parse_args(["grade", "04", "work.zip", "--out", "graded"]).jobs
    2
    """
    parser = subparsers.add_parser(
        "assign", help="pack the exercises of chapters for a class", description=ASSIGN
    )
    parser.add_argument(
        "chapters", nargs="+", metavar="CHAPTER", help="numbers, such as 04 05; or project-1"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="an empty one")
    parser.add_argument("--seed", type=int, help="draw the numbers anew; grade with the same seed")
    parser.set_defaults(run=run_assign)

    parser = subparsers.add_parser(
        "grade", help="grade the exercises that a class has handed in", description=GRADE
    )
    parser.add_argument(
        "chapter",
        help="its number, such as 04; or project-1; or a notebook with solutions and checks",
    )
    parser.add_argument(
        "submissions", type=Path, help="a folder, or the zip file that Moodle or Canvas hands out"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for the results")
    parser.add_argument("--seed", type=int, help="with which the exercises were assigned")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks at once; 2 by default")
    parser.add_argument("--seconds", type=float, default=30.0, help="for a cell; 30 by default")
    parser.add_argument(
        "--memory", type=float, default=4.0, metavar="GB", help="for a notebook; 4 by default"
    )
    parser.add_argument(
        "--network", action="store_true", help="let notebooks use the network, where they could"
    )
    parser.add_argument(
        "--moodle-feedback",
        action="store_true",
        help="write the pages as the zip file that Moodle takes back",
    )
    parser.set_defaults(run=run_grade)


def name_of(source: Path) -> str:
    """Return what a chapter or a project is called on the command line.

    Examples
    --------
    >>> name_of(Path("04-lstm.ipynb")), name_of(Path("project-1-forecast.ipynb"))
    ('04', 'project-1')
    """
    parts = source.stem.split("-")
    return "-".join(parts[: 2 if parts[0] == "project" else 1])


def find_source(chapter: str, folder: Path = SOLUTIONS) -> Path:
    """Return the notebook of a chapter or a project, by its number or its path.

    Raises
    ------
    ValueError
        If there is none, or more than one.
    """
    path = Path(chapter)
    if path.suffix == ".ipynb":
        return path
    wanted = chapter.zfill(2) if chapter.isdigit() else chapter
    names = {each: name_of(each) for each in sorted(folder.glob("*.ipynb"))}
    found = [each for each, name in names.items() if name == wanted]
    if len(found) != 1:
        here = ", ".join(names.values())
        has = f"there are {here}" if here else f"{folder} holds none: grade in a copy of the course"
        raise ValueError(f"chapter: expected the number of a chapter, got {chapter!r}; {has}")
    return found[0]


def _say(number: int, all_: int, result: Result) -> None:
    total = result.total()
    points = "-" if total is None else f"{total:g}"
    reason = f"  {result.reason}" if result.reason else ""
    print(f"{number:4} of {all_}  {points:>4}  {result.status:10}  {result.student}{reason}"[:200])


def _cells(works: Sequence[Work], results: Sequence[Result]) -> dict[str, Any]:
    """Return the cells of the notebooks that were graded, by student."""
    files = {result.student: result.file for result in results if result.total() is not None}
    found = {}
    for work in works:
        for name, content in work.files:
            if files.get(work.student) == name:
                try:
                    found[work.student] = read_submission(content)
                except NotGradableError:
                    continue
    return found


def _results(
    assignment: Assignment, works: Sequence[Work], out: Path, jobs: int, limits: Limits
) -> list[Result]:
    results = []
    for result in grade_all(works, assignment, out / "results", jobs=jobs, limits=limits):
        results.append(result)
        _say(len(results), len(works), result)
        sys.stdout.flush()
    return sorted(results, key=lambda each: (each.student, each.id))


def _refuse_if_not_of_moodle(works: Sequence[Work], path: Path) -> None:
    others = [work.student for work in works if not work.folder]
    if others:
        raise ValueError(
            "moodle-feedback: expected the zip file that Moodle hands out, in which folders are "
            f"called Name_1234_assignsubmission_file_; {path} has no such folder for {others[0]!r}"
        )


def _conclude(results: Sequence[Result], out: Path) -> None:
    """Say where everything is, and what is left for a person."""
    looks = sum(result.status in ("look", "not graded") for result in results)
    print(f"{len(results)} students: {out / 'grades.csv'}; a page for each in {out / 'feedback'}.")
    if waiting := sum(mark.state == "by hand" for result in results for mark in result.marks):
        print(
            f"Answers in words that wait for points: {waiting}. "
            f"Read {out / 'written-answers.html'}, fill in {out / page.TABLE}, "
            "and call the command again."
        )
    if looks:
        print(f"Look at {looks} of them: the table says why.")


def run_assign(options: argparse.Namespace) -> int:
    """Run the command; return the exit status. Mistakes of the user are left to the caller."""
    sources = [find_source(chapter) for chapter in options.chapters]
    for name in assign(sources, options.out, seed=options.seed):
        print(options.out / name)
    return 0


def run_grade(options: argparse.Namespace) -> int:
    """Run the command; return the exit status. Mistakes of the user are left to the caller."""
    jobs = check_size("jobs", options.jobs)
    if not options.seconds > 0 or not options.memory > 0:
        raise ValueError("seconds, memory: expected numbers above 0")
    limits = Limits(options.seconds, int(options.memory * 1e9), options.network)
    assignment = load_assignment(find_source(options.chapter), seed=options.seed)
    works = collect(options.submissions)
    if options.moodle_feedback:
        _refuse_if_not_of_moodle(works, options.submissions)
    out = options.out
    points = out / page.TABLE
    students = [(work.student, work.id) for work in works]
    written.filled_in(written.read_points(points), assignment, students, points.name)
    (out / "feedback").mkdir(parents=True, exist_ok=True)
    if not options.network and not without_network():
        print("The network cannot be shut off here: notebooks can use it.", file=sys.stderr)
    results = _results(assignment, works, out, jobs, limits)

    read = written.filled_in(written.read_points(points), assignment, students, points.name)
    results = written.with_points(results, read)
    written.add_rows(points, results)
    files = {
        "grades.csv": table.grades(assignment, results),
        "moodle.csv": table.moodle(results),
        "canvas.csv": table.canvas(assignment, results),
        "similar.csv": similar.table(similar.alike(assignment, _cells(works, results))),
    }
    if assignment.by_hand():
        files["written-answers.html"] = page.answers(assignment, results)
    for result in results:
        files[f"feedback/{page.file_name(result)}"] = page.page(assignment, result)
    for name, text in files.items():
        write_atomically(out / name, text.encode())
    if options.moodle_feedback:
        folders = {(work.student, work.id): work.folder for work in works}
        pages = {folders[each.student, each.id]: page.page(assignment, each) for each in results}
        content = page.for_moodle(pages, f"feedback-{assignment.name}.html")
        write_atomically(out / "moodle-feedback.zip", content)
    _conclude(results, out)
    for each in written.outdated(results, read):
        print(
            f"{points.name}, row {each.row}: {each.student} has handed in another answer since, "
            "so its points no longer count."
        )
    return 0
