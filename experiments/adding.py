"""Train recurrent networks on the adding problem, over lengths and seeds.

``python -m experiments.adding --networks tanh irnn --lengths 50 100 --seeds 0 1 2 --csv FILE``

Every network reads the same batches of a seed. It has solved the problem when its error on the
held-out sequences is below 0.01, where always answering 1 has 1/6.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.data.sets.adding import adding_problem
from course_pkg.models.gru import GRU
from course_pkg.models.rnn import RNN
from course_pkg.reference.learning import initialization
from experiments.record import describe_run, tracked, write_results

SOLVED = 0.01  # mean squared error on the held-out sequences
TEST_SEQUENCES = 512
EVERY = 50  # steps between two looks at the held-out sequences


def tanh(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build the plain network as it starts in PyTorch."""
    return RNN(2, H, gradient="by_hand")


def orthogonal(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build a tanh network whose recurrent matrix starts orthogonal, biases 0."""
    network = RNN(2, H, gradient="by_hand")
    return _set(network, W_hh=initialization.orthogonal(H, H, rng), b_ih=0, b_hh=0)


def irnn(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build the network of Le, Jaitly and Hinton (2015): relu, the identity, biases 0."""
    network = RNN(2, H, nonlinearity="relu", gradient="by_hand")
    W_ih = rng.normal(0, 0.001, (H, 2))
    return _set(network, W_ih=W_ih, W_hh=initialization.identity(H), b_ih=0, b_hh=0)


def gru(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build the GRU as it starts in PyTorch."""
    return GRU(2, H, gradient="by_hand")


def gru_chrono(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build the GRU with update gates for memories of up to T steps (Tallec and Ollivier 2018).

    Its update gate z says how much is kept, as the LSTM's forget gate does, and stands in the same
    rows, H to 2H. The GRU of the paper has 1 - z there, and so the other sign.
    """
    network = GRU(2, H, gradient="by_hand")
    b_z = np.zeros(3 * H)
    b_z[H : 2 * H] = initialization.chrono_bias(H, T, rng)[H : 2 * H]
    return _set(network, b_ih=b_z, b_hh=0)


def lstm(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build the LSTM as it starts in PyTorch."""
    return nn.LSTM(2, H)


def lstm_forget_1(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build the LSTM with a forget bias of 1."""
    network = nn.LSTM(2, H)
    bias = initialization.forget_bias(H, 1.0)
    return _set(network, bias_ih_l0=bias, bias_hh_l0=0)


def lstm_chrono(H: int, T: int, rng: np.random.Generator) -> nn.Module:
    """Build the LSTM with biases for memories of up to T steps (Tallec and Ollivier 2018)."""
    network = nn.LSTM(2, H)
    return _set(network, bias_ih_l0=initialization.chrono_bias(H, T, rng), bias_hh_l0=0)


# To add a network, add a function and its name.
NETWORKS: dict[str, Callable[[int, int, np.random.Generator], nn.Module]] = {
    "tanh": tanh,
    "orthogonal": orthogonal,
    "irnn": irnn,
    "gru": gru,
    "gru-chrono": gru_chrono,
    "lstm": lstm,
    "lstm-forget-1": lstm_forget_1,
    "lstm-chrono": lstm_chrono,
}


def matched_hidden(name: str, H: int) -> int:
    """Return the size with which a network has about as many parameters as a GRU of size H.

    With two inputs, a cell of G maps has G (H^2 + 4 H) of them.
    """
    gates = 3 if name.startswith("gru") else 4 if name.startswith("lstm") else 1
    wanted = 3 * (H * H + 4 * H)
    return min(range(1, 2 * H + 3), key=lambda size: abs(gates * (size * size + 4 * size) - wanted))


def _set(network: nn.Module, **values: object) -> nn.Module:
    """Set parameters by the end of their name."""
    with torch.no_grad():
        for name, value in values.items():
            (parameter,) = (p for n, p in network.named_parameters() if n.endswith(name))
            parameter.copy_(torch.as_tensor(value))
    return network


def train(
    name: str,
    T: int,
    seed: int,
    *,
    H: int = 64,
    B: int = 64,
    steps: int = 1500,
    lr: float = 2e-3,
    clip: float = 1.0,
) -> dict[str, object]:
    """Train one network on one seed; stop once it has solved the problem or has diverged.

    ``clip`` is the largest norm of the gradient; 0 means that it is not clipped.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    test_x, test_target = map(torch.from_numpy, adding_problem(T, TEST_SEQUENCES, rng))
    network, readout = NETWORKS[name](H, T, rng), nn.Linear(H, 1)
    parameters = [*network.parameters(), *readout.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=lr)

    def mse(x: Tensor, target: Tensor) -> Tensor:
        y, *_ = network(x)
        return ((readout(y[-1]) - target) ** 2).mean()

    error, best, largest_norm, step = float("nan"), float("inf"), 0.0, 0
    for step in range(1, steps + 1):
        x, target = map(torch.from_numpy, adding_problem(T, B, rng))
        optimiser.zero_grad()
        mse(x, target).backward()
        norm = nn.utils.clip_grad_norm_(parameters, clip or float("inf"))
        largest_norm = max(largest_norm, norm.item())
        optimiser.step()
        if step % EVERY == 0 or step == steps:
            with torch.no_grad():
                error = mse(test_x, test_target).item()
            best = min(best, error)
            if error < SOLVED or not np.isfinite(error):
                break
    solved, diverged = error < SOLVED, not np.isfinite(error)
    return {
        "network": name,
        "T": T,
        "seed": seed,
        "H": H,
        "clip": clip,
        "lr": lr,
        "parameters": sum(p.numel() for p in parameters),
        "outcome": "solved" if solved else "diverged" if diverged else "not solved",
        "steps": step,
        "mse": f"{error:.5f}",
        "best_mse": f"{best:.5f}",
        "largest_norm": f"{largest_norm:.3g}",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.adding", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["tanh"])
    parser.add_argument("--lengths", nargs="+", type=int, default=[50])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument(
        "--match-parameters", action="store_true", help="as many parameters as a GRU of that size"
    )
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1500, help="most steps of a run")
    parser.add_argument("--lr", nargs="+", type=float, default=[2e-3])
    parser.add_argument("--clip", nargs="+", type=float, default=[1.0], help="0: not clipped")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.adding", arguments, options)
    cases = [
        (name, T, lr, clip, seed)
        for name in options.networks
        for T in options.lengths
        for lr in options.lr
        for clip in options.clip
        for seed in options.seeds
    ]
    rows = []
    for name, T, lr, clip, seed in tracked(cases):
        H = matched_hidden(name, options.hidden) if options.match_parameters else options.hidden
        sizes = {"H": H, "B": options.batch, "steps": options.steps}
        row = train(name, T, seed, lr=lr, clip=clip, **sizes)
        rows.append(row)
        print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
