"""The runs of a folder as a table: what each learned, how well, and from which run it started."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from course_pkg.training.recipes.config import read_toml
from course_pkg.training.recipes.saved_model import load_model, weights_hash
from course_pkg.training.recipes.tables import CONFIG, MODEL, BaseRun
from course_pkg.training.tasks.registry import config_from


class Row(NamedTuple):
    """What is said of one run; what is not known is empty."""

    run: str
    task: str = ""
    data: str = ""
    chosen: str = ""  # the part and the metric that the weights were chosen by, and the value
    test: str = ""  # the same metric on the test part
    parameters: str = ""
    parent: str = ""  # the run that it started from, and whether that is still the same
    note: str = ""  # why something is missing


def list_runs(folder: Path) -> list[Row]:
    """Read every run in a folder.

    Parameters
    ----------
    folder : Path
        Such as ``runs``. The runs are the folders in it that hold a configuration.

    Returns
    -------
    list of Row
        By name. A run that is damaged has a row that says so.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder of runs, found none")
    return [row_of(path.parent) for path in sorted(folder.glob(f"*/{CONFIG}"))]


def row_of(run: Path) -> Row:
    """Read one run."""
    row = Row(Path(run).name)
    try:
        config = config_from(read_toml(run / CONFIG))
        row = row._replace(task=config.task, data=config.data.name, parent=_parent(config.base))
        if not (run / MODEL).exists():
            return row._replace(note="not finished")
        model, about = load_model(run / MODEL)
        row = row._replace(parameters=f"{sum(p.numel() for p in model.parameters()):,}")
        part, metric = config.training.select_on, config.training.select_by
        chosen, test = (about["metrics"].get(name, {}).get(metric) for name in (part, "test"))
        return row._replace(chosen=f"{part} {metric} {_number(chosen)}", test=_number(test))
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        first = first.removeprefix(f"{run}{os.sep}")  # the row says which run it is
        return row._replace(note=f"damaged: {first[:100]}")


def _parent(base: BaseRun | None) -> str:
    """Name the run that this one started from, if its weights are still there."""
    if base is None:
        return ""
    file = Path(base.run) / MODEL
    if not file.exists():
        return f"{base.run} (missing)"
    try:
        same = weights_hash(load_model(file).model) == base.sha256
    except (OSError, ValueError):
        same = False
    return base.run if same else f"{base.run} (changed)"


def _number(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "-"


TITLES = Row("run", "task", "data", "chosen by", "test", "parameters", "started from")


def table(rows: Sequence[Row]) -> str:
    """Write rows below each other, in columns that are as wide as they need.

    Examples
    --------
    >>> print(table([Row("base", "lm", "text", "valid loss 2.1000", "2.2000", "512"), Row("b")]))
    run   task  data  chosen by            test  parameters  started from
    base  lm    text  valid loss 2.1000  2.2000         512
    b
    """
    cells = [TITLES, *rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(TITLES) - 1)]
    lines = []
    for row in cells:
        columns = [
            text.rjust(width) if title in ("test", "parameters") else text.ljust(width)
            for text, width, title in zip(row, widths, TITLES, strict=False)
        ]
        lines.append("  ".join([*columns, *([row.note] if row.note else [])]).rstrip())
    return "\n".join(lines)
