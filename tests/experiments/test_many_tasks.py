"""Labels and a text with one body, made short."""

from pathlib import Path

import pandas as pd
import torch

from experiments import many_tasks

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def test_two_tasks_have_one_body_and_one_vocabulary():
    for text in ("same", "anew"):
        main, mixed = many_tasks.tasks(0, text, labels=20, H=8, share=0.25, held_out=50)
        labels, reader = mixed.model.values()
        assert labels is main.model
        assert reader.recurrent is labels.recurrent
        assert reader.embedding is labels.embedding
        assert mixed.shares.tolist() == [0.25, 0.75]
    alone, learned = many_tasks.tasks(0, "none", labels=20, H=8, share=0.25, held_out=50)
    assert alone is learned
    assert torch.equal(alone.model.embedding.weight, main.model.embedding.weight)  # all start alike
    same, anew = (
        next(iter(many_tasks.tasks(0, t, labels=20, H=8, share=0.25)[1].tasks["text"].batches(0)))
        for t in ("same", "anew")
    )
    assert not torch.equal(same[0], anew[0])


def test_the_command_records_every_case(tmp_path):
    path = tmp_path / "many-tasks.csv"
    arguments = ["--seeds", "0", "--labels", "40", "--hidden", "4", "--updates", "4"]
    assert many_tasks.main([*arguments, "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#")
    assert rows.text.tolist() == ["none", "same", "anew"]
    assert rows.steps.tolist() == [4, 16, 16]
    recorded = pd.read_csv(RESULTS / "many-tasks.csv", comment="#")
    assert list(recorded) == list(rows)
    assert len(recorded) == 10 * 3 * 2 * 3
