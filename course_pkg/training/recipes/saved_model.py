"""A trained model as one file: its weights, how to build it, and which vocabulary it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from course_pkg.training.adapting.freezing import hash_of
from course_pkg.training.recipes.tables import on_meta
from course_pkg.training.resuming.checkpoint import (
    UNFIT,
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from course_pkg.training.resuming.state import check_tensors
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.parts import plain
from course_pkg.training.tasks.protocol import Task
from course_pkg.training.tasks.registry import models


class SavedModel(NamedTuple):
    """What a model file holds."""

    model: nn.Module
    about: dict[str, Any]  # whatever the writer added, such as the hash of a vocabulary


def save_model(path: Path, model: nn.Module, about: dict[str, Any] | None = None) -> None:
    """Write a task model so that :func:`load_model` can build it again.

    Parameters
    ----------
    path : Path
        The folder must exist.
    model : Module
        The model of a task, such as a LanguageModel.
    about : dict, optional
        What else to keep, as JSON.

    Raises
    ------
    TypeError
        If the model is of no kind that can be rebuilt from its settings.

    Examples
    --------
    >>> import tempfile
    >>> from course_pkg.models.language_model import LanguageModel
    >>> path = Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> save_model(path, LanguageModel(tokens=9, hidden=4), {"vocabulary": "..."})
    >>> load_model(path).model.settings["tokens"]
    9
    """
    name = type(model).__name__
    if models().get(name) is not type(model):
        raise TypeError(f"model: expected one of {', '.join(models())}, got {name}")
    settings: Any = model.settings
    content = {"model": name, "settings": plain(settings), "about": about or {}}
    save_checkpoint(path, model.state_dict(), content)


def about_run(
    task: Task, settings: Settings, metrics: Mapping[str, Mapping[str, float | None]]
) -> dict[str, Any]:
    """Return what the model file of a finished run says besides its weights.

    Parameters
    ----------
    task : Task
        That was learned.
    settings : Settings
        How.
    metrics : mapping of str to mapping of str to float or None
        For each part that was measured, its metrics; None where one is not finite.

    Returns
    -------
    dict
        For :func:`save_model`: what a run that starts from this one, or a gate that compares the
        two, has to know.
    """
    return task.identity() | {
        "metrics": {part: dict(found) for part, found in metrics.items()},
        "chosen": {"part": settings.select_on, "metric": settings.select_by},
        "goals": dict(task.goals),
    }


def weights_hash(model: nn.Module) -> str:
    """Return a SHA-256 over the weights of a model: equal if and only if they are the same bits.

    Examples
    --------
    >>> import torch
    >>> model = nn.Linear(2, 1)
    >>> before = weights_hash(model)
    >>> with torch.no_grad():
    ...     _ = model.bias.add_(1e-3)
    >>> weights_hash(model) == before
    False
    """
    return hash_of(dict(model.named_parameters()))


def load_model(path: Path, *, vocabulary: str | None = None) -> SavedModel:
    """Build a model from its file, with its weights, on the CPU.

    Parameters
    ----------
    path : Path
    vocabulary : str, optional
        The hash of the vocabulary that is to be used with it.

    Returns
    -------
    SavedModel

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is damaged or no model, or was trained with another vocabulary.

    Notes
    -----
    The settings in the file may be anybody's. What they describe takes memory only when the file
    holds weights of just these names and shapes.
    """
    tensors, content = load_checkpoint(path)
    try:
        kind, settings = models()[content["model"]], content["settings"]
        about: dict[str, Any] = content["about"]
        if not isinstance(about, dict):
            raise TypeError(f"about: expected an object, got {type(about).__name__}")
        if settings.get("layers", 1) > len(tensors):
            raise ValueError(f"layers: expected tensors for each, got {len(tensors)} in all")
        check_tensors("model", tensors, on_meta(kind, **settings).state_dict())
        model = kind(**settings)
        model.load_state_dict(tensors)
    except UNFIT as error:
        raise CheckpointError(
            f"{path}: expected a model file ({type(error).__name__}: {error})"
        ) from error
    if vocabulary is not None and about.get("vocabulary") != vocabulary:
        raise CheckpointError(
            f"{path}: trained with the vocabulary {about.get('vocabulary')}, used with "
            f"{vocabulary}: the same ids stand for other tokens"
        )
    return SavedModel(model, about)
