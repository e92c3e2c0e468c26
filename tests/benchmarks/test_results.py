"""The results that the book shows are a whole run."""

import json
from itertools import product
from pathlib import Path

import pytest

from benchmarks import recurrent

RESULTS = sorted((Path(__file__).parents[2] / "benchmarks" / "results").glob("recurrent-*.json"))


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
