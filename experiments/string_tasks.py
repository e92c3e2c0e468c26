"""Four tasks on short strings in one text, and a language model that reads it.

A line of the text names its task, gives a string, and writes what the task makes of it:
``reverse b a d c > c d a b .`` The letters of a string are of one of three alphabets. The
name of the task is a token like all others; it is the *prompt*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.checks import IntArray
from course_pkg.training.schedules import make_schedule

LENGTH = 4  # S, letters of a string
LETTERS = 6  # of an alphabet, in their order
ALPHABETS = 3
Make = Callable[[IntArray], IntArray]  # strings (S, B) to answers (S, B)
LEARNT: dict[str, Make] = {
    "copy": lambda x: x,
    "reverse": lambda x: x[::-1],
    "rotate": lambda x: np.roll(x, -2, axis=0),
    "sort": lambda x: np.sort(x, axis=0),
}
NEW: dict[str, Make] = {  # the text shows none of them
    "swap": lambda x: x[[3, 1, 2, 0]],  # the first letter with the last
    "fall": lambda x: np.sort(x, axis=0)[::-1],  # sort, then reverse
}
TASKS = LEARNT | NEW
WORDS = [*LEARNT, ">", "."]  # the tokens before the letters
V = len(WORDS) + ALPHABETS * LETTERS
ARROW, STOP = WORDS.index(">"), WORDS.index(".")
Pair = tuple[str, int]  # a task and an alphabet
PAIRS: list[Pair] = [(task, alphabet) for task in LEARNT for alphabet in range(ALPHABETS)]


def strings(rng: np.random.Generator, alphabet: int, B: int) -> IntArray:
    """Return random strings of an alphabet, (S, B)."""
    return len(WORDS) + alphabet * LETTERS + rng.integers(0, LETTERS, (LENGTH, B))


def lines(task: str, x: IntArray) -> Tensor:
    """Return lines without the name of the task: string, arrow, answer, stop; (2S + 2, B)."""
    mark = np.ones((1, x.shape[1]), dtype=np.int64)
    return torch.from_numpy(np.concatenate([x, ARROW * mark, TASKS[task](x), STOP * mark]))


def named(task: str, x: IntArray) -> Tensor:
    """Return lines that begin with the name of the task, (2S + 3, B)."""
    rest = lines(task, x)
    return torch.cat([torch.full_like(rest[:1], WORDS.index(task)), rest])


def text(rng: np.random.Generator, weights: Mapping[Pair, float], B: int) -> Tensor:
    """Return lines of all tasks and alphabets, (2S + 3, B); a pair is as frequent as its weight."""
    frequency = np.array([weights.get(pair, 1.0) for pair in PAIRS])
    counts = rng.multinomial(B, frequency / frequency.sum())
    parts = [
        named(task, strings(rng, alphabet, n))
        for (task, alphabet), n in zip(PAIRS, counts, strict=True)
    ]
    return torch.cat(parts, dim=1)


def pretrain(
    seed: int,
    *,
    weights: Mapping[Pair, float] | None = None,
    updates: int,
    H: int = 128,
    E: int = 32,
    B: int = 64,
    lr: float = 5e-3,
) -> LanguageModel:
    """Train a language model on the text; it is to predict all tokens, of the strings too."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = LanguageModel(tokens=V, embedding=E, cell="gru", hidden=H)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, make_schedule("cosine", updates, warm_up_steps=max(1, updates // 20))
    )
    for _ in range(updates):
        ids = text(rng, weights or {}, B)
        logits, _ = model(ids[:-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), ids[1:].flatten())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def write(model: nn.Module, begun: Tensor) -> Tensor:
    """Let a model go on behind (T, B) tokens, the most probable letter each time; (S, B)."""
    written = []
    logits, state = model(begun)
    for _ in range(LENGTH):
        written.append(logits[-1].argmax(dim=1))
        logits, state = model(written[-1][None], state)
    return torch.stack(written)


def exact(model: nn.Module, text: Tensor) -> float:
    """Return the share of lines whose answer a model writes without a mistake."""
    begun, answers = text[: -LENGTH - 1], text[-LENGTH - 1 : -1]
    right: float = (write(model, begun) == answers).all(dim=0).double().mean().item()
    return right


def answer_loss(model: nn.Module, text: Tensor) -> Tensor:
    """Return the mean loss of the answers and their stop; the strings are given."""
    logits, _ = model(text[:-1])
    n = LENGTH + 1
    return nn.functional.cross_entropy(logits[-n:].flatten(0, 1), text[-n:].flatten())


def unseen(
    task: str, count: int, alphabets: Sequence[int] = range(ALPHABETS), but: Tensor | None = None
) -> Tensor:
    """Return lines to measure on, ``count`` of each alphabet, less those strings in ``but``."""
    drawn = [strings(np.random.default_rng([2026, a]), a, count) for a in alphabets]
    found = lines(task, np.concatenate(drawn, axis=1))
    taken = set() if but is None else {tuple(x) for x in but[:LENGTH].T.tolist()}
    return found[:, [tuple(x) not in taken for x in found[:LENGTH].T.tolist()]]
