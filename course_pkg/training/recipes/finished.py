"""What a finished run has left: its model, and the vocabularies that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from course_pkg.data.text.byte_pairs import AnyVocabulary, load_vocabulary
from course_pkg.training.recipes.saved_model import load_model
from course_pkg.training.recipes.tables import MODEL

M = TypeVar("M", bound=nn.Module)


def open_finished(
    folder: Path, task: str, kind: type[M], files: Mapping[str, str]
) -> tuple[M, list[AnyVocabulary]]:
    """Read the model and the vocabularies of a run folder.

    Parameters
    ----------
    folder : Path
    task : str
        What the run must have learned, for messages.
    kind : type
        The model of this task.
    files : mapping of str to str
        For each file of a vocabulary the setting of the model that says how large it is.

    Returns
    -------
    model : Module
        In float64, whose rounding hardly ever changes a choice of a token, so that another machine
        writes the same; in evaluation mode.
    vocabularies : list of Vocabulary or BytePairs
        In the order of the files.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no finished run in it.
    ValueError
        If it is a run of another task, a file is damaged, or a vocabulary is not the model's.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected the folder of a run, found none")
    if not (folder / MODEL).exists():
        raise FileNotFoundError(
            f"{folder}: expected a finished run, found no {MODEL}; the command train writes it at "
            "the end"
        )
    model, about = load_model(folder / MODEL)
    if type(model) is not kind:  # a pointer model is a Seq2Seq too, and reads other ids
        raise ValueError(
            f"{folder}: expected a run of the task {task!r}, whose model is a {kind.__name__}, "
            f"got a {type(model).__name__}"
        )
    settings: Any = model.settings
    vocabularies: list[AnyVocabulary] = []
    for name, setting in files.items():
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder}: expected the model's vocabulary, found no {name}")
        vocabulary = load_vocabulary(folder / name)
        hashed = about.get(Path(name).stem)
        if hashed != vocabulary.sha256 or settings[setting] != len(vocabulary):
            raise ValueError(
                f"{folder}: {name} is not the vocabulary that {MODEL} was trained with: the "
                "same ids stand for other tokens"
            )
        vocabularies.append(vocabulary)
    for parameter, weight in model.named_parameters():
        if not torch.isfinite(weight).all():
            raise ValueError(
                f"{folder}: {MODEL}: expected finite weights, got others in {parameter}"
            )
    return model.double().eval(), vocabularies
