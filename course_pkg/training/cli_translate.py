"""The command ``translate`` of ``python -m course_pkg``."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

DESCRIPTION = """\
Translate a text by the model of a finished run of the task "translate". The answer goes to the
standard output. The model writes the likeliest token each time, or searches with a beam; the token
for unknown words is never written.
"""


def add_translate(subparsers: Any) -> None:
    """Add ``translate`` to the commands of ``python -m course_pkg``.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_translate(parser.add_subparsers())
    >>> parser.parse_args(["translate", "runs/dates", "fr: 3 mars 1987", "--attention"]).text
    'fr: 3 mars 1987'
    """
    parser = subparsers.add_parser(
        "translate", help="translate a text with the model of a run", description=DESCRIPTION
    )
    parser.add_argument(
        "folder", type=Path, metavar="RUN", help="the folder of a run, such as runs/dates"
    )
    parser.add_argument("text", metavar="TEXT", help="what to translate")
    parser.add_argument(
        "--attention",
        action="store_true",
        help="show below the answer where the model looked: the source across, the answer down, "
        "weights in percent, or as shades where that is too wide",
    )
    parser.add_argument(
        "--svg", type=Path, metavar="FILE", help="write the same as a picture to this file"
    )
    parser.add_argument(
        "--beam", metavar="W", help="search for the likeliest answer with a beam of W texts"
    )
    parser.add_argument(
        "--n-best",
        metavar="N",
        help="show the N best answers of the beam, each after its score: the mean log-probability "
        "of its tokens; without --beam its width is N, at least 4",
    )
    parser.set_defaults(run=run_translate)


def _size(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"--{name}: expected a whole number, got {text[:40]!r}") from None


def run_translate(options: argparse.Namespace) -> int:
    """Run the command; return the exit status. Mistakes of the user are left to the caller."""
    width, n_best = _size("beam", options.beam), _size("n-best", options.n_best)
    for name, number in (("beam", width), ("n-best", n_best)):
        if number is not None and number < 1:
            raise ValueError(f"--{name}: expected at least 1, got {number}")
    if width is not None and n_best is not None and n_best > width:
        raise ValueError(f"--n-best: expected at most --beam {width}, got {n_best}")
    # Only now: the other commands of the package need no torch, and no wait for it.
    import torch

    from course_pkg.data.files.atomic import write_atomically
    from course_pkg.training.recipes import alignment
    from course_pkg.training.recipes.translate import (
        open_run,
        source_tokens,
        translate,
        unknown_of,
    )

    torch.set_num_threads(1)  # more only cost time at one token a step
    trained = open_run(options.folder)
    tokens = source_tokens(options.text, trained.source)
    looks = options.attention or options.svg is not None
    if looks and trained.model.settings["attention"] == "none":
        raise ValueError(f"{options.folder}: expected a model with attention, got one without")
    answers = translate(
        trained, tokens, width=width or max(n_best or 1, 4 * (n_best is not None)),
        n_best=n_best or 1,
    )  # fmt: skip
    best = answers[0]
    unknown = unknown_of(tokens, trained.source)
    if unknown:
        print(f"unknown to the model: {', '.join(map(repr, unknown))}", file=sys.stderr)
    if not best.ended:
        print(f"cut off after {len(best.tokens)} tokens: it did not end", file=sys.stderr)
    for answer in answers:
        print(answer.text if n_best is None else f"{answer.score:.3f}\t{answer.text}")
    if best.weights is not None and options.attention:
        columns = shutil.get_terminal_size((100, 0)).columns
        print("\n" + alignment.table(tokens, best.tokens, best.weights, width=columns))
    if best.weights is not None and options.svg is not None:
        picture = alignment.svg(tokens, best.tokens, best.weights)
        write_atomically(options.svg, picture.encode())
    return 0
