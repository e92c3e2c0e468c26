"""Write digits backwards through one state of fixed size, or with attention to all states.

``python -m experiments.bottleneck --seeds 0 1 2 --csv FILE``

All models of a comparison get the same number of updates on strings of mixed lengths, and are
measured on 500 unseen strings of each length. With ``--task copy --feeds forwards backwards
--directions 1`` the encoder reads the source in one direction, and gets it as it is or turned
around.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from experiments import digits
from experiments.record import describe_run, tracked, write_results


def run(
    seed: int,
    attention: str,
    H: int,
    feed: str,
    *,
    task: str,
    directions: int,
    lengths: tuple[int, int],
    updates: int,
    tests: int,
) -> list[dict[str, object]]:
    """Train one model; return a row for each length."""
    start = time.process_time()
    model = digits.train(
        seed,
        task=task,
        feed=feed,
        attention=attention,
        bidirectional=directions == 2,
        H=H,
        lengths=lengths,
        updates=updates,
        tests=tests,
    )
    shared = {
        "seed": seed,
        "task": task,
        "feed": feed,
        "attention": attention,
        "directions": directions,
        "H": H,
        "parameters": sum(p.numel() for p in model.parameters()),
        "updates": updates,
        "cpu_seconds": f"{time.process_time() - start:.0f}",
    }
    rows: list[dict[str, object]] = []
    for length in range(lengths[0], lengths[1] + 1):
        found = digits.measure(model, digits.test_digits(length, tests), task, feed)
        rounded = {name: f"{value:.4f}" for name, value in found.items()}
        rows.append({**shared, "length": length, "tests": tests, **rounded})
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.bottleneck", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument(
        "--models",
        nargs="+",
        default=["none-32", "none-64", "none-128", "dot-64", "additive-64"],
        help="attention and hidden size, as in none-64",
    )
    parser.add_argument("--task", choices=("reversal", "copy"), default="reversal")
    parser.add_argument("--feeds", nargs="+", default=["forwards"], help="forwards, backwards")
    parser.add_argument("--directions", type=int, choices=(1, 2), default=2)
    parser.add_argument("--lengths", nargs=2, type=int, default=[4, 20])
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--tests", type=int, default=500, help="strings of each length")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.bottleneck", arguments, options)
    least, most = options.lengths
    rows: list[dict[str, object]] = []
    cases = [(s, m, feed) for s in options.seeds for m in options.models for feed in options.feeds]
    for seed, model, feed in tracked(cases):
        attention, H = str(model).split("-")
        more = run(
            seed,  # type: ignore[arg-type]
            attention,
            int(H),
            feed,  # type: ignore[arg-type]
            task=options.task,
            directions=options.directions,
            lengths=(least, most),
            updates=options.updates,
            tests=options.tests,
        )
        rows += more
        print(seed, model, feed, *(f"{r['length']}: {r['exact']}" for r in more[::4]), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
