"""Are the first and the last token different? Asked at lengths that no network was trained on.

``python -m experiments.lengths --seeds 0 1 2 --csv FILE``

A token is -1 or +1, and every sequence has as many of the one as of the other (at odd lengths one
more). Networks of one kind are trained on one length, on even lengths or on all lengths up to 14,
and measured at each length on its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from course_pkg.models.rnn import RNN
from experiments.record import describe_run, tracked, write_results

TRAINED = {"14": [14], "even": [6, 8, 10, 12, 14], "all": list(range(6, 15))}


class LastState(nn.Module):
    """A recurrent network that answers from its last state."""

    def __init__(self, H: int = 16) -> None:
        super().__init__()
        self.rnn = RNN(1, H)
        self.readout = nn.Linear(H, 1)
        nn.init.orthogonal_(self.rnn.layers[0].W_hh)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each sequence of tokens (T, B); positive means "different"."""
        _, h_n = self.rnn(x[:, :, None])
        scores: Tensor = self.readout(h_n[-1])[:, 0]
        return scores  # (B,)


def make_sequences(
    T: int, B: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return tokens (T, B) and whether the first and the last one differ (B,)."""
    first, last = rng.choice([-1.0, 1.0], size=(2, B))
    plus = T // 2 + T % 2 * rng.integers(2, size=B)  # how many +1 in all
    ones = plus - (first > 0) - (last > 0)  # how many of them in the middle
    rank = rng.random((T - 2, B)).argsort(axis=0)  # a random order of the places
    middle = np.where(rank < ones, 1.0, -1.0)
    return np.concatenate([first[None], middle, last[None]]), first != last


def as_tensors(T: int, B: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return sequences and answers as a network reads them."""
    x, answer = make_sequences(T, B, rng)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(answer, dtype=torch.float32)


def train(seed: int, lengths: Sequence[int], *, updates: int = 1000, H: int = 16) -> LastState:
    """Return a network that was trained on batches of 64, each of one of the lengths."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    pools = [as_tensors(T, 2000, rng) for T in lengths]
    model = LastState(H)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(updates):
        x, answer = pools[rng.integers(len(pools))]
        pick = torch.from_numpy(rng.integers(x.shape[1], size=64))
        loss = nn.functional.binary_cross_entropy_with_logits(model(x[:, pick]), answer[pick])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return model


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, answer: Tensor) -> float:
    """Return the share of right answers."""
    return float(((model(x) > 0) == (answer > 0)).double().mean())


def run(
    seed: int, trained: str, *, lengths: tuple[int, int], updates: int, tests: int
) -> list[dict[str, object]]:
    """Train one network; return a row for each length."""
    start = time.process_time()
    model = train(seed, TRAINED[trained], updates=updates)
    seconds = f"{time.process_time() - start:.1f}"
    rng = np.random.default_rng(10**6 + seed)  # the same sequences for all networks of a seed
    return [
        {
            "seed": seed,
            "trained": trained,
            "length": T,
            "accuracy": f"{accuracy(model, *as_tensors(T, tests, rng)):.3f}",
            "cpu_seconds": seconds,
        }
        for T in range(lengths[0], lengths[1] + 1)
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.lengths", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--lengths", nargs=2, type=int, default=[6, 33])
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=500, help="sequences of each length")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.lengths", arguments, options)
    least, most = options.lengths
    sizes = {"lengths": (least, most), "updates": options.updates, "tests": options.tests}
    rows: list[dict[str, object]] = []
    for seed, trained in tracked([(seed, name) for seed in options.seeds for name in TRAINED]):
        more = run(seed, trained, **sizes)  # type: ignore[arg-type]
        rows += more
        print(seed, trained, *(f"{r['length']}: {r['accuracy']}" for r in more[8:18]), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
