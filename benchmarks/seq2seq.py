"""Training of the sequence-to-sequence model beside the same model written plainly.

``python -m benchmarks.seq2seq --help`` lists what can be chosen. One thread; set
``OMP_NUM_THREADS`` for more. The plain model has the same weights and is built directly on
``torch.nn.GRU``: it checks nothing and knows no other cell, no sampling and no translator. What is
timed is a step of training: forward, loss, backward, Adam.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and torch read it

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, nll_loss
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.recurrent import machine
from benchmarks.timing import interleave
from course_pkg.models.seq2seq import Seq2Seq

SHAPES: dict[
    str, tuple[int, ...]
] = {  # longest source and target, sentences, source and target tokens, E, H
    "dates": (30, 11, 64, 80, 14, 64, 128),
    "reversal": (20, 21, 64, 13, 13, 32, 64),
    "words": (14, 16, 64, 4000, 6000, 128, 256),
}
MODELS: dict[str, dict[str, Any]] = {
    "no attention": {"attention": "none"},
    "dot product": {"attention": "dot"},
    "multiplicative": {"attention": "multiplicative"},
    "additive": {"attention": "additive"},
    "additive, fed": {"attention": "additive", "input_feeding": True},
}
OURS, PLAIN = "ours", "plain"


class Plain(nn.Module):
    """The same model with the same weights, and nothing besides."""

    def __init__(self, ours: Seq2Seq) -> None:
        super().__init__()
        E, H = ours.settings["embedding"], ours.settings["hidden"]
        self.kind: str = ours.settings["attention"]
        self.fed: bool = ours.settings["input_feeding"]
        self.source = nn.Embedding(ours.settings["source_tokens"], E)
        self.target = nn.Embedding(ours.settings["target_tokens"], E)
        self.encoder = nn.GRU(E, H // 2, bidirectional=True)
        self.decoder = nn.GRU(E + H if self.fed else E, H)
        sizes = {"additive": [(H, H), (H, H), (H,)], "multiplicative": [(H, H)]}
        self.match = nn.ParameterList(torch.empty(size) for size in sizes.get(self.kind, []))
        if self.kind != "none":
            self.combine = nn.Linear(2 * H, H)
        self.readout = nn.Linear(H, ours.settings["target_tokens"])
        theirs = [
            ours.source_embedding, ours.target_embedding, ours.encoder, ours.decoder.recurrent,
            ours.decoder.attention, ours.decoder.combine, ours.readout,
        ]  # fmt: skip
        weights = [w for part in theirs if part is not None for w in part.parameters()]
        with torch.no_grad():
            for mine, other in zip(self.parameters(), weights, strict=True):
                mine.copy_(other)

    def forward(self, source: Tensor, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Return log-probabilities (T, B, V_y)."""
        S, B = source.shape
        packed = pack_padded_sequence(self.source(source), lengths, enforce_sorted=False)
        packed_memory, last = self.encoder(packed)
        memory, _ = pad_packed_sequence(packed_memory, total_length=S)  # (S, B, H)
        memory = memory.transpose(0, 1)  # (B, S, H)
        state = last.transpose(0, 1).reshape(1, B, -1)
        x = self.target(inputs)  # (T, B, E)
        hidden = torch.arange(S)[None, None] >= lengths[:, None, None]  # (B, 1, S)
        keys = memory @ self.match[-2 if self.kind == "additive" else 0].T if self.match else memory
        if not self.fed:
            y, _ = self.decoder(x, state)
            return self.score(self.look(y, memory, keys, hidden))
        a, found = x.new_zeros(B, memory.shape[2]), []
        for x_t in x:
            y, state = self.decoder(torch.cat([x_t, a], dim=1)[None], state)
            a = self.look(y, memory, keys, hidden)[0]
            found.append(a)
        return self.score(torch.stack(found))

    def look(self, y: Tensor, memory: Tensor, keys: Tensor, hidden: Tensor) -> Tensor:
        """Return the attentional states of the decoder's (T, B, H)."""
        if self.kind == "none":
            return y
        s = y.transpose(0, 1)  # (B, T, H)
        if self.kind == "additive":
            W_q, _, v = self.match
            scores = torch.tanh((s @ W_q.T)[:, :, None] + keys[:, None]) @ v  # (B, T, S)
        else:
            scores = s @ keys.transpose(1, 2)
            if self.kind == "dot":
                scores = scores / s.shape[2] ** 0.5
        weights = torch.softmax(scores.masked_fill(hidden, -torch.inf), dim=2)
        context = (weights @ memory).transpose(0, 1)  # (T, B, H)
        return torch.tanh(self.combine(torch.cat([context, y], dim=2)))

    def score(self, a: Tensor) -> Tensor:
        """Return log-probabilities."""
        return log_softmax(self.readout(a), dim=2)


