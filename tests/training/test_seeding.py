"""A seed fixes what is drawn, and the states of all generators can be kept."""

import json
import random

import numpy as np
import pytest
import torch

from course_pkg.training import seeding

CPU = torch.device("cpu")


def test_a_seed_fixes_every_generator():
    def draw():
        return random.random(), np.random.rand(), torch.rand(3).tolist()  # noqa: NPY002

    seeding.seed_everything(5)
    first = draw()
    seeding.seed_everything(5)
    assert draw() == first
    seeding.seed_everything(6)
    assert draw() != first


def test_a_random_state_comes_back_through_json():
    seeding.seed_everything(1)
    torch.randn(7), np.random.randn(3), random.gauss(0, 1)  # noqa: NPY002
    state = seeding.get_random_state(CPU)
    expected = random.gauss(0, 1), np.random.randn(2).tolist(), torch.randn(3).tolist()  # noqa: NPY002
    about = json.loads(json.dumps(state.about))
    seeding.seed_everything(2)
    seeding.set_random_state(seeding.RandomState(state.tensors, about), CPU)
    assert (random.gauss(0, 1), np.random.randn(2).tolist(), torch.randn(3).tolist()) == expected  # noqa: NPY002


def test_generators_on_other_paths_are_independent():
    draws = [seeding.generator(3, *path).integers(1 << 60) for path in [(), (0,), (1,), (0, 1)]]
    assert len(set(draws)) == len(draws)
    assert seeding.generator(3, 1).integers(1 << 60) == draws[2]


def test_deterministic_mode_is_switched_on_and_off(monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    try:
        seeding.seed_everything(0, deterministic=True)
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        seeding.seed_everything(0)
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: seeding.seed_everything(-1), ValueError, "seed: expected an integer in 0.."),
        (lambda: seeding.seed_everything(2**32), ValueError, "seed: expected an integer in 0.."),
        (lambda: seeding.seed_everything(1.0), TypeError, "seed: expected an integer, got float"),
        (lambda: seeding.generator(True), TypeError, "seed: expected an integer, got bool"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
