"""A run from a configuration file: make or find its folder, train, measure once, write it down."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from course_pkg.data.atomic import write_atomically
from course_pkg.training.config import ConfigError, override, read_toml, to_toml
from course_pkg.training.distributed import from_main, process_group
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.model_card import model_card
from course_pkg.training.saved_model import save_model
from course_pkg.training.seeding import seed_everything
from course_pkg.training.tasks import Built, Config, build, config_from

RESULT = "result.json"


def train_from_config(
    path: Path,
    *,
    folder: Path | None = None,
    resume: bool = False,
    changes: Mapping[str, str] | None = None,
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
        :func:`course_pkg.training.config.override`.

    Returns
    -------
    Path

    Raises
    ------
    ConfigError
        If the configuration does not say what it should, or is not that of the run to resume.
    FileExistsError
        If the folder holds a run and ``resume`` is false.
    CheckpointError
        If the checkpoint cannot be resumed.

    Notes
    -----
    The test part is measured once, by the best weights, after everything has been chosen.
    """
    path = Path(path)
    config = config_from(override(read_toml(path), changes or {}))
    folder = Path("runs", path.stem) if folder is None else Path(folder)
    torch.set_num_threads(config.threads)
    with process_group(config.device) as (share, device):
        if share.is_main:
            _prepare(folder, config, resume)
        from_main(None, share)  # nobody goes on before the folder is there
        seed_everything(config.training.seed, deterministic=config.training.deterministic)
        built = build(config)
        if share.is_main:
            print(f"{_describe(built)}\non {device}, into {folder}", flush=True)
            if built.vocabulary is not None:
                built.vocabulary.save(folder / "vocabulary.json")
        result = fit(
            built.task,
            config.training,
            device=device,
            folder=folder,
            resume=resume,
            share=share,
        )
        if share.is_main:
            chosen = f"{config.training.select_on} {config.training.select_by}"
            metrics = _measure(folder, built, config, device)
            about = built.task.identity() | {"metrics": metrics}
            save_model(folder / "model.safetensors", built.task.model, about)
            card = model_card(
                title=f"{config.data.name}: {config.task}",
                model=built.task.model,
                data=built.card,
                sizes=built.sizes,
                metrics=metrics,
                chosen_by=chosen,
                command=f"python -m course_pkg train {shlex.quote(path.name)}",
                config=to_toml(config),
            )
            write_atomically(folder / "card.md", card.encode())
            why = ", stopped early" if result.stopped_early else ""
            print(f"{result.steps} steps, {result.epochs} epochs{why}; weights by {chosen}")
            for part, found in metrics.items():
                print(f"{part}: " + ", ".join(f"{k} {v:.4f}" for k, v in found.items()))
            print(f"everything is in {folder}", flush=True)
        from_main(None, share)  # nobody leaves before the files are there
    return folder


def _prepare(folder: Path, config: Config, resume: bool) -> None:
    """Make the run folder, or check that the one that is there may be used."""
    text = to_toml(config)
    file = folder / "config.toml"
    if file.exists():
        if not resume:
            raise FileExistsError(
                f"{folder}: a run is here; go on with --resume, or take another folder by --out"
            )
        old, new = asdict(config_from(read_toml(file))), asdict(config)
        differences = [
            f"{key} was {was!r} and is {now!r}" for key, was, now in _differences("", old, new)
        ]
        if differences:
            raise ConfigError(
                f"{folder}: the run here has another configuration: {'; '.join(differences)}"
            )
    elif folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: expected an empty folder or a run, found other files")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(file, text.encode())


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
) -> dict[str, dict[str, float]]:
    """Measure the part that was chosen on, and the test part once in the life of a run."""
    file = folder / RESULT
    if file.exists():
        found: dict[str, dict[str, float]] = json.loads(file.read_text(encoding="utf-8"))
        return found
    parts = [config.training.select_on, *(["test"] if "test" in built.task.parts else [])]
    found = {part: evaluate(built.task, part, device) for part in parts}
    write_atomically(file, (json.dumps(found, indent=1) + "\n").encode())
    return found


def _describe(built: Built) -> str:
    count = sum(parameter.numel() for parameter in built.task.model.parameters())
    sizes = ", ".join(f"{part} {size}" for part, size in built.sizes.items())
    return f"{built.card.name}: {sizes}\n{type(built.task.model).__name__}, {count:,} parameters"
