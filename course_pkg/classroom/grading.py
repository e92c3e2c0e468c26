"""Grade what a class has handed in: points for each exercise, and reasons for those not given."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course_pkg.classroom.assignment import TEXT_STUB, Assignment
from course_pkg.classroom.handed_in import Work
from course_pkg.classroom.judging import Limits, Verdict, judge
from course_pkg.classroom.repair import Plan, answers_of, plan
from course_pkg.classroom.submission import Handed, NotGradableError, read_submission
from course_pkg.classroom.trust import reaches_out
from course_pkg.data.files.atomic import write_atomically

MOST_LETTERS = 300  # of a reason
VERSION = 3  # of this way to grade: results of another one are not used again
WITHHELD = "uses {names}, which no answer needs: no points before a person has looked"


@dataclass
class Mark:
    """What an exercise has earned, and why not more."""

    exercise: int
    state: str  # "right", "part", "wrong", "blank", "look"; in words "by hand", then "read"
    points: float
    out_of: float
    lines: list[str] = field(default_factory=list)
    name: str = ""  # of an answer in words, and what it says
    text: str = ""


@dataclass
class Result:
    """What became of a student's work."""

    student: str
    id: str
    file: str
    status: str  # "graded", "look", "blank", "not graded"
    reason: str
    marks: list[Mark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def total(self) -> float | None:
        """Return the points so far; None if there are none to give."""
        if self.status == "not graded":
            return None
        return sum(mark.points for mark in self.marks)


def _choose(work: Work, assignment: Assignment) -> tuple[str, list[Handed]]:
    """Return the notebook that answers these exercises: the one that answers most of them."""
    if not work.files:
        raise NotGradableError("no notebook")
    found, complaints = [], []
    for name, content in work.files:
        try:
            cells = read_submission(content)
        except NotGradableError as error:
            complaints.append(str(error))
            continue
        answers = answers_of(assignment, cells)
        if answers:
            found.append((answers, name, cells))
        else:
            complaints.append("no answer to these exercises in it")
    if not found:
        raise NotGradableError(complaints[0])
    found.sort(key=lambda each: (-each[0], each[1]))
    best, name, cells = found[0]
    if len(found) > 1 and found[1][0] == best and found[1][2] != cells:
        names = ", ".join(each[1] for each in found if each[0] == best)
        raise NotGradableError(f"more than one notebook could be meant: {names}")
    return name, cells


def _reached(planned: Plan) -> dict[str, list[str]]:
    """Return for each check the names, up to there, by which one reaches the check itself."""
    found: dict[str, list[str]] = {}
    names: set[str] = set()
    for step in planned.steps:
        if step.kind == "written":
            names.update(reaches_out(step.source))
        elif step.kind == "check":
            found[step.name] = sorted(names)
    return found


def _marks(assignment: Assignment, planned: Plan, verdicts: dict[str, Verdict]) -> list[Mark]:
    """Return the marks of a notebook, in the order of the exercises."""
    marks, reached = [], _reached(planned)
    for cell in assignment.cells:
        if cell.kind == "words":
            text = planned.words.get(cell.name, "").strip()
            state = "by hand" if text and text != TEXT_STUB else "blank"
            answer = (cell.name, text) if state == "by hand" else ()
            marks.append(Mark(cell.exercise, state, 0.0, cell.points, [], *answer))
        elif cell.kind == "check":
            verdict = verdicts.get(cell.name, Verdict(False, ("The check was not run.",)))
            state, lines = "right" if verdict.right else "wrong", list(verdict.lines)
            points = cell.points if verdict.right else min(verdict.points, cell.points)
            if points and reached[cell.name]:
                state, lines = "look", [WITHHELD.format(names=", ".join(reached[cell.name]))]
            elif not verdict.right and cell.exercise in planned.blank:
                state = "blank"
            elif not verdict.right and points:
                state = "part"
            if state not in ("right", "part"):
                points = 0.0
            marks.append(Mark(cell.exercise, state, points, cell.points, lines))
    return marks


def _status(marks: list[Mark], notes: list[str]) -> tuple[str, str]:
    """Return what the table says of a notebook that was run, and why."""
    looks = [mark for mark in marks if mark.state == "look"]
    if looks:
        return "look", f"exercise {', '.join(str(m.exercise) for m in looks)}: {looks[0].lines[0]}"
    if all(mark.state == "blank" for mark in marks):
        return "blank", "nothing was answered"
    return "graded", "; ".join(notes)[:MOST_LETTERS]


def grade_work(work: Work, assignment: Assignment, limits: Limits | None = None) -> Result:
    """Grade what one student has handed in.

    Parameters
    ----------
    work : Work
        The student's files.
    assignment : Assignment
        The exercises as their source has them.
    limits : Limits, optional
        What a notebook may use.

    Returns
    -------
    Result
        Always: what cannot be graded has the status "not graded", and a reason.
    """
    try:
        name, handed = _choose(work, assignment)
    except NotGradableError as error:
        file = work.files[0][0] if work.files else ""
        return Result(work.student, work.id, file, "not graded", str(error))
    planned = plan(assignment, handed)
    judged = judge(planned.steps, limits)
    marks = _marks(assignment, planned, judged.verdicts)
    notes = [*planned.notes, *judged.notes]
    status, reason = _status(marks, notes)
    return Result(work.student, work.id, name, status, reason, marks, notes)


def _key(work: Work, assignment: Assignment, limits: Limits) -> str:
    """Return a hash of all that a result depends on."""
    parts = [json.dumps([VERSION, limits, assignment.cells, work.student, work.id]).encode()]
    for name, content in work.files:
        parts += [name.encode(), content]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _keep(path: Path, result: Result) -> None:
    text = json.dumps(asdict(result), ensure_ascii=False, indent=1)
    write_atomically(path, text.encode())


def _kept(path: Path) -> Result | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        marks = [Mark(**mark) for mark in found.pop("marks")]
        return Result(**found, marks=marks)
    except (OSError, ValueError, TypeError, KeyError):
        return None  # none, or a damaged one: it is made anew


def grade_all(
    works: Sequence[Work],
    assignment: Assignment,
    folder: Path,
    *,
    jobs: int = 1,
    limits: Limits | None = None,
) -> Iterator[Result]:
    """Grade a class; yield each result as it is there.

    Each result is kept in ``folder``, so that a second call goes on where the first was stopped,
    and grades again only what has changed.

    Parameters
    ----------
    works : sequence of Work
        What was handed in.
    assignment : Assignment
        The exercises as their source has them.
    folder : Path
        Where the results are kept; made if it is not there.
    jobs : int
        How many notebooks run at once.
    limits : Limits, optional
        What a notebook may use.

    Yields
    ------
    Result
        In the order in which they are ready.
    """
    limits = limits or Limits()
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {}
        for work in works:
            path = folder / f"{_key(work, assignment, limits)}.json"
            kept = _kept(path)
            if kept is not None:
                yield kept
            else:
                waiting[pool.submit(grade_work, work, assignment, limits)] = path
        try:
            for done in as_completed(waiting):
                result = done.result()
                _keep(waiting[done], result)
                yield result
        finally:
            for each in waiting:
                each.cancel()
