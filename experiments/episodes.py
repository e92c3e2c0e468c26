"""A network that learns a new set of names in every episode, by reading, with frozen weights.

``python -m experiments.episodes --seeds 0 1 2 --csv FILE``

An episode has K things, drawn anew, and their names 0..K-1. Step after step the network sees one
of the things, noisy, is asked its name, and is told it at the next step. So all that it can know
of this episode's things lies in its state. The best that anyone can do is computed: Bayes' rule
with the true distributions. For comparison a network is trained on episodes whose things are
always the same: it can learn them by its weights.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.models.recurrent import Recurrent
from course_pkg.reference.checks import Array, IntArray
from course_pkg.training.schedules import make_schedule
from experiments.record import describe_run, tracked, write_results

THINGS, SIZE, STEPS, NOISE = 3, 8, 16, 0.7  # K, I, T, and the standard deviation of the noise
SHOWN = 4  # accuracies are reported after 0 .. SHOWN - 1 examples of the thing


class Episodes(NamedTuple):
    """B episodes side by side."""

    x: Array  # (T, B, I), what is seen
    names: IntArray  # (T, B)


def draw(
    rng: np.random.Generator,
    B: int,
    *,
    steps: int = STEPS,
    noise: float = NOISE,
    things: Array | None = None,
) -> Episodes:
    """Draw episodes: things from N(0, 1), or those given, (B or 1, K, I), seen in any order."""
    if things is None:
        things = rng.standard_normal((B, THINGS, SIZE))
    things = np.broadcast_to(things, (B, THINGS, SIZE))
    names = rng.integers(0, THINGS, (steps, B))
    x = things[np.arange(B), names] + noise * rng.standard_normal((steps, B, SIZE))
    return Episodes(x, names)


def same_things(seed: int) -> Array:
    """Return the things of a network that always meets the same, (1, K, I)."""
    return np.random.default_rng([2026, seed]).standard_normal((1, THINGS, SIZE))


def shown_before(names: IntArray) -> IntArray:
    """Return how often the thing of each step was shown before it, (T, B)."""
    one_hot = np.eye(THINGS, dtype=np.int64)[names]  # (T, B, K)
    before = one_hot.cumsum(axis=0) - one_hot
    return np.take_along_axis(before, names[:, :, None], axis=2)[:, :, 0]


def best_answers(episodes: Episodes, *, noise: float = NOISE) -> IntArray:
    """Return the most probable name at each step, given all that was seen and told before, (T, B).

    Nobody is right more often, over all steps; things are new, and the names told are believed.
    A thing that was shown n times with mean m lies at ``n m / (n + s)``, give or take a variance
    of ``noise^2 / (n + s)``, where s is ``noise^2`` over the variance of things, 1.
    """
    x, names = episodes
    T, B, I = x.shape
    count, total = np.zeros((B, THINGS, 1)), np.zeros((B, THINGS, I))
    s = noise**2
    answers = np.empty((T, B), dtype=np.int64)
    for t in range(T):
        variance = noise**2 / (count + s) + noise**2  # of x around where the thing should be
        away = ((x[t, :, None] - total / (count + s)) ** 2).sum(axis=2, keepdims=True)
        log_density = -away / (2 * variance) - I / 2 * np.log(variance)  # (B, K, 1)
        answers[t] = log_density[:, :, 0].argmax(axis=1)
        count[np.arange(B), names[t]] += 1
        total[np.arange(B), names[t]] += x[t]
    return answers


class Learner(nn.Module):
    """A recurrent network that reads a thing and the name of the thing before."""

    def __init__(self, cell: str, hidden: int) -> None:
        super().__init__()
        self.recurrent = Recurrent(cell, SIZE + THINGS, hidden, start="orthogonal")
        self.readout = nn.Linear(hidden, THINGS)

    def forward(self, x: Tensor, names: Tensor) -> Tensor:
        """Score the names of every step; ``names (T, B)`` are told one step later."""
        told = nn.functional.one_hot(names, THINGS).to(x.dtype)
        before = torch.cat([torch.zeros_like(told[:1]), told[:-1]])  # nothing at the first step
        y, _ = self.recurrent(torch.cat([x, before], dim=2))
        logits: Tensor = self.readout(y)  # (T, B, K)
        return logits


def train(
    seed: int,
    things: str = "new",
    *,
    cell: str = "lstm",
    H: int = 128,
    updates: int,
    B: int = 128,
    lr: float = 5e-3,
) -> Learner:
    """Train on episodes drawn anew for each update, of new things or always of the same."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    same = same_things(seed) if things == "same" else None
    model = Learner(cell, H)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, make_schedule("cosine", updates, warm_up_steps=max(1, updates // 20))
    )
    for _ in range(updates):
        episodes = draw(rng, B, things=same)
        x, names = torch.from_numpy(episodes.x).float(), torch.from_numpy(episodes.names)
        loss = nn.functional.cross_entropy(model(x, names).flatten(0, 1), names.flatten())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def answers(model: Learner, x: Array, told: IntArray) -> IntArray:
    """Return the names that a model finds most probable, (T, B)."""
    logits = model(torch.from_numpy(x).float(), torch.from_numpy(told))
    found: IntArray = logits.argmax(dim=2).numpy()
    return found


def shuffled(rng: np.random.Generator, names: IntArray) -> IntArray:
    """Return names that say nothing about what is seen, as frequent as the true ones, (T, B)."""
    return rng.permuted(names, axis=0)


def weights_hash(model: nn.Module) -> str:
    """Return the SHA-256 of all parameters."""
    found = hashlib.sha256()
    for parameter in model.parameters():
        found.update(parameter.detach().numpy().tobytes())
    return found.hexdigest()


def run(seed: int, things: str, *, updates: int, H: int, tests: int) -> list[dict[str, object]]:
    """Train one network; return a row for each kind of test episodes."""
    start = time.process_time()
    model = train(seed, things, H=H, updates=updates)
    before = weights_hash(model)
    rows: list[dict[str, object]] = []
    for test, steps, noise, shown_things in (
        ("new things", STEPS, NOISE, None),
        ("longer", 3 * STEPS, NOISE, None),
        ("noisier", STEPS, 2 * NOISE, None),
        ("wrong names", STEPS, NOISE, None),
        ("same things", STEPS, NOISE, same_things(seed)),
    ):
        rng = np.random.default_rng(2026)  # the same for all networks
        episodes = draw(rng, tests, steps=steps, noise=noise, things=shown_things)
        told = shuffled(rng, episodes.names) if test == "wrong names" else episodes.names
        right = answers(model, episodes.x, told) == episodes.names
        best = best_answers(episodes, noise=noise) == episodes.names  # of who is told the truth
        shown = shown_before(episodes.names)
        for n in range(SHOWN):
            rows.append(
                {
                    "seed": seed,
                    "things": things,
                    "test": test,
                    "shown": n,
                    "accuracy": f"{right[shown == n].mean():.4f}",
                    "best": f"{best[shown == n].mean():.4f}",
                    "count": int((shown == n).sum()),
                    "parameters": sum(p.numel() for p in model.parameters()),
                    "updates": updates,
                }
            )
    if weights_hash(model) != before:
        raise RuntimeError("expected the same weights after the tests, got others")
    seconds = f"{time.process_time() - start:.0f}"
    return [row | {"cpu_seconds": seconds} for row in rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.episodes", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--things", nargs="+", default=["new", "same"], help="new, same")
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--tests", type=int, default=2000, help="episodes of each kind")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.episodes", arguments, options)
    rows: list[dict[str, object]] = []
    for seed, things in tracked([(s, t) for s in options.seeds for t in options.things]):
        more = run(
            seed,  # type: ignore[arg-type]
            things,  # type: ignore[arg-type]
            updates=options.updates,
            H=options.hidden,
            tests=options.tests,
        )
        rows += more
        print(seed, things, *(row["accuracy"] for row in more[:SHOWN]), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
