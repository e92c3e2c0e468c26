"""A word model against counted n-grams, on the two small parts of WikiText-2.

``python -m experiments.wikitext2_small --train FILE --test FILE --seeds 0 1 2 --csv FILE``

The training part of WikiText-2 is large. Here a tenth of it does: ``--train`` is the file of the
validation part, ``--test`` that of the test part. The first nine tenths of the training file are
learned from, the last tenth says when to stop. So the perplexities here are to be compared with
each other, and not with published ones.

All models have the same vocabulary, the words that come at least ``--min-count`` times in what is
learned from, and predict every token of the test file but the first. One row mixes the network and
the n-grams, half and half.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from course_pkg.data.sets.token_files import read_tokens
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.metrics.language import Measured, log_probs_of
from course_pkg.models.language_model import LanguageModel, score_of
from course_pkg.reference.baselines.ngrams import KneserNey
from course_pkg.reference.checks import Array, IntArray
from course_pkg.training.loop import fit
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.next_token import PredictNext
from experiments.record import describe_run, tracked, write_results

LEARNED_FROM = 0.9  # of the training file; the rest says when to stop


class Texts(NamedTuple):
    """The ids of the three parts, and the words that they stand for."""

    train: IntArray
    valid: IntArray
    test: IntArray
    vocabulary: Vocabulary


def read_texts(train: Path, test: Path, min_count: int) -> Texts:
    """Read the two files; what is not learned from does not shape the vocabulary either."""
    tokens = read_tokens(train)
    end = int(LEARNED_FROM * len(tokens))
    vocabulary = Vocabulary.build(
        tokens[:end], level="word", min_count=min_count, specials=[UNKNOWN]
    )
    parts = [vocabulary.encode(part) for part in (tokens[:end], tokens[end:], read_tokens(test))]
    return Texts(*parts, vocabulary)


def measured(log_probs: Array, ids: IntArray, vocabulary: Vocabulary) -> Measured:
    """Add up the log-probabilities of all tokens but the first."""
    unknown = int((ids[1:] == vocabulary.id(UNKNOWN)).sum())
    return Measured(-float(log_probs.sum()), len(log_probs), unknown)


def train_network(texts: Texts, seed: int, options: argparse.Namespace) -> LanguageModel:
    """Train one network; the best weights on the validation part are kept."""
    torch.manual_seed(seed)
    model = LanguageModel(
        tokens=len(texts.vocabulary),
        embedding=options.hidden,
        hidden=options.hidden,
        tied=True,
        dropout_in=options.dropout_in,
        dropout_out=options.dropout_out,
        same_mask=options.dropout_in > 0 or options.dropout_out > 0,
        weight_drop=options.weight_drop,
    )
    parts = {"train": texts.train, "valid": texts.valid}
    task = PredictNext(model, parts, batch=options.batch, window=options.window)
    settings = Settings(
        epochs=options.epochs, seed=seed, lr=options.lr, schedule="cosine", warm_up_steps=100,
        weight_decay=0.0, clip=1.0,
    )  # fmt: skip
    fit(task, settings)
    return model.eval()


def rows_of(texts: Texts, seed: int, options: argparse.Namespace) -> list[dict[str, object]]:
    """Return a row for the n-grams, for a network, and for the two mixed half and half."""
    start = time.process_time()
    counted = KneserNey.fit(texts.train, len(texts.vocabulary), order=options.order)
    grams = {part: counted.log_probs(getattr(texts, part)) for part in ("valid", "test")}
    middle = time.process_time()
    model = train_network(texts, seed, options)
    network = {
        part: log_probs_of(score_of(model), getattr(texts, part)) for part in ("valid", "test")
    }
    end = time.process_time()
    mixed = {part: np.logaddexp(network[part], grams[part]) - np.log(2) for part in grams}
    weights = sum(p.numel() for p in model.parameters())
    counts = sum(len(level.counts) - 1 for level in counted.levels)  # one for "never seen"
    rows = []
    for name, found, numbers, seconds in (
        (f"kneser-ney-{options.order}", grams, counts, middle - start),
        ("lstm", network, weights, end - middle),
        ("mixed", mixed, counts + weights, end - start),
    ):
        valid, test = (
            measured(found[part], getattr(texts, part), texts.vocabulary)
            for part in ("valid", "test")
        )
        rows.append(
            {
                "model": name,
                "seed": seed,
                "V": len(texts.vocabulary),
                "numbers": numbers,
                "train_tokens": len(texts.train),
                "test_tokens": test.tokens,
                "unknown_share": f"{test.unknown_share:.4f}",
                "valid_perplexity": f"{valid.perplexity:.2f}",
                "test_perplexity": f"{test.perplexity:.2f}",
                "cpu_seconds": f"{seconds:.0f}",
            }
        )
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.wikitext2_small", description=__doc__
    )
    parser.add_argument("--train", type=Path, required=True, help="the validation part's file")
    parser.add_argument("--test", type=Path, required=True, help="the test part's file")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--min-count", type=int, default=2, help="rarer words are unknown")
    parser.add_argument("--order", type=int, default=5, help="of the longest n-grams")
    parser.add_argument("--hidden", type=int, default=200, help="and the embedding's size")
    parser.add_argument("--dropout-in", type=float, default=0.3)
    parser.add_argument("--dropout-out", type=float, default=0.4)
    parser.add_argument("--weight-drop", type=float, default=0.3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--window", type=int, default=35)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.wikitext2_small", arguments, options)
    texts = read_texts(options.train, options.test, options.min_count)
    rows = []
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        for row in rows_of(texts, int(str(seed)), options):
            rows.append(row)
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
