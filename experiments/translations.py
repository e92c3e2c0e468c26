"""A network with attention against three baselines, on English sentences and their French ones.

``python -m experiments.translations --seeds 0 1 2 --csv FILE``

The network is the one of ``experiments/recipes/tatoeba.toml``; its best weights are chosen on the
validation part. It writes the likeliest token each time, or searches with a beam. The baselines
are the source itself, a dictionary that is learned from the pairs (IBM Model 1) and replaces word
by word, and the translation of the training sentence that shares most words.

All are measured on the same test part, whose English sentences are in no other part, with one
reference for each sentence. A sentence with several translations comes several times, and at most
one of them can be matched. So the numbers here are to be compared with each other alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from course_pkg.data.registry import load_pairs
from course_pkg.data.sets.pairs import Pair
from course_pkg.data.text.joined import to_text, to_tokens
from course_pkg.metrics.bleu import bleu, chrf
from course_pkg.metrics.edit_distance import error_rate
from course_pkg.metrics.matches import exact_match
from course_pkg.reference.baselines.nearest import Nearest
from course_pkg.reference.baselines.word_by_word import WordByWord
from course_pkg.training.loop import fit
from course_pkg.training.recipes.config import override, read_toml
from course_pkg.training.recipes.tables import Config
from course_pkg.training.seeding import seed_everything
from course_pkg.training.tasks.registry import build, config_from
from course_pkg.training.tasks.translate import Translate
from experiments.record import describe_run, tracked, write_results

RECIPE = Path("experiments/recipes/tatoeba.toml")  # from the folder of the course
Words = list[str]


def row_of(
    name: str, seed: int, written: Sequence[Words], pairs: Sequence[Pair], seconds: float
) -> dict[str, object]:
    """Compare what was written with the targets of the test pairs."""
    targets = [target for _, target in pairs]
    texts = [to_text(tokens, "word") for tokens in written]
    return {
        "model": name,
        "seed": seed,
        "test_pairs": len(pairs),
        "bleu": f"{bleu(texts, targets):.1f}",
        "chrf": f"{chrf(texts, targets):.1f}",
        "exact": f"{exact_match(texts, targets):.4f}",
        "edits": f"{error_rate(written, [to_tokens(text, 'word') for text in targets]):.4f}",
        "cpu_seconds": f"{seconds:.1f}",
    }


def baselines(train: Sequence[Pair], test: Sequence[Pair]) -> list[dict[str, object]]:
    """Return a row for each of the three; no seed changes them."""
    sources, targets = ([to_tokens(pair[side], "word") for pair in train] for side in (0, 1))
    fits: dict[str, Callable[[], Callable[[Words], Words]]] = {
        "copy": lambda: list,
        "word by word": lambda: WordByWord.fit(sources, targets).translate,
        "nearest": lambda: Nearest.fit(sources, targets).translate,
    }
    rows = []
    for name, learn in fits.items():
        start = time.process_time()
        translate = learn()
        written = [translate(to_tokens(source, "word")) for source, _ in test]
        rows.append(row_of(name, 0, written, test, time.process_time() - start))
    return rows


def networks(config: Config, test: Sequence[Pair], width: int) -> list[dict[str, object]]:
    """Train the network of a recipe; return a row for each way to write with it."""
    start = time.process_time()
    seed_everything(config.training.seed)
    task = build(config).task
    assert isinstance(task, Translate)
    fit(task, config.training)
    learned = time.process_time() - start
    task.model.eval()
    rows = []
    for name, wide in (("network, greedy", 1), (f"network, beam {width}", width)):
        start = time.process_time()
        written = task.write(task.sources("test"), width=wide)
        seconds = learned + time.process_time() - start
        rows.append(row_of(name, config.training.seed, written, test, seconds))
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.translations", description=__doc__)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="changes to the recipe"
    )
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    changes = dict(change.split("=", 1) for change in options.set)
    config = config_from(override(read_toml(options.recipe), changes))
    torch.set_num_threads(config.threads)
    about = describe_run("experiments.translations", arguments, options)
    try:
        import sacrebleu
    except ModuleNotFoundError as error:
        raise SystemExit(f"error: {error}; install it with 'pip install sacrebleu'") from error
    about["versions"] += f", sacrebleu {sacrebleu.__version__}"
    pairs = load_pairs(config.data.name)
    rows = baselines(pairs.train, pairs.test)
    for row in rows:
        print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        seeded = override(read_toml(options.recipe), {**changes, "training.seed": str(seed)})
        for row in networks(config_from(seeded), pairs.test, options.beam):
            rows.append(row)
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
