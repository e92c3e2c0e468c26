"""``elastic``: what springs of every strength keep of an old task, and let a network learn.

The accuracies are those of ``experiments/forgetting.py``: one row for each network, each place of
the question and each strength. Without springs is a strength of 0.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from itertools import dropwhile
from math import floor, log10
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from sphinx.errors import ExtensionError

from sphinx_course.explorers.drawing import bars, bars_size, share
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

RECORDS = ("book/results/forgetting.csv", "book/results/forgetting-last.csv")
COLUMNS = "question, way, strength, seed, A, B, predicted, growth"
QUESTIONS = {"first": "before the letters", "last": "behind the letters"}
OPENS = 3000.0  # the strength that was chosen on other networks
LABELS = ("old task A", "worst network", "new task B", "worst network")


class Held(NamedTuple):
    """What networks came to at one strength, one entry each."""

    old: list[float]  # accuracies
    new: list[float]
    predicted: list[float]  # growths of the loss on the old task, in nats
    growth: list[float]


Recorded = dict[str, dict[float, Held]]


def read(*paths: Path) -> Recorded:
    """Return for each place of the question what was found at each strength, 0 among them."""
    found: dict[str, dict[float, Held]] = defaultdict(dict)
    for path in paths:
        try:
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(dropwhile(lambda line: line.startswith("#"), file)):
                    if row["way"] not in ("naive", "elastic"):
                        continue
                    strength = float(row["strength"])
                    held = found[row["question"]].setdefault(strength, Held([], [], [], []))
                    for values, name in zip(held, ("A", "B", "predicted", "growth"), strict=True):
                        values.append(float(row[name]))
        except (OSError, KeyError, ValueError) as error:
            raise ExtensionError(f"{path}: expected columns {COLUMNS}: {error}") from error
    names = ", ".join(map(str, paths))
    if set(found) != set(QUESTIONS):
        raise ExtensionError(
            f"{names}: expected the questions {list(QUESTIONS)}, got {list(found)}"
        )
    for question, by_strength in found.items():
        counts = {len(held.old) for held in by_strength.values()}
        if len(counts) != 1 or set(by_strength) != set(found["first"]) or 0 not in by_strength:
            raise ExtensionError(
                f"{names}: {question}: expected equally many networks at each strength, and the "
                f"same strengths, 0 among them, got {sorted(by_strength)}"
            )
    return dict(found)


def nats(value: float) -> str:
    """Write a growth of the loss: two decimals, or where these are 0 the first digit that is not.

    >>> nats(2.914), nats(-0.0149), nats(0.000067), nats(0)
    ('2.91', '−0.01', '0.00007', '0.00')
    """
    small = 0 < abs(value) < 0.005
    decimals = -floor(log10(abs(value))) if small else 2
    return f"{value:.{decimals}f}".replace("-", "−")


def thousandths(values: Sequence[float]) -> list[int]:
    """Return the mean and the smallest of accuracies."""
    return [round(1000 * mean(values)), round(1000 * min(values))]


def explorer(root: Path) -> Explorer:
    """Return the figure for the networks of the recorded file."""
    recorded = read(*(root / record for record in RECORDS))
    questions, strengths = list(QUESTIONS), sorted(recorded["first"])
    networks = len(recorded["first"][0].old)
    words = Words(
        LABELS,
        f"{networks} networks, {{0}}: of A they still answer {{1}}, of B {{2}}. By the springs the "
        "loss on A would have grown by {3} nats; it has grown by {4}.",
    )

    def picture(question: int, number: int) -> Picture:
        strength = strengths[number]
        held = recorded[questions[question]][strength]
        values = [*thousandths(held.old), *thousandths(held.new)]
        says = [
            f"λ = {strength:,.0f}" if strength else "without springs",
            share(values[0]),
            share(values[2]),
            nats(mean(held.predicted)),
            nats(mean(held.growth)),
        ]
        return Picture(words, says, values)

    start = strengths.index(OPENS) if OPENS in strengths else len(strengths) - 1
    opening = picture(0, start)
    return Explorer(
        title="The strength of the springs, and two tasks",
        description=(
            f"Bars for the accuracy on the old task A and on the new task B, as the mean of "
            f"{networks} networks and as that of the worst one, {opening.says[0]}: "
            f"{opening.says[1]} and {opening.says[2]}. The sentence below says what the springs "
            "foresaw."
        ),
        controls=[
            Control("The question stands", list(QUESTIONS.values()), 0, "choice"),
            Control("Strength λ", [f"{s:,.0f}" if s else "no springs" for s in strengths], start),
        ],
        picture=picture,
        draw=bars,
        size=bars_size(len(LABELS)),
    )
