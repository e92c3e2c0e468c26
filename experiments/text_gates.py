"""Gates over a text: how clearly one cell forgets at blanks, and what holding gates open costs.

``python -m experiments.text_gates --seeds 0 1 2 --csv FILE``

A small LSTM learns to predict the characters of Python's help texts and reads the Zen of Python,
which it has not seen. The contrast of a cell is its mean forget gate on letters and signs, less its
mean on blanks and line ends. Forget gates of chosen cells are held at 1, at all characters or at
blanks and line ends, and the bits per character that this adds are recorded.
"""

from __future__ import annotations

import argparse
import codecs
import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from pydoc_data import topics

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from course_pkg.reference.cells import lstm
from course_pkg.reference.learning.initialization import forget_bias
from experiments.record import describe_run, tracked, write_results

with redirect_stdout(io.StringIO()):  # importing it prints it
    import this

ALPHABET = "\n" + "".join(map(chr, range(32, 127)))
ZEN = codecs.decode(this.s, "rot13")  # that is how the module stores it
BLANK = np.array([character in " \n" for character in ZEN])
GROUP = 8  # cells that are held together
DRAWS = 15  # of random groups, of which the median is taken

Array = npt.NDArray[np.float64]


def as_ids(text: str) -> torch.Tensor:
    """Return the numbers of the characters; a blank for those not in the alphabet."""
    return torch.tensor([ALPHABET.find(c) if c in ALPHABET else 1 for c in text])


class CharacterModel(nn.Module):
    """An LSTM that predicts the next character."""

    def __init__(self, H: int) -> None:
        """Start it with a forget bias of 1."""
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), 16)
        self.lstm = nn.LSTM(16, H)
        self.readout = nn.Linear(H, len(ALPHABET))
        with torch.no_grad():
            self.lstm.bias_ih_l0.copy_(torch.from_numpy(forget_bias(H)))
            self.lstm.bias_hh_l0.zero_()

    def params(self) -> lstm.Params:
        """Return the weights of the LSTM for the NumPy reference."""
        arrays = [p.detach().numpy().astype(float) for p in self.lstm.parameters()]
        return lstm.Params(*arrays)

    @torch.no_grad()
    def inputs(self) -> Array:
        """Return what the LSTM reads of the Zen of Python, (T, 16)."""
        read: Array = self.embedding(as_ids(ZEN)).double().numpy()
        return read


def forget_gates(model: CharacterModel) -> Array:
    """Return the forget gates while the model reads the Zen of Python, (T, H)."""
    _, cache = lstm.forward(model.inputs()[:, None], model.params())
    return np.split(cache.gates[:, 0], 4, axis=1)[1]


def contrast(gates: Array) -> Array:
    """Return the contrast of each cell, (H,)."""
    difference: Array = gates[~BLANK].mean(axis=0) - gates[BLANK].mean(axis=0)
    return difference


@torch.no_grad()
def bits_held_open(
    model: CharacterModel, held: npt.NDArray[np.bool_], places: npt.NDArray[np.bool_]
) -> Array:
    """Return the bits per character with gates held at 1, one number for each row of ``held``."""
    h = c = np.zeros(held.shape)  # (B, H)
    params = model.params()
    states = []
    for x, is_held in zip(model.inputs(), places, strict=True):
        _, kept = lstm.step(np.tile(x, (len(held), 1)), h, c, params)
        c = np.where(held & is_held, 1.0, kept.f) * c + kept.i * kept.g
        h = kept.o * np.tanh(c)
        states.append(h)
    scores = model.readout(torch.from_numpy(np.stack(states[:-1])).float())  # (T-1, B, V)
    came = as_ids(ZEN)[1:, None, None].expand(-1, len(held), 1)
    nats: Array = -scores.log_softmax(dim=2).gather(2, came).mean(dim=0)[:, 0].double().numpy()
    return nats / np.log(2)


def groups(gates: Array, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Return which gates to hold: none, the chosen cell, 8 of the largest and smallest, at random.

    The contrasts decide, and the random groups are the last rows.
    """
    H = gates.shape[1]
    found = contrast(gates)
    largest, smallest = np.argsort(-found), np.argsort(np.abs(found))
    at_random = [rng.choice(H, GROUP, replace=False) for _ in range(DRAWS)]
    chosen = [[], largest[:1], largest[:GROUP], smallest[:GROUP], *at_random]
    return np.array([np.isin(np.arange(H), cells) for cells in chosen])


def train(seed: int, *, H: int, updates: int, T: int = 64, B: int = 32) -> CharacterModel:
    """Train a model on windows of the help texts."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = CharacterModel(H)
    manual = as_ids("".join(topics.topics[name] for name in sorted(topics.topics)))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    window = torch.arange(T + 1)[:, None]
    for _ in range(updates):
        start = torch.from_numpy(rng.integers(0, len(manual) - T - 1, size=B))
        ids = manual[start + window]  # (T + 1, B)
        scores = model.readout(model.lstm(model.embedding(ids[:-1]))[0])
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), ids[1:].flatten())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return model


def run(seed: int, *, H: int, updates: int) -> dict[str, object]:
    """Train one model; return its contrasts, and the bits that gates held open add."""
    torch.manual_seed(seed)
    untrained = contrast(forget_gates(CharacterModel(H))).max()
    model = train(seed, H=H, updates=updates)
    gates = forget_gates(model)
    held = groups(gates, np.random.default_rng(seed))
    row: dict[str, object] = {"seed": seed, "H": H, "updates": updates}
    row["bits"] = f"{bits_held_open(model, held[:1], BLANK)[0]:.4f}"
    row["contrast_untrained"] = f"{untrained:.4f}"
    row["contrast_trained"] = f"{contrast(gates).max():.4f}"
    for place, at in (("", np.ones_like(BLANK)), ("_at_blanks", BLANK)):
        bits = bits_held_open(model, held, at)
        none, chosen, largest, smallest, *at_random = bits
        for name, value in (
            ("chosen", chosen),
            ("largest", largest),
            ("smallest", smallest),
            ("random", np.median(at_random)),
        ):
            row[f"{name}{place}"] = f"{value - none:.4f}"
    return row


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.text_gates", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--updates", type=int, default=600)
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.text_gates", arguments, options)
    rows = []
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        rows.append(run(int(str(seed)), H=options.hidden, updates=options.updates))
        print(*(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
