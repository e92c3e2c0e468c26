"""``next-token``: what temperature, top-k and top-p leave of a distribution of the next character.

The distributions are those of a trained character model, recorded in a file: one for each context.
What the filters make of them is computed by ``course_pkg.decoding.filters``.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from itertools import dropwhile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sphinx.errors import ExtensionError

from course_pkg.decoding.filters import filtered
from sphinx_course.explorers.drawing import bars, bars_size, share
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

RECORD = "book/results/next-characters.csv"
TEMPERATURES = tuple(round(0.2 * step, 1) for step in range(1, 11))
TOP_K = (1, 2, 3, 5, 10, 20, None)  # None: off
TOP_P = (0.5, 0.8, 0.9, 0.95, 0.99, None)
SHOWN = 12  # the most probable characters; the rest is one bar

BLANKS = {" ": "blank", "\n": "line end", "\t": "tab"}

Recorded = dict[str, tuple[list[str], npt.NDArray[np.float64]]]


def read(path: Path) -> Recorded:
    """Return, for each context, the tokens and their log-probabilities, the most probable first.

    Contexts and tokens are written as JSON strings, so that a line end is to be seen in the file.
    """
    rows = defaultdict(list)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(dropwhile(lambda line: line.startswith("#"), file)):
                context, token = json.loads(row["context"]), json.loads(row["token"])
                rows[context].append((token, float(row["log_prob"])))
    except (OSError, KeyError, ValueError) as error:
        message = f"{path}: expected columns context, token, log_prob: {error}"
        raise ExtensionError(message) from error
    recorded = {}
    for context, pairs in rows.items():
        log_probs = np.array([value for _, value in pairs])
        total = np.exp(log_probs).sum()
        if not abs(total - 1) < 0.01:
            message = f"{path}: after {context!r} the probabilities sum to {total:.3f}, not 1"
            raise ExtensionError(message)
        order = np.argsort(-log_probs, kind="stable")  # as the filters order equal ones
        tokens = [pairs[place][0] for place in order]
        recorded[context] = (tokens, log_probs[order] - np.log(total))  # rounding undone
    return recorded


def spelled(text: str) -> str:
    """Return a context with its blanks and line ends to be seen."""
    return "“" + text.replace("\n", "↵").replace(" ", "␣") + "”"


def quoted(token: str) -> str:
    """Return the name of a token in a sentence."""
    return f"the {BLANKS[token]}" if token in BLANKS else f"“{token}”"


def thousandths(log_probs: npt.NDArray[np.float64]) -> tuple[int, list[int]]:
    """Return how many tokens are left, and the shares of the first and of all others.

    Filters keep the most probable ones, which come first here. So what is left of the first is the
    beginning of the list, and the others stand in it only if one of them is left.
    """
    probs = np.exp(log_probs)
    left = int(np.isfinite(log_probs).sum())
    shares = [*probs[: min(left, SHOWN)], *([probs[SHOWN:].sum()] if left > SHOWN else [])]
    return left, [round(1000 * float(value)) for value in shares]


def explorer(root: Path) -> Explorer:
    """Return the figure for the contexts of the recorded file."""
    recorded = read(root / RECORD)
    contexts = list(recorded)
    # The page opens with the least certain: of a certain one the filters leave what was there.
    open_most = int(np.argmin([log_probs[0] for _, log_probs in recorded.values()]))
    V = max(len(tokens) for tokens, _ in recorded.values())
    top_k = [k for k in TOP_K if k is None or k <= V]
    words = {
        context: Words(
            [*(BLANKS.get(t, t) for t in tokens[:SHOWN]), f"all {len(tokens) - SHOWN} others"],
            f"{{0}} of {len(tokens)} characters can be drawn; {quoted(tokens[0])} has {{1}}.",
        )
        for context, (tokens, _) in recorded.items()
    }

    def picture(context: int, temperature: int, k: int, p: int) -> Picture:
        _, log_probs = recorded[contexts[context]]
        left, values = thousandths(
            filtered(
                log_probs,
                temperature=TEMPERATURES[temperature],
                top_k=top_k[k],
                top_p=TOP_P[p],
            )
        )
        return Picture(words[contexts[context]], [left, share(values[0])], values)

    return Explorer(
        title="The next character under temperature, top-k and top-p",
        description=(
            f"Bars for the probabilities of the {SHOWN} most probable next characters after "
            f"{spelled(contexts[open_most])} and of all others together, at temperature 1 and "
            "with no filter. The sentence below says how many characters can be drawn."
        ),
        controls=[
            Control("After", [spelled(context) for context in contexts], open_most, "choice"),
            Control("Temperature", [f"{t:.1f}" for t in TEMPERATURES], TEMPERATURES.index(1.0)),
            Control("Top-k", [str(k or "off") for k in top_k], len(top_k) - 1),
            Control("Top-p", [str(p or "off") for p in TOP_P], len(TOP_P) - 1),
        ],
        picture=picture,
        draw=bars,
        size=bars_size(SHOWN + 1),
    )
