"""The gate: a new model takes over from the one in use if it is no worse on held-out data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from course_pkg.checks import check_number
from course_pkg.training.promoting.records import Entry, file_of, read_history, write_history
from course_pkg.training.recipes.config import short
from course_pkg.training.recipes.saved_model import load_model, weights_hash
from course_pkg.training.recipes.tables import MODEL

PROMOTED = Path("runs", "promoted")


class NotPromotedError(ValueError):
    """A model that may not take over: it is worse, or cannot be compared."""


class Decision(NamedTuple):
    """What the gate has decided; a refusal is an error instead."""

    metric: str
    new: Entry
    old: Entry | None  # the model that was in use
    changed: bool  # false if the very same model was in use


def promote(
    run: Path,
    name: str,
    *,
    metric: str | None = None,
    margin: float = 0.0,
    folder: Path = PROMOTED,
) -> Decision:
    """Let a finished run's model take over a name, if it is no worse than the one in use.

    Parameters
    ----------
    run : Path
        The folder of a finished run.
    name : str
        What the model is used for, such as ``"docstrings"``.
    metric : str, optional
        What the two are compared by; by default what the new run's weights were chosen by.
    margin : float, at least 0
        By how much the new model has to be better; 0 lets an equal one through.
    folder : Path
        Where the histories are; made if it is not there.

    Returns
    -------
    Decision

    Raises
    ------
    NotPromotedError
        If it is worse by this metric on the part that its weights were chosen on, lacks the
        metric, or was measured on other data than the model in use. Nothing has changed then.
    FileNotFoundError
        If there is no finished run.
    ValueError
        If a file is damaged, or the name is none.

    Notes
    -----
    The gate looks at the validation part: the test part, looked at for every candidate, would
    soon be a validation part too. What was measured is read from the model file, not measured
    again.
    """
    margin = check_number("margin", margin, "[0, inf)")
    file = file_of(name, folder)
    history = read_history(file)
    new, old = entry_of(run), history[-1] if history else None
    metric = new.chosen_by if metric is None else metric
    if metric not in new.goals or metric not in new.metrics:
        known = ", ".join(sorted(new.goals.keys() & new.metrics.keys())) or "none"
        raise NotPromotedError(
            f"metric: expected a finite one of {run} on {new.part!r}: {known}; got {short(metric)}"
        )
    if old is not None and old.sha256 == new.sha256:
        return Decision(metric, new, old, changed=False)
    if old is not None:
        _compare(new, old, metric, margin)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    new = replace(new, when=now)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_history(file, [*history, new])
    return Decision(metric, new, old, changed=True)


def entry_of(run: Path) -> Entry:
    """Read from a finished run what the gate compares.

    Raises
    ------
    FileNotFoundError
        If there is no finished run.
    ValueError
        If its model file is damaged, or was written before there was a gate.
    """
    file = Path(run) / MODEL
    if not file.exists():
        raise FileNotFoundError(f"{run}: expected a finished run, found no {MODEL}")
    model, about = load_model(file)
    try:
        chosen: Mapping[str, Any] = about["chosen"]
        part = chosen["part"]
        metrics = {name: x for name, x in about["metrics"][part].items() if x is not None}
        return Entry(
            run=str(run), sha256=weights_hash(model), task=about["kind"], part=part,
            data=about["data"][part], chosen_by=chosen["metric"], metrics=metrics,
            goals=about["goals"],
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{file}: expected what was measured, and on which data ({type(error).__name__}: "
            f"{error}); --resume with the run's configuration writes the file anew"
        ) from None


def _compare(new: Entry, old: Entry, metric: str, margin: float) -> None:
    """Raise if the new model is worse than the old one, or the two cannot be compared."""
    same = (new.task, new.part, new.data) == (old.task, old.part, old.data)
    if not same or metric not in old.metrics:
        what = f"the part {new.part!r}" if same else "other data, or with another vocabulary"
        lacks = f" without {metric!r}" if same else ""
        raise NotPromotedError(
            f"{new.run}: cannot be compared with the model in use, {old.run}, which was measured "
            f"on {what}{lacks}"
        )
    sign = 1 if new.goals[metric] == "max" else -1
    gain = sign * (new.metrics[metric] - old.metrics[metric])
    if gain < margin:
        by = f" by the margin of {margin:g}" if margin else ""
        raise NotPromotedError(
            f"{new.run}: not promoted: its {new.part} {metric} of {new.metrics[metric]:.4f} is "
            f"{'worse than' if gain < 0 else 'not better than'} the {old.metrics[metric]:.4f} of "
            f"the model in use, {old.run}{by if gain >= 0 else ''}"
        )
