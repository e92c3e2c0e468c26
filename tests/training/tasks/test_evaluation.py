"""What is measured on a part depends on the part and the model alone."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from course_pkg.data.batching.padding import pad_batch
from course_pkg.training.loop import evaluate
from course_pkg.training.tasks.next_token import PredictNext
from tests.training.small import classify, language, text


def ragged_means(task, part):
    """The metrics of a part, sequence by sequence."""
    x, labels = task._parts[part]
    found = []
    for sequence, label in zip(x, labels, strict=True):
        batch = pad_batch([sequence])
        logits = task.model(torch.from_numpy(batch.x)).double()
        loss = cross_entropy(logits, torch.tensor([label]))
        found.append([float(loss), float(logits.argmax() == label)])
    return np.mean(found, axis=0)


@pytest.mark.parametrize("ragged", [False, True])
def test_an_evaluation_is_the_mean_over_sequences(ragged):
    task = classify(ragged=ragged, double=True, counts=(40, 300, 10))
    with torch.no_grad():
        expected = ragged_means(task, "valid")
        found = evaluate(task, "valid")
    np.testing.assert_allclose([found["loss"], found["accuracy"]], expected, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_the_perplexity_counts_every_target_whatever_the_batch(monkeypatch, batch):
    monkeypatch.setattr("course_pkg.training.tasks.next_token.AT_ONCE", 7)  # 99 targets: not whole
    task, ids = language(double=True, batch=batch), torch.from_numpy(text()[-100:])
    found = evaluate(task, "test")
    with torch.no_grad():
        logits, _ = task.model(ids[:-1, None])
        loss = cross_entropy(logits[:, 0], ids[1:])
    assert found["loss"] == pytest.approx(float(loss), abs=1e-12)
    assert found["perplexity"] == pytest.approx(math.exp(float(loss)))
    assert found["bits"] == pytest.approx(float(loss) / math.log(2))


def test_bits_per_character_and_the_unknown_share_where_they_are_known():
    task = language()
    assert list(evaluate(task, "test")) == ["loss", "perplexity", "bits"]
    known = PredictNext(
        task.model, {"train": text()[:-100], "test": text()[-100:]}, level="char", unknown=3
    )
    found = evaluate(known, "test")
    assert found["bits_per_character"] == pytest.approx(found["bits"], abs=1e-12)
    assert found["unknown_share"] == pytest.approx((text()[-99:] == 3).mean(), abs=1e-12)
    words = PredictNext(task.model, {"train": text()}, level="word")
    assert "bits_per_character" not in evaluate(words, "train")
    with pytest.raises(ValueError, match="level: expected one of 'char', 'word', got 'byte'"):
        PredictNext(task.model, {"train": text()}, level="byte")
