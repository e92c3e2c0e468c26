"""Learn a waiter's part in dialogues about a table, and see what goes right and what does not.

``python -m experiments.dialogue --seeds 0 1 2 --csv FILE``

A network that may copy reads all that was said so far and writes the waiter's next turn. The
simple baseline answers what followed the most similar training source, by the words they share.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from course_pkg.data.sets.booking import ASKED, FAREWELLS, load_booking
from course_pkg.data.text.joined import to_text, to_tokens
from course_pkg.reference.baselines.nearest import Nearest
from experiments.record import describe_run, tracked, write_results
from experiments.word_pairs import Pair, Words, fresh_model, learn, probabilities, write

Answer = Callable[[Sequence[str]], list[str]]  # from sources to what the waiter says
# The script has no answer to these. Most of their words occur in no dialogue.
OUTSIDE = (
    "can i bring my dog?",
    "do you have a car park?",
    "what is the weather like?",
    "please cancel everything.",
    "how much is the menu?",
    "i lost my umbrella at your place.",
    "is the kitchen on fire?",
    "no.",
    "who are you?",
    "i am allergic to nuts.",
)


def kind(target: str) -> str:
    """Say which of the four turns of the waiter it is."""
    if target in ASKED:
        return "asks"
    if target in FAREWELLS:
        return "says goodbye"
    return "repeats" if target.startswith("a table") else "books"


def outside(pairs: Sequence[Pair]) -> list[str]:
    """Let guests ask one of the questions above where the waiter has just repeated their wish."""
    open_ones = [(s, t) for s, t in pairs if kind(t) == "repeats"]
    return [
        f"{source} waiter: {target} guest: {OUTSIDE[n % len(OUTSIDE)]}"
        for n, (source, target) in enumerate(open_ones)
    ]


def measure(answer: Answer, pairs: Sequence[Pair], changes: Sequence[int]) -> dict[str, float]:
    """Return shares of right answers: each turn, bookings after changes of mind, the unexpected."""
    right: dict[str, list[bool]] = {}
    for text, (_, target) in zip(answer([s for s, _ in pairs]), pairs, strict=True):
        right.setdefault(kind(target), []).append(text == target)
    found = {name: float(np.mean(hits)) for name, hits in sorted(right.items())}
    for n in changes:
        later = load_booking(1, 100, corrections=(n, n)).test
        last = [pair for pair in later if kind(pair[1]) == "books"]
        said = answer([s for s, _ in last])
        found[f"books after {n} changes"] = float(
            np.mean([a == b for a, (_, b) in zip(said, last, strict=True)])
        )
    said = answer(outside(pairs))
    for name in ("books", "repeats", "asks"):
        found[f"outside: {name}"] = float(np.mean([_looks_like(text) == name for text in said]))
    goodbyes = [s for s, t in pairs if kind(t) == "says goodbye"]
    found["different goodbyes"] = len(set(answer(goodbyes)))
    return found


def _looks_like(text: str) -> str:
    if text.startswith("it is booked"):
        return "books"
    return "repeats" if text.startswith("a table") else "asks" if text in ASKED else "other"


def run(
    seed: int, words: Words, train: Sequence[Pair], test: Sequence[Pair], changes: Sequence[int],
    *, H: int, E: int, updates: int,
) -> dict[str, float]:  # fmt: skip
    """Train one network and measure it."""
    start = time.process_time()
    model = fresh_model(words, seed, attention="additive", copies=True, H=H, E=E)
    learn(model, words, train, seed, updates=updates)
    seconds = time.process_time() - start

    def answer(sources: Sequence[str]) -> list[str]:
        return write(model, words, sources)

    found = measure(answer, test, changes)
    asked = outside(test)
    unsure = probabilities(model, words, [*zip(asked, answer(asked), strict=True)])
    booked = [s for s, t in test if kind(t) == "books"]
    sure = probabilities(model, words, [*zip(booked, answer(booked), strict=True)])
    found["probability, after yes"] = float(np.median(sure))
    found["probability, outside"] = float(np.median(unsure))
    found["told apart"] = float(
        ((sure[:, None] > unsure).mean() + (sure[:, None] >= unsure).mean()) / 2
    )
    goodbyes = [s for s, t in test if kind(t) == "says goodbye"]
    for text in FAREWELLS:
        each = probabilities(model, words, [(source, text) for source in goodbyes])
        found[f"goodbye: {text}"] = float(each.mean())
    return {**found, "cpu_seconds": seconds}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.dialogue", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--embedding", type=int, default=32)
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--changes", nargs="+", type=int, default=[0, 1, 2, 3, 4, 6])
    parser.add_argument("--part", choices=("valid", "test"), default="test")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.dialogue", arguments, options)
    pairs = load_booking()
    test: list[Pair] = getattr(pairs, options.part)
    words = Words(pairs.train)
    nearest = Nearest.fit(*([to_tokens(p[k], "word") for p in pairs.train] for k in (0, 1)))

    def look_up(sources: Sequence[str]) -> list[str]:
        return [to_text(nearest.translate(to_tokens(s, "word")), "word") for s in sources]

    rows: list[dict[str, object]] = []

    def add(seed: object, model: str, found: dict[str, float]) -> None:
        rows.extend(
            {"seed": seed, "model": model, "measured": name, "value": f"{value:.4f}"}
            for name, value in found.items()
        )
        print(seed, model, *(f"{k}: {v:.3f}" for k, v in found.items()), sep="  ", flush=True)

    add("", "nearest", measure(look_up, test, options.changes))
    sizes = {"H": options.hidden, "E": options.embedding, "updates": options.updates}
    for (seed,) in tracked([(s,) for s in options.seeds]):
        found = run(seed, words, pairs.train, test, options.changes, **sizes)  # type: ignore[arg-type]
        add(seed, "copying", found)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
