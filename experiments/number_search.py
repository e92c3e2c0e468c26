"""Search with the models of ``experiments.number_words``: width of the beam, length, coverage."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from course_pkg.data.sets.pairs import Pair
from course_pkg.data.text.joined import to_tokens
from course_pkg.decoding.beam_batch import beam_search_batch
from course_pkg.training.tasks.translate import most_tokens, tokens_of
from experiments.translators import Trained

WIDTHS = (1, 2, 4, 8, 32)
ALPHAS = (0.0, 1.0)
COVERED = ((8, 1.0, 0.02), (8, 1.0, 0.2))  # width, alpha, beta: these want the source covered too
AT_ONCE = 64  # sources side by side


def search(
    found: Trained, pairs: Sequence[Pair], *, widths: Sequence[int] = WIDTHS
) -> Iterator[dict[str, object]]:
    """Yield what every search finds for these pairs, one row each."""
    level = found.target.level
    right = [to_tokens(target, level) for _, target in pairs]
    true_length = np.mean([len(tokens) for tokens in right])
    ways = [(width, alpha, 0.0) for width, alpha in product(widths, ALPHAS)]
    for width, alpha, beta in [*ways, *COVERED]:
        if width == 1 and alpha > 0:
            continue  # one text alone: nothing to compare
        start, written, nats = time.process_time(), [], []
        for first in range(0, len(pairs), AT_ONCE):
            sources = [source for source, _ in pairs[first : first + AT_ONCE]]
            longest = max(len(found.encode(source)) for source in sources)
            texts = beam_search_batch(
                found.translator(sources),
                np.full((1, len(sources)), found.begin),
                most_tokens(longest),
                width=width,
                alpha=alpha,
                beta=beta,
                stop=found.end,
                keep_greedy=False,
            )
            written += [tokens_of(best.ids, found.target) for (best,) in texts]
            nats += [best.log_probs.sum() for (best,) in texts]
        lengths = [len(tokens) for tokens in written]
        yield {
            "width": width,
            "alpha": alpha,
            "beta": beta,
            "texts": len(pairs),
            "exact": f"{np.mean([w == r for w, r in zip(written, right, strict=True)]):.4f}",
            "length": f"{np.mean(lengths) / true_length:.4f}",  # 1: as long as the true texts
            "empty": f"{np.mean(np.equal(lengths, 0)):.4f}",
            "log_p": f"{np.mean(nats):.4f}",
            "cpu_seconds": f"{time.process_time() - start:.1f}",
        }
