"""RNN, GRU and LSTM side by side: the NumPy reference, our torch modules, ``torch.nn``.

``python -m benchmarks.recurrent --help`` lists what can be chosen. One thread; set
``OMP_NUM_THREADS`` for more. Our implementations are compared with ``torch.nn``, and with the
matrix products alone, which no implementation on the same library can do without.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and torch read it

import numpy as np
import torch

from benchmarks.timing import Timing, interleave
from course_pkg.models.gru import GRU
from course_pkg.models.lstm import LSTM
from course_pkg.models.rnn import RNN
from course_pkg.reference.cells import gru, lstm, rnn

SHAPES = {  # T, B, I, H
    "char": (25, 1, 65, 100),
    "ptb": (35, 20, 200, 200),
    "seq100": (100, 64, 28, 128),
    "mnist": (28, 64, 28, 128),
    "big": (128, 32, 256, 512),
}
CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm}
TORCH = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
OURS: dict[str, Any] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
DTYPES = ("float32", "float64")
PASSES = ("forward", "forward+backward")
BASELINE, FLOOR = "torch.nn", "products alone"


class Case(NamedTuple):
    """What every candidate is built for."""

    cell: str
    shape: str  # its name
    T: int
    B: int
    I: int
    H: int
    dtype: str
    device: str

    def random(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """Draw an array of the case's dtype."""
        values = np.random.default_rng(len(shape)).normal(0, scale, shape)
        return values.astype(self.dtype)

    def tensor(self, array: np.ndarray) -> torch.Tensor:
        """Copy an array to the case's device."""
        return torch.tensor(array, device=self.device)


Runs = dict[str, Callable[[], object]]  # one function per pass


def reference(case: Case) -> Runs:
    """Build the NumPy reference; its forward always keeps the cache."""
    _, _, T, B, I, H, *_ = case
    cell: Any = CELLS[case.cell]
    rows = cell.GATES * H
    weights = [case.random(*s, scale=H**-0.5) for s in ((rows, I), (rows, H), (rows,), (rows,))]
    x, params, dy = case.random(T, B, I), cell.Params(*weights), case.random(T, B, H)
    states = [np.zeros((B, H), dtype=case.dtype) for _ in cell.STATES]

    def forward() -> object:
        return cell.forward(x, params, *states)

    def both() -> object:
        _, cache = cell.forward(x, params, *states)
        return cell.backward(dy, cache)

    return dict(zip(PASSES, (forward, both), strict=True))


def on_torch(make: Callable[[Case, int, int], torch.nn.Module]) -> Callable[[Case], Runs]:
    """Make a candidate of any module that is called like those of ``torch.nn``.

    ``make(case, I, H)`` returns the module. The forward pass alone is timed without gradients,
    as in use; backward gives the gradients of the input, the initial states and the parameters.
    """

    def build(case: Case) -> Runs:
        _, _, T, B, I, H, *_ = case
        module = make(case, I, H).to(case.device, getattr(torch, case.dtype))
        x = case.tensor(case.random(T, B, I)).requires_grad_()
        dy = case.tensor(case.random(T, B, H))
        states = [torch.zeros_like(dy[:1]).requires_grad_() for _ in CELLS[case.cell].STATES]
        start = tuple(states) if len(states) > 1 else states[0]
        leaves = [x, *states, *module.parameters()]

        def forward() -> object:
            with torch.no_grad():
                return module(x, start)

        def both() -> object:
            for leaf in leaves:
                leaf.grad = None
            module(x, start)[0].backward(dy)
            return leaves

        return dict(zip(PASSES, (forward, both), strict=True))

    return build


def products_alone(case: Case) -> Runs:
    """Build the matrix products and nothing else: NumPy's on the CPU, torch's elsewhere."""
    _, _, T, B, I, H, *_ = case
    rows = CELLS[case.cell].GATES * H
    shapes = [(rows, I), (rows, H), (H, rows)]
    shapes += [(T * B, I), (T * B, H), (T * B, rows), (B, H), (B, rows)]
    arrays: list[Any] = [case.random(*shape) for shape in shapes]
    if case.device != "cpu":
        arrays = [case.tensor(array) for array in arrays]
    W_ih, W_hh, W_hh_T, x, h, da, h_t, da_t = arrays

    def forward() -> object:
        products = [x @ W_ih.T]
        for _ in range(T):
            products[1:] = [h_t @ W_hh_T]
        return products

    def both() -> object:
        forward()
        for _ in range(T):
            product = da_t @ W_hh
        return product, da @ W_ih, da.T @ x, da.T @ h

    return dict(zip(PASSES, (forward, both), strict=True))


class Candidate(NamedTuple):
    """An implementation to time: how to build it, and for which cells and devices it exists."""

    build: Callable[[Case], Runs]
    cells: Sequence[str] = tuple(CELLS)
    devices: Sequence[str] = ("cpu", "cuda")


# To add an implementation, add a line.
CANDIDATES = {
    BASELINE: Candidate(on_torch(lambda case, I, H: TORCH[case.cell](I, H))),
    FLOOR: Candidate(products_alone),
    "reference": Candidate(reference, devices=("cpu",)),
    "our torch, loop": Candidate(on_torch(lambda case, I, H: OURS[case.cell](I, H))),
    "our torch, by hand": Candidate(
        on_torch(lambda case, I, H: OURS[case.cell](I, H, gradient="by_hand"))
    ),
}


def cache_units(case: Case) -> float:
    """Return the memory that the reference's cache holds, in units of T*B*H numbers.

    The outputs are let go first; the input and the parameters are not copied, so they do not
    count. Measured by tracemalloc, to which NumPy reports what it allocates.
    """
    forward = reference(case)["forward"]
    forward()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    cache = forward()[1]  # type: ignore[index]
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del cache
    return (after - before) / (case.T * case.B * case.H * np.dtype(case.dtype).itemsize)


