"""Beam search beside greedy decoding: a whole test set of sentences, side by side.

``python -m benchmarks.beam --help`` lists what can be chosen. One thread; set ``OMP_NUM_THREADS``
for more. Two models decode the same sources. The *trained* one reverses digits and is mostly sure,
as a model in use is: hardly a second text of a beam can still win, and those that cannot drop out.
The *untrained* one is unsure of everything. Where short texts do not win at once, none drops out
before the last step, and that is the most that a beam can cost.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and torch read it

import numpy as np
import torch

from benchmarks.recurrent import machine
from benchmarks.timing import Timing, interleave
from course_pkg.decoding.beam import beam_score
from course_pkg.decoding.beam_batch import beam_search_batch
from course_pkg.decoding.greedy import greedy_batch
from course_pkg.decoding.writing import Written
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator

BEGIN, END, PAD = 10, 11, 12  # after the ten digits
V, SHORTEST, LONGEST = 13, 10, 20
MODELS = ("untrained", "trained")
BASELINE = "greedy"
ROUNDING = 1e-4  # float32 products depend on how many rows there are
# What is timed beside greedy decoding, with the options of the search. To add one, add a line.
SEARCHES: dict[str, dict[str, Any]] = {
    "beam": {},
    "beam, plain": {"keep_greedy": False},
    "beam, alpha 0.6": {"alpha": 0.6},
    "beam, coverage": {"alpha": 0.6, "beta": 0.2},
    "beam, all returned": {"n_best": None},  # as many as it is wide
}


def pairs(B: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw rows of digits (S, B), their lengths (B,), and the rows reversed with END (S + 1, B)."""
    lengths = rng.integers(SHORTEST, LONGEST + 1, size=B)
    source = np.full((LONGEST, B), PAD)
    target = np.full((LONGEST + 1, B), PAD)
    for b, n in enumerate(lengths):
        digits = rng.integers(10, size=n)
        source[:n, b] = digits
        target[: n + 1, b] = [*digits[::-1], END]
    return torch.from_numpy(source), torch.from_numpy(lengths), torch.from_numpy(target)


def build(hidden: int, steps: int) -> Seq2Seq:
    """Make a model of digits, and train it for some steps of 64 pairs."""
    torch.manual_seed(0)
    model = Seq2Seq(source_tokens=V, target_tokens=V, embedding=hidden // 2, hidden=hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    rng = np.random.default_rng(0)
    for _ in range(steps):
        source, lengths, target = pairs(64, rng)
        inputs = torch.cat([torch.full((1, 64), BEGIN), target[:-1]])
        log_probs, _ = model(source, inputs, lengths, lengths + 1)
        loss = torch.nn.functional.nll_loss(
            log_probs.reshape(-1, V), target.reshape(-1), ignore_index=PAD
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model


def measure(
    model: Seq2Seq, sentences: int, width: int, names: Sequence[str], seconds: float
) -> list[dict[str, Any]]:
    """Time greedy decoding and the searches on one model; return a record for each."""
    source, lengths, target = pairs(sentences, np.random.default_rng(1))
    scorer = Translator(model, source, lengths)
    prompts, longest = np.full((1, sentences), BEGIN), LONGEST + 5
    runs: dict[str, Callable[[], Any]] = {
        BASELINE: partial(greedy_batch, scorer, prompts, longest, stop=END)
    }
    for name in names:
        options: dict[str, Any] = {"width": width, "stop": END, **SEARCHES[name]}
        if "n_best" in options:
            options["n_best"] = width
        runs[name] = partial(beam_search_batch, scorer, prompts, longest, **options)
    alone = torch.get_num_threads() == 1
    clock = time.process_time if alone else time.perf_counter
    timings = interleave(runs, seconds=seconds, rounds=5, clock=clock)

    greedy = runs[BASELINE]()
    records = []
    for name, run in runs.items():
        best = greedy if name == BASELINE else [texts[0] for texts in run()]
        gains = _gains(best, greedy, SEARCHES.get(name, {}))
        right = [
            text.ids.tolist() == column[: n + 1].tolist()
            for text, column, n in zip(best, target.T, lengths, strict=True)
        ]
        timing: Timing = timings[name]
        middle, low, high = timing.ratio(timings[BASELINE])
        records.append(
            {
                "search": name,
                "seconds": timing.median(),
                "rounds": len(timing.seconds),
                "to_greedy": {"median": middle, "quartile_1": low, "quartile_3": high},
                "right": float(np.mean(right)),
                "above_greedy": int(np.sum(gains > ROUNDING)),
                "below_greedy": int(np.sum(gains < -ROUNDING)),
            }
        )
    return records


def _gains(best: list[Written], greedy: list[Written], options: dict[str, Any]) -> np.ndarray:
    """Return by how much each text scores above the greedy one; 0 if coverage is in the score."""
    if options.get("beta"):
        return np.zeros(len(best))
    alpha = options.get("alpha", 0.0)
    scores = [[beam_score(text.log_probs, alpha) for text in texts] for texts in (best, greedy)]
    return np.subtract(*scores)


def table(records: Sequence[dict[str, Any]]) -> str:
    """Write the records as text, one block per model."""
    lines: list[str] = []
    for model in dict.fromkeys(r["model"] for r in records):
        lines += ["", f"{model} model"]
        lines.append(
            f"{'':20}{'seconds':>8}   {'/ greedy':20}{'right':>7}{'above':>8}{'below greedy':>14}"
        )
        for r in (r for r in records if r["model"] == model):
            ratio = r["to_greedy"]
            spread = f"({ratio['quartile_1']:.2f} to {ratio['quartile_3']:.2f})"
            lines.append(
                f"{r['search']:20}{r['seconds']:8.3f}   {ratio['median']:<5.2f}{spread:15}"
                f"{r['right']:7.1%}{r['above_greedy']:8}{r['below_greedy']:14}"
            )
    return "\n".join(lines[1:])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beam", description=__doc__)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--searches", nargs="+", choices=SEARCHES, default=list(SEARCHES))
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--width", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--steps", type=int, default=800, help="of training, 64 pairs each")
    parser.add_argument("--seconds", type=float, default=30.0, help="of timing, for one model")
    parser.add_argument("--json", type=Path, help="write the records to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    about = machine("cpu")
    print("; ".join(f"{key} {value}" for key, value in about.items()), end="\n\n")
    records: list[dict[str, Any]] = []
    for name in options.models:
        model = build(options.hidden, options.steps if name == "trained" else 0)
        for record in measure(
            model, options.sentences, options.width, options.searches, options.seconds
        ):
            records.append({"model": name, **record})
    print(table(records))
    if options.json:
        settings = {key: getattr(options, key) for key in ("sentences", "width", "hidden", "steps")}
        content = {"machine": about, "settings": settings, "records": records}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
