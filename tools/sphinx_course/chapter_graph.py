"""The directive ``chapter-graph``: which chapter needs which, drawn from "Before you start".

Each chapter is a box, and a link. An arrow goes straight down to the next chapter if that one needs
it; all others run at the right of the boxes. Whoever points at a box sees what it needs.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from sphinx_course.chapter_lists import published_chapters
from sphinx_course.chapters import Chapter
from sphinx_course.flow_chart import TAG, with_caption
from sphinx_course.rewrite import note_generated_page

WIDTH, BOX_WIDTH, BOX, GAP = 360, 236, 40, 22
ARROW = 6
LINKED = re.compile(r"\]\((\d\d)-[\w-]+\.ipynb\)")
LINE = 26  # characters of a title in one line of its box


def needs(chapters: list[Chapter]) -> dict[int, list[int]]:
    """Return for each chapter those that its "Before you start" links to.

    Raises
    ------
    ValueError
        If a chapter needs itself, a later one, or one that is not published.
    """
    known = [chapter.number for chapter in chapters]
    found: dict[int, list[int]] = {}
    for chapter in chapters:
        numbers = sorted({int(number) for number in LINKED.findall(chapter.prerequisites)})
        for number in numbers:
            if number not in known or number >= chapter.number:
                raise ValueError(
                    f"{chapter.stem}: 'Before you start' has to name earlier chapters, and names "
                    f"chapter {number:02d}."
                )
        found[chapter.number] = numbers
    return found


def in_words(needed: dict[int, list[int]]) -> str:
    """Say what the picture shows.

    >>> in_words({1: [], 2: [1], 3: [1, 2]})
    'Chapter 1 needs no other. Chapter 2 needs 1. Chapter 3 needs 1 and 2.'
    """
    sentences = []
    for chapter, numbers in needed.items():
        *others, last = [str(number) for number in numbers] or ["no other"]
        before = f"{', '.join(others)} and " if others else ""
        sentences.append(f"Chapter {chapter} needs {before}{last}.")
    return " ".join(sentences)


def lines_of(title: str) -> list[str]:
    """Break a title into lines that fit a box; what stands after a colon is left out.

    >>> lines_of("Training practice: from a cell to a model")
    ['Training practice']
    >>> lines_of("Vanishing and exploding gradients")
    ['Vanishing and exploding', 'gradients']
    """
    lines = [""]
    for word in title.split(":")[0].split():
        if lines[-1] and len(f"{lines[-1]} {word}") > LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def draw(chapters: list[Chapter], links: dict[int, str]) -> str:
    """Return the graph as SVG; ``links`` says where each chapter is."""
    needed = needs(chapters)
    tops = {chapter.number: 2 + row * (BOX + GAP) for row, chapter in enumerate(chapters)}
    height = max(tops.values()) + BOX + 2
    order = list(tops)
    words = f"Which chapter needs which. {in_words(needed)}"
    parts = [
        f'{TAG} chapter-graph" role="group" aria-label="{escape(words)}" '
        f'viewBox="0 0 {WIDTH} {height}">',
    ]
    for chapter in chapters:
        number, top = chapter.number, tops[chapter.number]
        arcs = [
            _arrow(tops[start], top, order.index(number) - order.index(start), order.index(start))
            for start in needed[number]
        ]
        lines = lines_of(f"{number}. {chapter.title}")
        first = top + BOX / 2 + 5 - 9 * (len(lines) - 1)
        text = "".join(
            f'<tspan x="{BOX_WIDTH / 2 + 2:g}" y="{first + 18 * row:g}">{escape(line)}</tspan>'
            for row, line in enumerate(lines)
        )
        parts.append(
            f'<g>{"".join(arcs)}<a href="{escape(links[number])}"><rect x="2" y="{top}" rx="5" '
            f'width="{BOX_WIDTH}" height="{BOX}"/><text>{text}</text></a></g>'
        )
    return "\n".join([*parts, "</svg>"])


def _arrow(start: float, end: float, rows: int, row: int) -> str:
    """Draw the arrow between two boxes, given by their tops; ``rows`` lie between them."""
    if rows == 1:
        x, y = BOX_WIDTH / 2 + 2, end
        path = f"M{x:g} {start + BOX:g}V{y:g}"
        head = f"M{x:g} {y:g}l{-ARROW / 2:g} {-ARROW}h{ARROW}z"
    else:
        # Out in the lower half of a box, in in the upper half, so that lines do not meet.
        x, reach = BOX_WIDTH + 2, 20 + 24 * (rows - 1)
        y1, y2 = start + BOX * 0.62, end + BOX * (0.18 + 0.06 * (row % 5))
        path = f"M{x} {y1:g}C{x + reach:g} {y1:g} {x + reach:g} {y2:g} {x + ARROW:g} {y2:g}"
        head = f"M{x} {y2:g}l{ARROW} {-ARROW / 2:g}v{ARROW}z"
    return f'<path class="line" d="{path}"/><path class="head" d="{head}"/>'


class ChapterGraph(nodes.General, nodes.Element):
    """The drawing, until the pages' addresses are known."""


class ChapterGraphDirective(SphinxDirective):
    """``chapter-graph``: its content is the caption."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a figure with a caption."""
        note_generated_page(self.env, "book", "exercises", "solutions")
        if not self.content:
            raise ExtensionError("chapter-graph: expected a caption")
        drawing = ChapterGraph(chapters=published_chapters(self.env))
        return [with_caption(self, drawing, self.content, self.content_offset)]


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the drawing in."""
    for graph in list(doctree.findall(ChapterGraph)):
        chapters: list[Chapter] = graph["chapters"]
        links = {
            chapter.number: app.builder.get_relative_uri(docname, f"book/{chapter.stem}")
            for chapter in chapters
        }
        try:
            html = draw(chapters, links)
        except ValueError as error:
            raise ExtensionError(str(error)) from error
        graph.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> None:
    """Register the directive; its style is that of flow charts, which load it."""
    app.add_node(ChapterGraph)
    app.add_directive("chapter-graph", ChapterGraphDirective)
    app.connect("doctree-resolved", resolve)
