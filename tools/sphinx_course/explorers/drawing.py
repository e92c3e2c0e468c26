"""The still pictures of interactive figures: bars and curves, as SVG.

The script of the page moves what stands here, and knows it by its attributes: ``data-bar`` is the
length of a full bar, ``data-curve`` the height of the plot. Lengths are thousandths of these.
Colours come from the page's style sheet, so that the figure fits a dark page too.
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


def bars_size(rows: int) -> tuple[int, int]:
    """Return width and height of a drawing of this many bars."""
    return WIDTH, ROW * rows + 8


def bars(words: Words, values: Sequence[int]) -> str:
    """Draw a horizontal bar for each label, its share of the whole written at its end."""
    lines = [f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="0" y2="{ROW * len(words.labels)}"/>']
    for row, label in enumerate(words.labels):
        value = values[row] if row < len(values) else None
        length = (value or 0) * BAR / 1000
        middle = ROW * row + ROW / 2
        lines += [
            f'<text class="label" x="{LEFT - 8}" y="{middle + 5:.0f}">{escape(label)}</text>',
            f'<rect data-bar="{BAR}" x="{LEFT}" y="{ROW * row + 4}" height="{ROW - 8}" '
            f'width="{length:.2f}"/>',
            f'<text class="value" x="{LEFT + length + 6:.2f}" y="{middle + 5:.0f}">'
            f"{escape(share(value))}</text>",
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
) -> str:
    """Draw a curve for each label through its part of the values, which all have one length.

    Ticks say where a text stands, from 0 at the left or bottom to 1 at the right or top.
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
        lines += [
            f'<polyline data-curve="{HEIGHT}" data-bottom="{bottom}" class="curve-{number}" '
            f'points="{" ".join(at)}"/>',
            f'<text class="end curve-{number}" x="{EDGE + ACROSS + 6}" y="{end + 5:.1f}">'
            f"{escape(label)}</text>",
        ]
    return "\n".join(lines)
