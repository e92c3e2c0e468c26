"""``beam-tree``: which beginnings a beam keeps, and which text wins, on a tree that fits a page.

A table gives the probability of each next word, so that everybody can multiply along a branch.
It is made such that three answers are right, each by another rule: the greedy text, the likeliest
one that says something, and the empty one, which is the likeliest of all.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_pkg.decoding.beam import beam_score, beam_search
from course_pkg.decoding.tables import Table
from sphinx_course.explorers.drawing import tree, tree_size
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

START, END = "start", "end"
NEXT = {
    START: {"it": 0.43, "rain": 0.37, END: 0.20},
    "it": {"is": 0.5, "rains": 0.3, "pours": 0.2},
    "rain": {"falls": 0.55, "comes": 0.45},
    "is": {"rainy": 0.55, "wet": 0.45},
    "falls": {END: 0.9, "hard": 0.1},
    "comes": {END: 0.5, "down": 0.5},
} | {word: {END: 1.0} for word in ("rains", "pours", "rainy", "wet", "hard", "down", END)}
TOKENS = list(NEXT)
LENGTH = 4  # the most tokens of a text, its end among them
WIDTHS, ALPHAS = (1, 2, 3, 4, 5), (0.0, 0.5, 1.0)
HIDDEN, DROPPED, KEPT, FOUND = range(4)


class Node(NamedTuple):
    """A beginning of a text."""

    words: tuple[str, ...]
    p: float


def table() -> Table:
    """Return the tree as a scorer."""
    p = np.array([[NEXT[token].get(other, 0.0) for other in TOKENS] for token in TOKENS])
    with np.errstate(divide="ignore"):
        return Table(np.log(p))


def nodes(words: tuple[str, ...] = (), p: float = 1.0) -> list[Node]:
    """Return all beginnings of more words, each one before those that go on from it."""
    last = words[-1] if words else START
    if last == END or len(words) == LENGTH:
        return []
    found = []
    for word, share in NEXT[last].items():
        found += [Node((*words, word), p * share), *nodes((*words, word), p * share)]
    return found


def looked_at(width: int) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Return the beginnings that a beam keeps, and all that it compares."""
    kept: set[tuple[str, ...]] = set()
    compared: set[tuple[str, ...]] = set()
    parents: list[tuple[str, ...]] = [()]
    for _ in range(LENGTH):
        longer = [
            node for node in nodes() if node.words[:-1] in parents and node.words not in compared
        ]
        compared |= {node.words for node in longer}
        best = sorted(longer, key=lambda node: -node.p)[:width]
        kept |= {node.words for node in best}
        parents = [node.words for node in best]
    return kept, compared


def explorer(root: Path) -> Explorer:
    """Return the figure; it opens where a beam of two finds what greedy decoding misses."""
    drawn = nodes()
    labels = [f"{node.words[-1]} {node.p:.2f}".replace("0.", ".") for node in drawn]
    places = {node.words: number for number, node in enumerate(drawn)}
    parents = [places.get(node.words[:-1], -1) for node in drawn]
    words = Words(labels, "Width {0}, α = {1}: the best text is {2}, log p = {3}, score {4}.")

    def picture(at_width: int, at_alpha: int) -> Picture:
        width, alpha = WIDTHS[at_width], ALPHAS[at_alpha]
        (best,) = beam_search(
            table(), [TOKENS.index(START)], LENGTH, width=width, alpha=alpha,
            stop=TOKENS.index(END), forbidden=[TOKENS.index(START)],
        )  # fmt: skip
        text = tuple(TOKENS[number] for number in best.ids)
        kept, compared = looked_at(width)
        marks = []
        for node in drawn:
            mark = HIDDEN + (node.words in compared) + (node.words in kept)
            marks.append(FOUND if node.words == text[: len(node.words)] else mark)
        written = f"“{' '.join(text[:-1])}”" if len(text) > 1 else "the empty one"
        nats, score = best.log_probs.sum(), beam_score(best.log_probs, alpha)
        says: list[int | str] = [width, f"{alpha:g}", written, f"{nats:.2f}", f"{score:.2f}"]
        return Picture(words, [str(part).replace("-", "−") for part in says], marks)

    return Explorer(
        title="What a beam keeps",
        description=(
            "A tree of the beginnings of a text, from left to right, each with its probability. "
            "Of width 2 the beam keeps it and rain, then it is and rain falls. Bold beginnings "
            "are kept, dashed lines lead to those that are dropped, and the thickest line leads "
            "to the text that wins. The sentence below names it."
        ),
        controls=[
            Control("Width of the beam", [str(width) for width in WIDTHS], 1),
            Control("α, the power of the length", [f"{alpha:g}" for alpha in ALPHAS], 0),
        ],
        picture=picture,
        draw=lambda words, marks: tree(words, marks, parents=parents),
        size=tree_size(parents),
    )
