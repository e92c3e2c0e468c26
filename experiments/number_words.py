"""Numbers and dates that a network has never read: how many it writes right, and what is wrong.

``python -m experiments.number_words --seeds 0 1 2 --csv FILE --attention FILE``

Each model is trained as its recipe says, on the whole training part, on its first pairs alone or on
its short ones. It is measured on the whole test part, beside baselines that look a source up or go
word by word. Other files tell what the first network writes wrong, which kinds of numbers are
wrong, where the networks look, and what a beam finds (``experiments.number_search``). All networks
look at one source that was fixed before the first run, and the first one at the first short ones
of the test part too.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from course_pkg.data.registry import load_pairs
from course_pkg.data.sets.pairs import Pair, Pairs
from course_pkg.data.text.joined import split_words, to_text, to_tokens
from course_pkg.metrics.edit_distance import error_rate
from course_pkg.metrics.matches import exact_match
from course_pkg.reference.baselines.nearest import Nearest
from course_pkg.reference.baselines.word_by_word import WordByWord
from course_pkg.training.tasks.translate import most_tokens
from experiments.number_search import search
from experiments.record import describe_run, tracked, write_results
from experiments.translators import Trained, train

SETS = ("numbers-french", "numbers-chinese", "dates")
SHOWN = "ninety-nine"  # chosen before the first run
KINDS: Mapping[str, str] = {  # of English sources, by what is hard about them; the first that fits
    "round: ends in hundred or thousand": r"(hundred|thousand)$",
    "ends in ten": r"\bten$",
    "no hundreds: thousand and": r"thousand and\b",
    "below 1,000": r"^(?!.*thousand)",
    "others": "",
}
SHORT = 7  # the most source tokens of another example
MOST_WRONG = 150  # texts of a set that are written down
EXAMPLES = 5  # others, the first ones of the test part


def baselines(train_pairs: Sequence[Pair], pairs: Pairs) -> Iterator[tuple[str, list[str]]]:
    """Yield name and texts of what looking up, a dictionary and copying write for the test part."""
    levels, sources = pairs.levels, [source for source, _ in pairs.test]
    nearest = Nearest.fit(
        [split_words(source) for source, _ in train_pairs],
        [[target] for _, target in train_pairs],
    )
    yield "nearest neighbour", [nearest.translate(split_words(text))[0] for text in sources]
    words = WordByWord.fit(
        *(
            [to_tokens(pair[side], level) for pair in train_pairs]
            for side, level in enumerate(levels)
        )
    )
    tokens = [words.translate(to_tokens(text, levels[0])) for text in sources]
    yield "word by word", [to_text(text, levels[1]) for text in tokens]
    yield "copy", sources


def row(
    name: str,
    part: Sequence[Pair],
    model: str,
    seed: int | str,
    written: Sequence[str],
    pairs: Pairs,
) -> dict[str, object]:
    """Write a line of the table.

    Edits are in tokens, for each token of the true texts. Texts are longer if they have more tokens
    than any that the model was trained with.
    """
    level, right = pairs.levels[1], [target for _, target in pairs.test]
    edits = error_rate(*([to_tokens(text, level) for text in texts] for texts in (written, right)))
    longer = is_longer(part, pairs)
    hits = np.equal(np.array(written, dtype=object), np.array(right, dtype=object))
    return {
        "set": name,
        "pairs": len(part),
        "model": model,
        "seed": seed,
        "exact": f"{exact_match(written, right):.4f}",
        "edits": f"{edits:.4f}",
        "longer": int(longer.sum()),
        "exact_longer": f"{hits[longer].mean():.4f}" if longer.any() else "",
        "exact_others": f"{hits[~longer].mean():.4f}",
    }


def is_longer(part: Sequence[Pair], pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Say which test pairs are longer, on one side, than any of these."""
    lengths = [
        np.array(
            [
                [len(to_tokens(t, level)) for t, level in zip(pair, pairs.levels, strict=True)]
                for pair in some
            ]
        )
        for some in (part, pairs.test)
    ]
    return (lengths[1] > lengths[0].max(axis=0)).any(axis=1)


def examples(pairs: Pairs) -> list[str]:
    """Return the sources for which it is written down where the network looks."""
    short = [s for s, _ in pairs.test if len(to_tokens(s, pairs.levels[0])) <= SHORT]
    return [SHOWN, *short[:EXAMPLES]]


def looks(trained: Trained, pairs: Pairs, sources: Sequence[str]) -> Iterator[dict[str, object]]:
    """Yield where the network looks as it writes: one weight a row; none for what is no source."""
    by_source = dict(pairs.train) | dict(pairs.valid) | dict(pairs.test)
    read = {source for source, _ in pairs.train}
    for source in [source for source in sources if source in by_source]:
        tokens = to_tokens(source, pairs.levels[0])
        scorer = trained.translator([source])
        state, token = scorer.start(1), trained.begin
        for step in range(most_tokens(len(tokens))):
            log_probs, state = scorer.step(np.array([token]), state)
            token = int(log_probs[0].argmax())
            weights = scorer.weights(state)
            assert weights is not None
            for place, (read_token, weight) in enumerate(zip(tokens, weights[0], strict=True)):
                yield {
                    "source": quoted(source),
                    "unseen": int(source not in read),
                    "target": quoted(by_source[source]),
                    "step": step,
                    "token": quoted(trained.target.tokens[token]),
                    "place": place,
                    "source_token": quoted(read_token),
                    "weight": f"{weight:.5f}",
                }
            if token == trained.end:
                break


