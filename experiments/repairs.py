"""Repair the first script of chapter 06 one fault after the other, at several budgets.

``python -m experiments.repairs --seeds 0 1 2 --csv FILE``

The network, the 1,000 images, read column by column, and the number of images in a batch stay the
same. Measured is the accuracy on the validation part, as the last update left the network.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course_pkg.data.batching.batches import shuffled_batches
from course_pkg.data.sets.digits import load_digits
from course_pkg.training.schedules import Schedule, make_schedule
from experiments.record import describe_run, tracked, write_results

EVERY = 4  # of the training images every fourth, 1,000 in all
B, H = 50, 32
WIDTH = 28  # the first script fills up to as many columns


class Part(NamedTuple):
    """Images as sequences of columns; those without ink at both sides are left out."""

    strips: list[Tensor]  # N of (T_n, 28), values in 0..1
    labels: Tensor  # (N,)


class Faults(NamedTuple):
    """What is wrong with a training script; by default nothing is."""

    last_step: bool = False  # the state is read behind the padding
    twice: bool = False  # softmax before a loss that applies it
    unclipped: bool = False


class Trained(NamedTuple):
    """What is left of a run."""

    network: nn.LSTM
    readout: nn.Linear
    losses: list[float]  # one an update


def load() -> tuple[Part, Part]:
    """Return the training part, 1,000 images, and the validation part."""
    digits = load_digits()
    return (
        _part(digits.train.images[::EVERY], digits.train.labels[::EVERY]),
        _part(digits.valid.images, digits.valid.labels),
    )


def _part(images: np.ndarray, labels: np.ndarray) -> Part:
    strips = []
    for image in images:
        ink = np.flatnonzero(image.any(axis=0))
        strips.append(torch.from_numpy(image[:, ink[0] : ink[-1] + 1].T / 255).float())
    return Part(strips, torch.from_numpy(labels))


def logits_of(
    network: nn.LSTM, readout: nn.Linear, strips: Sequence[Tensor], faults: Faults
) -> Tensor:
    """Read each strip and score the classes, (B, 10)."""
    lengths = torch.tensor([len(strip) for strip in strips])
    x = torch.zeros(WIDTH if faults.last_step else int(lengths.max()), len(strips), 28)
    for b, strip in enumerate(strips):
        x[: len(strip), b] = strip
    y, _ = network(x)  # (T, B, H)
    state = y[-1] if faults.last_step else y[lengths - 1, torch.arange(len(strips))]
    scores: Tensor = readout(state)
    return scores


def train(
    part: Part, seed: int, updates: int, peak: float, schedule: Schedule, faults: Faults
) -> Trained:
    """Train with Adam; the batches of an epoch follow from the seed and its number."""
    torch.manual_seed(seed)
    network, readout = nn.LSTM(28, H), nn.Linear(H, 10)
    weights = [*network.parameters(), *readout.parameters()]
    optimiser = torch.optim.Adam(weights)
    losses: list[float] = []
    epoch = 0
    while len(losses) < updates:
        for rows in shuffled_batches(len(part.strips), B, np.random.default_rng([seed, epoch])):
            if len(losses) == updates:
                break
            optimiser.param_groups[0]["lr"] = peak * schedule(len(losses))
            scores = logits_of(network, readout, [part.strips[i] for i in rows], faults)
            if faults.twice:
                scores = scores.softmax(dim=1)
            loss = cross_entropy(scores, part.labels[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if not faults.unclipped:
                nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            losses.append(loss.item())
        epoch += 1
    return Trained(network, readout, losses)


def measure(trained: Trained, part: Part, faults: Faults) -> float:
    """Return the share of a part's images that are read right."""
    with torch.no_grad():
        scores = logits_of(trained.network, trained.readout, part.strips, faults)
    return (scores.argmax(dim=1) == part.labels).double().mean().item()


# Each rung keeps the repairs before it: what is still wrong, the schedule and its peak.
LADDER: Mapping[str, tuple[Faults, str, float]] = {
    "the script": (Faults(True, True, True), "constant", 1e-3),
    "true end": (Faults(False, True, True), "constant", 1e-3),
    "softmax once": (Faults(False, False, True), "constant", 1e-3),
    "rate 0.01": (Faults(False, False, True), "constant", 1e-2),
    "clip, one-cycle to 0.03": (Faults(), "one_cycle", 3e-2),
}


def ladder(part: Part, valid: Part, seed: int, updates: int) -> list[dict[str, object]]:
    """Climb the ladder with one seed and one budget."""
    rows: list[dict[str, object]] = []
    for rung, (faults, name, peak) in LADDER.items():
        began = time.process_time()
        trained = train(part, seed, updates, peak, make_schedule(name, updates), faults)
        accuracy = measure(trained, valid, faults)
        rows.append(
            {
                "rung": rung,
                "budget": updates,
                "seed": seed,
                "valid_accuracy": f"{accuracy:.3f}",
                "cpu_seconds": f"{time.process_time() - began:.1f}",
            }
        )
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.repairs", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--budgets", nargs="+", type=int, default=[120, 300, 600], help="updates")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.repairs", arguments, options)
    part, valid = load()
    rows: list[dict[str, object]] = []
    for updates, seed in tracked(list(product(options.budgets, options.seeds))):
        found = ladder(part, valid, int(str(seed)), int(str(updates)))
        rows += found
        for row in found:
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
