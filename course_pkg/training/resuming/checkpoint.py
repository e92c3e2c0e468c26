"""Checkpoint files: tensors and JSON in one safetensors file, checked when it is read.

A pickle can run any program when it is opened, and ``torch.save`` writes pickles. A safetensors
file holds numbers, names and one line of text, so a file from a stranger can be wrong but cannot
act. The SHA-256 inside finds damage; it is no signature, and a stranger can compute it too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from course_pkg.data.files.atomic import write_atomically

KIND = "course_pkg checkpoint"
VERSION = 1  # of the format; raised when older files can no longer be read


# What Python and torch raise on contents that do not fit: a stranger can write any, with its sum.
UNFIT = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class CheckpointError(ValueError):
    """The file is no checkpoint of this package, is damaged, or belongs to another run."""


class Checkpoint(NamedTuple):
    """What a checkpoint file holds."""

    tensors: dict[str, Tensor]  # on the CPU
    about: dict[str, Any]  # everything else, as JSON


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write a checkpoint, so that a kill at any moment leaves the old one or the new one.

    Equal contents give equal bytes.

    Parameters
    ----------
    path : Path
        The folder must exist.
    tensors : mapping of str to Tensor
        On any device.
    about : mapping
        Whatever JSON can say. Its floats come back to the last bit.

    Raises
    ------
    TypeError
        If ``about`` holds something that JSON cannot say.
    OSError
        If the file cannot be written; the old one is then still there.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "checkpoint.safetensors"
    >>> save_checkpoint(path, {"W": torch.tensor([0.1])}, {"step": 7})
    >>> load_checkpoint(path)
    Checkpoint(tensors={'W': tensor([0.1000])}, about={'step': 7})
    """
    # Copies: two names may stand for one tensor (tied weights), which safetensors refuses.
    copies = {
        name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()
    }
    text = json.dumps(about, sort_keys=True)
    metadata = {
        "kind": KIND,
        "version": str(VERSION),
        "about": text,
        "sha256": _digest(copies, text),
    }
    write_atomically(path, _in_order(save(copies, metadata)))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and check that every bit is as it was written.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Checkpoint

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is damaged, was written by another program, or is a pickle; nothing in it has
        been run.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "checkpoint.safetensors"
    >>> torch.save({"W": torch.zeros(1)}, path)
    >>> load_checkpoint(path)
    Traceback (most recent call last):
        ...
    course_pkg.training.resuming.checkpoint.CheckpointError: ...checkpoint.safetensors: ...
    """
    path = Path(path)
    with path.open("rb") as file:
        start = file.read(2)
    try:
        with safe_open(path, framework="pt", device="cpu") as opened:
            metadata = opened.metadata() or {}
            # Copies: what is read lies in the file's memory, at any address. A sum can differ in
            # its last bit with the alignment, and a resumed run must not.
            tensors = {name: opened.get_tensor(name).clone() for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, *UNFIT) as error:
        if start == b"PK" or start[:1] == b"\x80":
            raise CheckpointError(
                f"{path}: this is a pickle or a zip archive, as torch.save writes them; "
                "opening one can run any program hidden in it, so it was left alone"
            ) from error
        raise CheckpointError(
            f"{path}: damaged, or no safetensors file ({error}); go back to a copy, "
            "or start the run anew in an empty folder"
        ) from error
    if metadata.get("kind") != KIND:
        raise CheckpointError(
            f"{path}: expected a file of kind {KIND!r}, got {metadata.get('kind')!r}; "
            "another program wrote it"
        )
    if metadata.get("version") != str(VERSION):
        raise CheckpointError(
            f"{path}: expected format version {VERSION}, got {metadata.get('version')!r}"
        )
    text = metadata.get("about", "")
    if metadata.get("sha256") != _digest(tensors, text):
        raise CheckpointError(
            f"{path}: damaged, its contents do not match their SHA-256; go back to a copy, "
            "or start the run anew in an empty folder"
        )
    try:
        about = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: its description is no JSON ({error})") from error
    if not isinstance(about, dict):
        raise CheckpointError(
            f"{path}: expected a JSON object as description, got {type(about).__name__}"
        )
    return Checkpoint(tensors, about)


def _in_order(data: bytes) -> bytes:
    """Sort the metadata in the head of a safetensors file: the library takes any order."""
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + size])
    head["__metadata__"] = dict(sorted(head["__metadata__"].items()))
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def _digest(tensors: Mapping[str, Tensor], text: str) -> str:
    """Hash the description, and every tensor's name, type, shape and bytes."""
    found = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()
