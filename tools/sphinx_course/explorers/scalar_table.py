"""``scalar-table``: three steps of one unit, backwards by hand, for weights that a reader sets.

The network is h_t = w h_(t-1) + u x_t without a squashing function, and the loss is half the
squared error at every step. The last slider fills the column of the gradients upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

X, TARGETS = (1.0, 0.0, -1.0), (0.0, 1.0)  # the last target is the reader's
W, U, LAST_TARGET = (-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0), (-1.0, 1.0, 2.0), (0.0, 1.0, 3.0)
BACK = ("not yet", "to step 3", "to step 2", "to step 1", "and the sums")
OPENS = W.index(2.0), U.index(1.0), LAST_TARGET.index(1.0), len(BACK) - 1
HIDDEN, SHOWN, NEW = range(3)

COLUMNS = {"t": 18, "x": 56, "h": 102, "target": 158, "e": 214, "δh": 276, "to w": 342, "to u": 408}
SIZE, HEAD, ROW, SUMS = (440, 186), 22, 36, 170


class Pass(NamedTuple):
    """What a forward and a backward pass make, one entry for each step."""

    h: list[float]  # with h_0, so four
    targets: list[float]
    e: list[float]
    delta: list[float]
    to_w: list[float]
    to_u: list[float]


def both_passes(w: float, u: float, last_target: float) -> Pass:
    """Run the network forwards, and take the gradient back through it.

    >>> both_passes(2, 1, 1).delta
    [11.0, 5.0, 2.0]
    """
    h, targets = [0.0], [*TARGETS, last_target]
    for x_t in X:
        h.append(w * h[-1] + u * x_t)
    e = [h_t - target for h_t, target in zip(h[1:], targets, strict=True)]
    delta, back = [], 0.0
    for e_t in reversed(e):
        delta.insert(0, e_t + back)
        back = w * delta[0]
    return Pass(
        h, targets, e, delta,
        to_w=[d * before for d, before in zip(delta, h[:-1], strict=True)],
        to_u=[d * x_t for d, x_t in zip(delta, X, strict=True)],
    )  # fmt: skip


def number(value: float) -> str:
    """Write a number as short as it is, with a true minus sign.

    >>> number(-0.4375), number(11.0), number(-0.0)
    ('−0.4375', '11', '0')
    """
    return f"{value + 0.0:g}".replace("-", "−")


def factor(value: float) -> str:
    """Write a number behind a sign.

    >>> factor(2.0), factor(-2.0)
    ('2', '(−2)')
    """
    return f"({number(value)})" if value < 0 else number(value)


# What is said for each setting of the last slider. Places of numbers are those of ``entries``.
SENTENCES = (
    "Forwards: h₁ = {0}, h₂ = {1}, h₃ = {2}. Nothing has come back yet.",
    "Nothing follows step 3, so δh₃ = e₃ = {9}.",
    "δh₂ = e₂ + w · δh₃ = {5} + {18} = {8}.",
    "δh₁ = e₁ + w · δh₂ = {4} + {18} = {7}.",
    "Each step adds δh times the h before to the gradient of w, and δh times x to the gradient of "
    "u: dL/dw = {16}, dL/du = {17}.",
)


def entries(made: Pass) -> list[float]:
    """Return the numbers of the table that change, column by column, and the two sums."""
    columns = [made.h[1:], made.targets[2:], made.e, made.delta, made.to_w, made.to_u]
    return [*(value for column in columns for value in column), sum(made.to_w), sum(made.to_u)]


def table(says: Sequence[int | str], marks: Sequence[int]) -> str:
    """Draw the table; ``data-says`` is the place of a cell's text in what a picture says."""
    lines = [
        f'<text class="below" x="{x}" y="{HEAD}">{escape(name)}</text>'
        for name, x in COLUMNS.items()
    ]
    lines.append(f'<line class="axis" x1="0" x2="{SIZE[0]}" y1="{HEAD + 10}" y2="{HEAD + 10}"/>')

    def cell(column: str, y: int, place: int) -> str:
        text = escape(str(says[place]))
        return (
            f'<text class="below" data-says="{place}" x="{COLUMNS[column]}" y="{y}">{text}</text>'
        )

    marked = iter(marks)
    for t in range(3):
        y = HEAD + ROW * (t + 1)
        known = {"t": f"{t + 1}", "x": number(X[t])}
        if t < 2:
            known["target"] = number(TARGETS[t])
        lines += [
            f'<text class="below" x="{COLUMNS[name]}" y="{y}">{text}</text>'
            for name, text in known.items()
        ]
        lines += [cell("h", y, t), *([cell("target", y, 3)] if t == 2 else []), cell("e", y, 4 + t)]
        arrow = ""
        if t < 2:  # from the gradient of the next step
            x = COLUMNS["δh"] - 36
            arrow = f'<path d="M{x} {y + ROW - 8} V{y} m-4 6 l4 -6 l4 6"/>'
        lines.append(f'<g data-mark="{next(marked)}">{arrow}{cell("δh", y, 7 + t)}</g>')
        shares = cell("to w", y, 10 + t) + cell("to u", y, 13 + t)
        lines.append(f'<g data-mark="{next(marked)}">{shares}</g>')
    rule = f'<line class="axis" x1="{COLUMNS["to w"] - 30}" x2="{SIZE[0]}" y1="148" y2="148"/>'
    name = f'<text class="label" x="{COLUMNS["to w"] - 38}" y="{SUMS}">sum</text>'
    sums = cell("to w", SUMS, 16) + cell("to u", SUMS, 17)
    lines.append(f'<g data-mark="{next(marked)}">{rule}{name}{sums}</g>')
    return "\n".join(lines)


def explorer(root: Path) -> Explorer:
    """Return the figure; it opens with the numbers of the text, and the whole table filled in."""
    words = [Words([], said) for said in SENTENCES]

    def picture(at_w: int, at_u: int, at_target: int, back: int) -> Picture:
        w = W[at_w]
        made = both_passes(w, U[at_u], LAST_TARGET[at_target])
        # What is new at step 2 or 1 has a part that came back from the step after.
        product = f"{factor(w)} · {factor(made.delta[4 - back])}" if back in (2, 3) else ""
        marks = []
        for t in (1, 2, 3):
            new = back == 4 - t
            marks += [NEW if new else SHOWN if back > 4 - t else HIDDEN, SHOWN * (back == 4)]
        marks.append(NEW if back == 4 else HIDDEN)
        return Picture(words[back], [*map(number, entries(made)), product], marks)

    opening = picture(*OPENS)
    return Explorer(
        title="Three steps backwards",
        description=(
            "A table with a row for each of three steps: the input, the state, the target, the "
            "slope e of the step's own loss, the gradient δh of the whole loss, and what the step "
            "adds to the gradients of w and u, with the sums below. For w = 2 and u = 1 the "
            "gradients δh are 11, 5 and 2 from the first step to the last, and both sums are 9. "
            "The sentence below says how the newest entries are made."
        ),
        controls=[
            Control("w", [number(value) for value in W], OPENS[0]),
            Control("u", [number(value) for value in U], OPENS[1]),
            Control("Target of step 3", [number(value) for value in LAST_TARGET], OPENS[2]),
            Control("Going back", BACK, OPENS[3]),
        ],
        picture=picture,
        draw=lambda _, marks: table(opening.says, marks),
        size=SIZE,
    )
