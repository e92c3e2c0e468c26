"""NumPy alone trains a network on digits: it learns, and every step is that of PyTorch."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_pkg.data.batching.batches import shuffled_batches
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.reference.learning import adam
from course_pkg.reference.networks import classifier
from course_pkg.training.schedules import one_cycle
from course_pkg.training.tasks.classify import Labelled, LabelledParts, digits_by_rows
from experiments import row_mnist

TORCH = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@pytest.fixture(scope="module")
def few():
    """Some of the digits: 1000 to train, 250 each to choose and to measure."""
    data = digits_by_rows()
    every = {"train": 4, "valid": 2, "test": 2}  # the images are sorted by digit
    parts = {
        name: Labelled(data.parts[name].x[::step], data.parts[name].labels[::step])
        for name, step in every.items()
    }
    return data._replace(parts=parts)


@pytest.mark.parametrize("kind", TORCH)
def test_thirty_steps_of_numpy_are_those_of_torch(few, kind):
    H, B, total = 12, 20, 30
    model = row_mnist.recurrent(kind, 28, H, 10)
    rng = np.random.default_rng(0)
    params = classifier.start(row_mnist.CELLS[kind], 28, H, 10, rng)  # float64
    network, readout = TORCH[kind](28, H).double(), nn.Linear(H, 10).double()
    theirs = [*network.parameters(), *readout.parameters()]
    with torch.no_grad():
        for parameter, array in zip(theirs, [*params.cell, *params.readout], strict=True):
            parameter.copy_(torch.from_numpy(array))
    optimiser, state = torch.optim.Adam(theirs), adam.init(params)
    x, labels = few.parts["train"].x.astype(np.float64), few.parts["train"].labels
    losses = []
    for step, rows in enumerate(shuffled_batches(len(labels), B, rng)[:total]):
        batch = np.ascontiguousarray(x[rows].swapaxes(0, 1))
        lr = 0.05 * one_cycle(step, total)
        loss, params, state = row_mnist.numpy_step(model, batch, labels[rows], params, state, lr)

        optimiser.param_groups[0]["lr"] = lr
        optimiser.zero_grad()
        y, _ = network(torch.from_numpy(batch))
        expected = cross_entropy(readout(y[-1]), torch.from_numpy(labels[rows]))
        expected.backward()
        nn.utils.clip_grad_norm_(theirs, row_mnist.CLIP)
        optimiser.step()
        assert loss == pytest.approx(expected.item(), abs=1e-10)
        losses.append(loss)
    for parameter, array in zip(theirs, [*params.cell, *params.readout], strict=True):
        np.testing.assert_allclose(array, parameter.detach(), rtol=0, atol=1e-9)
    assert np.mean(losses[-5:]) < losses[0]


@pytest.mark.parametrize("run", ["numpy-lstm", "torch-gru", "linear"])
def test_a_short_run_learns_and_repeats_itself(few, run):
    first, again = (row_mnist.train(run, few, 0, H=24, epochs=4, B=25) for _ in range(2))
    assert first | {"cpu_seconds": 0} == again | {"cpu_seconds": 0}
    assert float(first["test_accuracy"]) > 0.3  # chance is 0.1; four seeds gave 0.46 to 0.89
    assert float(first["test_low"]) < float(first["test_accuracy"]) < float(first["test_high"])


def test_both_libraries_count_the_same_parameters(few):
    tiny = {name: Labelled(part.x[::40], part.labels[::40]) for name, part in few.parts.items()}
    data = LabelledParts(tiny, 10, 28, few.card)
    for kind in TORCH:
        numbers = {
            row_mnist.train(f"{library}-{kind}", data, 0, H=5, epochs=1, B=10)["parameters"]
            for library in ("numpy", "torch")
        }
        assert len(numbers) == 1


def test_the_command_writes_a_file_that_says_how_it_was_made(few, tmp_path, monkeypatch):
    monkeypatch.setattr(row_mnist, "digits_by_rows", lambda source: few)
    path = tmp_path / "digits.csv"
    arguments = ["--runs", "linear", "numpy-rnn", "--seeds", "0", "1", "--epochs", "1"]
    assert row_mnist.main([*arguments, "--hidden", "4", "--csv", str(path)]) == 0
    head = path.read_text(encoding="utf-8").splitlines()[0]
    assert head.startswith("# command: python -m experiments.row_mnist --runs linear numpy-rnn")
    rows = pd.read_csv(path, comment="#")
    assert list(rows.run) == ["linear", "linear", "numpy-rnn", "numpy-rnn"]
    assert set(rows.train) == {1000}


@pytest.mark.parametrize("run", ["numpy-lstm", "torch-gru", "linear"])
def test_nothing_is_chosen_on_the_test_part(few, run):
    """With other test labels a run is the same run, and is measured against those labels."""
    test = few.parts["test"]
    wrong = Labelled(test.x, (test.labels + 1) % 10)
    other = few._replace(parts=few.parts | {"test": wrong})
    a, b = (row_mnist.train(run, data, 0, H=24, epochs=4, B=25) for data in (few, other))
    assert a["valid_accuracy"] == b["valid_accuracy"]
    assert float(b["test_accuracy"]) < 0.3 < float(a["test_accuracy"])


@pytest.mark.parametrize("kind", TORCH)
def test_whole_runs_of_both_libraries_agree(few, kind, monkeypatch):
    """From one start: the same batches, rates, clipping, and the same epoch found best.

    In double precision. A hundred images are soon known by heart, so the best epoch is not the
    last; and every gradient is longer than what is allowed: to leave out either is seen.
    """
    monkeypatch.setattr(row_mnist, "LR", 0.05)
    monkeypatch.setattr(row_mnist, "CLIP", 0.1)
    every = {"train": 10, "valid": 1, "test": 1}
    data = few._replace(
        parts={
            name: Labelled(part.x[:: every[name]].astype(float), part.labels[:: every[name]])
            for name, part in few.parts.items()
        }
    )
    start = classifier.start(row_mnist.CELLS[kind], 28, 12, 10, np.random.default_rng(3))
    model = row_mnist.recurrent(kind, 28, 12, 10)._replace(start=lambda rng: start)
    monkeypatch.setattr(row_mnist, "recurrent", lambda *sizes: model)

    def same_start(**options):
        model = SequenceClassifier(**options).double()
        arrays = (*start.cell, *start.readout)
        with torch.no_grad():
            for parameter, array in zip(model.parameters(), arrays, strict=True):
                parameter.copy_(torch.from_numpy(array))
        return model

    sizes = {"H": 12, "epochs": 20, "B": 20}
    ours = row_mnist.train(f"numpy-{kind}", data, 0, **sizes)
    monkeypatch.setattr(row_mnist, "SequenceClassifier", same_start)
    theirs = row_mnist.train(f"torch-{kind}", data, 0, **sizes)
    same = ("parameters", "valid_accuracy", "test_accuracy")
    assert [ours[key] for key in same] == [theirs[key] for key in same]
