"""``gradient-lags``: how long a gradient is after some steps back, for untrained networks.

For each kind of network and each gain there are three lines: what
:func:`course_pkg.reference.gradients.jacobian.carry_back` measures, what
``gradient_rates.predicted_rate`` foresees from a forward run, and the bound from the largest
singular value. Heights are powers of ten; a line that leaves the frame is cut off there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import gradient_rates, jacobian
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.learning import initialization
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

H, I, B = 64, 8, 16
SETTLE, LAGS, EVERY = 50, 60, 4
GAINS = (0.25, 0.4, 0.58, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0)
OPENS = GAINS.index(0.58)  # the standard deviation of PyTorch's uniform weights, 1 / sqrt(3)
FLOOR, CEILING = -20, 10  # powers of ten at the edges of the frame

LABELS = ("measured", "predicted", "bound")
SENTENCE = (
    "Each step back multiplies the gradient by {0}: predicted {1}, at most {2}. "
    "After 50 steps its length is {3}."
)

# The drawing: the frame, and where things stand around it.
WIDTH, TOP, HEIGHT, LEFT, ACROSS = 440, 34, 210, 52, 376


class Kind(NamedTuple):
    """A kind of untrained network."""

    matrix: str  # "random" or "orthogonal"
    activation: str  # "tanh" or "sigmoid"
    input_scale: float


KINDS = {
    "random weights, tanh": Kind("random", "tanh", 1.0),
    "random weights, tanh, inputs × 20": Kind("random", "tanh", 20.0),
    "random weights, sigmoid": Kind("random", "sigmoid", 1.0),
    "orthogonal weights, tanh": Kind("orthogonal", "tanh", 1.0),
}


class Rates(NamedTuple):
    """Natural logarithms: the measured length by lag, and two changes per step."""

    measured: npt.NDArray[np.float64]  # (LAGS + 1,)
    predicted: float
    bound: float


def run(kind: Kind, gain: float) -> Rates:
    """Run an untrained network forward, and carry a random gradient back."""
    rng = np.random.default_rng(0)
    W_hh = (
        initialization.orthogonal(H, H, rng, gain=gain)
        if kind.matrix == "orthogonal"
        else gain * rng.normal(size=(H, H)) / np.sqrt(H)
    )
    W_ih = kind.input_scale * rng.uniform(-1, 1, (H, I)) / np.sqrt(H)
    b_ih = rng.uniform(-1, 1, H) / np.sqrt(H)
    x = rng.normal(size=(SETTLE + LAGS, B, I))
    slopes = _slopes(kind.activation, x, rnn.Params(W_ih, W_hh, b_ih, np.zeros(H)))[SETTLE:]
    carried = jacobian.carry_back(rng.normal(size=(B, H)), slopes, W_hh)  # (LAGS + 1, B, H)
    logs = np.log(np.linalg.norm(carried, axis=2)).mean(axis=1)[::-1]
    steepest = 0.25 if kind.activation == "sigmoid" else 1.0
    return Rates(
        logs - logs[0],
        gradient_rates.predicted_rate(slopes, W_hh),
        log(jacobian.bound(W_hh, 1, largest_slope=steepest)),
    )


def _slopes(
    activation: str, x: npt.NDArray[np.float64], params: rnn.Params
) -> npt.NDArray[np.float64]:
    if activation == "tanh":
        _, cache = rnn.forward(x, params)
        return jacobian.slopes(cache)
    h = np.zeros((x.shape[1], H))
    slopes = []
    for x_t in x:
        h = sigmoid(x_t @ params.W_ih.T + params.b_ih + h @ params.W_hh.T)
        slopes.append(h * (1 - h))
    return np.stack(slopes)


def thousandths(logs: Sequence[float]) -> list[int]:
    """Return heights in the frame; what lies outside the frame is below 0 or above 1000."""
    return [round(1000 * (v / log(10) - FLOOR) / (CEILING - FLOOR)) for v in logs]


def power(value: float) -> str:
    """Write a length, given as a natural logarithm, as a number or a power of ten.

    >>> power(log(0.25)), power(-30), power(12.4)
    ('0.25 of what it was', '10⁻¹³ of what it was', '10⁵ times what it was')
    """
    relation = "of" if value < 0 else "times"
    if abs(value) < log(100):
        return f"{np.exp(value):.2g} {relation} what it was"
    digits = str(round(value / log(10))).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{digits} {relation} what it was"


def draw(words: Words, values: Sequence[int]) -> str:
    """Draw the frame, the legend and three curves; the last two are straight and have two points.

    The text behind each curve, which the script of the page writes, stays empty.
    """
    bottom, points = TOP + HEIGHT, LAGS // EVERY + 1
    lines = [
        f'<clipPath id="gradient-frame"><rect x="{LEFT}" y="{TOP}" width="{ACROSS}" '
        f'height="{HEIGHT}"/></clipPath>'
    ]
    for exponent in range(FLOOR, CEILING + 1, 10):
        y = bottom - HEIGHT * (exponent - FLOOR) / (CEILING - FLOOR)
        text = str(exponent).replace("-", "−")
        lines += [
            f'<line class="grid" x1="{LEFT}" x2="{LEFT + ACROSS}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text class="label" x="{LEFT - 6}" y="{y + 5:.1f}">{text}</text>',
        ]
    for lag in range(0, LAGS + 1, 20):
        x = LEFT + ACROSS * lag / LAGS
        lines.append(f'<text class="below" x="{x:.1f}" y="{bottom + 18}">{lag}</text>')
    lines.append(
        f'<text class="below" x="{LEFT + ACROSS / 2:.0f}" y="{bottom + 38}">steps back</text>'
    )
    for number, name in enumerate(LABELS):
        x = LEFT + 10 + 130 * number
        lines += [
            f'<polyline class="curve-{number}" points="{x},15 {x + 28},15"/>',
            f'<text x="{x + 34}" y="20">{name}</text>',
        ]
    first = 0
    for number, count in enumerate((points, 2, 2)):
        part = values[first : first + count]
        first += count
        at = [
            f"{LEFT + ACROSS * i / (count - 1):.1f},{bottom - value * HEIGHT / 1000:.1f}"
            for i, value in enumerate(part)
        ]
        lines += [
            f'<g clip-path="url(#gradient-frame)"><polyline data-curve="{HEIGHT}" '
            f'data-bottom="{bottom}" class="curve-{number}" points="{" ".join(at)}"/>'
            f'<text x="0" y="0">{words.labels[number]}</text></g>'
        ]
    return "\n".join(lines)


def explorer(root: Path) -> Explorer:
    """Return the figure; nothing is read from the project's folder."""
    words = Words(["", "", ""], SENTENCE)
    kinds = list(KINDS.values())

    def picture(kind: int, gain: int) -> Picture:
        rates = run(kinds[kind], GAINS[gain])
        slope = float(np.polyfit(np.arange(10, LAGS + 1), rates.measured[10:], 1)[0])
        says = [f"{np.exp(rate):.2f}" for rate in (slope, rates.predicted, rates.bound)]
        straight = [0.0, LAGS * rates.predicted, 0.0, LAGS * rates.bound]
        return Picture(
            words,
            [*says, power(float(rates.measured[50]))],
            thousandths([*rates.measured[::EVERY], *straight]),
        )

    opening = picture(0, OPENS)
    return Explorer(
        title="The length of a gradient that is carried back, by gain",
        description=(
            f"Three lines over {LAGS} steps back, heights as powers of ten from {FLOOR} to "
            f"{CEILING}, for random weights of gain {GAINS[OPENS]} and tanh. The measured line is "
            f"straight and falls; the prediction falls with it, the bound rises. After 50 steps "
            f"the length is {opening.says[3]}."
        ),
        controls=[
            Control("Network", list(KINDS), 0, "choice"),
            Control("Gain g", [f"{gain:g}" for gain in GAINS], OPENS),
        ],
        picture=picture,
        draw=draw,
        size=(WIDTH, TOP + HEIGHT + 44),
    )
