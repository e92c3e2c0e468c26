"""Digits through a state of fixed size: the tasks, the strings, and the runs made short."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from experiments import bottleneck, digits

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def test_both_tasks_and_both_ways_to_feed_them():
    x = np.array([[3], [1], [4]])
    for task, feed, source, target in (
        ("reversal", "forwards", [3, 1, 4], [4, 1, 3]),
        ("reversal", "backwards", [4, 1, 3], [4, 1, 3]),
        ("copy", "forwards", [3, 1, 4], [3, 1, 4]),
        ("copy", "backwards", [4, 1, 3], [3, 1, 4]),
    ):
        batch = digits.pairs(x, task, feed)
        assert batch.source[:, 0].tolist() == source
        assert batch.inputs[:, 0].tolist() == [digits.BEGIN, *target]
        assert batch.targets[:, 0].tolist() == [*target, digits.END]


def test_no_training_string_is_one_that_models_are_measured_on():
    taken = digits.numbers(digits.test_digits(3, 800))
    found = digits.new_digits(np.random.default_rng(5), 3, 5000, taken)
    assert not set(digits.numbers(found)) & set(taken)
    assert len(set(digits.numbers(found))) > 400  # of some 450 that are left


def test_strings_of_one_length_differ_in_their_number():
    x = np.array([[0, 0, 1], [0, 1, 0], [7, 7, 7]])
    assert digits.numbers(x).tolist() == [7, 17, 107]


def test_a_model_that_has_learned_pays_few_bits():
    model = digits.train(3, lengths=(3, 3), updates=300, H=32, tests=80)
    found = digits.measure(model, digits.test_digits(3, 80), "reversal", "forwards")
    assert found["exact"] <= found["digits"]
    assert found["digits"] > 0.5  # who guesses has 0.1
    assert 0 < found["bits"] < np.log2(10) / 2


def test_a_model_reads_what_it_writes():
    model = digits.train(4, lengths=(3, 3), updates=2, H=8, E=4)
    source = digits.pairs(digits.test_digits(3, 7), "reversal").source
    written = digits.write(model, source, 5)  # (5, B)
    inputs = torch.cat([torch.full((1, 7), digits.BEGIN), written[:-1]])
    log_probs, _ = model(source, inputs)
    assert (log_probs.argmax(dim=2) == written).all()


def test_the_command_records_every_model_and_length(tmp_path):
    path = tmp_path / "bottleneck.csv"
    arguments = ["--seeds", "0", "1", "--models", "none-4", "dot-6", "--feeds", "forwards"]
    sizes = ["--lengths", "2", "4", "--updates", "3", "--tests", "8"]
    assert bottleneck.main([*arguments, *sizes, "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#")
    assert len(rows) == 2 * 2 * 3
    assert set(rows.length) == {2, 3, 4}
    assert rows.bits.between(3, 4).all()  # hardly trained: about log2 of 12 tokens
    for name in ("bottleneck.csv", "fed-backwards.csv"):
        recorded = pd.read_csv(RESULTS / name, comment="#")
        assert list(recorded) == list(rows)
        assert len(recorded.groupby(["seed", "attention", "H", "feed"]).seed) >= 10
