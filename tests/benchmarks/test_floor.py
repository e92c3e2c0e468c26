"""The floor is measured, and what is said of it written down; how fast it was is not tested."""

import json

import numpy as np
import pytest

from benchmarks import floor, recurrent


@pytest.mark.parametrize("cell", floor.ENTRIES)
@pytest.mark.parametrize("dtype", recurrent.DTYPES)
def test_the_work_by_entry_stays_finite(cell, dtype):
    """Numbers that grow or fade from call to call would be timed as something else."""
    case = recurrent.Case(cell, "small", 7, 2, 3, 4, dtype, "cpu")
    run = floor.ENTRIES[cell](case)
    for _ in range(50):
        with np.errstate(all="raise"):
            da = run()
    assert da.dtype == dtype
    assert da.size == case.T * case.B * case.H * recurrent.CELLS[cell].GATES
    assert 1e-8 < abs(da).max() < 1e3


def test_command_line(monkeypatch, tmp_path, capsys):
    file = tmp_path / "floor.json"
    arguments = ["--cells", "gru", "--shapes", "char", "--dtypes", "float32", "--seconds", "0"]
    assert floor.main([*arguments, "--turn", "0", "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    assert {"processor", "simd", "numpy", "date", "commit"} <= written["machine"].keys()
    (record,) = written["records"]
    assert min(record["milliseconds"].values()) > 0
    ratios = [record[f"{name}"]["median"] for name in ("floor_to_products", "reference_to_floor")]
    assert ratios[0] > 1
    text = capsys.readouterr().out
    for word in ("gru   char    float32", f"{ratios[0]:.2f}", f"{ratios[1]:.2f}"):
        assert word in text
