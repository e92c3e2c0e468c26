"""``schedule``: the learning rate over a run, and the loss under it.

The rates are those of ``course_pkg.training.schedules``. The losses and accuracies are those of
``experiments/schedules.py``: means over all seeds at points of a run, and a row for each seed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from html import escape
from itertools import dropwhile
from math import log10
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from sphinx.errors import ExtensionError

from course_pkg.training.schedules import make_schedule
from sphinx_course.explorers.drawing import share
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

RUNS, CURVES = "book/results/schedules.csv", "book/results/schedule-curves.csv"
# Each as it is recorded, and what it is made of: its name, and the share of a linear warm-up.
SCHEDULES = {
    "constant": ("constant", 0.0),
    "warm-up": ("constant", 0.1),
    "cosine": ("cosine", 0.0),
    "slanted triangle": ("slanted_triangular", 0.0),
    "one-cycle": ("one_cycle", 0.0),
}
SHOWN = {"warm-up": "constant after a warm-up"}  # the others have their own names
OPENS = ("one-cycle", 0.03, 300)
LABELS = ("rate", "training", "validation")

LOWEST, HIGHEST = 1e-4, 1e-1  # rates; the axis is logarithmic
LARGEST = 2.5  # loss
RATES = 31  # points of the first curve
EDGE, ACROSS, WIDTH = 64, 250, 460
ABOVE, BELOW, TOP, GAP = 90, 150, 14, 26  # heights of both plots, and what lies over them

Setting = tuple[str, float, int]  # schedule, peak, updates


class Run(NamedTuple):
    """What was recorded for one setting."""

    accuracies: list[float]  # one a seed
    done: list[float]  # the share of the updates at each point
    training: list[float]  # loss, mean over the seeds
    validation: list[float]


def _rows(path: Path, *columns: str) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(dropwhile(lambda line: line.startswith("#"), file)))
        return [{column: row[column] for column in columns} for row in rows]
    except (OSError, KeyError) as error:
        raise ExtensionError(f"{path}: expected columns {', '.join(columns)}: {error}") from error


def read(root: Path) -> dict[Setting, Run]:
    """Return what was recorded, for the schedules that are shown."""
    found: dict[Setting, Run] = defaultdict(lambda: Run([], [], [], []))
    for path, columns in (
        (root / RUNS, ("valid_accuracy",)),
        (root / CURVES, ("update", "train_loss", "valid_loss")),
    ):
        for row in _rows(path, "schedule", "budget", "peak", *columns):
            budget = int(row["budget"])
            run = found[row["schedule"], float(row["peak"]), budget]
            if path.name == Path(RUNS).name:
                run.accuracies.append(float(row["valid_accuracy"]))
            else:
                run.done.append(int(row["update"]) / budget)
                run.training.append(float(row["train_loss"]))
                run.validation.append(float(row["valid_loss"]))
    peaks, budgets = ({setting[place] for setting in found} for place in (1, 2))
    wanted = {(name, peak, budget) for name in SCHEDULES for peak in peaks for budget in budgets}
    kept = {setting: run for setting, run in found.items() if setting in wanted}
    lengths = {(len(run.accuracies), *map(len, run[1:])) for run in kept.values()}
    if not kept or set(kept) != wanted or len(lengths) != 1 or 0 in next(iter(lengths)):
        raise ExtensionError(
            f"{root / RUNS}, {root / CURVES}: expected each of {list(SCHEDULES)} at every peak and "
            f"budget, with equally many seeds and points, got none of {sorted(wanted - set(kept))} "
            f"and (seeds, points) {sorted(lengths)}"
        )
    return kept


def rates(setting: Setting) -> list[float]:
    """Return the learning rate at equally spaced updates, the first and the last among them."""
    name, peak, budget = setting
    kind, warm_up = SCHEDULES[name]
    factor = make_schedule(kind, budget, warm_up_steps=round(warm_up * budget))
    return [peak * factor(round(i * (budget - 1) / (RATES - 1))) for i in range(RATES)]


def height_of_rate(rate: float) -> int:
    """Return the place of a rate on the logarithmic axis, in thousandths.

    >>> [height_of_rate(rate) for rate in (0, 0.0001, 0.01, 0.1)]
    [0, 0, 667, 1000]
    """
    return round(1000 * log10(max(rate, LOWEST) / LOWEST) / log10(HIGHEST / LOWEST))


def height_of_loss(loss: float) -> int:
    """Return the place of a loss on its axis, in thousandths; larger ones stand at the top.

    >>> [height_of_loss(loss) for loss in (0, 0.5, 7)]
    [0, 200, 1000]
    """
    return round(1000 * min(loss, LARGEST) / LARGEST)


def draw(words: Words, values: Sequence[int], *, done: Sequence[float]) -> str:
    """Draw the rate over the loss, with one axis of updates below both."""
    bottoms = (TOP + ABOVE, TOP + ABOVE + GAP + BELOW)
    ticks: list[tuple[int, int, dict[str, float]]] = [
        (bottoms[0], ABOVE, {"0.0001": 0, "0.001": 1 / 3, "0.01": 2 / 3, "0.1": 1}),
        (bottoms[1], BELOW, {"0": 0, "1": 0.4, "2": 0.8}),
    ]
    lines = []
    for bottom, height, places in ticks:
        for text, place in places.items():
            y = bottom - height * place
            lines += [
                f'<line class="grid" x1="{EDGE}" x2="{EDGE + ACROSS}" y1="{y:.1f}" y2="{y:.1f}"/>',
                f'<text class="label" x="{EDGE - 6}" y="{y + 5:.1f}">{text}</text>',
            ]
    for text, x in {"start": EDGE, "half": EDGE + ACROSS / 2, "end": EDGE + ACROSS}.items():
        lines.append(f'<text class="below" x="{x:.1f}" y="{bottoms[1] + 18}">{text}</text>')
    evenly = [i / (RATES - 1) for i in range(RATES)]
    first = 0
    for number, (label, at, bottom, height, right) in enumerate(
        zip(
            words.labels,
            (evenly, done, done),
            (bottoms[0], bottoms[1], bottoms[1]),
            (ABOVE, BELOW, BELOW),
            (6, 6, 58),  # side by side: both losses may end at one height
            strict=True,
        )
    ):
        part = values[first : first + len(at)]
        first += len(at)
        points = " ".join(
            f"{EDGE + ACROSS * x:.1f},{bottom - value * height / 1000:.1f}"
            for x, value in zip(at, part, strict=True)
        )
        end = bottom - part[-1] * height / 1000
        lines += [
            f'<polyline data-curve="{height}" data-bottom="{bottom}" class="curve-{number}" '
            f'points="{points}"/>',
            f'<text class="end curve-{number}" x="{EDGE + ACROSS + right}" y="{end + 5:.1f}">'
            f"{escape(label)}</text>",
        ]
    return "\n".join(lines)


def explorer(root: Path) -> Explorer:
    """Return the figure for the recorded runs."""
    recorded = read(root)
    names = list(SCHEDULES)
    peaks, budgets = (sorted({setting[place] for setting in recorded}) for place in (1, 2))
    any_run = next(iter(recorded.values()))
    networks = len(any_run.accuracies)
    words = Words(
        LABELS,
        f"{{0}}, peak {{1}}, {{2}} updates: after the last, {networks} networks read {{3}} of the "
        "validation digits right on average, the worst {4}, the best {5}. Loss there: {6}.",
    )

    def picture(schedule: int, peak: int, budget: int) -> Picture:
        setting = (names[schedule], float(peaks[peak]), int(budgets[budget]))
        run = recorded[setting]
        found = [round(1000 * f(run.accuracies)) for f in (mean, min, max)]
        said = SHOWN.get(names[schedule], names[schedule])
        return Picture(
            words,
            [
                said[0].upper() + said[1:],
                f"{setting[1]:g}",
                setting[2],
                *map(share, found),
                f"{run.validation[-1]:.2f}",
            ],
            [
                *map(height_of_rate, rates(setting)),
                *map(height_of_loss, run.training),
                *map(height_of_loss, run.validation),
            ],
        )

    start = (
        names.index(OPENS[0]),
        peaks.index(OPENS[1]) if OPENS[1] in peaks else 0,
        budgets.index(OPENS[2]) if OPENS[2] in budgets else 0,
    )
    opening = picture(*start)
    return Explorer(
        title="A schedule, and the runs under it",
        description=(
            f"Above, the learning rate over a run, on a logarithmic axis from {LOWEST:g} to "
            f"{HIGHEST:g}; below, the loss on the training and on the validation part, means of "
            f"{networks} runs. {opening.says[0]} with a peak of {opening.says[1]}. The sentence "
            "below says how many digits the networks read right at the end."
        ),
        controls=[
            Control("Schedule", [SHOWN.get(name, name) for name in names], start[0], "choice"),
            Control("Peak", [f"{peak:g}" for peak in peaks], start[1]),
            Control("Updates", [str(budget) for budget in budgets], start[2]),
        ],
        picture=picture,
        draw=lambda words, values: draw(words, values, done=any_run.done),
        size=(WIDTH, TOP + ABOVE + GAP + BELOW + 26),
    )
