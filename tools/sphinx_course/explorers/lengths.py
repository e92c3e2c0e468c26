"""``lengths``: how often three networks are right, the longer the sequence, the more is shown.

The figure of the start page. The accuracies are those of ``experiments/lengths.py``, of the random
start that chapter 01 shows; the sequences above them come from the same file.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from html import escape
from itertools import dropwhile
from pathlib import Path

import numpy as np
from sphinx.errors import ExtensionError

from experiments.lengths import TRAINED, make_sequences
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

RECORDS = ("book/results/lengths.csv", "book/results/lengths-more.csv")
COLUMNS = "seed, trained, length, accuracy"
SEED = 1  # the random start of the chapter's first figure
TESTS = 500  # sequences of each length
OPENS = 20  # the last length before the third network turns round, and longer than the training
NETWORKS = {
    "all": "trained on 6, 7, 8, …, 14 signs",
    "14": "trained on 14 signs",
    "even": "trained on 6, 8, 10, 12, 14 signs",
}

# The drawing: a row of signs, a frame for each network, an axis.
WIDTH, LEFT, ACROSS = 440, 46, 388
TOP, EVERY, HIGH = 64, 68, 34  # the top of the first frame, what follows it, and its height
TICKS = (6, 14, 20, 26, 33)
HIDDEN, SHOWN, NOW = 0, 1, 2  # marks
SHARES, SIGNS = 1, 4  # places of the first of them in what a picture says

Recorded = dict[str, dict[int, float]]


def read(*paths: Path) -> Recorded:
    """Return the accuracy of each network at each length."""
    found: Recorded = defaultdict(dict)
    for path in paths:
        try:
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(dropwhile(lambda line: line.startswith("#"), file)):
                    if int(row["seed"]) == SEED:
                        found[row["trained"]][int(row["length"])] = float(row["accuracy"])
        except (OSError, KeyError, ValueError) as error:
            raise ExtensionError(f"{path}: expected columns {COLUMNS}: {error}") from error
    lengths = [sorted(by_length) for by_length in found.values()]
    if set(found) != set(NETWORKS) or any(
        each != list(range(lengths[0][0], lengths[0][-1] + 1)) for each in lengths
    ):
        raise ExtensionError(
            f"{', '.join(map(str, paths))}: expected networks {list(NETWORKS)} at the same lengths "
            f"with none left out, for seed {SEED}, got {dict(zip(found, lengths, strict=True))}"
        )
    return dict(found)


def per_cent(accuracy: float) -> str:
    """Write an accuracy, which has three decimals, without losing one.

    >>> [per_cent(accuracy) for accuracy in (1.0, 0.998, 0.052, 0.0)]
    ['100 %', '99.8 %', '5.2 %', '0 %']
    """
    return f"{100 * accuracy:.1f}".removesuffix(".0") + " %"


def signs(length: int) -> tuple[str, str, str, str]:
    """Return a sequence as its first sign, what follows, and its last sign; and the answer."""
    x, differ = make_sequences(length, 1, np.random.default_rng(length))
    text = "".join("+" if token > 0 else "−" for token in x[:, 0])
    return text[0], text[1:-1], text[-1], "different" if differ[0] else "the same"


def frame(place: int, title: str, says: Sequence[int | str]) -> list[str]:
    """Draw what stands around the points of a network: its name, its share, three lines."""
    top, right = TOP + EVERY * place, LEFT + ACROSS
    lines = [
        f'<text x="{LEFT}" y="{top - 12}">{escape(title)}</text>',
        f'<text class="share" data-says="{SHARES + place}" x="{right}" y="{top - 12}">'
        f"{says[SHARES + place]}</text>",
    ]
    for share, kind in ((1.0, "grid"), (0.5, "coin"), (0.0, "grid")):
        y = top + HIGH * (1 - share)
        lines.append(f'<line class="{kind}" x1="{LEFT}" x2="{right}" y1="{y:g}" y2="{y:g}"/>')
        if kind == "grid":
            lines.append(f'<text class="label" x="{LEFT - 8}" y="{y + 5:g}">{100 * share:g}</text>')
    return lines


def point(x: float, bottom: int, share: float, mark: int, *, seen: bool) -> str:
    """Draw a stem and at its end a square, or a dot for a length that was not trained on."""
    y = bottom - HIGH * share
    stem = f'<path d="M{x:.1f} {bottom}V{y:.1f}"/>'
    if seen:
        shape = f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
        return f'<g data-mark="{mark}">{stem}{shape}</g>'
    shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    return f'<g class="unseen" data-mark="{mark}">{stem}{shape}</g>'


def draw(recorded: Recorded, says: Sequence[int | str], marks: Sequence[int]) -> str:
    """Draw the row of signs, three frames with their points, and the axis."""
    lengths = sorted(recorded["all"])
    at = [LEFT + ACROSS * (place + 0.5) / len(lengths) for place in range(len(lengths))]
    start, middle, end, answer = (
        f'<tspan class="{kind}" data-says="{place}">{says[place]}</tspan>'
        for place, kind in enumerate(("end", "middle", "end", "answer"), start=SIGNS)
    )
    lines = [f'<text class="signs" x="4" y="20">{start}{middle}{end} {answer}</text>']
    marked = iter(marks)
    for place, (name, title) in enumerate(NETWORKS.items()):
        lines += frame(place, title, says)
        bottom = TOP + EVERY * place + HIGH
        lines += [
            point(x, bottom, recorded[name][T], next(marked), seen=T in TRAINED[name])
            for x, T in zip(at, lengths, strict=True)
        ]
    below = TOP + EVERY * (len(NETWORKS) - 1) + HIGH + 22
    lines += [
        f'<text class="below" x="{at[lengths.index(tick)]:.1f}" y="{below}">{tick}</text>'
        for tick in TICKS
    ]
    return "\n".join(lines)


def explorer(root: Path) -> Explorer:
    """Return the figure for the networks of the recorded files."""
    recorded = read(*(root / record for record in RECORDS))
    lengths = sorted(recorded["all"])
    words = Words([], f"{{0}} signs: right in {{1}}, {{2}} and {{3}} of {TESTS} sequences.")

    def picture(now: int) -> Picture:
        length = lengths[now]
        shares = [per_cent(recorded[name][length]) for name in NETWORKS]
        marks = [NOW if i == now else SHOWN if i < now else HIDDEN for i in range(len(lengths))]
        says = [length, *shares, *signs(length)]
        return Picture(words, says, marks * len(NETWORKS))

    start = lengths.index(OPENS)
    opening = picture(start)
    return Explorer(
        title="How often three networks are right, by the length of the sequence",
        description=(
            "A sequence of plus and minus signs, and below it three rows of points, one for each "
            f"network, from {lengths[0]} signs to the length that is set: how many per cent of "
            f"{TESTS} sequences it answers rightly. Trained on all lengths from 6 to 14: 100 per "
            "cent everywhere. Trained on length 14: 100 per cent there, at other lengths anything "
            "between 0 and 100. Trained on even lengths: 100 per cent at even lengths, 0 at odd "
            "ones."
        ),
        controls=[Control("Signs in the sequence", [str(length) for length in lengths], start)],
        picture=picture,
        draw=lambda _, marks: draw(recorded, opening.says, marks),
        size=(WIDTH, TOP + EVERY * (len(NETWORKS) - 1) + HIGH + 30),
    )
