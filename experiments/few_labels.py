"""Learn a classifier from few labels: from scratch, or from a language model that has read before.

``python -m experiments.few_labels docstrings --seeds 0 1 2 --labels 40 400 --csv FILE``

The methods: logistic regression on a bag of words (tf-idf), on words and ``word pairs``, or on one
number, the ``likelihood`` of the text under the language model that has read the text before; a
network from scratch; logistic regression on the features of the frozen language model, and of a
fresh one; all weights trained on; LoRA by rank; and the pieces of ULMFiT, all together and each
left out: the language model reads the training texts without their labels (``read own``), lower
layers learn more slowly (``slower below``), are thawed one after the other (``thaw``), the rate
rises and falls (``slanted``), and last state, largest and mean outputs are read side by side
(``concat``).

A seed draws the labelled texts, the fresh weights and the order of the batches. The test part is
measured once, after a number of updates that depends on the number of labels alone: nobody with 40
labels has 500 more to stop early by. ``--kept`` is a folder for the language models, one for every
``--share`` seeds; with ``--go-on`` the rows that the file has are not run again.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, log_softmax

from course_pkg.data.batching.padding import pad_batch
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.checks import Array, IntArray
from course_pkg.training.adapting.freezing import count, hash_of
from course_pkg.training.adapting.method import Adapting, adapt
from course_pkg.training.schedules import slanted_triangular
from experiments.characters import bits_per_token
from experiments.characters import train as read
from experiments.few_label_data import Part, Question, load
from experiments.record import describe_run, tracked, write_results

PHASES = 10  # a run's parts: with `thaw`, the next layer down joins after each
BATCH = 32
RATE = 1e-2  # the highest; from a language model, 4e-3 was no better on seeds from 100 on


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to come to a network that classifies."""

    start: str = "before"  # "scratch"; or the language model: "before", or "own" after reading own
    adapting: Adapting = field(default_factory=Adapting)
    pooling: str = "concat"
    slanted: bool = True


PIECES = Adapting(method="gradual", decay=0.4)
METHODS = {
    "scratch": Method(start="scratch"),
    "all weights": Method(),
    **{
        f"LoRA {r}": Method(adapting=Adapting(method="lora", rank=r, alpha=8.0))
        for r in (1, 2, 4, 8, 16)
    },
    "ULMFiT": Method(start="own", adapting=PIECES),
    "without read own": Method(adapting=PIECES),
    "without slower below": Method(start="own", adapting=Adapting(method="gradual")),
    "without thaw": Method(start="own", adapting=Adapting(decay=0.4)),
    "without slanted": Method(start="own", adapting=PIECES, slanted=False),
    "without concat": Method(start="own", adapting=PIECES, pooling="last"),
}
BAG, PAIRS, LIKELIHOOD = "bag of words", "word pairs", "likelihood"
FEATURES = {"features": "before", "fresh features": "scratch"}  # of which network
NAMES = (BAG, PAIRS, LIKELIHOOD, *FEATURES, *METHODS)


def updates_for(labels: int) -> int:
    """Return how long a network is trained: about 68 passes over 40 labels, 10 over 2,000."""
    return int(60 * math.sqrt(labels / 20))


def fresh(question: Question) -> LanguageModel:
    """Draw the weights of a language model; a classifier from scratch starts from them too."""
    return LanguageModel(
        tokens=len(question.vocabulary), embedding=question.sizes.hidden,
        hidden=question.sizes.hidden, tied=True, dropout=question.sizes.dropout,
    )  # fmt: skip


def language_models(question: Question, seed: int, kept: Path | None) -> dict[str, LanguageModel]:
    """Return the model that has read the text before, and the one that then read its own texts."""
    sizes = question.sizes
    torch.manual_seed(seed)
    model, found = fresh(question), {}
    for start, ids, updates, lr in (
        ("before", question.before, sizes.reads, sizes.lr),
        ("own", question.own, sizes.tunes, sizes.lr / 2),
    ):
        path = kept / f"{question.name} {start} {seed}.pt" if kept else None
        if not updates:
            continue
        if path and path.exists():
            model.load_state_dict(torch.load(path, weights_only=True))
        else:
            for _ in read(model, ids, updates, B=sizes.batch, T=sizes.window, lr=lr):
                pass
            if path:
                path.parent.mkdir(parents=True, exist_ok=True)
                torch.save(model.state_dict(), path)
        found[start] = copy.deepcopy(model)
    return found


