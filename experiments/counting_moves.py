"""How far does a trained counter move at each further a? Count with it, and look.

``python -m experiments.counting_moves --networks gru lstm --seeds 0 1 2 --csv FILE``

The networks are those that ``experiments/counting.py`` trains with the same options. One row for
each network, seed and number of a's that were read before.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from experiments.adding import NETWORKS, matched_hidden
from experiments.counting import TESTED, fit, movement
from experiments.record import describe_run, tracked, write_results


def moves(name: str, seed: int, *, H: int, longest: int, steps: int) -> list[dict[str, object]]:
    """Train one network; return how far its state moves after 1, 2, ... a's."""
    predictor, _ = fit(name, seed, H=H, longest=longest, steps=steps)
    return [
        {"network": name, "seed": seed, "H": H, "n": n, "moves": f"{moved:.2g}"}
        for n in range(1, TESTED * longest + 1)
        for moved in [movement(predictor.network, n)]
    ]


def _parser() -> argparse.ArgumentParser:
    prog = "python -m experiments.counting_moves"
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["gru"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=6)
    parser.add_argument(
        "--match-parameters", action="store_true", help="as many parameters as a GRU of that size"
    )
    parser.add_argument("--longest", type=int, default=20, help="largest n of a trained string")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.counting_moves", arguments, options)
    rows = []
    for name, seed in tracked([(n, seed) for n in options.networks for seed in options.seeds]):
        H = matched_hidden(name, options.hidden) if options.match_parameters else options.hidden
        found = moves(name, seed, H=H, longest=options.longest, steps=options.steps)
        rows += found
        print(f"{name} {seed}: at the last a {found[-1]['moves']}", flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
