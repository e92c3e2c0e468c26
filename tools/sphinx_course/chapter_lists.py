"""The directives ``chapter-cards`` and ``chapter-table``: every published chapter, listed."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from sphinx_course.chapters import Chapter, ChapterError, duration, read_chapter
from sphinx_course.rewrite import note_generated_page


def published_chapters(env: BuildEnvironment) -> list[Chapter]:
    """Read the chapters that the table of contents names, in its order."""
    chapters = []
    for document in env.config.external_site_map:
        if re.match(r"book/\d\d-", document):
            path = Path(env.srcdir) / f"{document}.ipynb"
            try:
                chapters.append(read_chapter(path))
            except (ChapterError, OSError) as error:
                raise ExtensionError(str(error)) from error
    if not chapters:
        raise ExtensionError("_toc.yml: expected a chapter such as book/01-name, found none.")
    return sorted(chapters, key=lambda chapter: chapter.number)


def reading(chapter: Chapter) -> str:
    """Say how long the chapter takes to read."""
    text, both, _ = chapter.minutes
    return f"Text {duration(text)}, with the code {duration(both)}"


def from_root(markdown: str) -> str:
    """Let the links of a chapter work from any page.

    >>> from_root("[chapter 01](01-one.ipynb), [a site](https://example.org)")
    '[chapter 01](/book/01-one.ipynb), [a site](https://example.org)'
    """
    return re.sub(r"\]\((?![a-z]+:|/|#)", "](/book/", markdown)


def card(chapter: Chapter) -> str:
    """Write one chapter as a card of sphinx-design: its question, and how long it takes."""
    exercises = f"[exercises](/exercises/{chapter.stem}.ipynb)"
    return f"""\
:::{{grid-item-card}} [{chapter.number}. {chapter.title}](/book/{chapter.stem}.ipynb)
:class-card: chapter-card

{chapter.question}

{{.card-time}}
{reading(chapter)}, {exercises} {duration(chapter.minutes.exercises)}
:::"""


def cards(chapters: list[Chapter]) -> str:
    """Write the chapters as a grid of cards."""
    columns = "1 1 2 2" if len(chapters) > 1 else "1"
    inner = "\n".join(card(chapter) for chapter in chapters)
    return f"::::{{grid}} {columns}\n:gutter: 3\n\n{inner}\n::::"


def table(chapters: list[Chapter]) -> str:
    """Write the chapters as a table: what they teach, what they need, how long they take."""
    rows = [
        ":::{list-table}",
        ":header-rows: 1",
        ":class: chapter-table",
        ":widths: 20 40 20 20",
        "",
        "* - Chapter",
        "  - Objectives",
        "  - Before you start",
        "  - Time",
    ]
    for chapter in chapters:
        first, *others = chapter.objectives
        rows += [
            f"* - {chapter.number}\\. [{chapter.title}](/book/{chapter.stem}.ipynb)",
            f"  - - {first}",
            *(f"    - {objective}" for objective in others),
            f"  - {from_root(chapter.prerequisites)}",
            f"  - {reading(chapter)},"
            f" [exercises](/exercises/{chapter.stem}.ipynb)"
            f" {duration(chapter.minutes.exercises)}",
        ]
    return "\n".join([*rows, ":::"])


class ChapterList(SphinxDirective):
    """Write Markdown about the published chapters, and have it parsed."""

    def markdown(self, chapters: list[Chapter]) -> str:
        """Return what is to be parsed."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Return the parsed nodes."""
        note_generated_page(self.env, "book", "exercises", "solutions")
        text = self.markdown(published_chapters(self.env))
        parent = nodes.Element()
        lines = StringList(text.splitlines(), source=self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, parent)
        return parent.children


class ChapterCards(ChapterList):
    """``chapter-cards``: one card per chapter, for the start page."""

    def markdown(self, chapters: list[Chapter]) -> str:
        """Return the grid of cards."""
        return cards(chapters)


class ChapterTable(ChapterList):
    """``chapter-table``: one row per chapter, for instructors."""

    def markdown(self, chapters: list[Chapter]) -> str:
        """Return the table."""
        return table(chapters)


def setup(app: Sphinx) -> None:
    """Register both directives."""
    app.add_directive("chapter-cards", ChapterCards)
    app.add_directive("chapter-table", ChapterTable)
