"""Classify texts by which words they hold: the simple method beside every network.

``python -m experiments.bag_of_words docstrings --labels 40 200 1000 --seeds 0 1 2 --csv FILE``

A text is the numbers of its words, in small letters, weighted by how few texts have them (tf-idf:
1 + log of the count, times the log of how rare the word is); logistic regression has one weight
for each word and class. Nothing knows the order of words, or words that no labelled text has. The
weighting and the strength of the penalty were chosen on validation parts with seeds 100 to 102.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from course_pkg.checks import check_option
from course_pkg.data.registry import DATA_SETS, load_labelled
from course_pkg.data.sets.labelled import LabelledTexts
from course_pkg.data.text.tokens import words
from course_pkg.training.tasks.texts import few_of
from experiments.record import describe_run, tracked, write_results

STRENGTH = 10.0  # the loss of the examples weighs this much beside half the squared weights


def small_words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return [word.lower() for word in words(text)]


def run(
    texts: LabelledTexts, labels: int | None, seed: int, *, part: str = "test"
) -> dict[str, object]:
    """Learn from some labels, drawn as the recipes of networks draw them; measure on a part."""
    check_option("part", part, ("valid", "test"))
    drawn = few_of(texts.train, labels, seed)
    model = make_pipeline(
        TfidfVectorizer(analyzer=small_words, sublinear_tf=True),
        LogisticRegression(C=STRENGTH, max_iter=2_000),
    )
    model.fit([text for text, _ in drawn], [label for _, label in drawn])
    measured = getattr(texts, part)
    accuracy = model.score([text for text, _ in measured], [label for _, label in measured])
    return {
        "labels": len(drawn),
        "seed": seed,
        "part": part,
        "accuracy": round(float(accuracy), 4),
        "parameters": model[-1].coef_.size + model[-1].intercept_.size,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.bag_of_words", description=__doc__)
    names = [entry.name for entry in DATA_SETS.values() if entry.kind == "labelled"]
    parser.add_argument("data", choices=names)
    parser.add_argument("--labels", type=int, nargs="+", help="by default all")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--part", choices=("valid", "test"), default="test")
    parser.add_argument("--csv", type=Path)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    about = describe_run("experiments.bag_of_words", arguments, options)
    texts = load_labelled(options.data)
    rows: list[dict[str, object]] = []
    counts: list[int | None] = options.labels or [None]
    for count, seed in tracked([(count, seed) for count in counts for seed in options.seeds]):
        rows.append(run(texts, count, seed, part=options.part))  # type: ignore[arg-type]
        print(*rows[-1].values(), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
