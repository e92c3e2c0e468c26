"""The commands ``train`` and ``finetune`` of ``python -m course_pkg``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from course_pkg.training.recipes.config import SHORT

TRAIN = """\
Train the model that a TOML file describes, and keep everything in a run folder: the
configuration with every default (config.toml), the log (metrics.jsonl), the state to
resume from (checkpoint.safetensors), the best weights (model.safetensors), the measurements
(result.json) and a model card (card.md). Interrupt it when you like, and go on with --resume.
"""

FINETUNE = """\
Train on from a finished run, on the data that a TOML file describes. The sizes of the model and
the vocabulary are those of the base run; its weights are copied, but for a readout of other
classes. The table "adapting" of the file says which weights are trained, and how: all of them, the
readout alone ("features"), layer by layer from the top ("gradual"), or small additions to frozen
weights ("lora"). The command says what is frozen, and proves afterwards that it is the same to the
last bit. What is left is a run like any other; with "lora" the additions are also kept by
themselves (adapter.safetensors).
"""


def add_train(subparsers: Any) -> None:
    """Add ``train`` and ``finetune`` to the commands of ``python -m course_pkg``.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_train(parser.add_subparsers())
    >>> parser.parse_args(["train", "row-mnist.toml", "--resume"]).resume
    True
    >>> parser.parse_args(["finetune", "runs/base", "new.toml", "--method", "lora"]).method
    'lora'
    """
    parser = subparsers.add_parser(
        "train", help="train a model that a TOML file describes", description=TRAIN
    )
    _add_options(parser)
    parser.add_argument(
        "--from",
        type=Path,
        metavar="RUN",
        dest="base",
        help="start from the weights of a finished run, and with its vocabulary",
    )
    parser.set_defaults(run=run, method=None)
    parser = subparsers.add_parser(
        "finetune", help="train on from a finished run", description=FINETUNE
    )
    parser.add_argument(
        "base", type=Path, metavar="BASE_RUN", help="the folder of a finished run to start from"
    )
    _add_options(parser)
    parser.add_argument(
        "--method",
        help="full, features, gradual or lora: short for --set adapting.method=...",
    )
    parser.set_defaults(run=run)


def _add_options(parser: argparse.ArgumentParser) -> None:
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


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status. Mistakes in files are left to the caller."""
    # Only now: the other commands of the package need no torch, and no wait for it.
    from course_pkg.training.device import DeviceError
    from course_pkg.training.recipes.run import train_from_config

    found = {key: getattr(options, name.removeprefix("--")) for key, name in SHORT.items()}
    changes = {key: value for key, value in found.items() if value is not None}
    if options.method is not None:
        changes["adapting.method"] = options.method
    for change in options.changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise ValueError(f"--set: expected KEY=VALUE, got {change!r}")
        changes[key.strip()] = value.strip()
    try:
        train_from_config(
            options.config,
            folder=options.out,
            resume=options.resume,
            changes=changes,
            base=options.base,
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
