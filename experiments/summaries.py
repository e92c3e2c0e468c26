"""Summarise documents whose sentences are marked by cue words: by rules, and by three networks.

``python -m experiments.summaries --seeds 0 1 2 --csv FILE``

The networks get the same number of updates: an encoder and a decoder alone, the same with
attention, and the same with attention that may also copy. For the second one there is a further
row: in its summaries, each unknown word is replaced by the source word with the largest weight.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from course_pkg.data.registry import load_pairs
from course_pkg.data.sets.summaries import CUES, MARKED
from course_pkg.data.text.joined import to_tokens
from course_pkg.data.text.vocabulary import UNKNOWN
from course_pkg.metrics.rouge import rouge_n
from experiments.record import describe_run, tracked, write_results
from experiments.word_pairs import Words, fresh_model, learn, write

MODELS = {"none": ("none", False), "attention": ("additive", False), "copying": ("additive", True)}
Text = list[tuple[str, str]]


def lead(document: str) -> str:
    """Return the first three sentences."""
    return ". ".join(document.split(". ")[:MARKED])


def marked(document: str) -> str:
    """Return the sentences that a cue marks: the best that can be taken out as it is."""
    return ". ".join(s for s in document.split(". ") if s.split()[0] in CUES)


def measure(written: Sequence[str], pairs: Text, words: Words) -> dict[str, object]:
    """Compare summaries with the right ones; commas and full stops do not count in the recall."""
    cut = [[w for w in to_tokens(text, "word") if w.isalpha() or w == UNKNOWN] for text in written]
    right = [[w for w in to_tokens(text, "word") if w.isalpha()] for _, text in pairs]
    recall = [rouge_n(a, b, 1).recall for a, b in zip(cut, right, strict=True)]
    new = [[w for w in text if w not in words.number] for text in right]
    exact = np.array([text == pair[1] for text, pair in zip(written, pairs, strict=True)])
    has_new = np.array([bool(names) for names in new])
    found = [name in text for text, names in zip(cut, new, strict=True) for name in names]
    return {
        "recall": f"{np.mean(recall):.4f}",
        "exact_all_known": _share(exact[~has_new]),
        "exact_new_name": _share(exact[has_new]),
        "new_names_found": _share(found),
        "documents": len(pairs),
        "with_new_name": int(has_new.sum()),
        "new_names": len(found),
    }


def _share(hits: Sequence[bool] | np.ndarray) -> str:
    """Return the share of hits; nothing where there is nothing to hit."""
    return f"{np.mean(hits):.4f}" if len(hits) else ""


def run(
    seed: int, kind: str, words: Words, train: Text, test: Text, *, H: int, E: int, updates: int
) -> list[dict[str, object]]:
    """Train one network; return its row, and for attention alone a second one."""
    start = time.process_time()
    attention, copies = MODELS[kind]
    model = fresh_model(words, seed, attention=attention, copies=copies, H=H, E=E)
    learn(model, words, train, seed, updates=updates)
    shared = {"H": H, "updates": updates, "cpu_seconds": f"{time.process_time() - start:.0f}"}
    sources = [source for source, _ in test]
    rows = [{"seed": seed, "model": kind, **measure(write(model, words, sources), test, words)}]
    if kind == "attention":
        written = write(model, words, sources, replace=True)
        rows.append({"seed": seed, "model": "replacing", **measure(written, test, words)})
    return [{**row, **shared} for row in rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.summaries", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=list(MODELS))
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--embedding", type=int, default=32)
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--part", choices=("valid", "test"), default="test")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.summaries", arguments, options)
    pairs = load_pairs("summaries")
    test: Text = getattr(pairs, options.part)
    words = Words(pairs.train, least=5)
    rows: list[dict[str, object]] = [
        {"seed": "", "model": name, **measure([rule(d) for d, _ in test], test, words)}
        | {"H": "", "updates": "", "cpu_seconds": ""}
        for name, rule in (("lead", lead), ("marked", marked))
    ]
    sizes = {"H": options.hidden, "E": options.embedding, "updates": options.updates}
    for seed, kind in tracked([(s, m) for s in options.seeds for m in options.models]):
        more = run(seed, kind, words, pairs.train, test, **sizes)  # type: ignore[arg-type]
        rows += more
        print(*(" ".join(map(str, row.values())) for row in more), sep="\n", flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
