"""What no NumPy code can do without, timed beside the reference: products, and work by entry.

``python -m benchmarks.floor --help`` lists what can be chosen. Forward and backward: the matrix
products alone, and the work entry by entry between them, in as few passes as there can be, on
contiguous arrays that were allocated before. Their sum is a floor. It leaves out the checks, the
sums for the biases, the copies for the caller and fresh memory, and no slice in it is strided.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recurrent import (
    DTYPES,
    PASSES,
    SHAPES,
    Case,
    machine,
    products_alone,
    reference,
    show_progress,
)
from benchmarks.timing import Timing, interleave
from course_pkg.reference.cells.time_blocks import time_blocks

WHICH = PASSES[1]


def rnn_entries(case: Case) -> Callable[[], object]:
    """Build what a plain network does entry by entry."""
    T, B, H = case.T, case.B, case.H
    h, da, dy = (case.random(T, B, H) for _ in range(3))
    product, dh = (case.random(B, H) for _ in range(2))

    def both() -> object:
        for t in range(T):
            np.add(h[t], product, out=h[t])
            np.tanh(h[t], out=h[t])
        for steps in time_blocks(T, da[0].nbytes):
            np.multiply(h[steps], h[steps], out=da[steps])
            np.subtract(1, da[steps], out=da[steps])
            for t in reversed(range(steps.start, steps.stop)):
                np.add(product, dy[t], out=dh)
                np.multiply(da[t], dh, out=da[t])
        return da

    return both


def gru_entries(case: Case) -> Callable[[], object]:
    """Build what a GRU does entry by entry, its gates in the order r, z, n."""
    T, B, H = case.T, case.B, case.H
    gates, da = (case.random(T, 3, B, H) for _ in range(2))
    m, da_n, dy = (case.random(T, B, H) for _ in range(3))
    h, product, bias = case.random(T + 1, B, H), case.random(3, B, H), case.random(B, H)
    half, (dh, free) = np.full((2, B, H), 0.5, case.dtype), case.random(2, B, H)
    r, z, n = np.moveaxis(gates, 1, 0)  # (T, B, H) each
    da_r, da_z, dm = np.moveaxis(da, 1, 0)
    rz, da_rz = gates[:, :2], da[:, :2]

    def both() -> object:
        for t in range(T):
            np.add(rz[t], product[:2], out=rz[t])
            np.tanh(rz[t], out=rz[t])  # the 0.5 inside a sigmoid could stand in the weights
            np.multiply(rz[t], half, out=rz[t])
            np.add(rz[t], half, out=rz[t])
            np.add(product[2], bias, out=m[t])
            np.multiply(r[t], m[t], out=free)
            np.add(n[t], free, out=n[t])
            np.tanh(n[t], out=n[t])
            np.subtract(h[t], n[t], out=free)
            np.multiply(z[t], free, out=free)
            np.add(n[t], free, out=h[t + 1])
        for steps in time_blocks(T, da[0].nbytes):
            np.multiply(n[steps], n[steps], out=dm[steps])
            np.subtract(1, dm[steps], out=dm[steps])
            np.subtract(1, z[steps], out=da_n[steps])
            np.multiply(da_n[steps], dm[steps], out=da_n[steps])
            np.subtract(1, rz[steps], out=da_rz[steps])
            np.multiply(da_rz[steps], rz[steps], out=da_rz[steps])
            np.subtract(h[:-1][steps], n[steps], out=dm[steps])
            np.multiply(da_z[steps], dm[steps], out=da_z[steps])
            np.multiply(da_n[steps], m[steps], out=dm[steps])
            np.multiply(da_r[steps], dm[steps], out=da_r[steps])
            np.multiply(da_n[steps], r[steps], out=dm[steps])
            for t in reversed(range(steps.start, steps.stop)):
                np.add(dh, dy[t], out=dh)
                np.multiply(da_n[t], dh, out=da_n[t])
                np.multiply(da[t], dh, out=da[t])
                np.multiply(dh, z[t], out=dh)
                np.add(dh, product[0], out=dh)
        return da

    return both


def lstm_entries(case: Case) -> Callable[[], object]:
    """Build what an LSTM does entry by entry, its gates in the order o, i, f, g."""
    T, B, H = case.T, case.B, case.H
    gates, da = (case.random(T, 4, B, H) for _ in range(2))
    tanh_c, dh_to_dc, dy = (case.random(T, B, H) for _ in range(3))
    c, h, product = case.random(T + 1, B, H), case.random(T + 1, B, H), case.random(4, B, H)
    half, (dh, dc, free) = np.full((3, B, H), 0.5, case.dtype), case.random(3, B, H)
    o, i, f, g = np.moveaxis(gates, 1, 0)  # (T, B, H) each
    da_o, da_i, da_f, da_g = np.moveaxis(da, 1, 0)
    oif, da_oif, da_ifg = gates[:, :3], da[:, :3], da[:, 1:]

    def both() -> object:
        for t in range(T):
            np.add(gates[t], product, out=gates[t])
            np.tanh(gates[t], out=gates[t])  # the 0.5 inside a sigmoid could stand in the weights
            np.multiply(oif[t], half, out=oif[t])
            np.add(oif[t], half, out=oif[t])
            np.multiply(f[t], c[t], out=c[t + 1])
            np.multiply(i[t], g[t], out=free)
            np.add(c[t + 1], free, out=c[t + 1])
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o[t], tanh_c[t], out=h[t + 1])
        for steps in time_blocks(T, da[0].nbytes):
            np.subtract(1, oif[steps], out=da_oif[steps])
            np.multiply(da_oif[steps], oif[steps], out=da_oif[steps])
            np.multiply(da_o[steps], tanh_c[steps], out=da_o[steps])
            np.multiply(da_i[steps], g[steps], out=da_i[steps])
            np.multiply(da_f[steps], c[:-1][steps], out=da_f[steps])
            np.multiply(g[steps], g[steps], out=da_g[steps])
            np.subtract(1, da_g[steps], out=da_g[steps])
            np.multiply(da_g[steps], i[steps], out=da_g[steps])
            np.multiply(tanh_c[steps], tanh_c[steps], out=dh_to_dc[steps])
            np.subtract(1, dh_to_dc[steps], out=dh_to_dc[steps])
            np.multiply(dh_to_dc[steps], o[steps], out=dh_to_dc[steps])
            for t in reversed(range(steps.start, steps.stop)):
                np.add(product[0], dy[t], out=dh)
                np.multiply(dh, dh_to_dc[t], out=free)
                np.add(dc, free, out=dc)
                np.multiply(da_ifg[t], dc, out=da_ifg[t])
                np.multiply(da_o[t], dh, out=da_o[t])
                np.multiply(dc, f[t], out=dc)
        return da

    return both


ENTRIES = {"rnn": rnn_entries, "gru": gru_entries, "lstm": lstm_entries}


def measure(case: Case, seconds: float, turn: float) -> dict[str, Any]:
    """Time products, entries and reference side by side; return a record of one case."""
    functions = {
        "products": products_alone(case)[WHICH],
        "entries": ENTRIES[case.cell](case),
        "reference": reference(case)[WHICH],
    }
    timings = interleave(functions, seconds=seconds, turn=turn, clock=time.process_time)
    products, entries, ours = (timings[name] for name in functions)
    floor = Timing(products.seconds + entries.seconds)

    def ratio(timing: Timing, other: Timing) -> dict[str, float]:
        names = ("median", "quartile_1", "quartile_3")
        return dict(zip(names, timing.ratio(other), strict=True))

    return {
        **case._asdict(),
        "milliseconds": {name: timing.median() * 1e3 for name, timing in timings.items()},
        "rounds": len(ours.seconds),
        "floor_to_products": ratio(floor, products),
        "reference_to_products": ratio(ours, products),
        "reference_to_floor": ratio(ours, floor),
    }


def table(records: Sequence[dict[str, Any]]) -> str:
    """Write the records as text."""
    kinds = ("products", "entries", "reference")
    head = " ".join(f"{f'{kind}, ms':>14}" for kind in kinds)
    lines = [f"{'cell':6}{'shape':8}{'dtype':9}{head}   floor / products   ours   ours / floor"]
    for r in records:
        times = " ".join(f"{r['milliseconds'][kind]:14.3f}" for kind in kinds)
        floor, ours, rest = (
            r[name]["median"]
            for name in ("floor_to_products", "reference_to_products", "reference_to_floor")
        )
        lines.append(
            f"{r['cell']:6}{r['shape']:8}{r['dtype']:9}{times}{floor:19.2f}{ours:7.2f}{rest:15.2f}"
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--cells", nargs="+", choices=ENTRIES, default=list(ENTRIES))
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=list(DTYPES))
    parser.add_argument("--seconds", type=float, default=10.0, help="for one case")
    parser.add_argument(
        "--turn", type=float, default=0.005, help="least seconds of a turn before the next's"
    )
    parser.add_argument("--json", type=Path, help="write the records to this file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the measurement from the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    cases = [
        Case(cell, shape, *SHAPES[shape], dtype, "cpu")
        for cell in options.cells
        for dtype in options.dtypes
        for shape in options.shapes
    ]
    records = []
    # A process for each case, as in benchmarks.recurrent.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for done, case in enumerate(cases):
            show_progress(done, len(cases), case)
            records.append(pool.apply(measure, (case, options.seconds, options.turn)))
    show_progress(len(cases), len(cases), None)
    about = machine("cpu")
    print("; ".join(f"{key} {value}" for key, value in about.items()), end="\n\n")
    print(table(records))
    if options.json:
        content = {"machine": about, "shapes": SHAPES, "records": records}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
