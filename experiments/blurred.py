"""Ask whether attention says why: where it points, and what it takes to break it.

``python -m experiments.blurred --seeds 0 1 2 --csv FILE``

Models with attention learn to write digits backwards, with an encoder that reads in one direction
or in both. In this task each digit of the answer depends on one digit of the source, and it is
known on which. Then, without more training, their attention is changed while they write.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from course_pkg.models.attention import Attention
from course_pkg.models.seq2seq import Seq2Seq
from experiments import digits
from experiments.record import describe_run, tracked, write_results

Change = Callable[[Tensor, int], Tensor]  # of scores (B, T, S) whose first query is number t


def flattened(tau: float) -> Change:
    """Divide the scores: the weights become more even; all equal if ``tau`` is infinite."""
    return lambda scores, t: scores / tau


def mixed(share: float) -> Change:
    """Give a share of the weights to all places alike."""

    def change(scores: Tensor, t: int) -> Tensor:
        even = math.log(share / scores.shape[2])
        return torch.logaddexp(
            scores.log_softmax(dim=2) + math.log1p(-share), scores.new_tensor(even)
        )

    return change


def moved(places: int) -> Change:
    """Look so many places further on."""
    return lambda scores, t: torch.roll(scores, places, dims=2)


def only(behind: int) -> Change:
    """Look at nothing but the digit to be written, or so many places behind it."""

    def change(scores: Tensor, t: int) -> Tensor:
        B, T, S = scores.shape
        place = (S - 1 - torch.arange(t, t + T) + behind).clamp(0, S - 1)
        return torch.where(torch.arange(S) == place[:, None], 0.0, -math.inf).expand(B, T, S)

    return change


CHANGES: dict[str, Change | None] = {
    "none": None,
    "tau 1.5": flattened(1.5),
    "tau 2": flattened(2),
    "tau 3": flattened(3),
    "even": flattened(math.inf),
    "10 % even": mixed(0.1),
    "25 % even": mixed(0.25),
    "50 % even": mixed(0.5),
    "one place on": moved(1),
    "one place back": moved(-1),
    "the digit only": only(0),
    "behind it only": only(1),
}


class Changed(Attention):
    """Another attention, with its scores changed; all sources must have one length."""

    def __init__(self, inner: Attention, change: Change) -> None:
        super().__init__()
        self.inner, self.change, self.t = inner, change, 0

    def keys(self, key: Tensor) -> Tensor:
        """Compute the keys as before, and count the queries anew."""
        self.t = 0
        return self.inner.keys(key)

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score as before, then change."""
        scores = self.change(self.inner.scores(query, keys), self.t)
        self.t += len(query)
        return scores


def share_right(model: Seq2Seq, batch: digits.Digits, change: Change | None) -> float:
    """Return the share of texts that a model writes without a mistake, its attention changed."""
    decoder, inner = model.decoder, model.decoder.attention
    assert inner is not None
    decoder.attention = inner if change is None else Changed(inner, change)
    try:
        right = digits.write(model, batch.source, len(batch.targets)) == batch.targets
    finally:
        decoder.attention = inner
    return right.all(dim=0).double().mean().item()


@torch.no_grad()
def pointing(model: Seq2Seq, batch: digits.Digits) -> dict[str, float]:
    """Return where the weights lie: on the digit to be written, and one place behind it.

    The first digit of the answer is left out: no place lies behind the last one of the source.
    """
    _, weights = model(batch.source, batch.inputs)
    assert weights is not None
    S = len(batch.source)
    steps, found = torch.arange(1, S), {}
    for name, behind in (("own", 0), ("behind", 1)):
        places = S - 1 - steps + behind
        found[f"weight_{name}"] = weights[steps, :, places].double().mean().item()
        top = weights[1:S].argmax(dim=2) == places[:, None]
        found[f"top_{name}"] = top.double().mean().item()
    return found


def run(
    seed: int, directions: int, *, H: int, lengths: tuple[int, int], updates: int, tests: int
) -> list[dict[str, object]]:
    """Train one model; return a row for each change of its attention."""
    start = time.process_time()
    model = digits.train(
        seed,
        attention="additive",
        bidirectional=directions == 2,
        H=H,
        lengths=lengths,
        updates=updates,
        tests=tests,
    )
    seconds = time.process_time() - start
    length = 3 * lengths[1] // 4
    batch = digits.pairs(digits.test_digits(length, tests), "reversal")
    facts = pointing(model, batch)
    return [
        {
            "seed": seed,
            "directions": directions,
            "H": H,
            "updates": updates,
            "cpu_seconds": f"{seconds:.0f}",
            "length": length,
            "tests": tests,
            **{name: f"{value:.4f}" for name, value in facts.items()},
            "change": name,
            "exact": f"{share_right(model, batch, change):.4f}",
        }
        for name, change in CHANGES.items()
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.blurred", description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--directions", nargs="+", type=int, choices=(1, 2), default=[1, 2])
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--lengths", nargs=2, type=int, default=[4, 16])
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=500)
    parser.add_argument("--csv", type=Path, help="write the results to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.blurred", arguments, options)
    least, most = options.lengths
    rows: list[dict[str, object]] = []
    for seed, directions in tracked([(s, d) for s in options.seeds for d in options.directions]):
        more = run(
            seed,  # type: ignore[arg-type]
            directions,  # type: ignore[arg-type]
            H=options.hidden,
            lengths=(least, most),
            updates=options.updates,
            tests=options.tests,
        )
        rows += more
        print({key: value for key, value in more[0].items() if key not in ("change", "exact")})
        print({row["change"]: row["exact"] for row in more}, flush=True)
        if options.csv:  # after each, so that a run that is stopped leaves what it found
            write_results(options.csv, about, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
