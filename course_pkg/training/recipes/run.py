"""A run from a configuration file: make or find its folder, train, measure once, write it down."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from course_pkg.data.files.atomic import remove_leftovers, write_atomically
from course_pkg.training.distributed import from_main, process_group
from course_pkg.training.log import RECORDS, finite
from course_pkg.training.loop import check_fits, evaluate, fit
from course_pkg.training.recipes.adapted import about_base, finish, start_from
from course_pkg.training.recipes.adapter import ADAPTER
from course_pkg.training.recipes.base import base_of, fill
from course_pkg.training.recipes.config import SHORT, ConfigError, override, read_toml, to_toml
from course_pkg.training.recipes.model_card import model_card
from course_pkg.training.recipes.saved_model import about_run, save_model
from course_pkg.training.recipes.tables import (
    CARD,
    CONFIG,
    MODEL,
    RESULT,
    SOURCE,
    TARGET,
    VOCABULARY,
    Built,
    Config,
)
from course_pkg.training.resuming.opening import CHECKPOINT
from course_pkg.training.seeding import seed_everything
from course_pkg.training.tasks.registry import build, config_from

FILES = (CONFIG, VOCABULARY, SOURCE, TARGET, RECORDS, CHECKPOINT, RESULT, ADAPTER, MODEL, CARD)


def train_from_config(
    path: Path,
    *,
    folder: Path | None = None,
    resume: bool = False,
    changes: Mapping[str, str] | None = None,
    base: Path | None = None,
) -> Path:
    """Train what a TOML file describes, and return the run folder.

    Parameters
    ----------
    path : Path
        The configuration.
    folder : Path, optional
        The run folder; by default ``runs/`` and the configuration's name.
    resume : bool
        Go on with the run in the folder, or start it if there is none.
    changes : mapping of str to str, optional
        Keys of the configuration to change, as for
        :func:`course_pkg.training.recipes.config.override`.
    base : Path, optional
        The folder of a finished run to start from; by default the one in the configuration's table
        ``base``, if it has one.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If the configuration does not say what it should, does not go with the base run, or differs
        from the one of the run to resume. No folder is made then.
    FileNotFoundError
        If there is no such file, or no such base run.
    FileExistsError
        If the folder holds a run and ``resume`` is false, or holds other files.
    CheckpointError
        If the checkpoint cannot be resumed.
    ValueError
        If a file of the run to resume is damaged; the message names it.

    Notes
    -----
    The test part is measured once, by the best weights, after everything has been chosen.
    """
    path = Path(path)
    changes = changes or {}
    table = override(read_toml(path), changes)
    if base is not None:
        table["base"] = {"run": str(base)}
    parent = base_of(table)
    config = config_from(table if parent is None else fill(table, parent))
    folder = Path("runs", path.stem) if folder is None else Path(folder)
    torch.set_num_threads(config.threads)
    with process_group(config.device) as (share, device):
        if share.is_main:
            _check_folder(folder, config, resume)
        seed_everything(config.training.seed, deterministic=config.training.deterministic)
        start = None if parent is None else start_from(parent, config)
        built = build(config) if start is None else start.built
        task = built.task if start is None else start.task
        check_fits(task, config.training)
        if share.is_main:  # only now: a mistake in the configuration leaves no folder behind
            told = built.describe() if start is None else f"{start.described}\n{start.words}"
            print(f"{told}\non {device}, into {folder}", flush=True)
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / CONFIG).exists():  # else it is the same, and may have comments
                write_atomically(folder / CONFIG, to_toml(config).encode())
            for name, vocabulary in built.vocabularies.items():
                vocabulary.save(folder / name)
        from_main(None, share)  # nobody goes on before the folder is there
        result = fit(
            task,
            config.training,
            adaptation=None if start is None else start.adaptation,
            device=device,
            folder=folder,
            resume=resume,
            share=share,
        )
        if share.is_main:
            proof = "" if start is None else finish(start, config, folder)
            metrics = _write_down(
                folder, built, config, device,
                started="" if start is None else f"{start.words}\n{proof}",
                command=_command(path, changes, base),
            )  # fmt: skip
            why = ", stopped early" if result.stopped_early else ""
            chosen = f"{config.training.select_on} {config.training.select_by}"
            print(f"{result.steps} steps, {result.epochs} epochs{why}; weights by {chosen}")
            if proof:
                print(proof)
            for part, found in metrics.items():
                print(f"{part}: " + ", ".join(f"{k} {v:.4f}" for k, v in found.items()))
            print(f"everything is in {folder}", flush=True)
        from_main(None, share)  # nobody leaves before the files are there
    return folder


def _write_down(
    folder: Path, built: Built, config: Config, device: torch.device, *, started: str, command: str
) -> dict[str, dict[str, float]]:
    """Measure a trained model, and write its file and its card; return the metrics."""
    measured = not (folder / RESULT).exists()
    result_file = _measure(folder, built, config, device)
    about = about_run(built.task, config.training, result_file)
    if config.base is not None:
        about |= about_base(config)
    save_model(folder / MODEL, built.task.model, about)
    metrics = {
        part: {name: math.nan if value is None else value for name, value in found.items()}
        for part, found in result_file.items()
    }
    card = model_card(
        title=f"{built.card.name}: {config.task}",
        model=built.task.model,
        data=built.card,
        sizes=built.sizes,
        metrics=metrics,
        how_measured=built.task.how_measured,
        chosen_by=f"{config.training.select_on} {config.training.select_by}",
        started=started,
        command=command,
        config=to_toml(config),
    )
    if measured or not (folder / CARD).exists():  # else people may have added to it
        write_atomically(folder / CARD, card.encode())
    return metrics


def _check_folder(folder: Path, config: Config, resume: bool) -> None:
    """Raise unless there is no run folder yet, or the one that is there may be used."""
    if not folder.exists():
        return
    file = folder / CONFIG
    if file.exists() and not resume:  # it may even be running
        raise FileExistsError(
            f"{folder}: a run is here; go on with --resume, or take another folder by --out"
        )
    remove_leftovers(folder, FILES)
    if file.exists():
        try:
            old, new = asdict(config_from(read_toml(file))), asdict(config)
        except ConfigError as error:
            raise ConfigError(f"{file}: {str(error).removeprefix(f'{file}: ')}") from error
        differences = [
            f"{key} was {was!r} and is {now!r}" for key, was, now in _differences("", old, new)
        ]
        if differences:
            raise ConfigError(
                f"{folder}: the run here has another configuration: {'; '.join(differences)}"
            )
    elif any(folder.iterdir()):
        raise FileExistsError(f"{folder}: expected an empty folder or a run, found other files")


def _command(path: Path, changes: Mapping[str, str], base: Path | None) -> str:
    """Write the command that trains the same again."""
    words = ["python", "-m", "course_pkg", "train", str(path)]
    words += [] if base is None else ["--from", str(base)]
    for key, value in changes.items():
        words += [SHORT[key], value] if key in SHORT else ["--set", f"{key}={value}"]
    return shlex.join(words)


def _differences(path: str, old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            found
            for key in sorted(old.keys() | new.keys())
            for found in _differences(f"{path}.{key}".lstrip("."), old.get(key), new.get(key))
        ]
    return [] if old == new else [(path, old, new)]


def _measure(
    folder: Path, built: Built, config: Config, device: torch.device
) -> dict[str, dict[str, float | None]]:
    """Measure the part that was chosen on, and the test part once in the life of a run.

    What is not finite is None, as in the file.
    """
    file = folder / RESULT
    if file.exists():
        return _read_result(file)
    parts = [config.training.select_on, *(["test"] if "test" in built.task.parts else [])]
    found = {
        part: {name: finite(value) for name, value in evaluate(built.task, part, device).items()}
        for part in parts
    }
    write_atomically(file, (json.dumps(found, indent=1) + "\n").encode())
    return found


def _read_result(file: Path) -> dict[str, dict[str, float | None]]:
    """Read the measurements of a finished run."""
    try:
        found = json.loads(file.read_bytes())
        return {
            part: {name: None if value is None else float(value) for name, value in some.items()}
            for part, some in found.items()
        }
    except (AttributeError, ArithmeticError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{file}: damaged: expected metrics for each part ({error})") from error
