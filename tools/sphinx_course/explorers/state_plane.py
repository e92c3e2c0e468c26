"""``state-plane``: the states of two units under a recurrent matrix that turns and stretches.

The matrix is a rotation times a gain g. The states are those of ``course_pkg.reference.cells.rnn``
without an input, from three starts: far from the origin, on the other side, and near the origin.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from course_pkg.reference.cells import rnn
from sphinx_course.explorers.drawing import plane, plane_size
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

GAINS = (0.5, 0.8, 0.9, 1.0, 1.1, 1.3, 1.5, 2.0, 3.0)
ANGLES = (0, 10, 20, 30, 45, 60, 90, 180)  # degrees
STARTS = np.array([[0.9, 0.0], [-0.6, -0.6], [0.1, 0.1]])  # (B, 2)
STEPS = 24
NAMES = ("far", "opposite", "near")


def states(gain: float, angle: float) -> npt.NDArray[np.float64]:
    """Return the states of all steps, the starts first: (STEPS + 1, B, 2)."""
    turn = np.deg2rad(angle)
    R = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    params = rnn.Params(np.zeros((2, 1)), gain * R, np.zeros(2), np.zeros(2))
    (path, _), _ = rnn.forward(np.zeros((STEPS, len(STARTS), 1)), params, STARTS)
    return np.concatenate([STARTS[None], path])


def lengths(path: npt.NDArray[np.float64]) -> list[str]:
    """Return how long the states are after the last step, as they are written."""
    return [f"{np.linalg.norm(state):.2f}" for state in path[-1]]


def explorer(root: Path) -> Explorer:
    """Return the figure; it needs no recorded file."""
    words = Words(
        NAMES,
        f"Gain {{0}}, {{1}}° a step: after {STEPS} steps the three states are {{2}}, {{3}} and "
        "{4} long; they began 0.90, 0.85 and 0.14 long.",
    )

    def picture(gain: int, angle: int) -> Picture:
        path = states(GAINS[gain], ANGLES[angle])
        values = [round(1000 * float(value)) for value in np.swapaxes(path, 0, 1).ravel()]
        return Picture(words, [f"{GAINS[gain]}", ANGLES[angle], *lengths(path)], values)

    start = GAINS.index(1.3), ANGLES.index(20)
    return Explorer(
        title="Two units without an input: a gain and an angle",
        description=(
            "Three paths in the plane of hidden unit 1 and hidden unit 2, at gain 1.3 and 20 "
            "degrees a step. Each runs from a ring to a large dot. The two that begin far out "
            "and the one that begins near the origin end on one ring around the origin, at "
            "different places of it. The sentence below gives their lengths."
        ),
        controls=[
            Control("Gain g", [f"{gain}" for gain in GAINS], start[0]),
            Control("Angle", [f"{angle}°" for angle in ANGLES], start[1]),
        ],
        picture=picture,
        draw=lambda words, values: plane(words, values, starts=len(STARTS)),
        size=plane_size(),
    )
