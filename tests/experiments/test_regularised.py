"""The word models, made short."""

import pandas as pd
import pytest

from experiments import regularised
from experiments.characters import load


def test_the_command_records_every_way(tmp_path):
    path = tmp_path / "regularised.csv"
    arguments = ["--hidden", "4", "--vocabulary", "50", "--updates", "20", "--words", "900"]
    assert regularised.main([*arguments, "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#").set_index("way")
    assert list(rows.index) == list(regularised.WAYS)
    assert rows.parameters["tied"] == rows.parameters["plain"] - 50 * 4
    assert (rows.valid <= rows.valid_at_end).all()
    assert rows.test.between(2, 50).all()


def test_the_test_part_is_read_where_the_validation_part_was_read_best(monkeypatch):
    text = load(level="word", max_size=20)
    marks = iter([5.0, 3.0, 4.0])
    asked = []

    class Result:
        def __init__(self, perplexity):
            self.perplexity = perplexity

    def read(_, ids):
        asked.append(len(ids))
        return Result(next(marks) if len(ids) == len(text.valid) else 10.0 + len(asked))

    monkeypatch.setattr(regularised, "read_as_one_stream", read)
    monkeypatch.setattr(regularised, "LOOKS", 3)
    row = regularised.run(text, "plain", 0, H=2, B=4, T=8, lr=0.01, updates=3, words=99)
    assert (row["best_at"], row["valid"], row["valid_at_end"]) == (2, "3.00", "4.00")
    assert row["test"] == "14.00"  # the fourth text that was read: valid, test, valid, test


@pytest.mark.parametrize("way", regularised.WAYS)
def test_every_way_repeats_itself(way):
    text = load(level="word", max_size=20)
    first, again = (
        regularised.run(text, way, 1, H=4, B=4, T=8, lr=0.01, updates=4, words=99) for _ in range(2)
    )
    del first["cpu_seconds"], again["cpu_seconds"]
    assert first == again
