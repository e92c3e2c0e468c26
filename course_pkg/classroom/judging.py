"""Start the process that runs a notebook, limit it, start it again where a cell has ended it."""

from __future__ import annotations

import functools
import json
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from course_pkg.classroom.repair import Step

SPARE = 15.0  # seconds beyond those of a cell until its process is ended
START = 60.0  # seconds for the first line: packages are imported before it
MOST_STARTS = 8
NOT_PASSED_ON = ("NBGRADER_EXECUTION", "COURSE_PROGRESS")
OUTPUT = 100_000  # bytes of what a notebook prints that are kept


class Limits(NamedTuple):
    """What a notebook may use."""

    seconds: float = 30.0  # a cell
    memory: int = 4_000_000_000  # bytes
    network: bool = False  # whether it may use one, where that can be helped


class Verdict(NamedTuple):
    """What a check has said."""

    right: bool
    lines: tuple[str, ...]
    points: float = 0.0  # of the parts that are right, where the check has parts


class Judged(NamedTuple):
    """What became of a notebook."""

    verdicts: dict[str, Verdict]  # by the check's name
    notes: list[str]
    output: str


@functools.cache
def without_network() -> tuple[str, ...]:
    """Return the words that start a command without a network, or none where there are none."""
    unshare = shutil.which("unshare")
    words = (unshare, "--user", "--map-current-user", "--net") if unshare else ()
    if not words or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        return ()
    return words


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    else:
        process.kill()
    process.wait()


def _read_lines(stream: IO[bytes], word: bytes, lines: queue.Queue[dict[str, Any] | None]) -> None:
    for line in stream:
        if line.startswith(word):
            lines.put(json.loads(line[len(word) :]))
    lines.put(None)


def _read_some(stream: IO[bytes], kept: bytearray) -> None:
    while chunk := stream.read1(65536):  # type: ignore[attr-defined]
        kept += chunk[: max(0, OUTPUT - len(kept))]  # the rest is read, and dropped


def _environment() -> dict[str, str]:
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    ours = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    return {
        **ours,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _start(folder: str, limits: Limits) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "course_pkg.classroom.runner"]
    return subprocess.Popen(
        [*(() if limits.network else without_network()), *command],
        cwd=folder,
        env={**_environment(), "IPYTHONDIR": folder},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _run_once(
    steps: Sequence[Step], limits: Limits, verdicts: dict[str, Verdict], notes: list[str]
) -> tuple[int | None, str, str]:
    """Run these cells; return the one that ended the process, why, and what was printed."""
    word = secrets.token_hex(16)
    cells = [{"kind": step.kind, "name": step.name, "source": step.source} for step in steps]
    job = {"word": word, "cells": cells, "seconds": limits.seconds, "memory": limits.memory}
    kept, lines = bytearray(), queue.Queue[dict[str, Any] | None]()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = _start(folder, limits)
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        readers = [
            threading.Thread(target=_read_lines, args=(process.stdout, word.encode(), lines)),
            threading.Thread(target=_read_some, args=(process.stderr, kept)),
        ]
        for reader in readers:
            reader.daemon = True
            reader.start()
        try:
            with process.stdin as stdin:
                stdin.write(json.dumps(job).encode())
        except BrokenPipeError:
            pass
        at, why, patience = 0, "", START
        while True:
            try:
                line = lines.get(timeout=patience)
            except queue.Empty:
                why = f"it ran longer than {limits.seconds:g} seconds, and could not be stopped"
                break
            if line is None:
                why = "it ended the process of the notebook"
                break
            if "began" in line:
                at, patience = line["began"], limits.seconds + SPARE
            elif "check" in line:
                verdicts[line["check"]] = Verdict(
                    line["right"], tuple(line["lines"]), line["points"]
                )
            elif "error" in line:
                notes.append(f"{line['error']}: {line['lines'][0]}")
            else:
                break
        _end(process)
        for reader in readers:
            reader.join(timeout=5)
    return (at if why else None), why, kept.decode("utf-8", "replace")


def judge(steps: Sequence[Step], limits: Limits | None = None) -> Judged:
    """Run a notebook in a process of its own, and return what its checks say.

    A cell that ends the process is left out, and the rest is run again: one exercise costs no
    other. A check that ends it has failed.

    Parameters
    ----------
    steps : sequence of Step
        The cells.
    limits : Limits, optional
        What the notebook may use.

    Returns
    -------
    Judged
        The verdict of each check, and notes on the cells that raised an error or were left out.

    Examples
    --------
    >>> cells = [Step("written", "f", "x = 3", 1), Step("check", "f-check", "assert x == 3", 1)]
    >>> judge(cells).verdicts["f-check"].right
    True
    """
    limits = limits or Limits()
    left = list(steps)
    said: list[str] = []
    ended: dict[str, Verdict] = {}
    for _ in range(MOST_STARTS):
        verdicts: dict[str, Verdict] = {}
        notes: list[str] = []
        at, why, output = _run_once(left, limits, verdicts, notes)
        if at is None:
            return Judged({**verdicts, **ended}, [*said, *notes], output)
        cell = left.pop(at)
        if cell.kind == "check":
            ended[cell.name] = Verdict(False, (f"The check could not be finished: {why}.",))
        elif cell.kind == "given":
            break
        said.append(f"{cell.name}: left out, as {why}")
    return Judged({**verdicts, **ended}, [*said, "not run to the end"], output)
