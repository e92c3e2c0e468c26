"""Keep the results of a run as a small CSV file that says how it was made."""

from __future__ import annotations

import csv
import platform
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch


def describe_run(module: str, arguments: Sequence[str] | None) -> dict[str, str]:
    """Return the command, the versions and the machine of this run."""
    cpuinfo = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else [])
        if line.startswith("model name")
    ]
    command = ["python", "-m", module, *(sys.argv[1:] if arguments is None else arguments)]
    return {
        "command": shlex.join(command),
        "versions": (
            f"python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}"
        ),
        "machine": models[0] if models else platform.machine(),
    }


def write_results(
    path: Path, about: Mapping[str, str], rows: Sequence[Mapping[str, object]]
) -> None:
    """Write ``# key: value`` lines and a row per result: first beside the file, then renamed."""
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", newline="") as file:
        for key, value in about.items():
            file.write(f"# {key}: {value}\n")
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    beside.replace(path)


def progress(done: int, total: int, what: str) -> None:
    """Draw a progress bar on a terminal, and nothing elsewhere."""
    if sys.stderr.isatty():
        bar = "#" * (30 * done // total)
        print(f"\r[{bar:30}] {done}/{total} {what:40}", end="", file=sys.stderr, flush=True)
        if done == total:
            print(file=sys.stderr)


def tracked(names: Sequence[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """Yield the cases one after the other, with a progress bar."""
    for done, case in enumerate(names):
        progress(done, len(names), " ".join(map(str, case)))
        yield case
    progress(len(names), len(names), "done")
