"""One update: the gradient of one large batch, clipped, however the batch is cut."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from course_pkg.training.distributed import Share
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.resuming.state import State
from course_pkg.training.settings import Settings, make_optimiser
from course_pkg.training.update import update
from tests.training.small import classify, weights


def state_of(task, settings):
    optimiser = make_optimiser(settings, task.model.parameters())
    return State(task.model, optimiser, EarlyStopping(), run={})


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("ragged", [False, True])
def test_accumulated_batches_are_one_large_batch(optimiser, ragged):
    settings = Settings(
        steps=1, lr=0.1, optimiser=optimiser, weight_decay=0.01, clip=0.1,
        momentum=0.9 if optimiser == "sgd" else 0.0,
    )  # fmt: skip
    large, small = (classify(ragged=ragged, double=True) for _ in range(2))
    data = large._parts["train"]
    rows = [np.arange(24), np.arange(7), np.arange(7, 8), np.arange(8, 24)]
    batches = [large._batch(data, indices, Share()) for indices in rows]
    found = []
    for task, group in ((large, batches[:1]), (small, batches[1:])):
        state = state_of(task, settings)
        for _ in range(3):
            mean, norm = update(task, task.model, state, group, settings)
        found.append((mean.value, norm))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(weights(large), weights(small), rtol=0, atol=1e-12)


def test_a_mean_of_means_would_be_another_gradient():
    """What accumulation gets wrong when each batch is averaged before: ragged batches show it."""
    task = classify(double=True)
    data = task._parts["train"]
    whole = task._batch(data, np.arange(8), Share())
    parts = [task._batch(data, rows, Share()) for rows in (np.arange(7), np.arange(7, 8))]
    right = task.loss(task.model, whole)
    of_means = sum(cross_entropy(task.model(x), labels) for x, labels in parts) / 2
    assert abs((right.total / right.number - of_means).item()) > 1e-3


def test_a_gradient_is_clipped_to_the_norm_and_reported_before():
    task, settings = classify(), Settings(steps=1, lr=1.0, optimiser="sgd", clip=0.01)
    before = weights(task)
    batch = [next(task.batches(0))]
    _, norm = update(task, task.model, state_of(task, settings), batch, settings)
    assert norm > 0.05
    assert float((weights(task) - before).norm()) == pytest.approx(0.01, rel=1e-3)
    free = replace(settings, clip=0.0)
    task = classify()
    update(task, task.model, state_of(task, free), batch, free)
    assert float((weights(task) - before).norm()) == pytest.approx(norm, rel=1e-4)