def classifier(
    question: Question, method: Method, models: dict[str, LanguageModel], seed: int
) -> SequenceClassifier:
    """Make a classifier; its body is a language model's, unless it starts from scratch."""
    sizes = question.sizes
    torch.manual_seed(seed)
    model = SequenceClassifier(
        classes=question.classes, tokens=len(question.vocabulary), embedding=sizes.hidden,
        hidden=sizes.hidden, pooling=method.pooling, dropout=sizes.dropout,
    )  # fmt: skip
    if method.start == "scratch":
        body = fresh(question)
    else:
        body = models.get(method.start, models["before"])  # there may be nothing else to read
    assert model.embedding is not None
    model.embedding.load_state_dict(body.embedding.state_dict())
    model.recurrent.load_state_dict(body.recurrent.state_dict())
    return model


def learn(
    model: SequenceClassifier, part: Part, method: Method, updates: int, seed: int
) -> tuple[int, int]:
    """Train in place; return how many weights were trained, and how many there are."""
    adaptation = adapt(model, method.adapting)
    frozen = adaptation.frozen(model)
    before = hash_of(frozen)
    optimiser = torch.optim.Adam(adaptation.for_optimiser())
    rng, waiting = np.random.default_rng(seed), np.zeros(0, dtype=np.int64)
    model.train()
    for update in range(updates):
        if update * PHASES // updates != (update - 1) * PHASES // updates:
            adaptation.start_epoch(model, update * PHASES // updates)
        rate = RATE * (slanted_triangular(update, updates) if method.slanted else 1.0)
        for group in optimiser.param_groups:
            group["lr"] = rate * group["factor"]
        if len(waiting) < min(BATCH, len(part.labels)):
            waiting = np.concatenate([waiting, rng.permutation(len(part.labels))])
        chosen, waiting = waiting[:BATCH], waiting[BATCH:]
        padded = pad_batch([part.ids[i] for i in chosen])
        logits = model(torch.from_numpy(padded.x), torch.from_numpy(padded.lengths))
        loss = cross_entropy(logits, torch.from_numpy(part.labels[chosen]))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    assert hash_of(frozen) == before, "a frozen weight has moved"
    trained, fixed = count(model, adaptation)
    return trained, trained + fixed


@torch.no_grad()
def outputs(model: SequenceClassifier, ids: Sequence[IntArray]) -> Array:
    """Return the logits of every text, (N, C); texts of similar lengths are read together."""
    model.eval()
    order = np.argsort([len(row) for row in ids], kind="stable")
    found: list[Array] = []
    for first in range(0, len(order), 128):
        padded = pad_batch([ids[i] for i in order[first : first + 128]])
        logits = model(torch.from_numpy(padded.x), torch.from_numpy(padded.lengths))
        found.append(logits.double().numpy())
    out = np.concatenate(found)
    back = np.empty_like(out)
    back[order] = out
    return back


def accuracy(model: SequenceClassifier, part: Part) -> float:
    """Return the share of texts whose class the model tells."""
    return float((outputs(model, part.ids).argmax(axis=1) == part.labels).mean())


def bag_of_words(part: Part, measured: Sequence[Part], longest: int) -> tuple[list[float], int]:
    """Fit logistic regression to tf-idf weights of words, or of neighbours too.

    Returns accuracies, and the number of its weights.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    bag = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+", ngram_range=(1, longest))
    regression = LogisticRegression(C=10.0, max_iter=1000)
    regression.fit(bag.fit_transform(part.texts), part.labels)
    scores = [float(regression.score(bag.transform(p.texts), p.labels)) for p in measured]
    return scores, regression.coef_.size + regression.intercept_.size


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


def likelihood(
    model: LanguageModel, part: Part, measured: Sequence[Part]
) -> tuple[list[float], int]:
    """Fit logistic regression to how probable a language model finds a text."""
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=10.0, max_iter=1000)
    regression.fit(mean_log_probability(model, part.ids), part.labels)
    scores = [
        float(regression.score(mean_log_probability(model, p.ids), p.labels)) for p in measured
    ]
    return scores, regression.coef_.size + regression.intercept_.size


def features(
    model: SequenceClassifier, part: Part, measured: Sequence[Part], C: float
) -> tuple[list[float], int]:
    """Fit logistic regression to what a frozen network tells of a text.

    That is the mean of the embeddings beside the pooled outputs: all layers, as in ELMo.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    body = copy.deepcopy(model)
    body.readout = nn.Identity()  # type: ignore[assignment]
    assert body.embedding is not None
    E = body.embedding.weight.detach().double().numpy()

    def read(p: Part) -> Array:
        means = np.stack([E[ids].mean(axis=0) for ids in p.ids])
        return np.concatenate([means, outputs(body, p.ids)], axis=1)

    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000))
    pipeline.fit(read(part), part.labels)
    scores = [float(pipeline.score(read(p), p.labels)) for p in measured]
    return scores, pipeline[-1].coef_.size + pipeline[-1].intercept_.size