class Batch:
    """Random sentences, from half of the longest to the longest, and the step to be timed."""

    def __init__(self, S: int, T: int, B: int, V_x: int, V_y: int) -> None:
        random = torch.Generator().manual_seed(0)

        def draw(low: int, high: int, *shape: int) -> Tensor:
            return torch.randint(low, high, shape, generator=random)

        self.source, self.inputs = draw(0, V_x, S, B), draw(0, V_y, T, B)
        self.source_lengths, self.lengths = draw(S // 2, S + 1, B), draw(T // 2, T + 1, B)
        self.targets = draw(0, V_y, T, B)
        self.targets[torch.arange(T)[:, None] >= self.lengths] = -100
        self.tokens = int(self.lengths.sum())  # of the target

    def loss(self, model: nn.Module) -> Tensor:
        """Return the mean loss of a target token."""
        if isinstance(model, Seq2Seq):
            log_probs, _ = model(self.source, self.inputs, self.source_lengths, self.lengths)
        else:
            log_probs = model(self.source, self.inputs, self.source_lengths)
        return nll_loss(log_probs.flatten(0, 1), self.targets.flatten())

    def step(self, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Train for one step."""
        optimiser.zero_grad()
        torch.autograd.backward(self.loss(model))
        optimiser.step()


def build(shape: str, model: str) -> tuple[Batch, dict[str, nn.Module]]:
    """Return a batch and both models, with equal weights."""
    S, T, B, V_x, V_y, E, H = SHAPES[shape]
    torch.manual_seed(0)
    ours = Seq2Seq(source_tokens=V_x, target_tokens=V_y, embedding=E, hidden=H, **MODELS[model])
    return Batch(S, T, B, V_x, V_y), {OURS: ours, PLAIN: Plain(ours)}


def measure(shape: str, model: str, seconds: float) -> dict[str, Any]:
    """Time a step of training of both models."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    batch, models = build(shape, model)
    steps: dict[str, Callable[[], object]] = {
        name: partial(batch.step, module, torch.optim.Adam(module.parameters(), lr=1e-4))
        for name, module in models.items()
    }
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    timings = interleave(steps, seconds=seconds, clock=clock)
    # Tokens a second are the other way round from seconds a step.
    middle, low, high = timings[PLAIN].ratio(timings[OURS])
    return {
        "shape": shape,
        "model": model,
        "rounds": len(timings[OURS].seconds),
        "tokens_a_second": {name: batch.tokens / timings[name].median() for name in models},
        "to_plain": {"median": middle, "quartile_1": low, "quartile_3": high},
    }


def table(records: Sequence[dict[str, Any]]) -> str:
    """Write the records as text."""
    lines = [f"{'':26}target tokens a second", f"{'':26}{OURS:>8}{PLAIN:>8}   {OURS} / {PLAIN}"]
    for r in records:
        ours, plain = (r["tokens_a_second"][name] for name in (OURS, PLAIN))
        ratio = r["to_plain"]
        lines.append(
            f"{r['shape']:10}{r['model']:16}{ours:8.0f}{plain:8.0f}   {ratio['median']:.2f} "
            f"({ratio['quartile_1']:.2f} to {ratio['quartile_3']:.2f})"
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seq2seq", description=__doc__)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seconds", type=float, default=8.0, help="for one model and shape")
    parser.add_argument("--json", type=Path, help="write the records to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    records = [
        measure(shape, model, options.seconds)
        for shape in options.shapes
        for model in options.models
    ]
    about = machine("cpu")
    print("; ".join(f"{key} {value}" for key, value in about.items()), end="\n\n")
    print(table(records))
    if options.json:
        content = {"machine": about, "shapes": SHAPES, "records": records}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
