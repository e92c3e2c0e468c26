"""The benchmark of the searches runs and writes what it says; how fast they were is not tested."""

import json

import numpy as np
import pytest
import torch

from benchmarks import beam


@pytest.fixture(autouse=True)
def _same_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_targets_are_the_sources_reversed():
    source, lengths, target = beam.pairs(50, np.random.default_rng(0))
    assert source.shape == (beam.LONGEST, 50)
    assert {beam.SHORTEST, beam.LONGEST} <= set(lengths.tolist())
    for n, digits, reply in zip(lengths.tolist(), source.T, target.T, strict=True):
        assert reply[:n].tolist() == digits[:n].tolist()[::-1]
        assert reply[n] == beam.END
        assert (reply[n + 1 :] == beam.PAD).all()
        assert (digits[n:] == beam.PAD).all()


def test_command_line(tmp_path, capsys):
    file = tmp_path / "beam.json"
    arguments = ["--sentences", "6", "--width", "3", "--hidden", "8", "--steps", "1"]
    assert beam.main([*arguments, "--seconds", "0", "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    assert {"processor", "simd", "numpy", "date", "commit"} <= written["machine"].keys()
    assert written["settings"] == {"sentences": 6, "width": 3, "hidden": 8, "steps": 1}
    records = written["records"]
    searches = [beam.BASELINE, *beam.SEARCHES]
    assert [(r["model"], r["search"]) for r in records] == [
        (model, search) for model in beam.MODELS for search in searches
    ]
    text = capsys.readouterr().out
    for record in records:
        ratio = record["to_greedy"]
        assert 0 < ratio["quartile_1"] <= ratio["median"] <= ratio["quartile_3"]
        assert record["seconds"] > 0
        assert record["search"] in text
        assert f"{ratio['median']:.2f}" in text
        assert record["below_greedy"] == 0 or record["search"] == "beam, plain"


def test_gains_are_of_the_score_that_was_searched_for():
    model = beam.build(8, 0)
    records = beam.measure(model, 20, 3, ["beam", "beam, alpha 0.6"], seconds=0.0)
    assert records[0]["above_greedy"] == records[0]["below_greedy"] == 0
    assert all(record["above_greedy"] > 0 for record in records[1:])  # it is unsure of everything
