"""The recipe for Tiny Shakespeare over seeds, beside counted n-grams on the same parts.

``python -m experiments.shakespeare --seeds 0 1 2 --csv FILE``

The text is downloaded once (1 MB). The recipe and the order of the n-grams are chosen by the
validation part; the last tenth of the text is measured at the end.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from course_pkg.data.registry import load_text
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.metrics.language import bits
from course_pkg.reference.baselines.ngrams import KneserNey
from course_pkg.training.recipes.run import train_from_config
from experiments.record import ROOT, describe_run, tracked, write_results

RECIPE = ROOT / "experiments" / "recipes" / "shakespeare.toml"


def row_of_counts(name: str, order: int) -> dict[str, object]:
    """Count n-grams of characters, and measure them."""
    corpus, start = load_text(name, "char"), time.perf_counter()
    vocabulary = Vocabulary.build(corpus.train, level="char", specials=[UNKNOWN])
    counted = KneserNey.fit(vocabulary.encode(corpus.train), len(vocabulary), order=order)
    found = {
        part: bits(-counted.log_probs(vocabulary.encode(getattr(corpus, part))).mean())
        for part in ("valid", "test")
    }
    return row(f"{order}-gram", 0, found["valid"], found["test"], time.perf_counter() - start)


def row_of_recipe(recipe: Path, seed: int, changes: dict[str, str]) -> dict[str, object]:
    """Train as the recipe says, in a folder that is thrown away, and read what was measured."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        train_from_config(recipe, folder=run, changes={"training.seed": str(seed), **changes})
        result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    seconds = time.perf_counter() - start
    return row("lstm", seed, result["valid"]["bits"], result["test"]["bits"], seconds)


def row(model: str, seed: int, valid: float, test: float, seconds: float) -> dict[str, object]:
    """Write one line of the table: bits per character and the seconds of the clock."""
    return {
        "model": model,
        "seed": seed,
        "valid_bits": f"{valid:.4f}",
        "test_bits": f"{test:.4f}",
        "seconds": f"{seconds:.1f}",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.shakespeare", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--orders", nargs="+", type=int, default=[5, 6, 7])
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    about = describe_run("experiments.shakespeare", arguments, options)
    rows = [row_of_counts("tinyshakespeare", order) for order in options.orders]
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        rows.append(row_of_recipe(RECIPE, int(str(seed)), {}))
    for line in rows:
        print(" ".join(f"{key} {value}" for key, value in line.items()))
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
