"""``attention``: where a trained network looks in the source, for each token that it writes.

The weights are those of the first recorded run (``experiments/number_words.py``): for one source
and step after the other, one weight for each source token.
"""

from __future__ import annotations

import csv
import json
from itertools import dropwhile
from pathlib import Path
from typing import NamedTuple

from sphinx.errors import ExtensionError

from course_pkg.data.text.joined import join_words
from sphinx_course.explorers.drawing import bars, bars_size, share
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

RECORD = "book/results/number-words-attention.csv"
SET = "numbers-french"
END = "<eos>"
COLUMNS = "set, seed, source, step, token, place, source_token, weight"


class Example(NamedTuple):
    """A source, what the network wrote, and where it looked each time."""

    tokens: list[str]  # of the source, S
    written: list[str]  # T, the end among them
    weights: list[list[float]]  # (T, S)


def read(path: Path) -> dict[str, Example]:
    """Return the examples of the set, in the order of the file."""
    found: dict[str, Example] = {}
    first = ""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(dropwhile(lambda line: line.startswith("#"), file)):
                first = first or row["seed"]
                if (row["set"], row["seed"]) != (SET, first):
                    continue
                example = found.setdefault(json.loads(row["source"]), Example([], [], []))
                step, place = int(row["step"]), int(row["place"])
                if step == 0:
                    example.tokens.append(json.loads(row["source_token"]))
                if place == 0:
                    example.written.append(json.loads(row["token"]))
                    example.weights.append([])
                example.weights[step].append(float(row["weight"]))
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise ExtensionError(f"{path}: expected columns {COLUMNS}: {error}") from error
    for source, example in found.items():
        for step, weights in enumerate(example.weights):
            if len(weights) != len(example.tokens) or not abs(sum(weights) - 1) < 0.01:
                raise ExtensionError(
                    f"{path}: {source!r}, step {step}: expected {len(example.tokens)} weights "
                    f"that sum to 1, got {len(weights)} with the sum {sum(weights):.3f}"
                )
    if not found:
        raise ExtensionError(f"{path}: expected rows of the set {SET}, found none")
    return found


def named(token: str) -> str:
    """Return the name of a token in a sentence."""
    return "the end" if token == END else f"“{token}”"


def said(example: Example, step: int) -> str:
    """Say what stands there already, what is written now, and where the network looks most."""
    weights = example.weights[step]
    most = max(range(len(weights)), key=lambda place: weights[place])
    before = join_words(example.written[:step])
    percent = share(round(1000 * weights[most]))
    behind = f"Behind “{before}” it" if before else "First it"
    return (
        f"{behind} writes {named(example.written[step])} and looks most at "
        f"{named(example.tokens[most])}: {percent}."
    )


def explorer(root: Path) -> Explorer:
    """Return the figure for the examples of the recorded file; it opens with the first one."""
    examples = read(root / RECORD)
    sources = list(examples)
    rows = max(len(example.tokens) for example in examples.values())
    steps = max(len(example.written) for example in examples.values())

    def picture(number: int, step: int) -> Picture:
        example = examples[sources[number]]
        labels = [*example.tokens, *[""] * (rows - len(example.tokens))]
        if step >= len(example.written):
            text = join_words(example.written[:-1])
            return Picture(Words(labels, "{0}"), [f"The text has ended: “{text}”."], [])
        values = [round(1000 * weight) for weight in example.weights[step]]
        return Picture(Words(labels, "{0}"), [said(example, step)], values)

    opening = examples[sources[0]]
    start = widest(opening)
    return Explorer(
        title="Where the network looks as it writes",
        description=(
            f"Bars for the weight of each token of “{sources[0]}” when the network writes "
            f"{named(opening.written[start])}, token {start + 1} of its French text. The sentence "
            "below says at which it looks most."
        ),
        controls=[
            Control("It reads", sources, 0, "choice"),
            Control("It writes token", [str(step + 1) for step in range(steps)], start),
        ],
        picture=picture,
        draw=bars,
        size=bars_size(rows),
    )


def widest(example: Example) -> int:
    """Return the word, no mark, whose largest weight is smallest: several tokens share it there."""
    steps = [step for step, token in enumerate(example.written) if token.isalpha()]
    return min(steps, key=lambda step: max(example.weights[step]))