def run(
    question: Question, name: str, labels: int, seed: int, models: dict[str, LanguageModel]
) -> dict[str, object]:
    """Learn from some labels, one way."""
    start = time.process_time()
    part = question.parts["train"].few(labels, seed)
    measured = [question.parts["valid"], question.parts["test"]]
    updates = 0
    if name in (BAG, PAIRS):
        scores, trained = bag_of_words(part, measured, 1 if name == BAG else 2)
        total = trained
    elif name == LIKELIHOOD:
        scores, trained = likelihood(models["before"], part, measured)
        total = trained + sum(p.numel() for p in models["before"].parameters())
    elif name in FEATURES:
        model = classifier(question, Method(start=FEATURES[name]), models, seed)
        scores, trained = features(model, part, measured, question.sizes.C)
        total = trained + sum(p.numel() for p in model.parameters())
    else:
        method, updates = METHODS[name], round(question.sizes.longer * updates_for(labels))
        model = classifier(question, method, models, seed)
        trained, total = learn(model, part, method, updates, seed)
        scores = [accuracy(model, p) for p in measured]
    return {
        "data": question.name,
        "seed": seed,
        "labels": labels,
        "method": name,
        "trained": trained,
        "parameters": total,
        "updates": updates,
        "valid": f"{scores[0]:.4f}",
        "test": f"{scores[1]:.4f}",
        "cpu_seconds": f"{time.process_time() - start:.1f}",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.few_labels", description=__doc__)
    parser.add_argument("data", help="docstrings, word-order, polarity, banking77, word-kinds ...")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--labels", nargs="+", type=int, default=[40, 400])
    parser.add_argument("--methods", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--share", type=int, default=1, help="seeds that share a language model")
    parser.add_argument("--kept", type=Path, help="a folder that keeps the language models")
    parser.add_argument("--go-on", action="store_true", help="keep the rows that the file has")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.few_labels", arguments, options)
    rows: list[dict[str, object]] = []
    if options.go_on and options.csv.exists():
        with options.csv.open() as file:
            rows += csv.DictReader(line for line in file if not line.startswith("#"))
    done = {(str(r["seed"]), str(r["labels"]), r["method"]) for r in rows}
    for seed in options.seeds:
        cases = [(n, m) for n in options.labels for m in options.methods]
        cases = [(n, m) for n, m in cases if (str(seed), str(n), m) not in done]
        if not cases:
            continue
        question = load(options.data, seed)
        models = language_models(question, seed // options.share, options.kept)
        for start, model in models.items():
            bits = bits_per_token(model, question.valid)
            print(seed, start, f"{bits:.3f} bits per token", flush=True)
        for labels, method in tracked(cases):
            rows.append(run(question, method, labels, seed, models))  # type: ignore[arg-type]
            print(*rows[-1].values(), flush=True)
            if options.csv:  # after each, so that a run that is stopped leaves what it found
                write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
