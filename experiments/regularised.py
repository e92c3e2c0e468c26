"""Regularise a small word model of the Python reference text, one way at a time.

``python -m experiments.regularised --seeds 0 1 2 --csv FILE``

All models of a seed have the same sizes and see the same windows in the same order: the first
``--words`` of the training part, again and again, so that the plain model overfits. They are
measured on the validation part after every fifth of the updates. The test perplexity is that of
the moment at which the validation perplexity was lowest.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from course_pkg.metrics.language import read_as_one_stream
from experiments.characters import Text, fresh_model, load, scoring, train
from experiments.record import describe_run, tracked, write_results

WAYS: Mapping[str, Mapping[str, object]] = {
    "plain": {},
    "tied": {"tied": True},
    "dropout": {"dropout": 0.4},
    "dropout, one mask": {"dropout": 0.4, "same_mask": True},
    "weight drop": {"weight_drop": 0.4},
    "all": {"tied": True, "dropout": 0.4, "same_mask": True, "weight_drop": 0.4},
}
LOOKS = 5  # at the validation part


def run(
    text: Text, way: str, seed: int, *, H: int, B: int, T: int, lr: float, updates: int, words: int
) -> dict[str, object]:
    """Train one model one way."""
    model = fresh_model(len(text.vocabulary), seed, H=H, E=H, **WAYS[way])
    best = (math.inf, 0, math.inf)  # validation perplexity, updates, test perplexity
    valid = math.inf
    start = time.process_time()
    for done in train(model, text.train[:words], updates, B=B, T=T, lr=lr):
        if done and done % max(1, updates // LOOKS) == 0:
            score = scoring(model)
            valid = read_as_one_stream(score, text.valid).perplexity
            if valid < best[0]:
                best = (valid, done, read_as_one_stream(score, text.test).perplexity)
    read = text.train[: min(words, len(text.test))]
    train_at_end = read_as_one_stream(scoring(model), read).perplexity
    return {
        "seed": seed,
        "way": way,
        "H": H,
        "B": B,
        "T": T,
        "lr": lr,
        "updates": updates,
        "words": min(words, len(text.train)),
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens": len(text.vocabulary),
        "train_at_end": f"{train_at_end:.2f}",
        "valid_at_end": f"{valid:.2f}",
        "best_at": best[1],
        "valid": f"{best[0]:.2f}",
        "test": f"{best[2]:.2f}",
        "cpu_seconds": f"{time.process_time() - start:.0f}",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.regularised", description=__doc__)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=96)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--window", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--words", type=int, default=20_000, help="of the training part")
    parser.add_argument(
        "--vocabulary", type=int, default=1000, help="the largest, unknown included"
    )
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.regularised", arguments, options)
    text = load(level="word", max_size=options.vocabulary)
    rows = []
    for seed, way in tracked([(seed, way) for seed in options.seeds for way in options.ways]):
        row = run(
            text,
            way,  # type: ignore[arg-type]
            seed,  # type: ignore[arg-type]
            H=options.hidden,
            B=options.batch,
            T=options.window,
            lr=options.lr,
            updates=options.updates,
            words=options.words,
        )
        rows.append(row)
        print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
