"""What LoRA has learned, as a file of its own: small, and of use beside its base alone.

One base serves several adapters: each is put beside a copy of its weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_pkg.models.adapters import add_low_rank
from course_pkg.training.adapting.freezing import hash_of
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

ADAPTER = "adapter.safetensors"
HEAD = "readout"  # it is in the file as a whole where it is not the base's


def save_adapter(path: Path, model: nn.Module, about: Mapping[str, Any]) -> None:
    """Write what is trained in an adapted model, so that :func:`load_adapter` finds it again.

    Parameters
    ----------
    path : Path
        The folder must exist.
    model : Module
        The model of a task, adapted and not merged.
    about : mapping
        As JSON: ``base.sha256``, the hash of the weights of the base, and ``adapting.rank`` and
        ``adapting.alpha``.
    """
    settings: Any = model.settings
    content = {**about, "model": type(model).__name__, "settings": plain(settings)}
    save_checkpoint(path, _trained(model), content)


def load_adapter(path: Path, base: nn.Module) -> nn.Module:
    """Put an adapter beside the weights of its base.

    Parameters
    ----------
    path : Path
        The ``adapter.safetensors`` of a run.
    base : Module
        The model of the run that it started from, such as ``open_base(folder).model``, in float32
        or float64. It is not changed: its weights are copied.

    Returns
    -------
    Module
        Of the adapter's task, in evaluation mode, of the base's type and on its device.
        :func:`course_pkg.models.adapters.merge` makes a plain model of it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is damaged or no adapter.
    ValueError
        If the adapter was trained beside other weights.

    Examples
    --------
    >>> import copy, tempfile
    >>> from course_pkg.models.language_model import LanguageModel
    >>> from course_pkg.training.recipes.saved_model import weights_hash
    >>> base = LanguageModel(tokens=9, embedding=4, hidden=4)
    >>> model = copy.deepcopy(base)
    >>> _ = add_low_rank(model, rank=1, alpha=2.0)
    >>> about = {"base": {"sha256": weights_hash(base)}, "adapting": {"rank": 1, "alpha": 2.0}}
    >>> path = Path(tempfile.mkdtemp()) / ADAPTER
    >>> save_adapter(path, model, about)
    >>> type(load_adapter(path, base)).__name__
    'LanguageModel'
    >>> load_adapter(path, LanguageModel(tokens=9, embedding=4, hidden=4))
    Traceback (most recent call last):
        ...
    ValueError: base: expected the weights beside which ...adapter.safetensors was trained, ...
    """
    if not isinstance(base, nn.Module):
        raise TypeError(f"base: expected a Module, got {type(base).__name__}")
    tensors, content = load_checkpoint(path)
    try:
        kind, settings = models()[content["model"]], content["settings"]
        rank, alpha = content["adapting"]["rank"], content["adapting"]["alpha"]
        wanted = content["base"]["sha256"]
    except UNFIT as error:
        raise CheckpointError(
            f"{path}: expected an adapter ({type(error).__name__}: {error})"
        ) from error
    # As float32, in which it was hashed: what opens a run to write text makes it float64.
    found = hash_of({name: weight.float() for name, weight in base.named_parameters()})
    if found != wanted:
        raise ValueError(
            f"base: expected the weights beside which {path} was trained, with the SHA-256 "
            f"{wanted}, got others, with {found}"
        )
    own = {name: tensor for name, tensor in tensors.items() if name.startswith(f"{HEAD}.")}
    whole = (HEAD,) if f"{HEAD}.bias" in own else ()
    weights = {name: weight.float() for name, weight in base.state_dict().items()}
    if whole:
        weights = {name: w for name, w in weights.items() if not name.startswith(HEAD)} | own
    try:
        check_tensors("model", weights, on_meta(kind, **settings).state_dict())
        model = kind(**settings)
        model.load_state_dict(weights)
        add_low_rank(model, rank=rank, alpha=alpha, whole=whole)
        trained = _trained(model)
        check_tensors("adapter", tensors, trained)
        for name, tensor in tensors.items():
            if not tensor.isfinite().all():
                raise ValueError(f"adapter.{name}: expected finite numbers, got others")
        with torch.no_grad():
            for name, parameter in trained.items():
                parameter.copy_(tensors[name])
    except UNFIT as error:
        raise CheckpointError(
            f"{path}: expected an adapter of this base ({type(error).__name__}: {error})"
        ) from error
    return model.to(next(base.parameters())).eval()


def _trained(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