def measure(case: Case, names: Sequence[str], seconds: float, turn: float) -> list[dict[str, Any]]:
    """Time the candidates on one case; return a record for each pass and candidate."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    chosen = {
        name: CANDIDATES[name].build(case)
        for name in names
        if case.cell in CANDIDATES[name].cells and case.device in CANDIDATES[name].devices
    }
    wait = torch.cuda.synchronize if case.device == "cuda" else lambda: None
    alone = case.device == "cpu" and torch.get_num_threads() == 1
    clock = time.process_time if alone else time.perf_counter
    records = []
    # Each candidate meets torch.nn and the products alone: who else is measured must not change
    # its ratio, because what ran just before leaves caches and memory as it likes them.
    usual = (BASELINE, FLOOR)
    groups = [(*usual, name) for name in chosen if name not in usual] or [usual]
    for which in PASSES:
        for group in groups:
            functions = {name: chosen[name][which] for name in group}
            timings = interleave(functions, seconds=seconds, turn=turn, wait=wait, clock=clock)
            for name in group if group is groups[0] else group[2:]:
                timing = timings[name]
                records.append(
                    {
                        **case._asdict(),
                        "pass": which,
                        "candidate": name,
                        "milliseconds": timing.median() * 1e3,
                        "rounds": len(timing.seconds),
                        "to_torch_nn": _ratio(timing, timings[BASELINE]),
                        "to_products": _ratio(timing, timings[FLOOR]),
                    }
                )
    for record in records:
        if record["candidate"] == "reference" and record["pass"] == PASSES[1]:
            record["cache_units"] = cache_units(case)
    return records


def _ratio(timing: Timing, other: Timing) -> dict[str, float]:
    return dict(zip(("median", "quartile_1", "quartile_3"), timing.ratio(other), strict=True))


def table(records: Sequence[dict[str, Any]]) -> str:
    """Write the records as text, one block per cell, dtype and pass."""
    lines: list[str] = []
    blocks = dict.fromkeys((r["cell"], r["dtype"], r["pass"]) for r in records)
    for block in blocks:
        lines += ["", "{}, {}, {}".format(*block)]
        lines.append(f"{'shape':8}{'candidate':24}{'ms':>10}   {'/ torch.nn':22}/ products")
        for r in records:
            if (r["cell"], r["dtype"], r["pass"]) == block:
                a, b = r["to_torch_nn"], r["to_products"]
                spread = f"({a['quartile_1']:.2f} to {a['quartile_3']:.2f})"
                lines.append(
                    f"{r['shape']:8}{r['candidate']:24}{r['milliseconds']:10.3f}   "
                    f"{a['median']:<5.2f} {spread:16}{b['median']:.2f}"
                )
    sizes = [r for r in records if "cache_units" in r]
    if sizes:
        lines += ["", "memory of the reference's cache, in units of T*B*H numbers"]
        lines += [
            f"{r['cell']:6}{r['shape']:8}{r['dtype']:10}{r['cache_units']:.2f}" for r in sizes
        ]
    return "\n".join(lines[1:])


def machine(device: str) -> dict[str, Any]:
    """Describe what the timings were taken on."""
    cpuinfo = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (cpuinfo.read_text().splitlines() if cpuinfo.exists() else [])
        if line.startswith("model name")
    ]
    config = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "threads": int(os.environ["OMP_NUM_THREADS"]),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "simd": " ".join(config["SIMD Extensions"].get("found", [])),
        "torch": torch.__version__,
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit(),
    }


def commit() -> str:
    """Name the commit that the code is at, and whether files differ from it."""
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return run.stdout.strip()


def show_progress(done: int, total: int, case: Case | None) -> None:
    """Draw a bar where somebody watches."""
    if sys.stderr.isatty():
        bar = "#" * (30 * done // total)
        what = f"{case.cell} {case.shape} {case.dtype}" if case else "done"
        print(f"\r[{bar:30}] {done}/{total} {what:24}", end="", file=sys.stderr, flush=True)
        if case is None:
            print(file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recurrent", description=__doc__)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=list(DTYPES))
    parser.add_argument(
        "--candidates",
        nargs="+",
        choices=CANDIDATES,
        default=list(CANDIDATES),
        help=f"{BASELINE} and {FLOOR} always take part",
    )
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="for one pass of one candidate on one case"
    )
    parser.add_argument(
        "--turn", type=float, default=0.005, help="least seconds of a turn before the next's"
    )
    parser.add_argument("--json", type=Path, help="write the records to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        print("--device cuda: torch sees no CUDA device here", file=sys.stderr)
        return 2
    cases = [
        Case(cell, shape, *SHAPES[shape], dtype, options.device)
        for cell in options.cells
        for dtype in options.dtypes
        for shape in options.shapes
    ]
    names = list(dict.fromkeys([BASELINE, FLOOR, *options.candidates]))
    records: list[dict[str, Any]] = []
    # A process for each case: how fast memory is given depends on what was given and freed
    # before, so that in one process a case would be faster after a large one than before it.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for done, case in enumerate(cases):
            show_progress(done, len(cases), case)
            records += pool.apply(measure, (case, names, options.seconds, options.turn))
    show_progress(len(cases), len(cases), None)
    about = machine(options.device)
    print("; ".join(f"{key} {value}" for key, value in about.items()), end="\n\n")
    print(table(records))
    if options.json:
        content = {"machine": about, "shapes": SHAPES, "records": records}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
