"""How long a chapter takes to read, by one rule for all: ``python tools/reading_time.py``.

The text: 150 words a minute, and a minute and a half for each displayed equation. The code: 15
lines a minute, of the cells that are open on the page; what is folded is there to be looked up.
Both are rounded to five minutes. The command writes the line **Time.** of the chapters anew, or of
the notebooks that it is given. How long the exercises take is the author's estimate, and stays.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode
from notebook_files import dumps, notebooks_in, read, shown, write

WORDS_PER_MINUTE = 150
MINUTES_PER_EQUATION = 1.5
LINES_PER_MINUTE = 15
STEP = 5  # minutes: the rule is not more exact than that

FOLDED = "hide-input"
LINE = re.compile(
    r"^\*\*Time\.\*\* Text (\d+) minutes, text and code (\d+) minutes, exercises (\d+) minutes\.$",
    re.MULTILINE,
)
ANY_LINE = re.compile(r"^\*\*Time\.\*\* .*\bexercises (\d+) minutes\.$", re.MULTILINE)

EQUATION = re.compile(
    r"\$\$.+?\$\$(?: *\([\w-]+\))?"  # with its label
    r"|^ *(`{3,})\{math\}.*?^ *\1 *$"
    r"|^\\begin\{(\w+\*?)\}.*?^\\end\{\2\}",
    re.DOTALL | re.MULTILINE,
)
# What stands in Markdown and is not read as words, and what of it is.
NOT_WORDS = [
    (re.compile(r"^ *(`{3,}|~{3,})(?!\{)[^\n]*\n.*?^ *\1 *$", re.DOTALL | re.MULTILINE), " "),
    (re.compile(r"^ *(?:`{3,}|:{3,})(?:\{[^}]*\})?", re.MULTILINE), " "),  # a title may follow
    (re.compile(r"^ *:[\w-]+:.*$", re.MULTILINE), " "),  # options of a directive
    (re.compile(r"^\([\w-]+\)=$", re.MULTILINE), " "),
    (re.compile(r"\$[^$]+\$"), " x "),  # a formula in the text is read as one word
    (re.compile(r"\{[\w:]+\}`([^`<]*)(?: <[^>`]*>)?`"), r"\1"),
    (re.compile(r"`+[^`]+`+"), " x "),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), " "),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"<[^>\n]+>"), " "),
]


class Counts(NamedTuple):
    """What there is to read in a notebook."""

    words: int
    equations: int
    lines: int  # of open code


class Minutes(NamedTuple):
    """What a chapter's line **Time.** says."""

    text: int
    text_and_code: int
    exercises: int


def words_of(markdown: str) -> int:
    """Return the number of words; a formula or a name of code in the text counts as one.

    >>> words_of("## The *gradient* of $a^2$ is `2 * a`, see {term}`the word <chain rule>`.")
    9
    """
    text = EQUATION.sub(" ", markdown)
    for pattern, instead in NOT_WORDS:
        text = pattern.sub(instead, text)
    return sum(any(letter.isalnum() for letter in word) for word in text.split())


def is_folded(cell: NotebookNode) -> bool:
    """Whether the page shows of this cell's code a bar alone."""
    return FOLDED in cell.metadata.get("tags", [])


def lines_of(cell: NotebookNode) -> int:
    """Return the number of lines of code that are not blank."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def counts_of(notebook: NotebookNode) -> Counts:
    """Count the words of text and captions, the displayed equations, and the lines of open code."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    captions = [
        cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "") for cell in code
    ]
    return Counts(
        words=sum(map(words_of, [*texts, *captions])),
        equations=sum(len(EQUATION.findall(text)) for text in texts),
        lines=sum(lines_of(cell) for cell in code if not is_folded(cell)),
    )


def minutes_of(counts: Counts) -> tuple[int, int]:
    """Return the minutes for the text, and for text and code.

    >>> minutes_of(Counts(words=4500, equations=10, lines=300))
    (45, 65)
    """
    text = counts.words / WORDS_PER_MINUTE + counts.equations * MINUTES_PER_EQUATION
    both = text + counts.lines / LINES_PER_MINUTE
    whole, whole_both = (STEP * max(1, int(m / STEP + 0.5)) for m in (text, both))
    return whole, whole_both


def time_line(minutes: Minutes) -> str:
    """Return the line of a chapter's first cell."""
    text, both, exercises = minutes
    return (
        f"**Time.** Text {text} minutes, text and code {both} minutes, "
        f"exercises {exercises} minutes."
    )


def with_time(notebook: NotebookNode) -> str:
    """Return the text of the first cell, with the line that the rule gives.

    Raises
    ------
    ValueError
        If the first cell has no such line, which says how long the exercises take.
    """
    first = notebook.cells[0].source
    found = ANY_LINE.search(first)
    if found is None:
        raise ValueError("the first cell lacks the line '**Time.** ... exercises N minutes.'")
    line = time_line(Minutes(*minutes_of(counts_of(notebook)), int(found[1])))
    return first[: found.start()] + line + first[found.end() :]


def main(arguments: list[str] | None = None) -> int:
    """Write the lines anew and say what they are; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the reading times of chapters anew.")
    parser.add_argument("files", nargs="*", type=Path, help="notebooks; by default all of book/")
    status = 0
    for path in parser.parse_args(arguments).files or notebooks_in("book"):
        notebook = read(path)
        try:
            notebook.cells[0].source = with_time(notebook)
        except ValueError as error:
            print(f"{shown(path)}: left as it was: {error}", file=sys.stderr)
            status = 1
            continue
        write(path, dumps(notebook))
        counts = counts_of(notebook)
        text, both = minutes_of(counts)
        print(
            f"{shown(path)}: {counts.words} words, {counts.equations} displayed equations, "
            f"{counts.lines} lines of open code: {text} minutes, with the code {both}"
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
