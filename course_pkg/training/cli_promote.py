"""The commands ``runs`` and ``promote`` of ``python -m course_pkg``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

RUNS = """\
List the runs in a folder: the task, the data, the metric that the weights were chosen by, the same
metric on the test part, the number of parameters, and the run that a run started from. That run is
called changed if it holds other weights now.
"""

PROMOTE = """\
Let the model of a finished run take over a name, such as "docstrings", from the model that was
promoted before. It is refused if it is worse on the part of the data that its weights were chosen
on, or was measured on other data; the exit status is then 1. The first model of a name is always
let through. A file for each name keeps the history; the runs themselves are not touched.
"""


def add_promote(subparsers: Any) -> None:
    """Add ``runs`` and ``promote`` to the commands of ``python -m course_pkg``.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_promote(parser.add_subparsers())
    >>> parser.parse_args(["promote", "runs/new", "--as", "docstrings"]).name
    'docstrings'
    >>> parser.parse_args(["runs"]).folder.name
    'runs'
    """
    parser = subparsers.add_parser("runs", help="list runs: data, metric, parent", description=RUNS)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("runs"), metavar="FOLDER",
        help="the folder that holds the runs; runs by default",
    )  # fmt: skip
    parser.set_defaults(run=run_runs)
    parser = subparsers.add_parser(
        "promote", help="put a run's model into use, if it is no worse", description=PROMOTE
    )
    parser.add_argument(
        "folder", type=Path, metavar="RUN", help="the folder of a run, such as runs/new"
    )
    parser.add_argument(
        "--as", required=True, dest="name", metavar="NAME", help="what the model is used for"
    )
    parser.add_argument(
        "--metric", metavar="M", help="what to compare by; by default what the run chose by"
    )
    parser.add_argument(
        "--margin", metavar="X", help="by how much it must be better; 0 by default: no worse"
    )
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where the histories are; runs/promoted"
    )
    parser.set_defaults(run=run_promote)


def run_runs(options: argparse.Namespace) -> int:
    """List the runs; return the exit status. Mistakes of the user are left to the caller."""
    # Only now: the other commands of the package need no torch, and no wait for it.
    from course_pkg.training.promoting.run_table import list_runs, table

    rows = list_runs(options.folder)
    print(table(rows) if rows else f"no runs in {options.folder}")
    return 0


def run_promote(options: argparse.Namespace) -> int:
    """Promote a model; return the exit status. Refusals are left to the caller."""
    margin = 0.0
    if options.margin is not None:
        try:
            margin = float(options.margin)
        except ValueError:
            raise ValueError(f"--margin: expected a number, got {options.margin[:40]!r}") from None
    # Only now: the other commands of the package need no torch, and no wait for it.
    from course_pkg.training.promoting.gate import PROMOTED, promote

    found = promote(
        options.folder, options.name, metric=options.metric, margin=margin,
        folder=options.to or PROMOTED,
    )  # fmt: skip
    new, old, metric = found.new, found.old, found.metric
    value = f"{new.part} {metric} {new.metrics[metric]:.4f}"
    if not found.changed:
        print(f"{new.run}: already in use as {options.name}, {value}")
    elif old is None:
        print(f"{new.run}: promoted to {options.name}, the first one; {value}")
    else:
        print(
            f"{new.run}: promoted to {options.name}; {value}, before {old.metrics[metric]:.4f} "
            f"by {old.run}"
        )
    return 0
