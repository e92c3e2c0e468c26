"""``gru-forms``: one step of the two GRUs, reset gate after and before the product, side by side.

Two units, each of which listens to both with weight 1. The reader sets the gates. The steps are
those of ``course_pkg.reference.cells``: biases alone open and shut the gates.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.reference.cells import gru, gru_reset_before
from sphinx_course.explorers.drawing import bars, bars_size, decimal
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

GATES = tuple(round(0.2 * step, 1) for step in range(6))
STATE = (0.6, 0.3)
LARGE = 40.0  # the logistic function of it is 1 in double precision
LABELS = tuple(
    f"{form}: {name}" for name in ("n₁", "n₂", "h₁", "h₂") for form in ("after", "before")
)


class Step(NamedTuple):
    """What one step computes, a number for each of the two units."""

    n: npt.NDArray[np.float64]  # (2,), the candidates
    h: npt.NDArray[np.float64]  # (2,), the new state


def bias_of(gates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what the logistic function brings to these gates."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log(gates) - np.log1p(-gates), -LARGE, LARGE)


def steps(r: tuple[float, float], z: float) -> tuple[Step, Step]:
    """Take a step with these gates and no input: reset after the product, and before it."""
    weights = (
        np.zeros((6, 1)),
        np.concatenate([np.zeros((4, 2)), np.ones((2, 2))]),
        np.concatenate([bias_of(np.array([*r, z, z])), np.zeros(2)]),
        np.zeros(6),
    )
    x, h = np.zeros((1, 1)), np.array([STATE])
    h_after, after = gru.step(x, h, gru.Params(*weights))
    h_before, before = gru_reset_before.step(x, h, gru_reset_before.Params(*weights))
    return Step(after.n[0], h_after[0]), Step(before.n[0], h_before[0])


def explorer(root: Path) -> Explorer:
    """Return the figure; it needs no recorded file."""
    words = Words(
        LABELS,
        "Reset after the product: candidates {0} and {1}. Reset before it: {2} and {3}. {4}",
    )

    def picture(r_1: int, r_2: int, z: int) -> Picture:
        after, before = steps((GATES[r_1], GATES[r_2]), GATES[z])
        gap = float(np.abs(after.h - before.h).max())
        agree = "The two GRUs agree." if gap < 1e-12 else f"The new states differ by {gap:.2f}."
        values = np.stack([after.n, before.n, after.h, before.h])  # (4, 2)
        in_order = [*values[:2].T.ravel(), *values[2:].T.ravel()]
        thousandths = [round(1000 * float(value)) for value in in_order]
        says = [decimal(thousandths[place], 2) for place in (0, 2, 1, 3)]  # as at the bars
        return Picture(words, [*says, agree], thousandths)

    names = [f"{gate:.1f}" for gate in GATES]
    shut, half, open_ = 0, GATES.index(0.4), len(GATES) - 1
    start = picture(shut, open_, half)
    return Explorer(
        title="Two GRUs, the same weights and the same gates",
        description=(
            "Bars for candidates n and new states h of two units, each for the reset gate after "
            "the product and before it. With the first reset gate shut and the second one open: "
            f"after, the candidates are {start.says[0]} and {start.says[1]}; before, "
            f"{start.says[2]} and {start.says[3]}."
        ),
        controls=[
            Control("Reset gate r₁", names, shut),
            Control("Reset gate r₂", names, open_),
            Control("Update gate z, of both units", names, half),
        ],
        picture=picture,
        draw=partial(bars, decimals=2),
        size=bars_size(len(LABELS)),
    )
