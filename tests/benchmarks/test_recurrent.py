"""The benchmark runs and writes what it says; how fast anything was is not tested."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import recurrent
from benchmarks.timing import Timing, interleave


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrent, "SHAPES", {"tiny": (2, 3, 4, 5), "small": (3, 2, 4, 5)})


@pytest.fixture(autouse=True)
def same_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def run(device: str, file: Path) -> dict:
    arguments = ["--seconds", "0", "--turn", "0", "--json", str(file), "--device", device]
    shapes = ["--shapes", *recurrent.SHAPES]
    assert recurrent.main([*arguments, *shapes]) == 0
    return json.loads(file.read_text())


def test_table_and_json(tiny: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = run("cpu", tmp_path / "records.json")
    text = capsys.readouterr().out
    assert written["machine"]["numpy"] == np.__version__
    assert written["shapes"] == {"tiny": [2, 3, 4, 5], "small": [3, 2, 4, 5]}
    records = written["records"]
    cells, shapes, dtypes, passes = 3, 2, 2, 2
    assert len(records) == cells * shapes * dtypes * passes * len(recurrent.CANDIDATES)
    for record in records:
        assert record["milliseconds"] > 0
        ratio = record["to_torch_nn"]
        assert 0 < ratio["quartile_1"] <= ratio["median"] <= ratio["quartile_3"]
        if record["candidate"] == recurrent.BASELINE:
            assert ratio["median"] == 1
        if record["candidate"] == recurrent.FLOOR:
            assert record["to_products"]["median"] == 1
    for word in ("lstm, float64, forward+backward", "tiny", "reference", "products alone"):
        assert word in text


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
def test_on_a_gpu(tiny: None, tmp_path: Path) -> None:
    written = run("cuda", tmp_path / "records.json")
    assert {r["device"] for r in written["records"]} == {"cuda"}
    assert "reference" not in {r["candidate"] for r in written["records"]}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_gpu_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert recurrent.main(["--device", "cuda"]) == 2
    assert "no CUDA device" in capsys.readouterr().err


@pytest.mark.parametrize("cell", recurrent.CELLS)
def test_candidates_compute_the_same(
    tiny: None, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference and torch.nn are asked for the same passes: outputs of the same shapes."""
    case = recurrent.Case(cell, "tiny", "float64", "cpu")
    for name in recurrent.PASSES:
        ours = recurrent.CANDIDATES["reference"].build(case)[name]()
        theirs = recurrent.CANDIDATES[recurrent.BASELINE].build(case)[name]()
        if name == "forward":
            assert ours[0][0].shape == tuple(theirs[0].shape)
        else:
            assert ours.dx.shape == tuple(theirs[0].grad.shape)
            assert all(leaf.grad is not None for leaf in theirs)


def test_memory_of_the_lstm_cache() -> None:
    """What tracemalloc sees agrees with the arrays that the cache is documented to hold."""
    case = recurrent.Case("lstm", "seq100", "float32", "cpu")
    assert 7 <= recurrent.cache_units(case) <= 7.5


def test_turns_alternate() -> None:
    calls: list[str] = []
    now = iter(np.arange(1000.0))
    timings = interleave(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")},
        seconds=0,
        turn=3,
        rounds=2,
        clock=lambda: next(now),
    )
    assert "".join(calls) == "aabb" + "aaabbb" * 2  # twice to warm up, then three per turn
    assert timings["a"].seconds.tolist() == [1 / 3, 1 / 3]


def test_ratio_is_taken_round_by_round() -> None:
    """A machine that is ten times slower in every other round leaves the ratio alone."""
    load = np.array([1, 10, 1, 10, 1])
    a, b = Timing(2.0 * load), Timing(4.0 * load)
    assert a.ratio(b) == (0.5, 0.5, 0.5)
    assert a.median() == 2
