"""The command ``generate`` of ``python -m course_pkg``."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path
from typing import Any

from course_pkg.training.cli_promote import add_promote
from course_pkg.training.cli_train import add_train
from course_pkg.training.cli_translate import add_translate

GENERATE = """\
Go on with a prompt by the model of a finished run of the task "lm". The prompt and the text go
to the standard output as they are written: characters or words, whichever the model reads. Each
token is drawn from the model's distribution, unless --greedy or --beam chooses it. The token for
unknown words is not written, unless --unknown allows it.
"""


def add_commands(subparsers: Any) -> None:
    """Add the commands of this room to those of ``python -m course_pkg``.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_commands(parser.add_subparsers())
    >>> parser.parse_args(["generate", "runs/characters", "--prompt", "The "]).prompt
    'The '
    """
    add_train(subparsers)
    _add_generate(subparsers)
    add_translate(subparsers)
    add_promote(subparsers)


def _add_generate(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "generate", help="write text with the model of a run", description=GENERATE
    )
    parser.add_argument(
        "folder", type=Path, metavar="RUN", help="the folder of a run, such as runs/characters"
    )
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="what the text begins with")
    parser.add_argument("--length", metavar="N", help="tokens to write after it; 500 by default")
    parser.add_argument(
        "--temperature", metavar="X", help="above 0; below 1 favours likely tokens; 1 by default"
    )
    parser.add_argument("--top-k", metavar="K", help="draw from the K likeliest tokens only")
    parser.add_argument(
        "--top-p", metavar="P", help="draw from the likeliest tokens that have a share P together"
    )
    parser.add_argument(
        "--seed", metavar="N", help="of the draws; a new one by default, which is then shown"
    )
    parser.add_argument(
        "--greedy", action="store_true", help="write the likeliest token each time, without a draw"
    )
    parser.add_argument(
        "--beam",
        metavar="W",
        help="search for the likeliest text with a beam of W; it is shown when it is complete",
    )
    parser.add_argument(
        "--unknown", action="store_true", help="let the token for unknown words be written"
    )
    parser.set_defaults(run=run_generate)


def _numbers(options: argparse.Namespace) -> dict[str, Any]:
    """Return the numbers that were given, by name; what is none is one sentence."""
    found: dict[str, Any] = {}
    for name in ("length", "beam", "seed", "top_k", "temperature", "top_p"):
        text, is_real = getattr(options, name), name in ("temperature", "top_p")
        if text is not None:
            try:
                found[name] = float(text) if is_real else int(text)
            except ValueError:
                expected = "a number" if is_real else "a whole number"
                raise ValueError(f"{name}: expected {expected}, got {text[:40]!r}") from None
    return found


def run_generate(options: argparse.Namespace) -> int:
    """Run the command; return the exit status. Mistakes of the user are left to the caller."""
    numbers = _numbers(options)
    way = "greedy" if options.greedy else "beam" if "beam" in numbers else "sample"
    if options.greedy and "beam" in numbers:
        raise ValueError("--greedy, --beam: expected at most one of the two, got both")
    for name in ("temperature", "top_k", "top_p", "seed"):
        if way != "sample" and name in numbers:
            option = name.replace("_", "-")
            raise ValueError(f"--{option}: expected without --{way}, which draws nothing")
    fresh = way == "sample" and "seed" not in numbers
    if fresh:
        numbers["seed"] = secrets.randbits(32)
    if "beam" in numbers:
        numbers["width"] = numbers.pop("beam")
    begun = False

    def write(text: str) -> None:
        nonlocal begun
        if fresh and not begun:  # only now: no option was refused
            print(f"the same text again: --seed {numbers['seed']}", file=sys.stderr, flush=True)
        begun = True
        sys.stdout.write(text)
        sys.stdout.flush()

    try:
        # Only now: the other commands of the package need no torch, and no wait for it.
        import torch

        from course_pkg.training.recipes.generate import generate, open_run

        torch.set_num_threads(1)  # more only cost time at one token a step
        trained = open_run(options.folder)
        generate(trained, options.prompt, write, way=way, unknown=options.unknown, **numbers)
    except KeyboardInterrupt:
        if begun:
            write("\n")
        return 130
    write("\n")
    return 0
