"""The still pictures of interactive figures: bars, curves, paths and trees, as SVG.

The script of the page moves what stands here, and knows it by its attributes: ``data-bar`` is the
length of a full bar, ``data-curve`` the height of the plot, ``data-path`` half the side of a plane
from -1 to 1. Lengths are thousandths of these. A ``data-mark`` is a whole number that the style
sheet knows: 0 is hidden. ``data-says`` is the place of a text in what the picture says. Colours
come from the page's style sheet, so that the figure fits a dark page too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sphinx_course.explorers.explorer import Words

# Bars.
WIDTH, ROW, BAR = 440, 22, 250
LEFT = 120

# Curves.
HEIGHT, ACROSS, TOP, EDGE = 200, 300, 14, 46

# A plane: x and y from -1 to 1.
SIDE = 320  # in steps of a thousandth of a half, no tenth of a pixel is a tie

# Trees: columns of words, from left to right.
COLUMN, BRANCH = 110, 24  # what a column takes, and what of it is a line


def share(value: int | None) -> str:
    """Write thousandths as a percentage; what is not there at all gets a dash.

    >>> [share(value) for value in (412, 9, 0, None)]
    ['41 %', '0.9 %', '< 0.1 %', '–']
    """
    if value is None:
        return "–"
    if value == 0:
        return "< 0.1 %"
    return f"{value / 10:.1f} %" if value < 100 else f"{(value + 5) // 10} %"


def decimal(value: int, places: int) -> str:
    """Write thousandths as a decimal number; halves go up, as they do in the page's script.

    >>> decimal(125, 2), decimal(999, 2), decimal(0, 2)
    ('0.13', '1.00', '0.00')
    """
    return f"{value / 1000 + 1e-9:.{places}f}"


def bars_size(rows: int) -> tuple[int, int]:
    """Return width and height of a drawing of this many bars."""
    return WIDTH, ROW * rows + 8


def bars(words: Words, values: Sequence[int], *, decimals: int | None = None) -> str:
    """Draw a horizontal bar for each label, its share of the whole written at its end.

    A row without a label stays empty: one picture may need fewer rows than another one. With
    ``decimals`` the ends say numbers from 0 to 1, with so many decimals, and no percentages.
    """
    plain = "" if decimals is None else f' data-decimals="{decimals}"'
    lines = [f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="0" y2="{ROW * len(words.labels)}"/>']
    for row, label in enumerate(words.labels):
        value = values[row] if row < len(values) else None
        length = (value or 0) * BAR / 1000
        middle = ROW * row + ROW / 2
        end = share(value) if decimals is None else decimal(value or 0, decimals)
        lines += [
            f'<text class="label" x="{LEFT - 8}" y="{middle + 5:.0f}">{escape(label)}</text>',
            f'<rect data-bar="{BAR}"{plain} x="{LEFT}" y="{ROW * row + 4}" height="{ROW - 8}" '
            f'width="{length:.2f}"/>',
            f'<text class="value" x="{LEFT + length + 6:.2f}" y="{middle + 5:.0f}">'
            f"{escape(end if label else '')}</text>",
        ]
    return "\n".join(lines)


def curves_size() -> tuple[int, int]:
    """Return width and height of a drawing of curves."""
    return WIDTH, HEIGHT + TOP + 44


def curves(
    words: Words,
    values: Sequence[int],
    *,
    x_name: str,
    x_ticks: Mapping[str, float],
    y_ticks: Mapping[str, float],
    lower: Sequence[int] = (),
) -> str:
    """Draw a curve for each label through its part of the values, which all have one length.

    Ticks say where a text stands, from 0 at the left or bottom to 1 at the right or top. Each label
    stands at the end of its curve, or ``lower`` by so much, where two curves may end at one height.
    """
    bottom = TOP + HEIGHT
    lines = []
    for text, place in y_ticks.items():
        y = bottom - HEIGHT * place
        lines += [
            f'<line class="grid" x1="{EDGE}" x2="{EDGE + ACROSS}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text class="label" x="{EDGE - 6}" y="{y + 5:.1f}">{escape(text)}</text>',
        ]
    for text, place in x_ticks.items():
        x = EDGE + ACROSS * place
        lines.append(f'<text class="below" x="{x:.1f}" y="{bottom + 18}">{escape(text)}</text>')
    middle = EDGE + ACROSS / 2
    lines.append(f'<text class="below" x="{middle:.0f}" y="{bottom + 38}">{escape(x_name)}</text>')
    points = len(values) // len(words.labels)
    for number, label in enumerate(words.labels):
        part = values[number * points : (number + 1) * points]
        at = [
            f"{EDGE + ACROSS * i / (points - 1):.1f},{bottom - value * HEIGHT / 1000:.1f}"
            for i, value in enumerate(part)
        ]
        end = bottom - part[-1] * HEIGHT / 1000
        shift = f' dy="{lower[number]}"' if lower else ""  # the script moves y alone
        lines += [
            f'<polyline data-curve="{HEIGHT}" data-bottom="{bottom}" class="curve-{number}" '
            f'points="{" ".join(at)}"/>',
            f'<text class="end curve-{number}" x="{EDGE + ACROSS + 6}" y="{end + 5:.1f}"'
            f"{shift}>{escape(label)}</text>",
        ]
    return "\n".join(lines)


def plane_size() -> tuple[int, int]:
    """Return width and height of a drawing of a plane."""
    return SIDE + EDGE + 20, SIDE + 2 * TOP + 34


def plane(words: Words, values: Sequence[int], *, starts: int) -> str:
    """Draw paths in the plane of two hidden units, each from a ring to a large dot.

    The values are x and y of every point of the first path, then of the second, and so on.
    """
    left, middle = EDGE, TOP + SIDE / 2
    centre = left + SIDE / 2
    ends = {-1: left, 1: left + SIDE}
    lines = [
        f'<rect class="frame" x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>',
        f'<line class="grid" x1="{left}" x2="{left + SIDE}" y1="{middle:.0f}" y2="{middle:.0f}"/>',
        f'<line class="grid" x1="{centre:.0f}" x2="{centre:.0f}" y1="{TOP}" y2="{TOP + SIDE}"/>',
    ]
    for value, x in ends.items():
        text, y = str(value).replace("-", "−"), middle - value * SIDE / 2
        lines += [
            f'<text class="below" x="{x}" y="{TOP + SIDE + 18}">{text}</text>',
            f'<text class="label" x="{left - 6}" y="{y + 5:.0f}">{text}</text>',
        ]
    lines += [
        f'<text class="below" x="{centre:.0f}" y="{TOP + SIDE + 34}">hidden unit 1</text>',
        f'<text class="below" transform="translate({left - 24} {middle:.0f}) rotate(-90)">'
        "hidden unit 2</text>",
    ]
    points = len(values) // (2 * starts)
    for number in range(starts):
        part = values[2 * points * number : 2 * points * (number + 1)]
        at = [
            (centre + part[2 * i] * SIDE / 2000, middle - part[2 * i + 1] * SIDE / 2000)
            for i in range(points)
        ]
        # Each path has markers of its own: they take the colour of the class, in every browser.
        lines += [
            f'<g class="curve-{number}">',
            *(
                f'<marker id="plane-{name}-{number}" markerWidth="12" markerHeight="12" refX="6" '
                f'refY="6" markerUnits="userSpaceOnUse"><circle cx="6" cy="6" r="{radius}"/>'
                "</marker>"
                for name, radius in (("step", 2), ("last", 5))
            ),
            f'<polyline class="path" data-path="{SIDE / 2:.0f}" data-x="{centre:.0f}" '
            f'data-y="{middle:.0f}" marker-mid="url(#plane-step-{number})" '
            f'marker-end="url(#plane-last-{number})" '
            f'points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}"/>',
            f'<circle class="start" cx="{at[0][0]:.1f}" cy="{at[0][1]:.1f}" r="5"/></g>',
        ]
    return "\n".join(lines)


def tree_places(parents: Sequence[int]) -> list[tuple[int, float]]:
    """Return column and row of each node of a tree; -1 is the parent of those that begin it.

    Each stands before its children. The last of a branch have a row each; all others stand in the
    middle of their children.

    >>> tree_places([-1, 0, 0, -1])
    [(0, 0.5), (1, 0), (1, 1), (0, 2)]
    """
    columns: list[int] = []
    for parent in parents:
        columns.append(0 if parent < 0 else columns[parent] + 1)
    rows: dict[int, float] = {}
    leaves = [node for node in range(len(parents)) if node not in parents]
    rows |= {node: row for row, node in enumerate(leaves)}
    for node in reversed(range(len(parents))):
        if node not in rows:
            below = [rows[child] for child, parent in enumerate(parents) if parent == node]
            rows[node] = (below[0] + below[-1]) / 2
    return [(columns[node], rows[node]) for node in range(len(parents))]


def tree_size(parents: Sequence[int]) -> tuple[int, int]:
    """Return width and height of a drawing of a tree."""
    places = tree_places(parents)
    rows = max(row for _, row in places) + 1
    return COLUMN * (max(column for column, _ in places) + 1), round(ROW * rows) + 8


def tree(words: Words, marks: Sequence[int], *, parents: Sequence[int]) -> str:
    """Draw a tree of words, each with a line that leads to it, and with its mark."""
    places = tree_places(parents)
    first = [row for column, row in places if column == 0]
    root = (first[0] + first[-1]) / 2
    lines = []
    for node, (label, mark) in enumerate(zip(words.labels, marks, strict=True)):
        column, row = places[node]
        x, y = COLUMN * column, ROW * row + ROW / 2
        before = root if parents[node] < 0 else places[parents[node]][1]
        lines.append(
            f'<g data-mark="{mark}"><path d="M{x} {ROW * before + ROW / 2:.0f} '
            f'L{x + BRANCH - 4} {y:.0f}"/>'
            f'<text x="{x + BRANCH}" y="{y + 5:.0f}">{escape(label)}</text></g>'
        )
    return "\n".join(lines)
