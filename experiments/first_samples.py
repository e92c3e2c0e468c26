"""Let one character model write after 0, 100, 1,000 and 10,000 updates.

``python -m experiments.first_samples --seeds 0 1 2 --csv FILE --next FILE``

What it writes is the first text that is drawn, from a generator with the seed of the run. The
second file holds what the model of the first seed expects after a few contexts, at the very end.
Texts are JSON strings, in which # is written as an escape: so every # begins a comment.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from experiments.characters import (
    Text,
    bits_per_token,
    fresh_model,
    load,
    next_log_probs,
    quoted,
    train,
    write,
)
from experiments.record import describe_run, tracked, write_results

CONTEXTS = ("\nIn oth", "\nFor ex", "\nThe expression is ")  # nearly sure, a few ways, wide open


def run(
    text: Text,
    seed: int,
    updates: Sequence[int],
    *,
    H: int,
    B: int,
    T: int,
    lr: float,
    dropout: float,
    length: int,
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Train one model; return a row for each number of updates, and the rows of the contexts."""
    model = fresh_model(len(text.vocabulary), seed, H=H, dropout=dropout)
    rows: list[dict[str, object]] = []
    start = time.process_time()
    for done in train(model, text.train, max(updates), B=B, T=T, lr=lr):
        if done not in updates:
            continue
        seconds = time.process_time() - start
        sample = write(model, text.vocabulary, length, np.random.default_rng(seed))
        parts = {"train": text.train[: len(text.test)], "valid": text.valid, "test": text.test}
        row: dict[str, object] = {
            "seed": seed,
            "updates": done,
            "H": H,
            "B": B,
            "T": T,
            "lr": lr,
            "dropout": dropout,
        }
        for name, ids in parts.items():
            row[f"bits_{name}"] = f"{bits_per_token(model, ids):.4f}"
        rows.append(row | {"cpu_seconds": f"{seconds:.0f}", "sample": quoted(sample)})
    expected: list[dict[str, object]] = [
        {"context": quoted(context), "token": quoted(token), "log_prob": f"{log_p:.6f}"}
        for context in CONTEXTS
        for token, log_p in zip(
            text.vocabulary.tokens,
            next_log_probs(model, text.vocabulary.encode(list(context))),
            strict=True,
        )
    ]
    return rows, expected


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.first_samples", description=__doc__
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--updates", nargs="+", type=int, default=[0, 100, 1000, 10000])
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--length", type=int, default=240, help="characters of a sample")
    parser.add_argument("--csv", type=Path, help="write the samples to this file")
    parser.add_argument("--next", type=Path, help="write what comes next to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.first_samples", arguments, options)
    text = load()
    rows: list[dict[str, object]] = []
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        more, expected = run(
            text,
            seed,  # type: ignore[arg-type]
            options.updates,
            H=options.hidden,
            B=options.batch,
            T=options.window,
            lr=options.lr,
            dropout=options.dropout,
            length=options.length,
        )
        rows += more
        for row in more:
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if options.next and seed == options.seeds[0]:
            write_results(options.next, about, expected)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
