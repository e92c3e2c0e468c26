"""Strings of digits to write backwards or to copy, and a model that learns it: for chapter 08.

All strings of a batch have one length, so nothing is padded. Every batch is new; none holds a
string that a model is measured on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.training.schedules import make_schedule

Schedule = Callable[[float], float]  # from the part of the training that is done

BEGIN, END, TOKENS = 10, 11, 12
TEST_SEED = 88  # of the strings that models are measured on; no training starts from it


class Digits(NamedTuple):
    """Strings of one length, side by side."""

    source: Tensor  # (S, B), in the order in which the encoder reads
    inputs: Tensor  # (S+1, B), what the decoder reads: BEGIN, then the digits
    targets: Tensor  # (S+1, B), what it is to write: the digits, then END


def pairs(digits: np.ndarray, task: str, feed: str = "forwards") -> Digits:
    """Turn digits (S, B) into a task: "reversal" or "copy"; they may be fed "backwards"."""
    x = torch.from_numpy(digits)
    y = x.flip(0) if task == "reversal" else x
    begin, end = (torch.full((1, x.shape[1]), token) for token in (BEGIN, END))
    source = x.flip(0) if feed == "backwards" else x
    return Digits(source, torch.cat([begin, y]), torch.cat([y, end]))


def test_digits(length: int, count: int) -> np.ndarray:
    """Return the strings that all models are measured on, (length, count)."""
    return np.random.default_rng([TEST_SEED, length]).integers(0, 10, (length, count))


def numbers(digits: np.ndarray) -> np.ndarray:
    """Return one number for each string (length, B); strings of one length differ in it."""
    value = np.zeros(digits.shape[1], dtype=np.uint64)  # exact up to 19 digits, then modulo 2^64
    for row in digits.astype(np.uint64):
        value = value * np.uint64(10) + row
    return value


def new_digits(rng: np.random.Generator, length: int, B: int, taken: np.ndarray) -> np.ndarray:
    """Draw strings (length, B), none of which is among ``taken``, the numbers of others."""
    found = rng.integers(0, 10, (length, B))
    while (bad := np.isin(numbers(found), taken)).any():
        found[:, bad] = rng.integers(0, 10, (length, int(bad.sum())))
    return found


def train(
    seed: int,
    *,
    task: str = "reversal",
    feed: str = "forwards",
    attention: str = "none",
    bidirectional: bool = True,
    H: int = 64,
    E: int = 32,
    B: int = 64,
    lengths: tuple[int, int],
    lr: float = 5e-3,
    updates: int,
    tests: int = 500,
    truth: Schedule = lambda done: 1.0,
) -> Seq2Seq:
    """Train a model; ``truth`` gives the share of true tokens after a part of the training."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Seq2Seq(
        source_tokens=10,
        target_tokens=TOKENS,
        embedding=E,
        hidden=H,
        attention=attention,
        bidirectional=bidirectional,
    )
    taken = {n: numbers(test_digits(n, tests)) for n in range(lengths[0], lengths[1] + 1)}

    def batch() -> Digits:
        length = int(rng.integers(lengths[0], lengths[1] + 1))
        return pairs(new_digits(rng, length, B, taken[length]), task, feed)

    learn(model, batch, updates, lr=lr, truth=truth)
    return model.eval()


def learn(
    model: Seq2Seq,
    batch: Callable[[], Digits],
    updates: int,
    *,
    lr: float,
    truth: Schedule = lambda done: 1.0,
) -> None:
    """Train on a new batch at each update; ``truth`` says how often the decoder is told it."""
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, make_schedule("cosine", updates, warm_up_steps=max(1, updates // 20))
    )
    for step in range(updates):
        source, inputs, targets = batch()
        log_probs, _ = model(source, inputs, truth=truth(step / updates))
        loss = nn.functional.nll_loss(log_probs.flatten(0, 1), targets.flatten())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()


@torch.no_grad()
def write(model: Seq2Seq, source: Tensor, steps: int, *, draw: bool = False) -> Tensor:
    """Let the model read what it writes, (steps, B): the most probable token, or one drawn."""
    memory = model.encode(source)
    state = model.decoder.begin(memory)
    ids = torch.full((source.shape[1],), model.settings["target_tokens"] - 2)  # BEGIN
    written = []
    for _ in range(steps):
        log_probs, state = model.step(ids, state, memory)
        ids = torch.multinomial(log_probs.exp(), 1)[:, 0] if draw else log_probs.argmax(dim=1)
        written.append(ids)
    return torch.stack(written)


@torch.no_grad()
def measure(model: Seq2Seq, digits: np.ndarray, task: str, feed: str) -> dict[str, float]:
    """Return the shares of strings and digits that come out right, and bits per digit.

    The bits are what the true digit costs, given the source and the true digits before it; who
    guesses pays log2(10) = 3.32.
    """
    batch = pairs(digits, task, feed)
    S = len(digits)
    right = write(model, batch.source, S + 1) == batch.targets  # (S+1, B)
    log_probs, _ = model(batch.source, batch.inputs)
    nats = -log_probs[:S].gather(2, batch.targets[:S, :, None]).double()
    return {
        "exact": right.all(dim=0).double().mean().item(),
        "digits": right[:S].double().mean().item(),
        "bits": nats.mean().item() / math.log(2),
    }
