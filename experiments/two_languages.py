"""Write digits as words, in English or in German: what scheduled sampling does to a choice.

``python -m experiments.two_languages --seeds 0 1 2 --csv FILE``

The training texts are whole in English or whole in German, half and half, and the source does not
say which. So the first word costs one bit, and the others nothing: a text costs 1 bit at least.
``truth`` is the probability of reading the true word at the end of the training.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_pkg.models.seq2seq import Seq2Seq
from experiments import digits
from experiments.record import describe_run, tracked, write_results
from experiments.teacher_forcing import falling

ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GERMAN = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
WORDS = (*ENGLISH, *GERMAN, "BEGIN", "END")
BEGIN, END = 20, 21


def texts(rng: np.random.Generator, length: int, B: int) -> digits.Digits:
    """Draw digits and their words, each text in a language of its own."""
    x = torch.from_numpy(rng.integers(0, 10, (length, B)))
    y = x + 10 * torch.from_numpy(rng.integers(0, 2, B))
    begin, end = (torch.full((1, B), token) for token in (BEGIN, END))
    return digits.Digits(x, torch.cat([begin, y]), torch.cat([y, end]))


def train(seed: int, truth: float, *, H: int, length: int, updates: int) -> Seq2Seq:
    """Train a model with attention; the probability of the truth falls from 1 to ``truth``."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Seq2Seq(source_tokens=10, target_tokens=len(WORDS), embedding=16, hidden=H)
    digits.learn(model, lambda: texts(rng, length, 64), updates, lr=1e-2, truth=falling(truth))
    return model.eval()


def judge(written: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
    """Say of texts (S+1, B) whether they name the right digits, and also in one language, (B,)."""
    words, end = written[:-1], written[-1]
    right = ((words < BEGIN) & (words % 10 == source)).all(dim=0) & (end == END)
    return right, right & (words // 10 == words[0] // 10).all(dim=0)


def run(
    seed: int, truth: float, *, H: int, length: int, updates: int, tests: int
) -> dict[str, object]:
    """Train one model, and let it write: each word drawn, or the most probable one."""
    start = time.process_time()
    model = train(seed, truth, H=H, length=length, updates=updates)
    seconds = time.process_time() - start
    source, inputs, targets = texts(np.random.default_rng(digits.TEST_SEED), length, tests)
    with torch.no_grad():
        log_probs, _ = model(source, inputs)
    nats = -log_probs.gather(2, targets[:, :, None]).double().sum(dim=0).mean().item()
    drawn = judge(digits.write(model, source, length + 1, draw=True), source)
    greedy = judge(digits.write(model, source, length + 1), source)
    shares = [f"{share.double().mean().item():.4f}" for share in (*drawn, *greedy)]
    names = ("drawn_right", "drawn_one_language", "greedy_right", "greedy_one_language")
    return {
        "seed": seed,
        "truth": truth,
        "H": H,
        "length": length,
        "updates": updates,
        "cpu_seconds": f"{seconds:.1f}",
        "tests": tests,
        "bits": f"{nats / math.log(2):.4f}",
        **dict(zip(names, shares, strict=True)),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.two_languages", description=__doc__
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--truth", nargs="+", type=float, default=[1.0, 0.75, 0.5, 0.0])
    parser.add_argument("--hidden", type=int, default=48)
    parser.add_argument("--length", type=int, default=6)
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.two_languages", arguments, options)
    rows = []
    for seed, truth in tracked([(seed, p) for seed in options.seeds for p in options.truth]):
        row = run(
            seed,  # type: ignore[arg-type]
            truth,  # type: ignore[arg-type]
            H=options.hidden,
            length=options.length,
            updates=options.updates,
            tests=options.tests,
        )
        rows.append(row)
        print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
