"""A character model of the Python reference text: train it, measure it, let it write.

The runs on the text share these parts: :mod:`experiments.first_samples` and others.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.data.batching.streams import TokenStreams
from course_pkg.data.registry import load_text
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.metrics.language import Score, read_as_one_stream
from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.checks import Array, IntArray
from course_pkg.training.schedules import cosine

NEWLINE = "\n"  # what a model reads first: the end of a line that nobody wrote


class Text(NamedTuple):
    """The parts of a text as ids, and what the ids stand for."""

    train: IntArray  # (N,)
    valid: IntArray  # (M,)
    test: IntArray  # (K,)
    vocabulary: Vocabulary


def load(name: str = "python-text", level: str = "char", *, max_size: int | None = None) -> Text:
    """Load a text; its vocabulary is made from the training part alone."""
    corpus = load_text(name, level)
    vocabulary = Vocabulary.build(corpus.train, level=level, max_size=max_size, specials=[UNKNOWN])
    train, valid, test = (
        vocabulary.encode(list(part)) for part in (corpus.train, corpus.valid, corpus.test)
    )
    return Text(train, valid, test, vocabulary)


def fresh_model(V: int, seed: int, *, H: int = 128, E: int = 64, **options: Any) -> LanguageModel:
    """Make an untrained LSTM language model."""
    torch.manual_seed(seed)
    return LanguageModel(tokens=V, embedding=E, hidden=H, **options)


def train(
    model: LanguageModel,
    ids: IntArray,
    updates: int,
    *,
    B: int = 32,
    T: int = 64,
    lr: float = 4e-3,
    clip: float = 1.0,
    carry: bool = True,
) -> Iterator[int]:
    """Train by truncated BPTT; yield the number of updates made, before the first and after each.

    The rate falls along half a cosine wave over all ``updates``. Without ``carry``, every window
    starts from a state of zeros.
    """
    streams = TokenStreams(ids, B, T)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda k: cosine(k, updates))
    state: tuple[Tensor, ...] = ()
    yield 0
    for update in range(updates):
        x, y, first = streams[update % len(streams)]
        model.train()
        logits, state = model(as_tensor(x), () if first or not carry else state)  # (T, B, V)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), as_tensor(y).flatten())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        schedule.step()
        state = tuple(part.detach() for part in state)  # the values go on, their history does not
        yield update + 1


def scoring(model: LanguageModel) -> Score:
    """Return the model as :mod:`course_pkg.metrics.language` wants it: ids to log-probabilities."""
    model.eval()

    @torch.no_grad()
    def score(x: IntArray, state: tuple[Tensor, ...] | None) -> tuple[Array, tuple[Tensor, ...]]:
        logits, state = model(as_tensor(x), state or ())
        return logits.double().log_softmax(2).numpy(), state

    return score


def bits_per_token(model: LanguageModel, ids: IntArray) -> float:
    """Return the bits per token of a part, read once from its beginning to its end."""
    return read_as_one_stream(scoring(model), ids).bits_per_token


@torch.no_grad()
def next_log_probs(model: LanguageModel, ids: IntArray) -> np.ndarray:
    """Return the log-probabilities of the next token after these ids, (V,)."""
    model.eval()
    logits, _ = model(as_tensor(ids[:, None]))
    log_probs: Array = logits[-1, 0].double().log_softmax(0).numpy()
    return log_probs


@torch.no_grad()
def write(
    model: LanguageModel, vocabulary: Vocabulary, length: int, rng: np.random.Generator
) -> str:
    """Draw a text, token by token, after a line end; the unknown token is not drawn."""
    model.eval()
    written, state = list(vocabulary.encode([NEWLINE])), ()
    for _ in range(length):
        logits, state = model(torch.tensor([[written[-1]]]), state)
        log_p = logits[0, 0].double()
        log_p[vocabulary.encode([UNKNOWN])[0]] = -math.inf
        p = log_p.softmax(0).numpy()
        written.append(int(rng.choice(len(p), p=p / p.sum())))
    return vocabulary.decode(np.array(written[1:]))


def as_tensor(array: IntArray) -> Tensor:
    """Return ids as PyTorch wants them."""
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64))


def quoted(text: str) -> str:
    r"""Write a text on one line, as JSON; # is escaped, since a comment begins with it.

    Examples
    --------
    >>> print(quoted("# a line"))
    "\u0023 a line"
    """
    return json.dumps(text).replace("#", "\\u0023")
