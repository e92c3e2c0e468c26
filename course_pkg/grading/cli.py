"""The command ``progress`` of ``python -m course_pkg``."""

from __future__ import annotations

import argparse
import ast
import json
from pathlib import Path
from typing import Any

from course_pkg.grading.progress import best_in, earned, summary

COURSE = Path(__file__).parents[2]
PROGRESS = """\
Say which exercises are solved, or solved in part, how many points that is, and what is next. A
check that was run in JupyterLab, opened by `make lab`, has written it down; nothing is run.
"""


def add_commands(subparsers: Any) -> None:
    """Add the command of this room to those of ``python -m course_pkg``.

    Parameters
    ----------
    subparsers : what ``ArgumentParser.add_subparsers`` returned

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_commands(parser.add_subparsers())
    >>> parser.parse_args(["progress"]).folder.name
    'work'
    """
    parser = subparsers.add_parser(
        "progress", help="say which exercises are solved", description=PROGRESS
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=COURSE / "work", help="with your notebooks: work/"
    )
    parser.set_defaults(run=run_progress)


def exercises_of(notebook: Path) -> dict[int, tuple[float, str]]:
    """Return points and title of the exercises of a notebook, from its last cell.

    Parameters
    ----------
    notebook : Path
        An exercise notebook.

    Returns
    -------
    dict of int to (float, str)
        Nothing if it has no such cell.
    """
    for cell in reversed(json.loads(notebook.read_text(encoding="utf-8"))["cells"]):
        source = "".join(cell["source"])
        if "show_progress(" in source:
            call = ast.parse(source).body[-1]
            if isinstance(call, ast.Expr) and isinstance(call.value, ast.Call):
                found: dict[int, tuple[float, str]] = ast.literal_eval(call.value.args[1])
                return found
    return {}


def run_progress(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    notebooks = sorted((COURSE / "exercises").glob("*.ipynb"))
    if not notebooks:
        raise ValueError(f"progress: {COURSE} is no copy of the course: it has no exercises/")
    best = best_in(options.folder / "progress.json")
    points = most = 0.0
    for path in notebooks:
        exercises = exercises_of(path)
        here = best.get(path.stem, {})
        points += earned(exercises, here)
        most += sum(each for each, _ in exercises.values())
        first, _, rest = summary(exercises, here).partition("\n")
        print(f"{path.stem}\n  {first}\n  {rest}")
    print(f"In all: {points:g} of {most:g} points.")
    return 0
