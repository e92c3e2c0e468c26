"""The command ``python -m course_pkg train``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from course_pkg.training.recipes.config import SHORT

DESCRIPTION = """\
Train the model that a TOML file describes, and keep everything in a run folder: the
configuration with every default (config.toml), the log (metrics.jsonl), the state to
resume from (checkpoint.safetensors), the best weights (model.safetensors), the measurements
(result.json) and a model card (card.md). Interrupt it when you like, and go on with --resume.
"""


def add_commands(subparsers: Any) -> None:
    """Add ``train`` to the commands of ``python -m course_pkg``.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_commands(parser.add_subparsers())
    >>> parser.parse_args(["train", "row-mnist.toml", "--resume"]).resume
    True
    """
    parser = subparsers.add_parser(
        "train", help="train a model that a TOML file describes", description=DESCRIPTION
    )
    parser.add_argument(
        "config",
        type=Path,
        metavar="CONFIG.toml",
        help="such as experiments/recipes/row-digits.toml in the folder of the course",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="the run folder; runs/CONFIG by default"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on where the run in the folder stopped"
    )
    parser.add_argument("--device", help="auto, cpu, cuda or mps: short for --set device=...")
    parser.add_argument("--seed", help="short for --set training.seed=...")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="changes",
        help="change a key of the configuration, such as training.lr=0.01; may be repeated",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status. Mistakes in files are left to the caller."""
    # Only now: the other commands of the package need no torch, and no wait for it.
    from course_pkg.training.device import DeviceError
    from course_pkg.training.recipes.run import train_from_config

    found = {key: getattr(options, name.removeprefix("--")) for key, name in SHORT.items()}
    changes = {key: value for key, value in found.items() if value is not None}
    for change in options.changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise ValueError(f"--set: expected KEY=VALUE, got {change!r}")
        changes[key.strip()] = value.strip()
    try:
        train_from_config(
            options.config, folder=options.out, resume=options.resume, changes=changes
        )
    except (DeviceError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (MemoryError, RuntimeError) as error:
        first = next(iter(str(error).splitlines()), "")
        if isinstance(error, RuntimeError) and "memory" not in first:
            raise
        print(f"error: not enough memory for this run: {first}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; the same command with --resume goes on", file=sys.stderr)
        return 130
    return 0
