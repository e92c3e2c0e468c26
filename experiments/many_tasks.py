"""One body, two readouts: labels to tell, and beside them a text to predict that helps or misleads.

``python -m experiments.many_tasks --seeds 0 1 2 --csv FILE``

The label of a text depends on the kinds of its words. Text without labels shows which words are of
one kind: in ``same`` the kinds are those of the labelled texts, in ``anew`` the same words were
dealt to the kinds in another way. The main task gets the same number of updates in all cases.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from course_pkg.data.sets.labelled import Example
from course_pkg.data.sets.word_kinds import load_word_kinds, load_word_kinds_text
from course_pkg.data.text.vocabulary import Vocabulary
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.shared import share_body
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.classify import Classify, Labelled
from course_pkg.training.tasks.mixture import Mixture
from course_pkg.training.tasks.next_token import PredictNext
from course_pkg.training.tasks.protocol import Task
from experiments.record import describe_run, tracked, write_results

TEXTS = ("none", "same", "anew")


def tasks(
    seed: int,
    text: str,
    *,
    labels: int,
    H: int,
    share: float,
    batch: int = 32,
    held_out: int = 1000,
) -> tuple[Classify, Task]:
    """Return the main task, and what is learned: the task itself, or its mixture with a text."""
    data = load_word_kinds(train=max(labels, 2000), held_out=held_out, seed=seed)
    vocabulary = Vocabulary.build(load_word_kinds_text(seed=seed).train, level="word")

    def part(examples: Sequence[Example]) -> Labelled:
        ids = [vocabulary.encode(text) for text, _ in examples]
        return Labelled(ids, np.array([label for _, label in examples]))

    parts = {"train": part(data.train[:labels]), "valid": part(data.valid), "test": part(data.test)}
    torch.manual_seed(seed)
    V, E = len(vocabulary), H // 2
    model = SequenceClassifier(
        classes=2, tokens=V, embedding=E, hidden=H, cell="gru", pooling="mean"
    )
    main = Classify(model, parts, batch=batch, seed=seed)
    if text == "none":
        return main, main
    corpus = load_word_kinds_text(seed=seed, dealt_anew=text == "anew")
    reader = LanguageModel(tokens=V, embedding=E, hidden=H, cell="gru")
    share_body(model, reader)
    ids = {"train": vocabulary.encode(corpus.train), "valid": vocabulary.encode(corpus.valid)}
    beside = PredictNext(reader, ids, batch=batch, window=15)
    return main, Mixture({"labels": main, "text": beside}, shares=(share, 1 - share), seed=seed)


def run(
    seed: int, text: str, labels: int, H: int, *, updates: int, share: float
) -> dict[str, object]:
    """Learn with one kind of text beside the labels; return a row."""
    start = time.process_time()
    main, learned = tasks(seed, text, labels=labels, H=H, share=share)
    steps = updates if text == "none" else round(updates / share)
    settings = Settings(
        steps=steps, lr=1e-2, schedule="cosine", seed=seed, evaluate_every=max(1, steps // 10)
    )
    result = fit(learned, settings, show_progress=False)
    return {
        "seed": seed,
        "text": text,
        "labels": labels,
        "H": H,
        "share": share if text != "none" else 1.0,
        "steps": result.steps,
        "accuracy": f"{evaluate(main, 'test')['accuracy']:.4f}",
        "perplexity": f"{evaluate(learned, 'valid')['text_perplexity']:.2f}"
        if text != "none"
        else "",
        "cpu_seconds": f"{time.process_time() - start:.0f}",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.many_tasks", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--texts", nargs="+", default=list(TEXTS))
    parser.add_argument("--labels", nargs="+", type=int, default=[100, 2000])
    parser.add_argument("--hidden", nargs="+", type=int, default=[8, 16, 32])
    parser.add_argument("--updates", type=int, default=400, help="of the main task")
    parser.add_argument("--share", type=float, default=0.25, help="batches of the main task")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.many_tasks", arguments, options)
    rows: list[dict[str, object]] = []
    cases = [
        (seed, text, labels, H)
        for seed in options.seeds
        for H in options.hidden
        for labels in options.labels
        for text in options.texts
    ]
    for seed, text, labels, H in tracked(cases):
        row = run(
            seed,  # type: ignore[arg-type]
            text,  # type: ignore[arg-type]
            labels,  # type: ignore[arg-type]
            H,  # type: ignore[arg-type]
            updates=options.updates,
            share=options.share,
        )
        rows.append(row)
        print(seed, text, labels, H, row["accuracy"], row["perplexity"], flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
