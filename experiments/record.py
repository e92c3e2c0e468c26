"""Keep the results of a run as a small CSV file that says how it was made."""

from __future__ import annotations

import argparse
import csv
import io
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from course_pkg.data.files.atomic import write_atomically
from course_pkg.training.progress import ProgressBar

ROOT = Path(__file__).resolve().parents[1]
CODE = ("course_pkg", "experiments")  # what a result may depend on


def describe_run(
    module: str, arguments: Sequence[str] | None, options: argparse.Namespace
) -> dict[str, str]:
    """Return all that a run depends on; call it at its beginning, with the threads set.

    Equal numbers need more than an equal command: NumPy's sums in single precision differ in
    their last digits from one kernel of its BLAS to the next, and a long training makes much of
    that.
    """
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
        "options": ", ".join(_written(*option) for option in vars(options).items()),
        "commit": commit(),
        "blas": blas(),
        "threads": (
            f"torch {torch.get_num_threads()}, "
            f"OMP_NUM_THREADS {os.environ.get('OMP_NUM_THREADS', 'not set')}"
        ),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _written(name: str, value: object) -> str:
    """Write an option, given or by default, as the command line would have it."""
    return f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}"


def commit(folder: Path = ROOT) -> str:
    """Return the commit of the code that runs, and whether the code has been changed since."""
    try:
        found = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--", *CODE)
    except (OSError, subprocess.CalledProcessError):  # no git, or a copy without its history
        return "unknown"
    return f"{found[:12]}, and changes since" if changed else found[:12]


def _git(folder: Path, *words: str) -> str:
    run = subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout.strip()


def blas() -> str:
    """Return the library of NumPy's matrix products, its kernel, and what processors may differ in.

    The kernel is chosen at run time, by the processor or by ``OPENBLAS_CORETYPE``; only
    threadpoolctl, which scikit-learn brings along, can tell which it is.
    """
    config = np.show_config(mode="dicts")
    library = config["Build Dependencies"]["blas"]
    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        kernels = []
    else:
        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        kernels = sorted({pool["architecture"] for pool in pools if "architecture" in pool})
    return (
        f"{library['name']} {library['version']}, kernel {' '.join(kernels) or 'unknown'}, "
        f"numpy simd {' '.join(config['SIMD Extensions'].get('found', [])) or 'none'}, "
        f"torch {torch.backends.cpu.get_cpu_capability()}"
    )


def write_results(
    path: Path, about: Mapping[str, str], rows: Sequence[Mapping[str, object]]
) -> None:
    """Write ``# key: value`` lines and a row per result, whole or not at all."""
    text = io.StringIO()
    for key, value in about.items():
        text.write(f"# {key}: {value}\n")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def tracked(cases: Sequence[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    """Yield the cases one after the other, with a progress bar on a terminal."""
    bar = ProgressBar(len(cases))
    for done, case in enumerate(cases):
        bar.show_step(done, " ".join(map(str, case)))
        yield case
    bar.show_step(len(cases), "done")
    bar.close()
