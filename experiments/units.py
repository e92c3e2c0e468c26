"""Look for the unit that knows whether the text is inside quotes, then hold it still.

``python -m experiments.units --seeds 0 1 2 --csv FILE --text FILE``

The unit is chosen by its correlation on the validation part and measured on the test part, in a
trained network and in the same network before its training. Then the cell of the unit is held,
through the whole test part, at its mean outside quotes or at its mean inside; the probability of
the mark that closes them tells what the network made of it. Other units, held at their own mean
outside, show what holding a unit does in itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.cells import lstm
from course_pkg.reference.checks import Array, IntArray
from course_pkg.reference.layers.softmax import log_softmax
from experiments.characters import Text, fresh_model, load, quoted, train
from experiments.record import describe_run, tracked, write_results

QUOTE = '"'
SHOWN = 336  # characters of the text with the unit's values


class Weights(NamedTuple):
    """The model in NumPy."""

    table: Array  # (V, E)
    cell: lstm.Params
    W: Array  # (V, H)
    b: Array  # (V,)


def weights_of(model: LanguageModel) -> Weights:
    """Copy the weights of a model with one LSTM layer."""
    found = {name: p.detach().double().numpy() for name, p in model.named_parameters()}
    cell = (
        f"recurrent.network.{name}_l0" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return Weights(
        found["embedding.weight"],
        lstm.Params(*(found[name] for name in cell)),
        found["readout.weight"],
        found["readout.bias"],
    )


def inside_quotes(characters: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Say of every character whether, once it is read, a quotation is open.

    A blank line ends a quotation that nobody closed.

    Examples
    --------
    >>> inside_quotes('a "b" c').astype(int)
    array([0, 0, 1, 1, 0, 0, 0])
    """
    inside = np.zeros(len(characters), dtype=bool)
    is_open, before = False, ""
    for t, character in enumerate(characters):
        if character == QUOTE:
            is_open = not is_open
        if before == character == "\n":
            is_open = False
        inside[t], before = is_open, character
    return inside


def cells_along(weights: Weights, ids: IntArray) -> Array:
    """Return the cell of every unit after each token, (N, H)."""
    cache: lstm.Cache = lstm.forward(weights.table[ids][:, None], weights.cell)[1]
    cells: Array = cache.c[1:, 0]
    return cells


def correlations(cells: Array, inside: npt.NDArray[np.bool_]) -> Array:
    """Return the correlation of each unit's cell with a yes or no, (H,)."""
    x, y = cells - cells.mean(0), inside - inside.mean()
    found: Array = (x * y[:, None]).sum(0) / np.sqrt((x * x).sum(0) * (y * y).sum())
    return found


def probabilities(
    weights: Weights, ids: IntArray, units: IntArray, values: Array, target: int
) -> Array:
    """Read a text in many networks side by side, in each of which one cell is held at a value.

    Parameters
    ----------
    weights : Weights
    ids : ndarray of int, (N,)
    units : ndarray of int, (K,)
        The unit that is held in each network.
    values : ndarray, (K,)
        The value of its cell; NaN leaves the cell as it is.
    target : int

    Returns
    -------
    p : ndarray, (N, K)
        The probability that ``target`` follows, after each token.
    """
    K, H = len(units), weights.W.shape[1]
    held = np.flatnonzero(~np.isnan(values))
    h: Array = np.zeros((K, H))
    c: Array = np.zeros((K, H))
    states = np.empty((len(ids), K, H))
    for t, token in enumerate(ids):
        (h, c), cache = lstm.step(np.repeat(weights.table[token][None], K, 0), h, c, weights.cell)
        c[held, units[held]] = values[held]
        h[held, units[held]] = cache.o[held, units[held]] * np.tanh(values[held])
        states[t] = h
    logits = (states[:, k] @ weights.W.T + weights.b for k in range(K))  # (N, V) each
    return np.stack([np.exp(log_softmax(scores)[:, target]) for scores in logits], axis=1)


def examine(
    weights: Weights, text: Text, rng: np.random.Generator, controls: int, *, hold: bool
) -> tuple[dict[str, object], Array]:
    """Choose a unit, measure it, hold it still; return a row, and its values on the test part."""
    tokens = text.vocabulary.tokens
    choose, measure = text.valid, text.test
    inside = {
        part: inside_quotes([tokens[number] for number in ids])
        for part, ids in (("choose", choose), ("measure", measure))
    }
    cells = cells_along(weights, choose)
    found = correlations(cells, inside["choose"])
    unit = int(np.abs(found).argmax())
    seen = cells_along(weights, measure)
    outside_mean, inside_mean = (cells[inside["choose"] == yes].mean(0) for yes in (False, True))
    others = rng.choice(np.delete(np.arange(len(found)), unit), controls, replace=False)
    units = np.concatenate([[unit, unit, unit], others])
    values = np.concatenate([[np.nan, outside_mean[unit], inside_mean[unit]], outside_mean[others]])
    mark = int(text.vocabulary.encode([QUOTE])[0])
    p = (
        probabilities(weights, measure[:-1], units, values, mark)
        if hold
        else np.full((len(measure) - 1, len(units)), np.nan)
    )  # (N-1, K)
    closes = (measure[1:] == mark) & inside["measure"][:-1]
    opens = (measure[1:] == mark) & ~inside["measure"][:-1]
    row: dict[str, object] = {
        "unit": unit,
        "chosen_by": f"{found[unit]:.4f}",
        "measured": f"{correlations(seen, inside['measure'])[unit]:.4f}",
    }
    for name, at in (("close", closes), ("open", opens)):
        mean = p[at].mean(0)  # (K,)
        row |= {
            f"p_{name}": f"{mean[0]:.4f}",
            f"p_{name}_held_outside": f"{mean[1]:.4f}",
            f"p_{name}_held_inside": f"{mean[2]:.4f}",
            f"p_{name}_others": f"{mean[3:].mean():.4f}",
            f"p_{name}_others_least": f"{mean[3:].min():.4f}",
        }
    return row, seen[:, unit] * np.sign(found[unit])


def run(
    text: Text, seed: int, *, H: int, lr: float, updates: int, controls: int
) -> tuple[list[dict[str, object]], Array]:
    """Examine one network before and after its training; return the rows, and the unit's values."""
    model = fresh_model(len(text.vocabulary), seed, H=H, E=32)
    rows: list[dict[str, object]] = []
    values: Array = np.zeros(0)
    for done in train(model, text.train, updates, lr=lr):
        if done in (0, updates):
            rng = np.random.default_rng(seed)
            row, values = examine(weights_of(model), text, rng, controls, hold=done > 0)
            rows.append({"seed": seed, "H": H, "lr": lr, "updates": done, **row})
    return rows, values


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.units", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--controls", type=int, default=10, help="other units that are held")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    parser.add_argument("--text", type=Path, help="write the first seed's unit over a text")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.units", arguments, options)
    text = load()
    rows: list[dict[str, object]] = []
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        more, values = run(
            text,
            seed,  # type: ignore[arg-type]
            H=options.hidden,
            lr=options.lr,
            updates=options.updates,
            controls=options.controls,
        )
        rows += more
        for row in more:
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if options.text and seed == options.seeds[0]:
            written = [text.vocabulary.tokens[number] for number in text.test[:SHOWN]]
            shown: list[dict[str, object]] = [
                {"character": quoted(character), "cell": f"{value:.3f}"}
                for character, value in zip(written, values, strict=False)
            ]
            write_results(options.text, about, shown)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
