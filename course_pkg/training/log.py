"""The log of a run: one JSON line per record, and TensorBoard if asked for."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any, TextIO

from course_pkg.data.files.atomic import write_atomically

RECORDS = "metrics.jsonl"
BEGINNING = b'{"step"'  # of every record that a run writes


class RunLog:
    """The records of a run: lines of ``metrics.jsonl`` in its folder, or a list if it has none.

    A record is written and handed to the system at once, so a killed run loses none that it has
    written. JSON keeps floats to the last bit; NaN and infinity are written as null. Every record
    says how many seconds the run has taken, those before an interruption included.

    Parameters
    ----------
    folder : Path or None
        Must exist.
    keep : int
        How many records of an earlier run in this folder to keep: those that its checkpoint
        knows of. The records after it belong to steps that will be done again.
    tensorboard : bool
        Whether to write TensorBoard's event files too, into ``tensorboard/``.
    writes : bool
        Whether this process writes the files; in the others of a group the log is silent.

    Raises
    ------
    ModuleNotFoundError
        If TensorBoard is asked for and is not installed.
    ValueError
        If there are fewer than ``keep`` whole records, or the last of them is none.
    FileExistsError
        If none is to be kept, and the file does not begin as the log of a run does.

    Examples
    --------
    >>> log = RunLog(None)
    >>> log.write(step=1, loss=0.5)
    >>> [record["loss"] for record in log.records()]
    [0.5]
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        keep: int = 0,
        tensorboard: bool = False,
        writes: bool = True,
    ) -> None:
        self._silent = not writes
        self._kept: list[dict[str, Any]] = []
        self._file: TextIO | None = None
        self._board: Any = None
        self.count = 0  # how many records the file holds
        before: dict[str, Any] = {}
        if folder is not None and writes:
            self._path = Path(folder) / RECORDS
            before = _cut(self._path, keep)
            self.count = keep
            if tensorboard:
                step = int(before.get("step") or 0) + 1  # it forgets this step and what follows
                board = str(self._path.with_name("tensorboard"))
                self._board = tensorboard_class()(board, purge_step=step)
            self._file = self._path.open("a", encoding="utf-8")
        self._started = time.monotonic() - float(before.get("seconds") or 0.0)

    def write(self, **record: Any) -> None:
        """Append a record."""
        if self._silent:
            return
        record["seconds"] = round(time.monotonic() - self._started, 3)
        if self._file is None:
            self._kept.append(record)
            return
        clean = {key: finite(value) for key, value in record.items()}
        self._file.write(json.dumps(clean) + "\n")
        self._file.flush()
        self.count += 1
        if self._board is not None:
            step = int(record.get("step") or 0)
            for key, value in record.items():
                if isinstance(value, (int, float)) and key != "step":
                    self._board.add_scalar(key, value, step)

    def sync(self) -> None:
        """Wait until all records have reached the disk: a checkpoint must not know of others."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def records(self) -> list[dict[str, Any]]:
        """Return all records of the run, those before a resumption too."""
        return self._kept if self._file is None else read_records(self._path.parent)

    def close(self) -> None:
        """Close the files."""
        if self._file is not None:
            self._file.close()
        if self._board is not None:
            self._board.close()


def _cut(path: Path, keep: int) -> dict[str, Any]:
    """Cut a log behind the records to keep, and return the last of them."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    whole = [line for line in lines if line.endswith(b"\n")]  # a kill can cut the last one
    if len(whole) < keep:
        raise ValueError(
            f"{path}: expected at least the {keep} records that the checkpoint "
            f"knows of, found {len(whole)}"
        )
    if not keep and lines and not lines[0].startswith(BEGINNING[: len(lines[0])]):
        raise FileExistsError(f"{path}: expected the log of a run, found another file")
    last = _parsed(whole[keep - 1], path, keep) if keep else {}
    write_atomically(path, b"".join(whole[:keep]))
    return last


def read_records(folder: Path) -> list[dict[str, Any]]:
    r"""Read the records of a run folder, in the order in which they were written.

    A last line that a kill has cut is left out.

    Raises
    ------
    ValueError
        If a line is no record; the message names the file and the line.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "metrics.jsonl").write_text('{"step": 1}\n{"st')
    >>> read_records(folder)
    [{'step': 1}]
    """
    path = Path(folder) / RECORDS
    lines = path.read_bytes().splitlines(keepends=True)
    return [
        _parsed(line, path, number)
        for number, line in enumerate(lines, start=1)
        if line.endswith(b"\n")
    ]


def _parsed(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """Return the record of a line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: line {number} is damaged: {error}") from None
    if not isinstance(record, dict):
        raise ValueError(f"{path}: line {number}: expected a record, got {type(record).__name__}")
    return record


def finite(value: Any) -> Any:
    """Return what stands for a value in JSON, which has no NaN and no infinity: then None.

    Examples
    --------
    >>> finite(0.5), finite(math.inf)
    (0.5, None)
    """
    return None if isinstance(value, float) and not math.isfinite(value) else value


def tensorboard_class() -> Any:
    """Return TensorBoard's writer of event files.

    Raises
    ------
    ModuleNotFoundError
        If TensorBoard is not installed; the message says what to do.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "tensorboard: not installed; install it with 'pip install tensorboard', or leave "
            "'tensorboard' out: metrics.jsonl is written in any case"
        ) from error
    return SummaryWriter
