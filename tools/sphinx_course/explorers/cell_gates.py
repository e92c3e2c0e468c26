"""``cell-gates``: one memory cell reads two sentences, and the reader sets its gates.

The cell has to know before each verb whether the subject is plural. The step is that of
``course_pkg.reference.cells.lstm``, with one unit whose gates are read from the input; what is left
of a gradient is the product of its forget gates, back from the verb that comes next.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.reference.cells import lstm
from course_pkg.reference.gradients.direct_path import direct_path
from sphinx_course.explorers.drawing import curves, curves_size
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

WORDS = ("The", "keys", "by", "the", "back", "door", "are", "new", ".", "The", "dog", "is", "old")
NUMBER = {"keys": 1.0, "door": -1.0, "dog": -1.0}  # the candidate: plural, singular, nothing
SUBJECTS = ("keys", "dog")
SHOWN = ("keys", "are", ".", "dog", "is")  # below the axis, where there is room

AT_SUBJECTS = (0.0, 0.5, 1.0)  # the input gate
AT_DOOR = (0.0, 0.25, 0.5, 1.0)
AT_STOP = (0.0, 0.5, 1.0)  # the forget gate
ELSEWHERE = (0.5, 0.7, 0.9, 0.95, 0.99, 1.0)

LARGE = 40.0  # the logistic function of it is 1 in double precision
TOP = 1.25  # the cell stays within plus and minus this


class Read(NamedTuple):
    """What the cell does, one number after each word."""

    cell: npt.NDArray[np.float64]
    left: npt.NDArray[np.float64]  # of a gradient on its way from the next verb


def logit(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what the logistic function brings to these shares."""
    with np.errstate(divide="ignore"):
        return np.clip(np.log(share) - np.log1p(-share), -LARGE, LARGE)


def read(subjects: float, door: float, stop: float, elsewhere: float) -> Read:
    """Read the two sentences with these gates: two input gates, two forget gates."""
    i = np.array([{"door": door}.get(w, subjects if w in SUBJECTS else 0.0) for w in WORDS])
    f = np.array([stop if w == "." else elsewhere for w in WORDS])
    g = np.array([LARGE * NUMBER.get(w, 0.0) for w in WORDS])
    x = np.stack([logit(i), logit(f), g, 0 * g], axis=1)[:, None]  # (T, 1, 4): the maps themselves
    params = lstm.Params(np.eye(4), np.zeros((4, 1)), np.zeros(4), np.zeros(4))
    _, cache = lstm.forward(x, params)
    gates = np.split(cache.gates, 4, axis=2)
    are, is_ = (WORDS.index(verb) for verb in ("are", "is"))
    parts = [direct_path(gates[1][a:b])[1:, 0, 0] for a, b in ((0, are), (are, is_))]
    return Read(cache.c[1:, 0, 0], np.concatenate([*parts, np.zeros(len(WORDS) - is_)]))


def height(value: float) -> int:
    """Return how high a value stands in the plot, in thousandths."""
    return round(500 + 500 * float(value) / TOP)


def verdict(cell: float, right: str) -> str:
    """Say what the cell would answer, and whether that is right."""
    says = "nothing" if abs(cell) < 0.005 else "plural" if cell > 0 else "singular"
    return says if says == "nothing" else f"{says}, {'right' if says == right else 'wrong'}"


def explorer(root: Path) -> Explorer:
    """Return the figure; it needs no recorded file."""
    are, is_ = WORDS.index("are"), WORDS.index("is")
    words = Words(
        ("cell", "gradient"),
        "Before “are” the cell holds {0}: {1}. Before “is” it holds {2}: {3}. "
        "On its way from “are” back to “keys” a gradient is multiplied by {4}.",
    )

    def picture(subjects: int, door: int, elsewhere: int, stop: int) -> Picture:
        seen = read(AT_SUBJECTS[subjects], AT_DOOR[door], AT_STOP[stop], ELSEWHERE[elsewhere])
        between = ELSEWHERE[elsewhere] ** (are - 1 - WORDS.index("keys"))
        says = [
            *(f"{seen.cell[are - 1]:.2f}", verdict(seen.cell[are - 1], "plural")),
            *(f"{seen.cell[is_ - 1]:.2f}", verdict(seen.cell[is_ - 1], "singular")),
            f"{between:.2f}",
        ]
        says = [text.replace("-0.00", "0.00").replace("-", "−") for text in says]
        return Picture(words, says, [height(v) for v in (*seen.cell, *seen.left)])

    steps = len(WORDS) - 1
    axis = partial(
        curves,
        x_name=" ".join(WORDS).replace(" .", ".") + ".",
        x_ticks={w: WORDS.index(w) / steps for w in SHOWN},
        y_ticks={name: height(v) / 1000 for name, v in (("−1", -1), ("0", 0), ("1", 1))},
        lower=(8, -8),  # the gradient ends at 0, the cell there or below
    )

    def control(label: str, values: tuple[float, ...], start: float) -> Control:
        return Control(label, [f"{value:g}" for value in values], values.index(start))

    return Explorer(
        title="One memory cell, two sentences, and gates to set",
        description=(
            "Two curves over the words of two sentences, one for the cell and one for what is left "
            "of a gradient from the next verb. With the gates as they stand, the cell jumps to 1 "
            "at “keys”, stays there until the full stop, where it falls to 0, and jumps to −1 at "
            "“dog”. The gradient is 1 from “are” back to the first word, and from “is” back to "
            "the full stop, which ends it: it is 0 at “are” and “new”."
        ),
        controls=[
            control("Input gate at “keys” and “dog”", AT_SUBJECTS, 1.0),
            control("Input gate at “door”", AT_DOOR, 0.0),
            control("Forget gate within a sentence", ELSEWHERE, 1.0),
            control("Forget gate at the full stop", AT_STOP, 0.0),
        ],
        picture=picture,
        draw=axis,
        size=curves_size(),
    )
