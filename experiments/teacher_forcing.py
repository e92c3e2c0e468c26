"""Write digits backwards, told the true digits so far or left alone with one's own.

``python -m experiments.teacher_forcing --seeds 0 1 2 --csv FILE``

A model without attention is trained on strings of one length. Then it writes unseen strings twice:
each time it reads the true digits (forced), or what it wrote itself (free). ``--truth`` is for
scheduled sampling: the probability of reading the true digit falls in training from 1 to this
number, along a straight line.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from course_pkg.models.seq2seq import Seq2Seq
from experiments import digits
from experiments.record import describe_run, tracked, write_results


def falling(end: float) -> digits.Schedule:
    """Return the probability of the truth after a part of the training: from 1 to ``end``."""
    return lambda done: 1 - (1 - end) * done


def run(
    seed: int, truth: float, *, H: int, length: int, updates: int, tests: int
) -> list[dict[str, object]]:
    """Train one model; return a row for each position of the answer."""
    start = time.process_time()
    model = digits.train(
        seed, H=H, lengths=(length, length), updates=updates, tests=tests, truth=falling(truth)
    )
    seconds = time.process_time() - start
    batch = digits.pairs(digits.test_digits(length, tests), "reversal")
    forced, written, bits = both_ways(model, batch)
    free = written == batch.targets[:length]  # (S, B)
    first = first_mistakes(free)  # (B,)
    swapped = swaps(written, batch.targets[:length], first)  # (B,)
    shared = {
        "seed": seed,
        "truth": truth,
        "H": H,
        "length": length,
        "updates": updates,
        "cpu_seconds": f"{seconds:.0f}",
        "tests": tests,
        "exact": f"{free.all(dim=0).double().mean().item():.4f}",
        "bits": f"{bits:.3f}",
        "swapped": f"{swapped[first < length - 1].double().mean().item():.4f}",
    }
    rows: list[dict[str, object]] = []
    for position in range(length):
        after = first < position  # strings that have a mistake before this position
        row = {
            "position": position + 1,
            "forced": int(forced[position].sum()),
            "free": int(free[position].sum()),
            "after": int(after.sum()),
            "forced_after": int(forced[position, after].sum()),
            "free_after": int(free[position, after].sum()),
        }
        rows.append({**shared, **row})
    return rows


@torch.no_grad()
def both_ways(model: Seq2Seq, batch: digits.Digits) -> tuple[Tensor, Tensor, float]:
    """Return where a told model is right, what it writes alone, (S, B) each, and bits a string."""
    length = len(batch.source)
    log_probs, _ = model(batch.source, batch.inputs)
    forced = (log_probs.argmax(dim=2) == batch.targets)[:length]
    nats = -log_probs.gather(2, batch.targets[:, :, None]).double().sum(dim=0).mean().item()
    return forced, digits.write(model, batch.source, length), nats / math.log(2)


def first_mistakes(right: Tensor) -> Tensor:
    """Return for each column of ``right (S, B)`` the place of its first mistake; S if none."""
    return right.int().cumprod(dim=0).sum(dim=0)


def swaps(written: Tensor, targets: Tensor, first: Tensor) -> Tensor:
    """Say whether the first mistake of each string swaps two neighbours, (B,).

    That is: the digit that belongs behind it stands in its place, and it stands behind that.
    """
    place = first.clamp(max=len(targets) - 2)[None]  # (1, B)
    wrote = [written.gather(0, place + k)[0] for k in (0, 1)]
    true = [targets.gather(0, place + k)[0] for k in (0, 1)]
    return (wrote[0] == true[1]) & (wrote[1] == true[0]) & (true[0] != true[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.teacher_forcing", description=__doc__
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--truth", nargs="+", type=float, default=[1.0, 0.75, 0.5, 0.0])
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--length", type=int, default=12)
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.teacher_forcing", arguments, options)
    rows: list[dict[str, object]] = []
    for seed, truth in tracked([(seed, p) for seed in options.seeds for p in options.truth]):
        more = run(
            seed,  # type: ignore[arg-type]
            truth,  # type: ignore[arg-type]
            H=options.hidden,
            length=options.length,
            updates=options.updates,
            tests=options.tests,
        )
        rows += more
        print(seed, truth, *(f"{name} {more[0][name]}" for name in ("exact", "bits")), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
