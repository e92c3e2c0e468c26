"""The directive ``teaching-plan``: weeks, what is read and solved in each, and the hours.

    ```{teaching-plan}
    1 | read 01; exercises 01 | What you do in class.
    2 | read 04 until "The direct path" | What you do in class.
    3 | read 04 from "The direct path"; exercises 04 1-4 | What you do in class.
    4 | exercises 04 5-8; project 1 1/2 | What you do in class.
    5 | project 1 2/2 | What you do in class.
    ```

The hours are those that the chapters state. Where a week takes a part of a chapter, it takes a part
of the stated time: by words, equations and code for reading, by points for exercises, and equal
parts of a project. A plan in which something stands twice, or a chapter before one that it needs,
fails the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from myst_parser.mdit_to_docutils.base import default_slugify
from reading_time import LINES_PER_MINUTE, MINUTES_PER_EQUATION, WORDS_PER_MINUTE, counts_of
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from sphinx_course.chapter_graph import needs
from sphinx_course.chapter_lists import ChapterList
from sphinx_course.chapters import Chapter, duration
from sphinx_course.exercise_tables import PROJECT_TIME, read_exercises

STEP = 5  # minutes
ROW = re.compile(r"(\d+) \| ([^|]+) \| (.+)")
READ = re.compile(r'read (\d\d)(?: from "([^"]+)")?(?: until "([^"]+)")?')
SOLVE = re.compile(r"exercises (\d\d)(?: (\d+)-(\d+))?")
PROJECT = re.compile(r"project (\d)(?: (\d)/(\d))?")
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


class Part(NamedTuple):
    """What a week takes of a chapter or a project."""

    kind: str  # "read", "exercises" or "project"
    number: int
    first: int  # section, exercise or week, counted from 0
    end: int  # the one after the last
    of: int  # how many there are
    minutes: int
    text: str  # Markdown


class Week(NamedTuple):
    """A row of a plan."""

    number: int
    parts: tuple[Part, ...]
    activity: str

    @property
    def minutes(self) -> int:
        """What the week takes a student, outside class."""
        return sum(part.minutes for part in self.parts)


def shares(weights: Sequence[float], total: int) -> list[int]:
    """Split a time in steps of five minutes; the shares add up to it exactly.

    >>> shares([1, 1, 1], 70)
    [25, 20, 25]
    """
    whole = sum(weights)
    ends = [STEP * round(total * sum(weights[: k + 1]) / whole / STEP) for k in range(len(weights))]
    ends[-1] = total
    return [end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def sections_of(path: Path) -> tuple[list[str], list[float]]:
    """Return the sections of a chapter, and how long each takes by the rule of reading times.

    What stands before the first one belongs to it.
    """
    import nbformat
    from notebook_files import read

    names: list[str] = []
    cells: list[list[nbformat.NotebookNode]] = [[]]
    for cell in read(path).cells:
        heading = SECTION.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            names.append(heading[1].strip())
            if len(names) > 1:
                cells.append([])
        cells[-1].append(cell)
    minutes = []
    for group in cells:
        words, equations, lines = counts_of(nbformat.v4.new_notebook(cells=group))
        minutes.append(
            words / WORDS_PER_MINUTE + equations * MINUTES_PER_EQUATION + lines / LINES_PER_MINUTE
        )
    return names, minutes


class Course:
    """What a plan is made of: the chapters, their sections and exercises, the projects."""

    def __init__(self, root: Path, chapters: Iterable[Chapter]):
        self.root = root
        self.chapters = {chapter.number: chapter for chapter in chapters}
        self.needs = needs(list(self.chapters.values()))

    def _chapter(self, number: int) -> Chapter:
        if number not in self.chapters:
            raise ValueError(f"there is no chapter {number:02d}")
        return self.chapters[number]

    def reading(self, number: int, start: str | None, until: str | None) -> Part:
        """Return what is read: sections of a chapter, or all of it."""
        chapter = self._chapter(number)
        names, weights = sections_of(self.root / "book" / f"{chapter.stem}.ipynb")
        for name in (start, until):
            if name is not None and name not in names:
                raise ValueError(f"chapter {number:02d} has no section {name!r}; it has {names}")
        first = names.index(start) if start else 0
        end = names.index(until) if until else len(names)
        if first >= end:
            raise ValueError(f"chapter {number:02d}: {until!r} does not come after {start!r}")
        minutes = sum(shares(weights, chapter.minutes.text_and_code)[first:end])
        page = f"/book/{chapter.stem}.ipynb"
        title = chapter.title.split(":")[0]
        text = f"[{number}. {title}]({page})"
        if start:
            text += f", from [{start}]({page}#{default_slugify(start)})"
        if until:
            text += f", up to [{names[end - 1]}]({page}#{default_slugify(names[end - 1])})"
        return Part("read", number, first, end, len(names), minutes, text)

    def exercises(self, number: int, first: int | None, last: int | None) -> Part:
        """Return what is solved: exercises of a chapter, or all of them."""
        chapter = self._chapter(number)
        all_of_it = read_exercises(self.root, chapter.stem)
        count = len(all_of_it)
        first, last = first or 1, last or count
        if not 1 <= first <= last <= count:
            raise ValueError(f"chapter {number:02d} has exercises 1 to {count}, not {first}-{last}")
        weights = [exercise.points + exercise.by_hand for exercise in all_of_it]
        minutes = sum(shares(weights, chapter.minutes.exercises)[first - 1 : last])
        which = "" if (first, last) == (1, count) else f", {first} to {last}"
        text = f"[Exercises {number}](/exercises/{chapter.stem}.ipynb){which}"
        return Part("exercises", number, first - 1, last, count, minutes, text)

    def project(self, number: int, week: int = 1, weeks: int = 1) -> Part:
        """Return a week of a project; time is counted where its notebook states one."""
        if not 1 <= week <= weeks:
            raise ValueError(f"project {number}: there is no week {week} of {weeks}")
        found = sorted((self.root / "exercises").glob(f"project-{number}-*.ipynb"))
        minutes, text = 0, f"Project {number}"
        if found:
            text = f"[Project {number}](/exercises/{found[0].name})"
            stated = PROJECT_TIME.search(found[0].read_text(encoding="utf-8"))
            if stated:
                minutes = int(stated[1]) * (1 if stated[2] == "minutes" else 60)
        text += "" if weeks == 1 else f", week {week} of {weeks}"
        minutes = shares([1] * weeks, minutes)[week - 1]
        return Part("project", number, week - 1, week, weeks, minutes, text)

    def part(self, text: str) -> Part:
        """Read one part of a week."""
        if found := READ.fullmatch(text):
            return self.reading(int(found[1]), found[2], found[3])
        if found := SOLVE.fullmatch(text):
            return self.exercises(
                int(found[1]), *(int(n) if n else None for n in found.groups()[1:])
            )
        if found := PROJECT.fullmatch(text):
            return self.project(int(found[1]), int(found[2] or 1), int(found[3] or 1))
        raise ValueError(f"expected 'read NN', 'exercises NN' or 'project N', got {text!r}")


def parse(lines: Iterable[str], course: Course) -> list[Week]:
    """Return the weeks of a plan, and see that it holds.

    Raises
    ------
    ValueError
        If a line has another form, the weeks do not count on from 1, something stands twice, or a
        chapter comes before one that it needs; the message says which.
    """
    weeks: list[Week] = []
    taken: set[tuple[str, int, int]] = set()
    begun: dict[int, int] = {}
    for line in filter(None, map(str.strip, lines)):
        found = ROW.fullmatch(line)
        if found is None or int(found[1]) != len(weeks) + 1:
            raise ValueError(
                f"week {len(weeks) + 1}: expected 'week | parts | in class', got {line!r}"
            )
        week = int(found[1])
        try:
            parts = tuple(course.part(text.strip()) for text in found[2].split(";"))
        except ValueError as error:
            raise ValueError(f"week {week}: {error}") from None
        for part in parts:
            pieces = {(part.kind, part.number, k) for k in range(part.first, part.end)}
            if taken & pieces:
                raise ValueError(f"week {week}: {part.kind} {part.number:02d}: some of it twice")
            taken |= pieces
            if part.kind == "read":
                begun.setdefault(part.number, week)
        weeks.append(Week(week, parts, found[3].strip()))
    for number, week in begun.items():
        for needed in course.needs[number]:
            if begun.get(needed, week + 1) > week:
                raise ValueError(
                    f"week {week}: chapter {number:02d} needs chapter {needed:02d}, which the plan "
                    "has later or not at all"
                )
    return weeks


def table(weeks: list[Week]) -> str:
    """Write a plan as a table."""
    rows = [
        ":::{list-table}",
        ":header-rows: 1",
        ":class: teaching-plan",
        ":widths: 14 36 50",
        "",
        "* - Week",
        "  - At home",
        "  - In class",
    ]
    for week in weeks:
        first, *others = (part.text for part in week.parts)
        rows += [
            f"* - **{week.number}**\\",
            f"    {duration(week.minutes) if week.minutes else ''}",
            f"  - - {first}",
            *(f"    - {text}" for text in others),
            f"  - {week.activity}",
        ]
    total = sum(week.minutes for week in weeks)
    mean = STEP * round(total / len(weeks) / STEP)
    return "\n".join(
        [*rows, ":::", "", f"Together {duration(total)} at home, {duration(mean)} a week."]
    )


class TeachingPlan(ChapterList):
    """``teaching-plan``: the content is one line for each week."""

    has_content = True

    def markdown(self, chapters: list[Chapter]) -> str:
        """Return the table."""
        try:
            return table(parse(self.content, Course(Path(self.env.srcdir), chapters)))
        except ValueError as error:
            raise ExtensionError(f"teaching-plan: {error}") from error


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("teaching-plan", TeachingPlan)
