"""Compare learning-rate schedules: the same LSTM, several budgets and peaks, many seeds.

``python -m experiments.schedules --seeds 40 41 42 --csv FILE --curves FILE``

Network, digits and batches are those of chapter 06: every fourth training image, 1,000 of them,
as a sequence of its columns; an LSTM with 32 units, read at the true end; Adam, clipping at 1. A
schedule multiplies the peak, which is the rate of the constant schedule. Measured is the network
as the last update left it, on the validation part: no epoch is chosen.

The curves are means over the seeds. ``train_loss`` is the mean of the batches since the row before,
``rate`` the rate of the last of them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.data.batching.batches import shuffled_batches
from course_pkg.data.batching.padding import pad_batch
from course_pkg.data.sets.digits import Images, load_digits
from course_pkg.training.schedules import Schedule, make_schedule
from experiments.record import describe_run, tracked, write_results

BATCH, HIDDEN, CLIP = 50, 32, 1.0
POINTS = 12  # of a curve


def steps_down(total: int) -> Schedule:
    """Keep the peak for half of the run, then a tenth of it for a quarter, then a hundredth.

    Examples
    --------
    >>> [steps_down(8)(step) for step in (0, 3, 4, 5, 6, 7)]
    [1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    """
    return lambda step: 1.0 if 2 * step < total else 0.1 if 4 * step < 3 * total else 0.01


SCHEDULES: Mapping[str, Callable[[int], Schedule]] = {
    "constant": lambda total: make_schedule("constant", total),
    "warm-up": lambda total: make_schedule(
        "constant", total, warm_up_steps=max(1, total // 10)
    ),
    "cosine": lambda total: make_schedule("cosine", total),
    "slanted triangle": lambda total: make_schedule("slanted_triangular", total),
    "one-cycle": lambda total: make_schedule("one_cycle", total),
    "step": steps_down,
}  # fmt: skip


class Part(NamedTuple):
    """Padded sequences (T, N, 28), their lengths (N,) and their labels (N,)."""

    x: Tensor
    lengths: Tensor
    labels: Tensor

    def pick(self, rows: np.ndarray) -> Part:
        """Return the sequences of these rows."""
        return Part(self.x[:, rows], self.lengths[rows], self.labels[rows])


class Curve(NamedTuple):
    """A point of a learning curve."""

    update: int
    rate: float
    train_loss: float
    valid_loss: float


class Reader(nn.Module):
    """An LSTM over the columns, and a readout of its state at the true end."""

    def __init__(self) -> None:
        super().__init__()
        self.network, self.readout = nn.LSTM(28, HIDDEN), nn.Linear(HIDDEN, 10)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits (B, 10) of sequences (T, B, 28)."""
        y, _ = self.network(x)  # (T, B, H)
        logits: Tensor = self.readout(y[lengths - 1, torch.arange(len(lengths))])
        return logits


def load_columns() -> tuple[Part, Part]:
    """Return the 1,000 training digits and the 500 validation digits, column by column."""
    digits = load_digits()
    fourth = Images(digits.train.images[::4], digits.train.labels[::4])
    return _columns(fourth), _columns(digits.valid)


def _columns(part: Images) -> Part:
    strips = []
    for image in part.images:
        ink = np.flatnonzero(image.any(axis=0))  # the columns that are not empty
        strips.append((image[:, ink[0] : ink[-1] + 1].T / 255).astype(np.float32))
    batch = pad_batch(strips)
    labels = torch.from_numpy(part.labels.astype(np.int64))
    return Part(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths), labels)


@torch.no_grad()
def measure(reader: Reader, part: Part) -> tuple[float, float]:
    """Return the cross-entropy and the accuracy on a part."""
    logits = reader(part.x, part.lengths).double()
    right = (logits.argmax(dim=1) == part.labels).double().mean()
    return nn.functional.cross_entropy(logits, part.labels).item(), right.item()


def train(
    train_part: Part, valid: Part, seed: int, *, factor: Schedule, peak: float, budget: int
) -> tuple[Reader, list[Curve]]:
    """Make ``budget`` updates, each at ``peak * factor(update)``; return the reader and its curve.

    All runs of a seed start from the same weights and see the same batches.
    """
    torch.manual_seed(seed)
    reader = Reader()
    optimiser = torch.optim.Adam(reader.parameters(), lr=peak)
    curve: list[Curve] = []
    losses: list[float] = []
    done = epoch = 0
    while done < budget:
        order = np.random.default_rng([seed, epoch])
        for rows in shuffled_batches(len(train_part.labels), BATCH, order):
            if done == budget:
                break
            x, lengths, labels = train_part.pick(rows)
            rate = peak * factor(done)
            optimiser.param_groups[0]["lr"] = rate
            loss = nn.functional.cross_entropy(reader(x, lengths), labels)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(reader.parameters(), CLIP)
            optimiser.step()
            losses.append(loss.item())
            done += 1
            if done % max(1, budget // POINTS) == 0:
                curve.append(Curve(done, rate, float(np.mean(losses)), measure(reader, valid)[0]))
                losses = []
        epoch += 1
    return reader, curve


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.schedules", description=__doc__)
    parser.add_argument("--schedules", nargs="+", choices=SCHEDULES, default=list(SCHEDULES))
    parser.add_argument("--budgets", nargs="+", type=int, default=[120, 300, 600])
    parser.add_argument("--peaks", nargs="+", type=float, default=[0.003, 0.01, 0.03, 0.1])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    parser.add_argument("--curves", type=Path, help="write the mean curves to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.schedules", arguments, options)
    train_part, valid = load_columns()
    rows: list[dict[str, object]] = []
    curves: dict[tuple[str, int, float], list[list[Curve]]] = {}
    cases = [
        (seed, name, budget, peak)
        for seed in options.seeds
        for name in options.schedules
        for budget in options.budgets
        for peak in options.peaks
    ]
    for seed, name, budget, peak in tracked(cases):
        start = time.process_time()
        factor = SCHEDULES[name](budget)  # type: ignore[index, arg-type]
        reader, curve = train(
            train_part, valid, seed, factor=factor, peak=peak, budget=budget  # type: ignore[arg-type]
        )  # fmt: skip
        loss, accuracy = measure(reader, valid)
        rows.append(
            {
                "schedule": name,
                "budget": budget,
                "peak": peak,
                "seed": seed,
                "valid_loss": f"{loss:.4f}",
                "valid_accuracy": f"{accuracy:.3f}",
                "cpu_seconds": f"{time.process_time() - start:.2f}",
            }
        )
        curves.setdefault((name, budget, peak), []).append(curve)  # type: ignore[arg-type]
        print(" ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    if options.curves:
        write_results(options.curves, about, _mean_curves(curves))
    return 0


def _mean_curves(
    curves: Mapping[tuple[str, int, float], Sequence[Sequence[Curve]]],
) -> list[dict[str, object]]:
    """Return a row per point: the means over the seeds."""
    return [
        {
            "schedule": name,
            "budget": budget,
            "peak": peak,
            "update": points[0].update,
            "rate": f"{points[0].rate:.3g}",
            "train_loss": f"{np.mean([point.train_loss for point in points]):.3f}",
            "valid_loss": f"{np.mean([point.valid_loss for point in points]):.3f}",
        }
        for (name, budget, peak), runs in curves.items()
        for points in zip(*runs, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
