"""Real text with labels that are certain: docstrings as they were written, and shuffled ones.

``python -m experiments.word_order --seeds 0 1 2 --labels 40 400 --csv FILE``

Every second text of ``docstrings`` gets its words in another order; the first and the last word
stay, so that capital and full stop tell nothing. A bag of words cannot tell the two apart. The
methods are those of ``experiments.few_labels``, and two more:

- ``word pairs``: logistic regression on the words and the pairs of neighbours;
- ``likelihood``: logistic regression on one number, the mean log-probability of the text's tokens
  under the language model that has read the text before.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import log_softmax

from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.checks import Array, IntArray
from experiments import few_labels
from experiments.few_label_data import Part, Question, load
from experiments.record import describe_run, tracked, write_results

PAIRS, LIKELIHOOD = "word pairs", "likelihood"
PIECES = "without read own"
METHODS = (
    few_labels.BAG, PAIRS, LIKELIHOOD, "features", "fresh features", "scratch", "all weights",
    "LoRA 1", "LoRA 4", "LoRA 16", PIECES,
)  # fmt: skip


def shuffled(text: str, rng: np.random.Generator) -> str:
    """Put the inner words of a text into another order."""
    first, *inner, last = text.split()
    return " ".join([first, *(inner[i] for i in rng.permutation(len(inner))), last])


def word_order() -> Question:
    """Return the question; which texts are shuffled is the same for every seed."""
    question = load("docstrings")
    rng, parts = np.random.default_rng(20), {}
    for name, part in question.parts.items():
        texts = [text for text in part.texts if len(set(text.split()[1:-1])) > 2]
        labels = rng.permutation(np.arange(len(texts)) % 2)  # 1: as it was written
        found = [
            text if label else shuffled(text, rng)
            for text, label in zip(texts, labels, strict=True)
        ]
        ids = [question.vocabulary.encode(text)[: question.sizes.longest] for text in found]
        parts[name] = Part(ids, labels, found)
    sizes = replace(
        question.sizes, tunes=0
    )  # half of these texts are shuffled: none is read before
    return question._replace(name="word-order", parts=parts, classes=2, sizes=sizes)


@torch.no_grad()
def mean_log_probability(model: LanguageModel, ids: Sequence[IntArray]) -> Array:
    """Return the mean log-probability of each text's tokens but the first, (N, 1)."""
    model.eval()
    found = []
    for row in ids:
        x = torch.from_numpy(np.asarray(row))[:, None]  # (T, 1)
        logits, _ = model(x[:-1])
        found.append(log_softmax(logits.double(), dim=2).gather(2, x[1:, :, None]).mean().item())
    return np.array(found)[:, None]


def run(
    question: Question, name: str, labels: int, seed: int, models: dict[str, LanguageModel]
) -> dict[str, object]:
    """Learn from some labels, one way."""
    if name not in (PAIRS, LIKELIHOOD):
        return few_labels.run(question, name, labels, seed, models)
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    start = time.process_time()
    part = question.parts["train"].few(labels, seed)
    measured = [question.parts["valid"], question.parts["test"]]
    regression = LogisticRegression(C=10.0, max_iter=1000)
    if name == PAIRS:
        bag = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+", ngram_range=(1, 2))
        regression.fit(bag.fit_transform(part.texts), part.labels)
        scores = [float(regression.score(bag.transform(p.texts), p.labels)) for p in measured]
        body = 0
    else:
        model = models["before"]
        regression.fit(mean_log_probability(model, part.ids), part.labels)
        scores = [
            float(regression.score(mean_log_probability(model, p.ids), p.labels)) for p in measured
        ]
        body = sum(p.numel() for p in model.parameters())
    trained = regression.coef_.size + regression.intercept_.size
    return {
        "data": question.name,
        "seed": seed,
        "labels": labels,
        "method": name,
        "trained": trained,
        "parameters": trained + body,
        "updates": 0,
        "valid": f"{scores[0]:.4f}",
        "test": f"{scores[1]:.4f}",
        "cpu_seconds": f"{time.process_time() - start:.1f}",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.word_order", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--labels", nargs="+", type=int, default=[40, 400])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--share", type=int, default=1, help="seeds that share a language model")
    parser.add_argument("--kept", type=Path, help="a folder that keeps the language models")
    parser.add_argument("--go-on", action="store_true", help="keep the rows that the file has")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.word_order", arguments, options)
    question = word_order()
    rows: list[dict[str, object]] = []
    if options.go_on and options.csv.exists():
        with options.csv.open() as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))  # type: ignore[arg-type]
    done = {(str(r["seed"]), str(r["labels"]), r["method"]) for r in rows}
    for seed in options.seeds:
        cases = [
            (n, m)
            for n in options.labels
            for m in options.methods
            if (str(seed), str(n), m) not in done
        ]
        if not cases:
            continue
        models = few_labels.language_models(question, seed // options.share, options.kept)
        for labels, method in tracked(cases):
            rows.append(run(question, method, labels, seed, models))  # type: ignore[arg-type]
            print(*rows[-1].values(), flush=True)
            if options.csv:
                write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
