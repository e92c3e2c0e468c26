"""Read handwritten digits row by row, in NumPy and in PyTorch, beside a linear model.

``python -m experiments.row_mnist --runs numpy-lstm torch-lstm linear --seeds 0 1 2 --csv FILE``

All runs of a seed read the same batches in the same order. The weights are those with the best
loss on the validation part; the test part is measured once, at the end. With ``--source full`` the
data are all 70,000 images.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from course_pkg.data.batching.batches import shuffled_batches
from course_pkg.metrics.intervals import wilson_interval
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.reference.cells import gru, lstm, rnn
from course_pkg.reference.checks import Array, IntArray
from course_pkg.reference.layers import linear
from course_pkg.reference.learning import adam, clip
from course_pkg.reference.learning.initialization import xavier_uniform
from course_pkg.reference.learning.tree import pick_gradients
from course_pkg.reference.losses import cross_entropy
from course_pkg.reference.networks import classifier
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.schedules import one_cycle
from course_pkg.training.seeding import generator
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.classify import Classify, Labelled, LabelledParts, digits_by_rows
from experiments.record import describe_run, tracked, write_results

CELLS: dict[str, Any] = {"rnn": rnn, "gru": gru, "lstm": lstm}
LR = 4e-3
CLIP = 1.0
START = 1_000_000  # the path of the generator of the first weights, away from those of the epochs


class Model(NamedTuple):
    """A NumPy model: where it starts, its logits, and its gradient."""

    start: Callable[[np.random.Generator], Any]
    logits: Callable[[Array, Any], tuple[Array, Any]]  # of x (T, B, I) and the parameters
    gradient: Callable[[Array, Any], Any]  # of dlogits (B, C) and the cache


def recurrent(kind: str, I: int, H: int, C: int) -> Model:
    """Return the classifier of the reference library with this cell."""
    cell = CELLS[kind]
    return Model(
        lambda rng: classifier.start(cell, I, H, C, rng, dtype=np.float32),
        lambda x, params: classifier.forward(cell, x, params),
        classifier.backward,
    )


def logistic(T: int, I: int, C: int) -> Model:
    """Return logistic regression on all pixels at once: no time, no hidden layer."""

    def flat(x: Array) -> Array:
        return np.ascontiguousarray(x.swapaxes(0, 1)).reshape(x.shape[1], T * I)

    return Model(
        lambda rng: linear.Params(
            xavier_uniform(C, T * I, rng, dtype=np.float32), np.zeros(C, dtype=np.float32)
        ),
        lambda x, params: linear.forward(flat(x), params),
        linear.backward,
    )


def numpy_step(
    model: Model, x: Array, labels: IntArray, params: Any, state: adam.State, lr: float
) -> tuple[float, Any, adam.State]:
    """Forward, loss, backward, clip, update: the whole of training, by the reference library."""
    logits, cache = model.logits(x, params)
    loss, loss_cache = cross_entropy.forward(logits, labels)
    grads = model.gradient(cross_entropy.backward(1.0, loss_cache), cache)
    clipped, _ = clip.clip_norm(pick_gradients(params, grads), CLIP)
    params, state = adam.update(params, clipped, state, lr=lr)
    return float(loss), params, state


def numpy_evaluate(model: Model, part: Labelled, params: Any) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy on a part."""
    loss, correct, N = 0.0, 0, len(part.labels)
    for start in range(0, N, 500):
        labels = part.labels[start : start + 500]
        x = np.ascontiguousarray(np.swapaxes(part.x[start : start + 500], 0, 1))
        logits, _ = model.logits(x, params)
        loss += float(cross_entropy.forward(logits, labels, reduction="sum")[0])
        correct += int((logits.argmax(axis=1) == labels).sum())
    return loss / N, correct / N


def train_numpy(
    model: Model, data: LabelledParts, seed: int, *, epochs: int, B: int
) -> tuple[float, float, int]:
    """Train with NumPy alone; return validation and test accuracy and the parameters' number."""
    train = data.parts["train"]
    params = model.start(generator(seed, START))
    state = adam.init(params)
    total, step = epochs * -(-len(train.labels) // B), 0
    best, best_loss = params, float("inf")
    for epoch in range(epochs):
        for rows in shuffled_batches(len(train.labels), B, generator(seed, epoch)):
            x = np.ascontiguousarray(np.swapaxes(np.asarray(train.x)[rows], 0, 1))  # (T, B, I)
            lr = LR * one_cycle(step, total)
            _, params, state = numpy_step(model, x, train.labels[rows], params, state, lr)
            step += 1
        loss, _ = numpy_evaluate(model, data.parts["valid"], params)
        if loss < best_loss:
            best, best_loss = params, loss
    found = [numpy_evaluate(model, data.parts[part], best)[1] for part in ("valid", "test")]
    return found[0], found[1], sum(array.size for array in state.m.values())


def train_torch(
    kind: str, data: LabelledParts, seed: int, *, H: int, epochs: int, B: int
) -> tuple[float, float, int]:
    """Train with the package's loop; return what :func:`train_numpy` returns."""
    torch.manual_seed(seed)
    model: nn.Module = SequenceClassifier(
        classes=data.classes, features=data.features, cell=kind, hidden=H
    )
    task = Classify(model, data.parts, batch=B, seed=seed)
    settings = Settings(epochs=epochs, seed=seed, lr=LR, schedule="one_cycle", clip=CLIP)
    fit(task, settings, show_progress=False)
    found = [evaluate(task, part)["accuracy"] for part in ("valid", "test")]
    return found[0], found[1], sum(p.numel() for p in model.parameters())


def train(
    run: str, data: LabelledParts, seed: int, *, H: int, epochs: int, B: int
) -> dict[str, object]:
    """Train one model on one seed."""
    library, _, kind = run.partition("-")
    T, I, C = np.asarray(data.parts["train"].x).shape[1], data.features, data.classes
    started = time.process_time()
    if library == "torch":
        valid, test, parameters = train_torch(kind, data, seed, H=H, epochs=epochs, B=B)
    else:
        model = logistic(T, I, C) if run == "linear" else recurrent(kind, I, H, C)
        valid, test, parameters = train_numpy(model, data, seed, epochs=epochs, B=B)
    seconds = time.process_time() - started
    count = len(data.parts["test"].labels)
    low, high = wilson_interval(round(test * count), count)
    return {
        "run": run,
        "seed": seed,
        "train": len(data.parts["train"].labels),
        "epochs": epochs,
        "parameters": parameters,
        "valid_accuracy": f"{valid:.4f}",
        "test_accuracy": f"{test:.4f}",
        "test_low": f"{low:.4f}",
        "test_high": f"{high:.4f}",
        "cpu_seconds": f"{seconds:.1f}",
    }


RUNS = ("linear", *(f"{library}-{cell}" for library in ("numpy", "torch") for cell in CELLS))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.row_mnist", description=__doc__)
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=["linear", "numpy-lstm"])
    parser.add_argument("--source", choices=["offline", "full"], default="offline")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1, help="of torch; NumPy's: OMP_NUM_THREADS")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    about = describe_run("experiments.row_mnist", arguments, options)
    data = digits_by_rows(options.source)
    rows = []
    sizes = {"H": options.hidden, "epochs": options.epochs, "B": options.batch}
    for run, seed in tracked([(run, seed) for run in options.runs for seed in options.seeds]):
        rows.append(train(str(run), data, int(str(seed)), **sizes))
        print(" ".join(f"{key} {value}" for key, value in rows[-1].items()), flush=True)
    if options.csv:
        write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
