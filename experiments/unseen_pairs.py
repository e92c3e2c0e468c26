"""Zero-shot: a task and an alphabet that a language model knows, but has never met together.

``python -m experiments.unseen_pairs --seeds 0 1 2 --csv FILE``

Three of the twelve pairs of task and alphabet are left out of the text, or made rare. The model is
then asked for them by the name of the task. A soft prompt, tuned on lines of the pair, shows
whether the name is what is missing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from course_pkg.models.prompts import SoftPrompt
from experiments.prompts import RATES, begin, tune
from experiments.record import describe_run, tracked, write_results
from experiments.string_tasks import (
    ALPHABETS,
    LEARNT,
    PAIRS,
    WORDS,
    Pair,
    exact,
    lines,
    pretrain,
    strings,
    unseen,
)


def left_out(seed: int) -> list[Pair]:
    """Return three pairs: every alphabet once, and of the four tasks all but one."""
    tasks = [list(LEARNT)[(seed + n) % len(LEARNT)] for n in range(ALPHABETS)]
    return [(task, alphabet) for alphabet, task in enumerate(tasks)]


def run(
    seed: int, weight: float, *, updates: int, tuning: int, tests: int
) -> list[dict[str, object]]:
    """Pre-train with some pairs left out, or rare; return a row for each pair."""
    start = time.process_time()
    rare = left_out(seed)
    model = pretrain(seed, weights=dict.fromkeys(rare, weight), updates=updates)
    rows: list[dict[str, object]] = []
    for task, alphabet in PAIRS:
        name = WORDS.index(task)
        rng = np.random.default_rng([2027, seed, name])
        shown = lines(task, strings(rng, alphabet, 32))
        test = unseen(task, tests, [alphabet], but=shown)
        tuned = None
        if (task, alphabet) in rare:
            prompt = SoftPrompt(model, 1, ids=[name])
            tune(prompt, shown, RATES["prompt"], updates=tuning, seed=seed)
            tuned = exact(prompt, test)
        rows.append(
            {
                "seed": seed,
                "weight": weight,
                "task": task,
                "alphabet": alphabet,
                "left_out": (task, alphabet) in rare,
                "by_name": f"{exact(model, begin([name], test)):.4f}",
                "tuned": "" if tuned is None else f"{tuned:.4f}",
                "updates": updates,
            }
        )
    seconds = f"{time.process_time() - start:.0f}"
    return [row | {"cpu_seconds": seconds} for row in rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.unseen_pairs", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument(
        "--weights",
        nargs="+",
        type=float,
        default=[0.0, 0.1],
        help="how often lines of these pairs occur, where those of the others occur once",
    )
    parser.add_argument("--updates", type=int, default=1500, help="of the pre-training")
    parser.add_argument("--tuning", type=int, default=200, help="updates of each soft prompt")
    parser.add_argument("--tests", type=int, default=500, help="lines of each pair")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.unseen_pairs", arguments, options)
    rows: list[dict[str, object]] = []
    for seed, weight in tracked([(s, w) for s in options.seeds for w in options.weights]):
        more = run(
            seed,  # type: ignore[arg-type]
            weight,  # type: ignore[arg-type]
            updates=options.updates,
            tuning=options.tuning,
            tests=options.tests,
        )
        rows += more
        print(seed, weight, *(row["by_name"] for row in more if row["left_out"]), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
