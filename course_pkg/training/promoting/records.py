"""The history of a promoted model, one JSON file for each name."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from course_pkg.checks import check_option
from course_pkg.data.files.atomic import write_atomically
from course_pkg.training.early_stopping import Goal

FORMAT = "course_pkg promoted 1"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a file, on every system
GOALS = ("min", "max")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model that was promoted: enough to know it again, and to compare the next one with it."""

    run: str  # its folder
    sha256: str  # of its weights
    task: str
    part: str  # what the gate looks at
    data: str  # the SHA-256 of this part, as ids and labels
    chosen_by: str  # the metric that the run looked at
    metrics: dict[str, float]  # of this part; what was not finite is left out
    goals: dict[str, Goal]  # whether small or large is good, for each metric
    when: str = ""  # it was promoted, in universal time

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kind = dict if field.name in ("metrics", "goals") else str
            if not isinstance(value, kind):
                raise TypeError(f"{field.name}: expected a {kind.__name__}, got {value!r:.40}")
        for goal in self.goals.values():
            check_option("goals", goal, GOALS)
        for name, number in self.metrics.items():
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise TypeError(f"metrics: expected numbers, got {number!r:.40} for {name!r:.40}")
            if not math.isfinite(number):
                raise ValueError(f"metrics: expected finite numbers, got {number} for {name!r:.40}")


def file_of(name: str, folder: Path) -> Path:
    """Return the file that keeps the history of a name.

    Raises
    ------
    ValueError
        If the name is none for a file.

    Examples
    --------
    >>> file_of("docstrings", Path("promoted")).as_posix()
    'promoted/docstrings.json'
    >>> file_of("../docstrings", Path("promoted"))
    Traceback (most recent call last):
        ...
    ValueError: name: expected letters, digits and . _ -, at most 100, got '../docstrings'
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"name: expected letters, digits and . _ -, at most 100, got {name!r:.40}")
    return Path(folder) / f"{name}.json"


def read_history(file: Path) -> list[Entry]:
    """Read the history of a name, the model in use last; without a file there is none.

    Raises
    ------
    ValueError
        If the file is damaged, or not one of these.
    """
    try:
        content = json.loads(Path(file).read_bytes())
    except FileNotFoundError:
        return []
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: expected the history of a promoted model, got {error}") from None
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise ValueError(f"{file}: expected the format {FORMAT!r}, got something else")
    try:
        return [Entry(**entry) for entry in _list_of(content["history"])]
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: the history is damaged: {error}") from None


def write_history(file: Path, history: list[Entry]) -> None:
    """Write the history of a name, whole or not at all."""
    content = {"format": FORMAT, "history": [asdict(entry) for entry in history]}
    write_atomically(file, (json.dumps(content, indent=1) + "\n").encode())


def _list_of(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise TypeError(f"history: expected a list, got {type(found).__name__}")
    return found
