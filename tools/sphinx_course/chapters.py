"""Read what a chapter notebook says about itself in its first cell.

Cards, tables and tests take title, question, objectives, times and prerequisites from here, so
they stand in one place: the chapter.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from reading_time import LINE, Minutes


class ChapterError(ValueError):
    """A chapter's first cell does not have the fixed form."""


@dataclass(frozen=True)
class Chapter:
    """The first cell of a chapter, in parts. The texts are Markdown."""

    stem: str  # "01-recurrent-networks": names chapter, exercises and solutions alike
    number: int
    title: str
    question: str
    objectives: tuple[str, ...]
    minutes: Minutes
    prerequisites: str


def duration(minutes: int) -> str:
    """Write a time as a person would.

    >>> duration(60), duration(90), duration(45)
    ('1 h', '1 h 30 min', '45 min')
    """
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest)) or "0 min"


def read_chapter(path: Path) -> Chapter:
    """Return the chapter's first cell in parts.

    Raises
    ------
    ChapterError
        If a line is missing or malformed, or the objectives are fewer than 3 or more than 5; the
        message says which.
    """
    number = re.match(r"(\d\d)-", path.stem)
    if number is None:
        raise ChapterError(f"{path.name}: expected a name such as 01-recurrent-networks.ipynb.")
    cells = json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
    if not cells or cells[0]["cell_type"] != "markdown":
        raise ChapterError(f"{path.name}: the first cell has to be Markdown, with the title.")
    text = "".join(cells[0]["source"])

    def find(pattern: str, line: str) -> re.Match[str]:
        match = re.search(pattern, text, flags=re.MULTILINE)
        if match is None:
            raise ChapterError(f"{path.name}: the first cell lacks the line {line}")
        return match

    title = find(r"\A# (.+)$", "'# Title', at its very beginning.")
    question = find(r"^\*\*([^*]+\?)\*\*$", "'**The question that the chapter answers?**'.")
    find(r"^:::\{admonition\} After this chapter you can$", "':::{admonition} After this ...'.")
    find(r"^:class: objectives$", "':class: objectives'.")
    objectives = find(r"^:class: objectives\n((?:- .+\n(?:  .+\n)*)+):::$", "'- an objective'.")
    time = find(
        LINE.pattern,
        "'**Time.** Text N minutes, text and code N minutes, exercises N minutes.'.",
    )
    before = find(r"^\*\*Before you start\.\*\* (.+(?:\n.+)*)", "'**Before you start.** ...'.")

    def one_line(markdown: str) -> str:
        return " ".join(markdown.split())

    promised = tuple(one_line(o) for o in re.split(r"^- ", objectives[1], flags=re.M)[1:])
    if not 3 <= len(promised) <= 5:
        raise ChapterError(f"{path.name}: {len(promised)} objectives; there have to be 3 to 5.")

    return Chapter(
        stem=path.stem,
        number=int(number[1]),
        title=title[1].strip(),
        question=one_line(question[1]),
        objectives=promised,
        minutes=Minutes(*map(int, time.groups())),
        prerequisites=one_line(before[1]),
    )
