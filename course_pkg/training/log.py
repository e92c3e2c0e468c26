"""The log of a run: one JSON line per record, the same as CSV, and TensorBoard if asked for."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_pkg.data.files.atomic import write_atomically

Record = Mapping[str, float | int | str | None]
RECORDS, TABLE = "metrics.jsonl", "metrics.csv"
BEGINNING = b'{"step"'  # of every record that a run writes


class MetricLog:
    """Keep the records of a run in ``metrics.jsonl``, and the same as ``metrics.csv``.

    A record is written and handed to the system at once, so a killed run loses none that it has
    written. JSON keeps floats to the last bit; NaN and infinity are written as null.

    Parameters
    ----------
    folder : Path
        Must exist.
    keep : int
        How many records of an earlier run in this folder to keep: those that its checkpoint
        knows of. The records after it belong to steps that will be done again.
    tensorboard : bool
        Whether to write TensorBoard's event files too, into ``tensorboard/``.

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
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> log = MetricLog(folder)
    >>> log.write({"step": 1, "loss": 0.5})
    >>> log.write({"step": 2, "loss": 0.25, "accuracy": 1.0})
    >>> log.close()
    >>> print((folder / "metrics.csv").read_text().strip())
    step,loss,accuracy
    1,0.5,
    2,0.25,1.0
    """

    def __init__(self, folder: Path, *, keep: int = 0, tensorboard: bool = False) -> None:
        self.folder = Path(folder)
        path = self.folder / RECORDS
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
        self.records = keep
        purge = int(last.get("step") or 0) + 1  # TensorBoard forgets this step and what follows
        board = self.folder / "tensorboard"
        self._board = tensorboard_class()(str(board), purge_step=purge) if tensorboard else None
        self._file = path.open("a", encoding="utf-8")

    def write(self, record: Record) -> None:
        """Append a record."""
        clean = {key: finite(value) for key, value in record.items()}
        self._file.write(json.dumps(clean) + "\n")
        self._file.flush()
        self.records += 1
        if self._board is not None:
            step = int(record.get("step") or 0)
            for key, value in record.items():
                if isinstance(value, (int, float)) and key != "step":
                    self._board.add_scalar(key, value, step)

    def sync(self) -> None:
        """Wait until all records have reached the disk: a checkpoint must not know of others."""
        os.fsync(self._file.fileno())

    def write_table(self) -> None:
        """Write ``metrics.csv`` anew from all records."""
        records = read_records(self.folder)
        columns = list(dict.fromkeys(key for record in records for key in record))
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        write_atomically(self.folder / TABLE, text.getvalue().encode())

    def close(self) -> None:
        """Close the files, and bring ``metrics.csv`` up to date."""
        self._file.close()
        self.write_table()
        if self._board is not None:
            self._board.close()


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


class RunLog:
    """The log of a run in its folder, or a list if it has none; silent in the other processes.

    Parameters
    ----------
    folder : Path or None
    keep, tensorboard
        As for :class:`MetricLog`.
    writes : bool
        Whether this process writes the files.

    Examples
    --------
    >>> log = RunLog(None)
    >>> log.write(step=1, loss=0.5)
    >>> log.records()
    [{'step': 1, 'loss': 0.5}]
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        keep: int = 0,
        tensorboard: bool = False,
        writes: bool = True,
    ) -> None:
        self.folder = folder
        self._kept: list[dict[str, Any]] = []
        self._file: MetricLog | None = None
        if folder is not None and writes:
            self._file = MetricLog(folder, keep=keep, tensorboard=tensorboard)

    @property
    def count(self) -> int:
        """How many records the files hold."""
        return 0 if self._file is None else self._file.records

    def write(self, **record: Any) -> None:
        """Append a record."""
        if self._file is not None:
            self._file.write(record)
        elif self.folder is None:
            self._kept.append(record)

    def sync(self) -> None:
        """Wait until all records have reached the disk."""
        if self._file is not None:
            self._file.sync()

    def records(self) -> list[dict[str, Any]]:
        """Return all records of the run, those before a resumption too."""
        return self._kept if self._file is None else read_records(self._file.folder)

    def close(self) -> None:
        """Close the files."""
        if self._file is not None:
            self._file.close()


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
            "'tensorboard' out: metrics.jsonl and metrics.csv are written in any case"
        ) from error
    return SummaryWriter
