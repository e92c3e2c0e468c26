"""Train recurrent networks to count: predict the strings a^n b^n, then try longer ones.

``python -m experiments.counting --networks gru lstm --longest 20 --seeds 0 1 2 --csv FILE``

Every network reads the same strings of a seed. A string is right if every symbol from its first
b on is predicted, its end included. Strings up to ``--longest`` are trained on; strings up to
four times as long are tested.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.data.sets.counting import counting_batch
from experiments.adding import NETWORKS, matched_hidden
from experiments.record import describe_run, tracked, write_results

TESTED = 4  # strings up to this many times the longest trained one are tested


class Predictor(nn.Module):
    """A recurrent network and a readout to the scores of the three symbols."""

    def __init__(self, network: nn.Module, H: int) -> None:
        super().__init__()
        self.network, self.readout = network, nn.Linear(H, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores (T, B, 3)."""
        y, *_ = self.network(x)
        return self.readout(y)  # type: ignore[no-any-return]


@torch.no_grad()
def is_right(predictor: nn.Module, counts: Sequence[int]) -> np.ndarray:
    """Return for each count whether all that is determined was predicted, (B,)."""
    batch = counting_batch(counts)
    guess = predictor(torch.from_numpy(batch.x)).argmax(dim=2).numpy()  # (T, B)
    return ((guess == batch.targets) | ~batch.determined).all(axis=0)


def reach(right: np.ndarray) -> int:
    """Return the largest n up to which every string is right; ``right[0]`` belongs to n = 1."""
    return len(right) if right.all() else int(np.argmin(right))


@torch.no_grad()
def movement(network: nn.Module, n: int) -> float:
    """Return how far the state moves at the (n + 1)-th a: the largest change of an entry.

    The cell of an LSTM belongs to its state. Where the state stands still, counting has ended.
    """
    a = torch.zeros(n + 1, 1, 2)
    a[:, :, 0] = 1
    ends = [network(a[:steps])[1] for steps in (n, n + 1)]
    before, after = (torch.cat(end) if isinstance(end, tuple) else end for end in ends)
    return float((after - before).abs().max())


def fit(
    name: str,
    seed: int,
    *,
    H: int = 16,
    longest: int = 20,
    B: int = 16,
    steps: int = 2000,
    lr: float = 1e-2,
    clip: float = 1.0,
) -> tuple[Predictor, float]:
    """Train one network on one seed; the learning rate falls in a straight line to 0.

    Returns the predictor, and the loss of the last batch.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    predictor = Predictor(NETWORKS[name](H, 2 * longest, rng), H)
    optimiser = torch.optim.Adam(predictor.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    loss = torch.zeros(())
    for _ in range(steps):
        batch = counting_batch(rng.integers(1, longest + 1, B))
        scores = predictor(torch.from_numpy(batch.x))
        asked = torch.from_numpy(batch.determined)
        loss = nn.functional.cross_entropy(scores[asked], torch.from_numpy(batch.targets)[asked])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(predictor.parameters(), clip)
        optimiser.step()
        schedule.step()
    return predictor, loss.item()


def train(
    name: str,
    seed: int,
    *,
    H: int = 16,
    longest: int = 20,
    steps: int = 2000,
    lr: float = 1e-2,
    **settings: float,
) -> dict[str, object]:
    """Train one network as :func:`fit` does, and say how far it counts."""
    predictor, loss = fit(name, seed, H=H, longest=longest, steps=steps, lr=lr, **settings)
    right = is_right(predictor, range(1, TESTED * longest + 1))
    parts = {"trained": right[:longest], "doubled": right[longest : 2 * longest]}
    parts["beyond"] = right[2 * longest :]
    return {
        "network": name,
        "seed": seed,
        "H": H,
        "parameters": sum(p.numel() for p in predictor.parameters()),
        "longest": longest,
        "steps": steps,
        "lr": lr,
        "loss": f"{loss:.2g}",
        **{part: f"{values.mean():.3f}" for part, values in parts.items()},
        "reach": reach(right),
        "moves_inside": f"{movement(predictor.network, longest):.2g}",
        "moves_beyond": f"{movement(predictor.network, TESTED * longest):.2g}",
        "right": "n" + "".join("01"[int(value)] for value in right),  # n0 is no number
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.counting", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["gru"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", nargs="+", type=int, default=[16])
    parser.add_argument(
        "--match-parameters", action="store_true", help="as many parameters as a GRU of that size"
    )
    parser.add_argument("--longest", type=int, default=20, help="largest n of a trained string")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--lr", nargs="+", type=float, default=[1e-2])
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.counting", arguments, options)
    cases = [
        (name, size, lr, seed)
        for size in options.hidden
        for name in options.networks
        for lr in options.lr
        for seed in options.seeds
    ]
    rows = []
    for name, size, lr, seed in tracked(cases):
        H = matched_hidden(name, size) if options.match_parameters else size
        sizes = {"H": H, "longest": options.longest, "B": options.batch, "steps": options.steps}
        row = train(name, seed, lr=lr, **sizes)
        rows.append(row)
        print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
