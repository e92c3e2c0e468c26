"""The results that the book shows are whole runs, and the page says what they say."""

import json
from itertools import product
from pathlib import Path

import pytest

from benchmarks import floor, recurrent

ROOT = Path(__file__).parents[2]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("recurrent-*.json"))
FLOOR = ROOT / "benchmarks" / "results" / "floor-avx512.json"


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.name)
def test_the_recorded_run_has_every_case(path):
    run = json.loads(path.read_text())
    keys = ("cell", "shape", "dtype", "pass", "candidate")
    recorded = [tuple(record[key] for key in keys) for record in run["records"]]
    wanted = product(
        recurrent.CELLS,
        recurrent.SHAPES,
        recurrent.DTYPES,
        recurrent.PASSES,
        recurrent.CANDIDATES,
    )
    assert sorted(recorded) == sorted(wanted)
    assert all(record["rounds"] >= 5 for record in run["records"])
    assert {"processor", "threads", "numpy", "torch"} <= run["machine"].keys()


def test_the_recorded_floor_has_every_case():
    run = json.loads(FLOOR.read_text())
    recorded = [(r["cell"], r["shape"], r["dtype"]) for r in run["records"]]
    wanted = product(recurrent.CELLS, recurrent.SHAPES, recurrent.DTYPES)
    assert sorted(recorded) == sorted(wanted)
    assert all(record["rounds"] >= 7 for record in run["records"])
    assert {"processor", "simd", "numpy", "date", "commit"} <= run["machine"].keys()


def test_the_page_shows_the_recorded_floor():
    run = json.loads(FLOOR.read_text())
    single = {(r["cell"], r["shape"]): r for r in run["records"] if r["dtype"] == "float32"}
    page = (ROOT / "book" / "benchmarks.md").read_text(encoding="utf-8")
    _, section = page.split("## How near to the floor\n")
    for shape in recurrent.SHAPES:
        numbers = [
            single[cell, shape][f"{what}_to_products"]["median"]
            for cell in floor.ENTRIES
            for what in ("floor", "reference")
        ]
        assert f"| {shape} | " + " | ".join(f"{n:.2f}" for n in numbers) + " |" in section
    about = run["machine"]
    for key in ("processor", "numpy", "blas", "date", "commit"):
        assert str(about[key]) in section
    assert (
        "about a fifth longer than the floor in single precision, and up to about\ntwo" in section
    )
    for dtype, most in (("float32", 1.25), ("float64", 1.45)):
        ratios = [r["reference_to_floor"]["median"] for r in run["records"] if r["dtype"] == dtype]
        assert most - 0.1 < max(ratios) < most


def test_where_the_rest_beside_the_products_is_smallest():
    """On the page: on the second processor, with one exception."""
    best: dict[tuple, list] = {}
    for path in RESULTS:
        for r in json.loads(path.read_text())["records"]:
            if r["candidate"] == "reference" and r["pass"] == recurrent.PASSES[1]:
                key = r["cell"], r["shape"], r["dtype"]
                best.setdefault(key, []).append((r["to_products"]["median"], path.stem))
    elsewhere = [key for key, runs in best.items() if min(runs)[1] != "recurrent-avx512"]
    assert elsewhere == [("rnn", "big", "float64")]


def medians(name, candidate, dtype, ratio="to_torch_nn"):
    """Of forward and backward pass together, as the tables of the page show them."""
    run = json.loads((RESULTS[0].parent / f"recurrent-{name}.json").read_text())
    return {
        (r["cell"], r["shape"]): r[ratio]["median"]
        for r in run["records"]
        if (r["candidate"], r["dtype"], r["pass"]) == (candidate, dtype, recurrent.PASSES[1])
    }


def test_how_the_reference_compares_as_the_page_says():
    double = medians("avx512-intel", "reference", "float64")
    larger = [ratio for (_, shape), ratio in double.items() if shape != "char"]
    assert [f"{1 - min(larger):.0%}", f"{max(larger) - 1:.0%}"] == ["10%", "28%"]
    floor_of_torch = medians("avx512-intel", "products alone", "float64")
    larger = [ratio for (_, shape), ratio in floor_of_torch.items() if shape != "char"]
    assert 0.55 < min(larger) < 0.65
    assert 0.85 < max(larger) < 0.95
    for amd in ("avx512", "avx2"):
        assert max(medians(amd, "reference", "float64").values()) < 1


def test_torchs_lstm_is_ahead_in_single_precision_at_most_shapes():
    most = []
    for name in ("avx512-intel", "avx512", "avx2"):
        single = medians(name, "reference", "float32")
        ratios = [ratio for (cell, _), ratio in single.items() if cell == "lstm"]
        assert sum(ratio > 1 for ratio in ratios) > len(ratios) / 2
        most.append(max(ratios))
    assert 1.75 < max(most) < 1.85


def test_where_the_rest_is_largest():
    """On the page: in double precision, at nearly all shapes, without wide registers."""
    runs = {
        name: medians(name, "reference", "float64", "to_products")
        for name in ("avx512-intel", "avx512", "avx2")
    }
    largest = [max(runs, key=lambda name: runs[name][case]) for case in runs["avx2"]]
    assert len(largest) - 1 == largest.count("avx2") == 14
