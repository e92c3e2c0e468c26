"""The command line: ``python -m course_pkg COMMAND``.

A part of the package adds its commands by a function ``add_commands(subcommands)`` in its module
``cli``. Each command's parser has a default ``run``, which takes the parsed arguments and returns
the exit status.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

PARTS = ("data", "training", "grading", "classroom")  # in the order of the help text
# What a command may import without a word of its own; a registry knows each by this very name.
NEEDED = ("numpy", "torch", "safetensors", "psutil", "matplotlib")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser with the commands of all parts."""
    parser = argparse.ArgumentParser(
        prog="python -m course_pkg",
        description="Companion package of Recurrent Neural Networks, Equation by Equation.",
    )
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in PARTS:
        importlib.import_module(f"course_pkg.{part}.cli").add_commands(subcommands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a mistake of the user, or of the network, becomes one sentence."""
    parsed = make_parser().parse_args(arguments)
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read the output wants no more of it, as in ... | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        return 1
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        remedy = f"; install it with 'pip install {package}'" if package in NEEDED else ""
        print(f"error: {error}{remedy}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
