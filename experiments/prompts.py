"""A frozen language model and what may be learned around it: words, vectors, a state, weights.

``python -m experiments.prompts --seeds 0 1 2 --csv FILE``

The model has read a text in which four tasks on strings have names. Now a few lines without a name
show a task: one of the four, or one that the model has never met. Each way to adapt sees the same
lines, and is measured on lines that nobody has seen.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.models.adapters import add_low_rank
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.prompts import LearnedState, SoftPrompt
from course_pkg.training.schedules import make_schedule
from experiments.record import describe_run, tracked, write_results
from experiments.string_tasks import (
    ALPHABETS,
    LEARNT,
    NEW,
    WORDS,
    V,
    answer_loss,
    exact,
    lines,
    pretrain,
    strings,
    unseen,
)

RATES = {"prompt": 0.1, "state": 0.1, "lora": 0.03, "full": 0.005}  # of Adam, by way
WAYS = {
    "learnt": ["nothing", "random", "name", "words", "prompt-1", "prompt-2", "prompt-4",
               "prompt-8", "state", "lora-4", "full"],
    "new": ["nothing", "words", "prompt-1", "prompt-4", "state", "lora-4", "full"],
}  # fmt: skip


def show(task: str, count: int, seed: int) -> Tensor:
    """Return lines that show a task, of all alphabets, (2S + 2, count)."""
    rng = np.random.default_rng([2027, seed])
    alphabets = rng.integers(0, ALPHABETS, count)
    return lines(task, np.concatenate([strings(rng, a, 1) for a in alphabets], axis=1))


def begin(words: Sequence[int], text: Tensor) -> Tensor:
    """Return lines that begin with some words."""
    return torch.cat(
        [torch.tensor(words, dtype=torch.long)[:, None].expand(-1, text.shape[1]), text]
    )


@torch.no_grad()
def best_words(model: nn.Module, shown: Tensor) -> list[int]:
    """Return the hard prompt of one or two tokens, of all there are, that suits the lines best."""
    prompts = [[v] for v in range(V)] + [[v, w] for v in range(V) for w in range(V)]
    return min(prompts, key=lambda words: answer_loss(model, begin(words, shown)).item())


def adapted(model: LanguageModel, way: str) -> nn.Module:
    """Return a copy of the model with something to be trained, by a name as in ``prompt-4``."""
    kind, _, size = way.partition("-")
    base = copy.deepcopy(model).requires_grad_(True)
    if kind == "prompt":
        return SoftPrompt(base, int(size))
    if kind == "state":
        return LearnedState(base)
    if kind == "lora":
        add_low_rank(base, rank=int(size))
    return base


def tune(model: nn.Module, shown: Tensor, lr: float, *, updates: int, seed: int) -> None:
    """Train what is not frozen on the answers of some lines."""
    rng = np.random.default_rng([2028, seed])
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, make_schedule("cosine", updates))
    for _ in range(updates):
        chosen = rng.choice(shown.shape[1], min(64, shown.shape[1]), replace=False)
        loss = answer_loss(model, shown[:, chosen])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        schedule.step()


def measure(
    model: LanguageModel,
    way: str,
    task: str,
    shown: Tensor,
    test: Tensor,
    *,
    updates: int,
    seed: int,
) -> dict[str, object]:
    """Adapt in one way; return what was trained, and the share of right answers."""
    torch.manual_seed(seed)
    words: list[int] = []
    other: nn.Module = model
    if way == "random":
        other = SoftPrompt(copy.deepcopy(model), 1)
        nn.init.normal_(other.vectors, std=model.settings["embedding"] ** -0.5)
    elif way in ("name", "words"):
        words = [WORDS.index(task)] if way == "name" else best_words(model, shown)
    elif way != "nothing":
        other = adapted(model, way)
        tune(other, shown, RATES[way.partition("-")[0]], updates=updates, seed=seed)
    trained = sum(p.numel() for p in other.parameters() if p.requires_grad)
    with torch.no_grad():
        loss = answer_loss(other, begin(words, shown)).item()
    return {
        "way": way,
        "trained": trained if other is not model and way != "random" else 0,
        "words": " ".join(
            WORDS[w] if w < len(WORDS) else f"letter-{w - len(WORDS)}" for w in words
        ),
        "loss": f"{loss:.4f}",
        "exact": f"{exact(other, begin(words, test)):.4f}",
    }


def run(
    seed: int, *, updates: int, tuning: int, few: int, many: int, tests: int
) -> list[dict[str, object]]:
    """Pre-train one model, and adapt it to every task in every way."""
    start = time.process_time()
    model = pretrain(seed, updates=updates)
    rows: list[dict[str, object]] = []
    for kind, tasks, count in (("learnt", LEARNT, few), ("new", NEW, many)):
        for task in tasks:
            shown = show(task, count, seed)
            test = unseen(task, tests, but=shown)
            for way in WAYS[kind]:
                found = measure(model, way, task, shown, test, updates=tuning, seed=seed)
                rows.append({"seed": seed, "task": task, "kind": kind, "lines": count, **found})
    parameters = sum(p.numel() for p in model.parameters())
    seconds = f"{time.process_time() - start:.0f}"
    return [row | {"parameters": parameters, "cpu_seconds": seconds} for row in rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.prompts", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--updates", type=int, default=1500, help="of the pre-training")
    parser.add_argument("--tuning", type=int, default=200, help="updates of each adaptation")
    parser.add_argument("--few", type=int, default=32, help="lines of a task it has learnt")
    parser.add_argument("--many", type=int, default=256, help="lines of a new task")
    parser.add_argument("--tests", type=int, default=300, help="lines of each alphabet")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.prompts", arguments, options)
    rows: list[dict[str, object]] = []
    for (seed,) in tracked([(s,) for s in options.seeds]):
        more = run(
            seed,  # type: ignore[arg-type]
            updates=options.updates,
            tuning=options.tuning,
            few=options.few,
            many=options.many,
            tests=options.tests,
        )
        rows += more
        print(seed, *(f"{row['way']} {row['exact']}" for row in more), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
