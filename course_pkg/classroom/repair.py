"""Which cells are run, in which order: the course's own, and between them what was handed in.

A cell of the course is never taken from what was handed in. An answer is known by its name, else
by its id, else by the functions that it defines; so a split, copied, moved or retyped cell is an
answer all the same. Whatever else was written follows the cell it followed; only the cells of the
course in which a learner looks at a longer training (their names end in -look) are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from course_pkg.classroom.assignment import SEED, Assignment, Cell, functions_in, stub_of
from course_pkg.classroom.submission import Handed

OTHER_SEED = (
    "the set-up came with the seed {got}, and was run with {own}; was --seed {got} assigned?"
)


class Step(NamedTuple):
    """A cell to run."""

    kind: Literal["given", "written", "check"]
    name: str
    source: str
    exercise: int


class Plan(NamedTuple):
    """What is run of a notebook, and what had to be mended."""

    steps: list[Step]
    words: dict[str, str]  # answers in words, by name
    blank: frozenset[int]  # exercises of which nothing was answered
    notes: list[str]


def _only_looks(cell: Handed) -> bool:
    """Whether a learner looks at a longer training here, on which nothing else depends."""
    return (cell.name or cell.id).endswith("-look") and not functions_in(cell.source)


def _lines(source: str) -> list[str]:
    return [line.rstrip() for line in source.strip().splitlines()]


def _owners(assignment: Assignment, handed: Sequence[Handed]) -> list[Cell | None]:
    """Return the cell of the course that each handed in cell is, or None."""
    by_name = {cell.name: cell for cell in assignment.cells}
    by_id = {cell.id: cell for cell in assignment.cells if cell.id}
    owners = [by_name.get(cell.name) or by_id.get(cell.id) for cell in handed]
    found = {owner.name for owner in owners if owner}
    lost = [
        (cell, functions_in(cell.source), _lines(cell.source))
        for cell in assignment.cells
        if cell.kind != "words" and cell.name not in found
    ]
    for place, cell in enumerate(handed):
        if owners[place] is None and cell.is_code and lost:
            defined, lines = functions_in(cell.source), _lines(cell.source)
            likeness = [len(names & defined) + (text == lines) for _, names, text in lost]
            if max(likeness):
                owners[place] = lost[likeness.index(max(likeness))][0]
    return owners


def answers_of(assignment: Assignment, handed: Sequence[Handed]) -> int:
    """Return how many answers a notebook has to these exercises, and not to others.

    Exercises of different chapters may have the same name: an answer has the right id, or it
    defines all the functions that it is asked for.

    Examples
    --------
    >>> asked = Assignment("one", (Cell("answer", "bugs", "7", "def last(x): ...", 1),), {})
    >>> answers_of(asked, [Handed(True, "bugs", "9", "def first(x): ...")])
    0
    """
    answers = [
        (owner, cell)
        for owner, cell in zip(_owners(assignment, handed), handed, strict=True)
        if owner is not None and owner.kind in ("answer", "words")
    ]
    return sum(
        bool(owner.id and owner.id == cell.id)
        or (
            bool(functions_in(owner.source))
            and functions_in(owner.source) <= functions_in(cell.source)
        )
        for owner, cell in answers
    )


def _without_copies(parts: list[str], stub: str) -> list[str]:
    """Return the parts of an answer that say something: no stub beside an answer, nothing twice."""
    kept: list[str] = []
    for part in parts:
        if _lines(part) not in [_lines(other) for other in kept]:
            kept.append(part)
    answered = [part for part in kept if _lines(part) != _lines(stub) and part.strip()]
    return answered or kept[:1]


def _other_seed(own: str, found: Sequence[str]) -> str:
    """Return a note if a set-up cell came with a seed that is not the course's own."""
    wanted = SEED.search(own)
    seeds = [seed[1] for part in found if (seed := SEED.search(part))]
    if not wanted or not seeds or wanted[1] in seeds:
        return ""
    return OTHER_SEED.format(got=seeds[0], own=wanted[1])


def plan(assignment: Assignment, handed: Sequence[Handed]) -> Plan:
    r"""Return what is run of a notebook that was handed in.

    Parameters
    ----------
    assignment : Assignment
        The exercises as their source has them.
    handed : sequence of Handed
        The cells that were handed in.

    Returns
    -------
    Plan

    Examples
    --------
    >>> cells = (
    ...     Cell("given", "setup", "", "x = 1", 0),
    ...     Cell("answer", "f", "", "def f(): ...", 1),
    ...     Cell("check", "f-check", "", "assert f()", 1, 2.0),
    ... )
    >>> written = [Handed(True, "f", "", "def f():\n    return x")]
    >>> [step.name for step in plan(Assignment("one", cells, {}), written).steps]
    ['setup', 'f', 'f-check']
    """
    owners = _owners(assignment, handed)
    parts: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}  # what follows a cell of the course
    last = assignment.cells[0].name
    for cell, owner in zip(handed, owners, strict=True):
        if owner is not None:
            last = owner.name
            parts.setdefault(last, []).append(cell.source)
        elif cell.is_code and cell.source.strip() and not _only_looks(cell):
            after.setdefault(last, []).append(cell.source)

    steps: list[Step] = []
    words: dict[str, str] = {}
    notes: list[str] = []
    blank: set[int] = set()
    answered: set[int] = set()
    for known in assignment.cells:
        name, number, found = known.name, known.exercise, parts.get(known.name, [])
        label = f"exercise {number}" if number else "the set-up"
        if known.kind == "words":
            words[name] = "\n\n".join(found)
        elif known.kind == "answer":
            stub = stub_of(known.source)
            kept = _without_copies(found, stub) if found else []
            if not kept:
                notes.append(f"{label}: the cell of the answer is missing")
            if len(kept) > 1:
                notes.append(f"{label}: the answer is in {len(kept)} cells; all were run, in order")
            is_blank = all(_lines(part) == _lines(stub) for part in kept)
            (blank if is_blank else answered).add(number)
            steps += [Step("written", name, part, number) for part in kept]
        else:
            if not found:
                notes.append(f"{label}: {name} was missing; the course's own was run")
            if name == "setup" and (note := _other_seed(known.source, found or [])):
                notes.append(note)
            kind: Literal["given", "check"] = "check" if known.kind == "check" else "given"
            steps.append(Step(kind, name, known.source, number))
        extra = after.get(name, [])
        steps += [Step("written", f"{name}, after it", part, number) for part in extra]
        if known.kind == "answer" and extra:
            answered.add(number)
    # What stands behind the last check earns nothing: a project trains for a minute there.
    checks = [place for place, step in enumerate(steps, start=1) if step.kind == "check"]
    steps = steps[: checks[-1]] if checks else steps
    return Plan(steps, words, frozenset(blank - answered), notes)
