"""The directive ``flow-chart``: boxes in rows, arrows between them, each box a link.

    ```{flow-chart} A title, read aloud
    :name: fig-parts
    Read: sec-read
    Sum up: sec-sum | Count: sec-count
    Read -> Sum up, Count
    The caption.
    ```

A line of boxes is a row: the text of each, a colon, and the label of the section that it leads to.
A line with ``->`` draws arrows from one box to others; upwards they run outside the boxes, at the
right. The rest is the caption. A label that is nowhere is a warning, like that of any other link.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

WIDTH, RIGHT = 400, 26  # of the drawing, and of the strip at its right where arrows go back
BOX, GAP, BETWEEN = 34, 34, 10  # height of a box, height between rows, width between boxes
ARROW = 6

TAG = '<svg class="flow-chart'  # and perhaps a second class

ROW = re.compile(r"[^:|]+:\s*[\w-]+\s*(\|[^:|]+:\s*[\w-]+\s*)*")
ARROWS = re.compile(r"(.+?)\s*->\s*(.+)")


class Box(NamedTuple):
    """A box: what it says, where it leads, and where it stands."""

    text: str
    label: str
    row: int
    x: float
    width: float

    @property
    def middle(self) -> float:
        """The middle of the box, from the left."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """The upper edge."""
        return 2 + self.row * (BOX + GAP)


def parse(lines: Sequence[str]) -> tuple[dict[str, Box], list[tuple[str, str]], list[str]]:
    """Return the boxes by their text, the arrows as pairs of texts, and the lines of the caption.

    >>> boxes, arrows, caption = parse(["A: a", "B: b | C: c", "A -> B, C", "Why."])
    >>> [box.row for box in boxes.values()], arrows, caption
    ([0, 1, 1], [('A', 'B'), ('A', 'C')], ['Why.'])
    """
    boxes: dict[str, Box] = {}
    arrows: list[tuple[str, str]] = []
    caption: list[str] = []
    row = 0
    for line in lines:
        if not caption and (found := ARROWS.fullmatch(line.strip())):
            arrows += [(found[1].strip(), end.strip()) for end in found[2].split(",")]
        elif not caption and not arrows and ROW.fullmatch(line.strip()):
            parts = [part.rsplit(":", 1) for part in line.split("|")]
            width = (WIDTH - RIGHT - 2 - BETWEEN * (len(parts) - 1)) / len(parts)
            wide = min(width, 190)  # a box alone in its row stands in the middle
            for number, (text, label) in enumerate(parts):
                x = 2 + number * (width + BETWEEN) + (width - wide) / 2
                boxes[text.strip()] = Box(text.strip(), label.strip(), row, x, wide)
            row += 1
        elif line.strip() or caption:
            caption.append(line)
    for name in (name for arrow in arrows for name in arrow):
        if name not in boxes:
            raise ExtensionError(f"flow-chart: an arrow at {name!r}, but there is no such box")
    return boxes, arrows, caption


def draw(
    title: str, boxes: dict[str, Box], arrows: list[tuple[str, str]], links: dict[str, str]
) -> str:
    """Return the drawing as SVG; ``links`` says where the label of a box is."""
    height = max(box.top for box in boxes.values()) + BOX + 2
    size = f"0 0 {WIDTH} {height:.0f}"
    lines = [f'{TAG}" role="group" aria-label="{escape(title)}" viewBox="{size}">']
    # The arrows of each box turn at a height of their own: lines that do not belong together part.
    turning = list(dict.fromkeys(boxes[start] for start, _ in arrows))
    for start, end in arrows:
        beside = [box for box in turning if box.row == boxes[start].row]
        place = (beside.index(boxes[start]) + 1) / (len(beside) + 1)
        lines.append(_arrow(boxes[start], boxes[end], place))
    for box in boxes.values():
        link = links.get(box.label, "")
        lines.append(
            f'<a href="{escape(link)}"><rect x="{box.x:.1f}" y="{box.top:.1f}" rx="5" '
            f'width="{box.width:.1f}" height="{BOX}"/><text x="{box.middle:.1f}" '
            f'y="{box.top + BOX / 2 + 5:.1f}">{escape(box.text)}</text></a>'
        )
    return "\n".join([*lines, "</svg>"])


def _arrow(start: Box, end: Box, place: float) -> str:
    """Draw an arrow; ``place`` says where it turns between two rows, from 0 to 1."""
    if end.row > start.row:
        x, y = end.middle, end.top
        turn = start.top + BOX + (GAP - ARROW) * place
        path = f"M{start.middle:.1f} {start.top + BOX:.1f}V{turn:.1f}H{x:.1f}V{y:.1f}"
        head = f"M{x:.1f} {y:.1f}l{-ARROW / 2} {-ARROW}h{ARROW}z"
    else:
        x, y, edge = end.x + end.width, end.top + BOX / 2, WIDTH - 4
        begin = start.top + BOX / 2
        path = f"M{start.x + start.width:.1f} {begin:.1f}H{edge}V{y:.1f}H{x:.1f}"
        head = f"M{x:.1f} {y:.1f}l{ARROW} {-ARROW / 2}v{ARROW}z"
    return f'<path class="line" d="{path}"/><path class="head" d="{head}"/>'


def with_caption(
    directive: SphinxDirective, drawing: nodes.Element, lines: StringList, offset: int
) -> nodes.figure:
    """Return a figure of a drawing, with these lines of the directive as its caption."""
    text = nodes.Element()
    directive.state.nested_parse(lines, offset, text)
    caption = nodes.caption()
    for paragraph in text.children:
        caption += paragraph.children
    figure = nodes.figure("", drawing, caption)
    figure["classes"].append("flow-chart")
    directive.set_source_info(figure)
    return figure


class FlowChart(nodes.General, nodes.Element):
    """The drawing, until all labels are known."""


class FlowChartDirective(SphinxDirective):
    """``flow-chart``: takes a title; the content is boxes, arrows and a caption."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"name": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Return a figure with a caption, numbered like all others."""
        title = self.arguments[0]
        boxes, arrows, words = parse(list(self.content))
        if not boxes or not words:
            raise ExtensionError(f"flow-chart {title!r}: expected boxes and a caption")
        first = len(self.content) - len(words)
        chart = FlowChart(title=title, boxes=boxes, arrows=arrows)
        figure = with_caption(self, chart, self.content[first:], self.content_offset + first)
        self.set_source_info(chart)
        self.add_name(figure)
        return [figure]


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the drawings in, now that every label is known."""
    labels = app.env.get_domain("std").data["anonlabels"]
    for chart in list(doctree.findall(FlowChart)):
        links = {}
        for box in chart["boxes"].values():
            if box.label not in labels:
                logger.warning("flow-chart: no label %r", box.label, location=chart)
                continue
            page, identifier = labels[box.label][:2]
            uri = app.builder.get_relative_uri(docname, page) if page != docname else ""
            links[box.label] = f"{uri}#{identifier}"
        html = draw(chart["title"], chart["boxes"], chart["arrows"], links)
        chart.replace_self(nodes.raw("", html, format="html"))


def load_style(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load the style on pages that hold a chart."""
    if TAG in context.get("body", ""):
        app.add_css_file("flow-chart.css")


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_node(FlowChart)
    app.add_directive("flow-chart", FlowChartDirective)
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", load_style)
