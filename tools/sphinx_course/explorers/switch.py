"""``switch``: one tanh unit that holds a bit, its states in a cobweb, and the gradient it keeps.

The states are those of ``course_pkg.reference.cells.rnn`` without an input. Below them stands the
product of the slopes so far, as a power of ten: what is left of a small push at the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log10
from pathlib import Path

import numpy as np
import numpy.typing as npt

from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import jacobian
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

WEIGHTS = (0.5, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 2.5, 3.0)
STARTS = (-0.9, -0.5, -0.1, 0.01, 0.1, 0.5, 0.9)
OPENS = WEIGHTS.index(2.0), STARTS.index(0.1)
STEPS = 12
CURVE = np.linspace(-1, 1, 17)  # where the curve is computed
FLOOR, CEILING = -20, 2  # powers of ten below the cobweb; the smallest product is 10 to the -19

# The drawing: a plane from -1 to 1, and below it the product over the steps.
WIDTH, LEFT, TOP, HALF = 350, 56, 12, 130
CENTRE, MIDDLE = LEFT + HALF, TOP + HALF
LOW = TOP + 2 * HALF + 62  # the upper edge of the lower plot
HEIGHT = 110


def run(w: float, start: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the states, the start first, and the product of the slopes up to each of them."""
    params = rnn.Params(np.zeros((1, 1)), np.array([[w]]), np.zeros(1), np.zeros(1))
    (y, _), cache = rnn.forward(np.zeros((STEPS, 1, 1)), params, np.array([[start]]))
    factors = w * jacobian.slopes(cache).ravel()  # (STEPS,)
    return np.array([start, *y.ravel()]), np.cumprod([1.0, *factors])


def cobweb(states: Sequence[float]) -> list[tuple[float, float]]:
    """Return the corners of the path: from the diagonal to the curve, and across again.

    >>> cobweb([0.5, 0.75])
    [(0.5, 0.5), (0.5, 0.75), (0.75, 0.75)]
    """
    corners = [(states[0], states[0])]
    for before, after in pairwise(states):
        corners += [(before, after), (after, after)]
    return corners


def power(value: float) -> str:
    """Write a product: as a number, or where that is small as a power of ten.

    >>> power(0.25), power(0.00012)
    ('0.25', '10⁻⁴')
    """
    if value >= 0.01:
        return f"{value:.2g}"
    digits = str(round(log10(value))).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{digits}"


def height(exponent: float) -> float:
    """Return where a power of ten stands in the lower plot, in pixels from the top."""
    return LOW + HEIGHT * (CEILING - exponent) / (CEILING - FLOOR)


def _path(name: str, points: Sequence[tuple[float, float]], x: float, y: float) -> str:
    """Draw a line through places that are given as shares of HALF to the right of x, above y."""
    at = " ".join(f"{x + HALF * a:.1f},{y - HALF * b:.1f}" for a, b in points)
    return (
        f'<polyline class="{name}" data-path="{HALF}" data-x="{x:.0f}" data-y="{y:.0f}" '
        f'points="{at}"/>'
    )


def draw(words: Words, values: Sequence[int]) -> str:
    """Draw the diagonal, the curve and the path of the state, and below them the product."""
    right, bottom, low = LEFT + 2 * HALF, TOP + 2 * HALF, LOW + HEIGHT
    lines = [
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{2 * HALF}" height="{2 * HALF}"/>',
        f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{bottom}" y2="{TOP}"/>',
        f'<text class="below" x="{CENTRE}" y="{bottom + 36}">state before the step</text>',
        f'<text class="below" transform="translate({LEFT - 24} {MIDDLE}) rotate(-90)">'
        "state after it</text>",
        f'<text class="below" x="{CENTRE}" y="{low + 38}">steps</text>',
        f'<text class="below" transform="translate({LEFT - 44} {LOW + HEIGHT / 2:.0f}) '
        'rotate(-90)">product</text>',
    ]
    for number in (-1, 0, 1):
        text = str(number).replace("-", "−")
        lines += [
            f'<text class="below" x="{CENTRE + HALF * number}" y="{bottom + 18}">{text}</text>',
            f'<text class="label" x="{LEFT - 6}" y="{MIDDLE - HALF * number + 5}">{text}</text>',
        ]
    for exponent in (0, -10, -20):
        y = height(exponent)
        text = str(exponent).replace("-", "−")
        lines += [
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text class="label" x="{LEFT - 6}" y="{y + 5:.1f}">{text}</text>',
        ]
    for step in (0, STEPS // 2, STEPS):
        x = LEFT + 2 * HALF * step / STEPS
        lines.append(f'<text class="below" x="{x:.0f}" y="{low + 20}">{step}</text>')
    pairs = [(values[i] / 1000, values[i + 1] / 1000) for i in range(0, len(values), 2)]
    first, last = len(CURVE), len(CURVE) + 2 * STEPS + 1
    lines += [
        _path("curve-1", pairs[:first], CENTRE, MIDDLE),
        _path("curve-0", pairs[first:last], CENTRE, MIDDLE),
        _path("curve-0", pairs[last:], CENTRE, round(height(0))),
    ]
    return "\n".join(lines)


def explorer(root: Path) -> Explorer:
    """Return the figure; nothing is read from the project's folder."""
    words = Words(
        [],
        f"After {STEPS} steps the state is at {{0}}. The product of the {STEPS} slopes is {{1}}: "
        "so much is left of a small push at the start.",
    )

    def picture(weight: int, start: int) -> Picture:
        w = WEIGHTS[weight]
        states, products = run(w, STARTS[start])
        curve = zip(CURVE, np.tanh(w * CURVE), strict=True)
        per_step = HEIGHT / (CEILING - FLOOR) / HALF  # of a power of ten, as a share of HALF
        below = [
            (2 * step / STEPS - 1, log10(product) * per_step)
            for step, product in enumerate(products)
        ]
        points = [*curve, *cobweb(states.tolist()), *below]
        values = [round(1000 * float(value)) for point in points for value in point]
        at = f"{round(float(states[-1]), 2) + 0:.2f}".replace("-", "−")  # 0.00, never −0.00
        return Picture(words, [at, power(float(products[-1]))], values)

    opening = picture(*OPENS)
    return Explorer(
        title="A switch of one unit, and the gradient that it keeps",
        description=(
            "Above, the curve tanh(w h) and the diagonal, which cross at 0 and at two more places, "
            "and the path of the state in steps between them, from 0.1 up to the upper crossing. "
            "Below, the product of the slopes, as a power of ten, over the steps: it first rises, "
            f"then falls. After {STEPS} steps the state is at {opening.says[0]} and the product "
            f"is {opening.says[1]}."
        ),
        controls=[
            Control("Weight w", [f"{w:g}" for w in WEIGHTS], OPENS[0]),
            Control("Start", [f"{start:g}".replace("-", "−") for start in STARTS], OPENS[1]),
        ],
        picture=picture,
        draw=draw,
        size=(WIDTH, LOW + HEIGHT + 46),
    )
