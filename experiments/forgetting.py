"""Teach a network a second task, and see what becomes of the first one.

``python -m experiments.forgetting --seeds 0 1 2 --csv FILE``

The tasks are two questions about a line of letters with a mark in it: A, which letter stands
behind the mark, and B, which one before it. A network learns A, and from there B in one of these
ways:

- ``naive``: on examples of B alone;
- ``elastic``: the same, with springs as stiff as the Fisher information of A, times ``strength``:
  each label counts with the network's own probability of it;
- ``drawn``: the same, with labels drawn from the network, which is right in the mean alone;
- ``alike``: the same, with springs that are all as stiff as ``strength``;
- ``replay``: with ``old`` examples of A in every batch, from ``stored`` ones that were kept;
- ``joint``: on both from the start, with as many updates altogether: what one network can do.

``predicted`` is by how much the loss on A should have grown, as the springs have it,
``sum_i F_i (theta_i - theta*_i)^2 / 2``; ``growth`` is by how much it has grown.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from course_pkg.data.sets.neighbours import neighbours_batch
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.training.adapting.elastic import ElasticPenalty, fisher
from experiments.record import describe_run, tracked, write_results

WAYS = ("naive", "elastic", "drawn", "alike", "replay", "joint")
LETTERS = 8
TESTED = 2000  # lines of each task
STRENGTHS = (1.0, 10.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4)
DRAWN = (1e3, 1e4)
ALIKE = (3e-3, 1e-2, 3e-2, 0.1)
OLD = (1, 4, 16)  # examples of A in a batch
STORED = (8, 128)  # examples of A that are kept, where a batch has MIXED of them
MIXED = 8
ASKED = 400  # examples of A for the Fisher information; five times as many where labels are drawn


class Sizes(NamedTuple):
    """What all runs share."""

    H: int = 32
    examples: int = 2000  # of each task
    updates: tuple[int, int] = (500, 400)  # for A, and for B
    B: int = 64
    lr: float = 5e-3


class Lines(NamedTuple):
    """Examples of one task."""

    x: Tensor  # (T, N)
    labels: Tensor  # (N,)

    def drawn(self, count: int, rng: np.random.Generator) -> Lines:
        """Draw some of them, perhaps the same one twice."""
        chosen = torch.from_numpy(rng.integers(len(self.labels), size=count))
        return Lines(self.x[:, chosen], self.labels[chosen])


def draw(count: int, question: str, rng: np.random.Generator, *, first: bool) -> Lines:
    """Draw lines of one task, the question first or last."""
    batch = neighbours_batch(count, question, rng, letters=LETTERS, question_first=first)
    return Lines(torch.from_numpy(batch.x), torch.from_numpy(batch.labels))


@torch.no_grad()
def measure(model: SequenceClassifier, lines: Lines) -> tuple[float, float]:
    """Return accuracy and mean loss."""
    logits = model(lines.x)  # (N, C)
    right = (logits.argmax(dim=1) == lines.labels).double().mean()
    return right.item(), cross_entropy(logits.double(), lines.labels).item()


def train(
    model: SequenceClassifier,
    parts: Sequence[tuple[Lines, int]],
    updates: int,
    rng: np.random.Generator,
    *,
    lr: float,
    penalty: ElasticPenalty | None = None,
) -> None:
    """Train in place on batches of so many examples of each part; the rate falls to 0."""
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / updates)
    for _ in range(updates):
        drawn = [lines.drawn(count, rng) for lines, count in parts]
        x = torch.cat([lines.x for lines in drawn], dim=1)  # (T, B)
        labels = torch.cat([lines.labels for lines in drawn])  # (B,)
        loss = cross_entropy(model(x), labels)
        if penalty is not None:
            loss = loss + penalty()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()


def fresh(H: int) -> SequenceClassifier:
    """Return a network that has learned nothing."""
    return SequenceClassifier(
        classes=LETTERS, tokens=LETTERS + 3, embedding=16, hidden=H, cell="gru"
    )


def ways(full: bool) -> list[dict[str, float]]:
    """Return every way of teaching B, each with what it sets."""
    found: list[dict[str, float]] = [{"naive": 0}]
    found += [{"elastic": strength} for strength in (STRENGTHS if full else STRENGTHS[5:6])]
    found += [{"drawn": strength} for strength in (DRAWN if full else DRAWN[1:])]
    found += [{"alike": strength} for strength in (ALIKE if full else ALIKE[2:3])]
    found += [{"replay": old} for old in (OLD if full else OLD[1:2])]
    found += [{"replay": MIXED, "stored": stored} for stored in (STORED if full else STORED[:1])]
    return [*found, {"joint": 0}]


def run(
    seed: int, *, first: bool, sizes: Sizes, full: bool = True, names: Sequence[str] = WAYS
) -> list[dict[str, object]]:
    """Teach one network A, and from there B in every way of these names."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    N, B = sizes.examples, sizes.B
    learn = {name: draw(N, name, rng, first=first) for name in ("behind", "before")}
    test = {name: draw(TESTED, name, rng, first=first) for name in ("behind", "before")}
    a, b = learn["behind"], learn["before"]
    start = fresh(sizes.H)
    base = deepcopy(start)
    train(base, [(a, B)], sizes.updates[0], rng, lr=sizes.lr)
    anchor = {name: p.detach().clone() for name, p in base.named_parameters()}
    F = fisher(base, [a], examples=ASKED)
    springs = {"elastic": F, "alike": {name: torch.ones_like(value) for name, value in F.items()}}
    if "drawn" in names:
        springs["drawn"] = fisher(base, [a], examples=5 * ASKED, labels="drawn", seed=seed)
    before, loss_before = measure(base, test["behind"])
    rows: list[dict[str, object]] = []
    for way in ways(full):
        began = time.process_time()
        name, value = next(iter(way.items()))
        if name not in names:
            continue
        stored = int(way.get("stored", N if name in ("replay", "joint") else 0))
        model, penalty, updates, parts = deepcopy(base), None, sizes.updates[1], [(b, B)]
        if name in springs:
            penalty = ElasticPenalty(model, anchor, springs[name], value)
        elif name == "replay":
            kept = Lines(a.x[:, :stored], a.labels[:stored])
            parts = [(b, B - int(value)), (kept, int(value))]
        elif name == "joint":
            model, updates, parts = deepcopy(start), sum(sizes.updates), [(a, B // 2), (b, B // 2)]
        train(model, parts, updates, np.random.default_rng((seed, 1)), lr=sizes.lr, penalty=penalty)
        on_a, loss = measure(model, test["behind"])
        predicted = ElasticPenalty(model, anchor, F, 1.0)().item()
        rows.append(
            {
                "seed": seed,
                "question": "first" if first else "last",
                "way": name,
                "strength": f"{value:g}" if penalty else 0,
                "old": int(value) if name == "replay" else B // 2 if name == "joint" else 0,
                "stored": stored,
                "A_before": f"{before:.4f}",
                "A": f"{on_a:.4f}",
                "B": f"{measure(model, test['before'])[0]:.4f}",
                "predicted": f"{predicted:.3g}",
                "growth": f"{loss - loss_before:.3g}",
                "parameters": sum(p.numel() for p in model.parameters()),
                "cpu_seconds": f"{time.process_time() - began:.1f}",
            }
        )
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.forgetting",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument(
        "--questions", nargs="+", choices=("first", "last"), default=["first", "last"],
        help="where the question stands",
    )  # fmt: skip
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--hidden", type=int, default=Sizes().H)
    parser.add_argument("--examples", type=int, default=Sizes().examples, help="of each task")
    parser.add_argument("--updates", nargs=2, type=int, default=list(Sizes().updates))
    parser.add_argument("--lr", type=float, default=Sizes().lr)
    parser.add_argument("--few", action="store_true", help="one strength of each kind")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about: Mapping[str, str] = describe_run("experiments.forgetting", arguments, options)
    sizes = Sizes(options.hidden, options.examples, tuple(options.updates), lr=options.lr)
    rows: list[dict[str, object]] = []
    for question, seed in tracked([(q, seed) for q in options.questions for seed in options.seeds]):
        found = run(
            int(str(seed)),
            first=question == "first",
            sizes=sizes,
            full=not options.few,
            names=options.ways,
        )
        rows += found
        for row in found:
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
