"""Carry the state from window to window, or not: in training, and when the model is measured.

``python -m experiments.carried_state --seeds 0 1 2 --csv FILE``

Two models a seed start from the same weights and see the same windows. One carries its state on,
one starts every window from zeros. Each is then measured on the test part: read as one stream,
and in windows that start from zeros.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from course_pkg.metrics.language import read_as_one_stream, read_in_windows
from experiments.characters import Text, fresh_model, load, scoring, train
from experiments.record import describe_run, tracked, write_results


def run(
    text: Text,
    seed: int,
    carry: bool,
    *,
    windows: Sequence[int],
    H: int,
    T: int,
    lr: float,
    updates: int,
) -> list[dict[str, object]]:
    """Train one model; return a row for each way to measure it."""
    model = fresh_model(len(text.vocabulary), seed, H=H, E=32)
    for _ in train(model, text.train, updates, T=T, lr=lr, carry=carry):
        pass
    score = scoring(model)
    measured = {"whole": read_as_one_stream(score, text.test)}
    measured |= {str(n): read_in_windows(score, text.test, n, batch=64) for n in windows}
    assert len({result.tokens for result in measured.values()}) == 1  # the same targets each time
    shared = {"seed": seed, "H": H, "T": T, "lr": lr, "updates": updates}
    return [
        {
            **shared,
            "trained": "carried" if carry else "from zeros",
            "measured": name,
            "bits": f"{result.bits_per_token:.4f}",
        }
        for name, result in measured.items()
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.carried_state", description=__doc__
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--windows", nargs="+", type=int, default=[8, 16, 32, 64, 128])
    parser.add_argument("--hidden", type=int, default=96)
    parser.add_argument("--window", type=int, nargs="+", default=[64], help="steps in training")
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.carried_state", arguments, options)
    text = load()
    rows: list[dict[str, object]] = []
    sizes = {
        "windows": options.windows,
        "H": options.hidden,
        "lr": options.lr,
        "updates": options.updates,
    }
    cases = [
        (s, T, carry) for s in options.seeds for T in options.window for carry in (True, False)
    ]
    for seed, T, carry in tracked(cases):
        more = run(text, seed, carry, T=T, **sizes)  # type: ignore[arg-type]
        rows += more
        print(seed, T, carry, *(f"{row['measured']}: {row['bits']}" for row in more), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