def kind_of(source: str) -> str:
    """Return the first kind of number that fits.

    >>> kind_of("two thousand and four")
    'no hundreds: thousand and'
    """
    return next(kind for kind, pattern in KINDS.items() if re.search(pattern, source))


def kinds(written: Sequence[str], pairs: Pairs) -> Iterator[dict[str, object]]:
    """Yield for each kind of number how many texts there are, and how many are wrong."""
    texts = Counter(kind_of(source) for source, _ in pairs.test)
    wrong = Counter(
        kind_of(source)
        for (source, target), text in zip(pairs.test, written, strict=True)
        if text != target
    )
    for kind in KINDS:
        yield {"kind": kind, "texts": texts[kind], "wrong": wrong[kind]}


def wrong_texts(written: Sequence[str], pairs: Pairs) -> list[dict[str, object]]:
    """Return the first texts that are wrong, with what would be right."""
    return [
        {"source": quoted(source), "target": quoted(target), "written": quoted(text)}
        for (source, target), text in zip(pairs.test, written, strict=True)
        if text != target
    ][:MOST_WRONG]


def short_pairs(pairs: Sequence[Pair], levels: tuple[str, str], longest: int) -> list[Pair]:
    """Return the pairs with at most so many tokens on each side."""
    sides = [
        [len(to_tokens(t, level)) for t, level in zip(pair, levels, strict=True)] for pair in pairs
    ]
    return [pair for pair, lengths in zip(pairs, sides, strict=True) if max(lengths) <= longest]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.number_words", description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--pairs", nargs="+", type=int, default=[0], help="0: all")
    parser.add_argument("--longest", type=int, help="train on pairs of at most so many tokens")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--steps", type=int, help="updates; by default those of the recipe")
    parser.add_argument("--hidden", type=int, help="by default that of the recipe")
    parser.add_argument("--csv", type=Path, help="write the table to this file")
    parser.add_argument("--wrong", type=Path, help="write all wrong texts to this file")
    parser.add_argument("--kinds", type=Path, help="write which kinds of numbers are wrong")
    parser.add_argument("--attention", type=Path, help="write where the first models look")
    parser.add_argument("--search", type=Path, help="write what beams find to this file")
    parser.add_argument("--search-at", type=int, default=0, help="of models of so many pairs")
    parser.add_argument("--texts", type=int, default=250, help="how many of them, at most")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    about = describe_run("experiments.number_words", arguments, options)
    changes = {} if options.hidden is None else {"model.hidden": str(options.hidden)}
    tables: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("csv", "wrong", "kinds", "attention", "search")
    }
    cases = [
        (name, n, seed) for name in options.sets for n in options.pairs for seed in options.seeds
    ]
    for name, count, seed in tracked(cases):
        pairs = load_pairs(str(name))
        part = pairs.train[: int(str(count)) or None]
        if options.longest is not None:
            part = short_pairs(part, pairs.levels, options.longest)
        if not part:
            raise ValueError(
                f"longest: expected one that leaves a training pair of {name}, "
                f"got {options.longest}"
            )
        about_model = {"set": name, "pairs": len(part), "seed": seed}
        if seed == options.seeds[0]:
            for model, texts in baselines(part, pairs):
                tables["csv"].append(row(str(name), part, model, "", texts, pairs))
        found = train(str(name), part, pairs, int(str(seed)), changes=changes, steps=options.steps)
        tokens = found.write([source for source, _ in pairs.test])
        texts = [to_text(text, pairs.levels[1]) for text in tokens]
        tables["csv"].append(row(str(name), part, "network", int(str(seed)), texts, pairs))
        if seed == options.seeds[0]:
            tables["wrong"] += [about_model | line for line in wrong_texts(texts, pairs)]
        if options.kinds:
            tables["kinds"] += [about_model | line for line in kinds(texts, pairs)]
        if options.attention:
            sources = examples(pairs) if seed == options.seeds[0] else [SHOWN]
            rows = looks(found, pairs, sources)
            tables["attention"] += [{"set": name, "seed": seed, **line} for line in rows]
        if options.search and count == options.search_at:
            longer = is_longer(part, pairs)
            for kind, which in (("others", ~longer), ("longer", longer)):
                some = [pair for pair, taken in zip(pairs.test, which, strict=True) if taken]
                if some:
                    lines = search(found, some[: options.texts])
                    tables["search"] += [about_model | {"part": kind, **line} for line in lines]
        print(tables["csv"][-1], found.updates, f"{found.seconds:.0f} s", flush=True)
        for option, table in tables.items():
            if getattr(options, option) and table:  # after each, in case the run is stopped
                write_results(getattr(options, option), about, table)
    return 0


def quoted(text: str) -> str:
    """Write a text as JSON: so blanks at its ends can be seen."""
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
