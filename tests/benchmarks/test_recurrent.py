"""The benchmark runs and writes what it says; how fast anything was is not tested."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import recurrent
from benchmarks.timing import Timing, interleave

TINY = (2, 3, 4, 5)


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def check_records(records: list[dict], candidates: int) -> None:
    assert len(records) == len(recurrent.PASSES) * candidates
    for record in records:
        assert record["milliseconds"] > 0
        ratio = record["to_torch_nn"]
        assert 0 < ratio["quartile_1"] <= ratio["median"] <= ratio["quartile_3"]
        if record["candidate"] == recurrent.BASELINE:
            assert ratio["median"] == 1
        if record["candidate"] == recurrent.FLOOR:
            assert record["to_products"]["median"] == 1


def test_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recurrent, "SHAPES", {"tiny": TINY, "char": (25, 1, 65, 100)})
    file = tmp_path / "records.json"
    arguments = [
        "--cells",
        "lstm",
        "--shapes",
        "tiny",
        "--dtypes",
        "float64",
        "--seconds",
        "0",
        "--turn",
        "0",
        "--json",
    ]
    assert recurrent.main([*arguments, str(file)]) == 0
    written = json.loads(file.read_text())
    assert written["machine"]["numpy"] == np.__version__
    check_records(written["records"], len(recurrent.CANDIDATES))
    (units,) = [r["cache_units"] for r in written["records"] if "cache_units" in r]
    text = capsys.readouterr().out
    for word in ("lstm, float64, forward+backward", "tiny", "reference", f"float64   {units:.2f}"):
        assert word in text


@pytest.mark.parametrize("cell", recurrent.CELLS)
def test_every_cell(cell: str) -> None:
    case = recurrent.Case(cell, "tiny", *TINY, "float32", "cpu")
    records = recurrent.measure(case, list(recurrent.CANDIDATES), seconds=0, turn=0)
    check_records(records, len(recurrent.CANDIDATES))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
@pytest.mark.parametrize("cell", recurrent.CELLS)
def test_every_cell_on_a_gpu(cell: str) -> None:
    case = recurrent.Case(cell, "tiny", *TINY, "float32", "cuda")
    records = recurrent.measure(case, list(recurrent.CANDIDATES), seconds=0, turn=0)
    on_gpu = [name for name, c in recurrent.CANDIDATES.items() if "cuda" in c.devices]
    assert "reference" not in on_gpu
    check_records(records, len(on_gpu))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_gpu_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert recurrent.main(["--device", "cuda"]) == 2
    assert "no CUDA device" in capsys.readouterr().err


@pytest.mark.parametrize("cell", recurrent.CELLS)
def test_candidates_are_asked_for_the_same(cell: str) -> None:
    case = recurrent.Case(cell, "tiny", *TINY, "float64", "cpu")
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
    case = recurrent.Case("lstm", "seq100", *recurrent.SHAPES["seq100"], "float32", "cpu")
    assert 7 <= recurrent.cache_units(case) <= 7.5


def test_turns_alternate() -> None:
    calls: list[str] = []
    now = iter(np.arange(1000.0))
    timings = interleave(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")},
        seconds=0,
        turn=3,
        rounds=20,
        clock=lambda: next(now),
    )
    text = "".join(calls)
    assert text[:4] == "aabb"  # twice to warm up, then three per turn
    rounds = [text[i : i + 6] for i in range(4, len(text), 6)]
    assert len(rounds) == 20
    assert set(rounds) == {"aaabbb", "bbbaaa"}  # nobody is always first
    assert timings["a"].seconds.tolist() == [1 / 3] * 20


def test_ratio_is_taken_round_by_round() -> None:
    """A machine that is ten times slower in every other round leaves the ratio alone."""
    load = np.array([1, 10, 1, 10, 1])
    a, b = Timing(2.0 * load), Timing(4.0 * load)
    assert a.ratio(b) == (0.5, 0.5, 0.5)
    assert a.median() == 2
