"""Three pieces of advice, tried: batch size and rate, clipping by percentile, rare classes.

``python -m experiments.tomorrow batches --seeds 0 1 2 --csv FILE``
``python -m experiments.tomorrow clipping --seeds 0 1 2 --csv FILE``
``python -m experiments.tomorrow rare --seeds 0 1 2 --csv FILE``

Digits and network are those of :mod:`experiments.schedules`: 1,000 digits, column by column, an
LSTM with 32 units. All is measured on the validation part, after the last update.

- *batches*: the same twelve epochs in batches of several sizes, at several rates.
- *clipping*: the threshold is a percentile of the norms of the first 100 updates of a run of the
  same seed without clipping; 0 means no clipping.
- *rare*: of one digit the training part keeps 5 images. The loss counts each class as it is
  ("none"), by one over its number of images ("full"), or by the root of that ("root").
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.data.batching.batches import shuffled_batches
from experiments.record import describe_run, tracked, write_results
from experiments.schedules import Part, Reader, load_columns, measure

RARE, KEPT = 8, 5  # the digit that becomes rare, and how many of its images stay
UPDATES = 300  # of the clipped runs and those with a rare class
FIRST = 100  # updates whose norms the percentiles are taken of

OPTIMISERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "sgd": lambda weights, lr: torch.optim.SGD(weights, lr, momentum=0.9),
}


class Trained(NamedTuple):
    """A network after its last update, and the norms of all gradients before clipping."""

    reader: Reader
    norms: list[float]


def train(
    part: Part,
    seed: int,
    *,
    updates: int,
    lr: float,
    B: int = 50,
    optimiser: str = "adam",
    clip: float = 1.0,
    weights: Tensor | None = None,
) -> Trained:
    """Train at a constant rate; ``clip`` may be infinite."""
    torch.manual_seed(seed)
    reader = Reader()
    steps = OPTIMISERS[optimiser](reader.parameters(), lr=lr)
    norms: list[float] = []
    for rows in _batches(len(part.labels), B, seed, updates):
        x, lengths, labels = part.pick(rows)
        loss = nn.functional.cross_entropy(reader(x, lengths), labels, weight=weights)
        steps.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norms.append(float(nn.utils.clip_grad_norm_(reader.parameters(), clip)))
        steps.step()
    return Trained(reader, norms)


def _batches(count: int, B: int, seed: int, updates: int) -> Iterator[np.ndarray]:
    """Yield as many batches as there are updates, epoch after epoch."""
    done = epoch = 0
    while done < updates:
        for rows in shuffled_batches(count, B, np.random.default_rng([seed, epoch])):
            if done < updates:
                yield rows
            done += 1
        epoch += 1


def batches(part: Part, valid: Part, seed: int) -> Iterator[dict[str, object]]:
    """Try several sizes of a batch, each at several rates."""
    for B, lr in product((20, 50, 200), (0.003, 0.01, 0.03, 0.1)):
        updates = 12 * len(part.labels) // B
        start = time.process_time()
        loss, accuracy = measure(train(part, seed, updates=updates, lr=lr, B=B).reader, valid)
        yield {
            "batch": B,
            "lr": lr,
            "updates": updates,
            "seed": seed,
            "valid_loss": f"{loss:.4f}",
            "valid_accuracy": f"{accuracy:.3f}",
            "cpu_seconds": f"{time.process_time() - start:.2f}",
        }


def clipping(part: Part, valid: Part, seed: int) -> Iterator[dict[str, object]]:
    """Clip at several percentiles of the norms that a first run had."""
    for optimiser, lr in (("adam", 0.01), ("sgd", 0.1)):
        free = train(part, seed, updates=UPDATES, lr=lr, optimiser=optimiser, clip=np.inf)
        for percentile in (10, 90, 0):
            clip, run = np.inf, free
            if percentile:
                clip = float(np.percentile(free.norms[:FIRST], percentile))
                run = train(part, seed, updates=UPDATES, lr=lr, optimiser=optimiser, clip=clip)
            loss, accuracy = measure(run.reader, valid)
            yield {
                "optimiser": optimiser,
                "lr": lr,
                "percentile": percentile,
                "seed": seed,
                "threshold": f"{clip:.3f}",
                "clipped": f"{np.mean(np.array(run.norms) > clip):.2f}",
                "largest_norm": f"{max(run.norms):.1f}",
                "valid_loss": f"{loss:.4f}",
                "valid_accuracy": f"{accuracy:.3f}",
            }


def rare(part: Part, valid: Part, seed: int) -> Iterator[dict[str, object]]:
    """Make a digit rare and count its images more."""
    labels = part.labels.numpy()
    of_rare = np.flatnonzero(labels == RARE)
    kept = np.random.default_rng(seed).choice(of_rare, KEPT, replace=False)
    few = part.pick(np.sort(np.concatenate([np.flatnonzero(labels != RARE), kept])))
    count = torch.bincount(few.labels, minlength=10).float()
    for name, power in (("none", 0.0), ("root", 0.5), ("full", 1.0)):
        weights = (count.mean() / count) ** power
        run = train(few, seed, updates=UPDATES, lr=0.01, weights=weights)
        with torch.no_grad():
            guesses = run.reader(valid.x, valid.lengths).argmax(dim=1)
        right, is_rare = guesses == valid.labels, valid.labels == RARE
        said = guesses == RARE
        yield {
            "weights": name,
            "seed": seed,
            "rare_images": KEPT,
            "rare_found": f"{right[is_rare].double().mean().item():.3f}",
            "others_right": f"{right[~is_rare].double().mean().item():.3f}",
            "said_rare": int(said.sum()),
            "said_rightly": int((said & is_rare).sum()),
        }


RECORDS = {"batches": batches, "clipping": clipping, "rare": rare}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.tomorrow",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("record", choices=RECORDS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.tomorrow", arguments, options)
    part, valid = load_columns()
    rows: list[dict[str, object]] = []
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        for row in RECORDS[options.record](part, valid, seed):  # type: ignore[arg-type]
            rows.append(row)
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
