"""Start a classifier from a language model that has read a fitting text, or one that does not fit.

``python -m experiments.wrong_text --labels 10 20 40 80 --seeds 0 1 2 --csv FILE``

The classifier reads a sentence up to its verb, such as *the dog that the girls see*, and says
whether the verb has to be of one or of many. The text that was read before is, for every seed,

- ``none``: the classifier starts from fresh weights;
- ``same``: sentences of the same grammar;
- ``shuffled``: the same sentences, the words of each in any order;
- ``other words``: the same sentences, each word replaced by another one all through.
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
from torch import Tensor
from torch.nn.functional import cross_entropy

from course_pkg.data.batching.padding import pad_batch
from course_pkg.data.sets.agreement import agreement_grammar
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.checks import IntArray
from experiments.characters import train as train_language_model
from experiments.record import describe_run, tracked, write_results

TEXTS = ("none", "same", "shuffled", "other words")
TESTED = 1000
SHORTEST = 5  # words before the verb: a clause with a noun of its own stands between


class Beginnings(NamedTuple):
    """Sentences up to their verbs, and the number of each verb."""

    x: Tensor  # (T, N), ids, padded
    labels: Tensor  # (N,), 0 for one and 1 for many
    lengths: Tensor  # (N,)


class Grammar:
    """The grammar with ids for its words."""

    def __init__(self) -> None:
        self.grammar = agreement_grammar()
        self.words = sorted(self.grammar.tokens)
        self.ids = {word: place for place, word in enumerate(self.words)}

    def encode(self, words: Sequence[str]) -> IntArray:
        """Return ids, (N,)."""
        return np.array([self.ids[word] for word in words])

    def beginnings(self, count: int, rng: np.random.Generator) -> Beginnings:
        """Draw sentences whose subject has a clause, and cut them before their verb."""
        found: list[tuple[IntArray, int]] = []
        while len(found) < count:
            words = self.grammar.sample(200, rng)
            states, first = self.grammar.states(words), 0
            for place, word in enumerate(words):
                state = states[place]
                verb = state.startswith(("after the subject", "verb")) and word != "that"
                if verb and place - first >= SHORTEST:
                    label = int(state.endswith("many"))
                    found.append((self.encode(words[first:place]), label))
                if word == ".":
                    first = place + 1
        padded = pad_batch([ids for ids, _ in found[:count]])
        labels = torch.tensor([label for _, label in found[:count]])
        return Beginnings(torch.from_numpy(padded.x), labels, torch.from_numpy(padded.lengths))


def changed(ids: IntArray, text: str, stop: int, V: int, rng: np.random.Generator) -> IntArray:
    """Return a text of the grammar as one of ``TEXTS``."""
    if text == "shuffled":
        ids, first = ids.copy(), 0
        for end in np.flatnonzero(ids == stop):
            ids[first:end] = rng.permutation(ids[first:end])
            first = end + 1
    elif text == "other words":
        circle = rng.permutation(V)  # everyone becomes the neighbour: nobody stays
        other = np.empty(V, dtype=np.int64)
        other[circle] = np.roll(circle, 1)
        ids = other[ids]
    return ids


def learn(
    model: SequenceClassifier, data: Beginnings, *, updates: int, lr: float, frozen: bool
) -> float:
    """Train in place on all examples at once, or the readout alone; return the last loss."""
    trained = model.readout if frozen else model
    optimiser = torch.optim.Adam(trained.parameters(), lr=lr)
    loss = torch.zeros(())
    for _ in range(updates):
        loss = cross_entropy(model(data.x, data.lengths), data.labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return loss.item()


def run(
    seed: int, labels: Sequence[int], *, H: int, sentences: int, updates: int, tuning: int
) -> list[dict[str, object]]:
    """Read each text once; from there, learn from few labels, all weights or the readout alone."""
    rng, own = np.random.default_rng(seed), Grammar()
    V, stop = len(own.words), own.ids["."]
    ids = own.encode(own.grammar.sample(sentences, rng))
    data, test = own.beginnings(max(labels), rng), own.beginnings(TESTED, rng)
    often = max(test.labels.double().mean().item(), 1 - test.labels.double().mean().item())
    rows: list[dict[str, object]] = []
    for text in TEXTS:
        began = time.process_time()
        base = None
        if text != "none":
            torch.manual_seed(seed)
            base = LanguageModel(tokens=V, embedding=16, hidden=H, cell="gru")
            for _ in train_language_model(
                base, changed(ids, text, stop, V, rng), updates, B=16, T=24, lr=1e-2
            ):
                pass
        for count in labels:
            part = Beginnings(data.x[:, :count], data.labels[:count], data.lengths[:count])
            found = {}
            for frozen in (False, True):
                torch.manual_seed(seed + 1)
                model = SequenceClassifier(classes=2, tokens=V, embedding=16, hidden=H, cell="gru")
                if base is not None:
                    assert model.embedding is not None
                    model.embedding.load_state_dict(base.embedding.state_dict())
                    model.recurrent.load_state_dict(base.recurrent.state_dict())
                loss = learn(model, part, updates=tuning, lr=5e-3, frozen=frozen)
                with torch.no_grad():
                    right = model.eval()(test.x, test.lengths).argmax(dim=1) == test.labels
                found["features" if frozen else "full"] = (right.double().mean().item(), loss)
            rows.append(
                {
                    "seed": seed,
                    "text": text,
                    "labels": count,
                    "often": f"{often:.3f}",
                    "full": f"{found['full'][0]:.3f}",
                    "features": f"{found['features'][0]:.3f}",
                    "loss_full": f"{found['full'][1]:.2g}",
                    "cpu_seconds": f"{time.process_time() - began:.1f}",
                }
            )
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.wrong_text",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--labels", nargs="+", type=int, default=[10, 20, 40, 80])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--sentences", type=int, default=6000, help="of the text")
    parser.add_argument("--updates", type=int, default=400, help="of the language model")
    parser.add_argument("--tuning", type=int, default=150, help="updates of the classifier")
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.wrong_text", arguments, options)
    sizes = {"H": options.hidden, "sentences": options.sentences, "updates": options.updates}
    rows: list[dict[str, object]] = []
    for (seed,) in tracked([(seed,) for seed in options.seeds]):
        found = run(int(str(seed)), options.labels, tuning=options.tuning, **sizes)
        rows += found
        for row in found:
            print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
