"""A trained model as one file: its weights, how to build it, and which vocabulary it reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from course_pkg.training.recipes.tables import on_meta
from course_pkg.training.resuming.checkpoint import (
    UNFIT,
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from course_pkg.training.resuming.state import check_tensors
from course_pkg.training.tasks.parts import plain
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
    name = Path(path).name
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
            f"{name}: expected a model file ({type(error).__name__}: {error})"
        ) from error
    if vocabulary is not None and about.get("vocabulary") != vocabulary:
        raise CheckpointError(
            f"{name}: trained with the vocabulary {about.get('vocabulary')}, used with "
            f"{vocabulary}: the same ids stand for other tokens"
        )
    return SavedModel(model, about)
