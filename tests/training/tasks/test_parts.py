"""The parts of the data: what cannot be trained on is refused before anything is trained."""

from __future__ import annotations

import numpy as np
import pytest

from course_pkg.models.classifier import SequenceClassifier
from course_pkg.training.tasks.classify import Classify, Labelled
from course_pkg.training.tasks.parts import check_apart, check_sequences, fingerprint

RNG = np.random.default_rng(0)


def ragged(*sequences):
    """Return sequences as np.load gives them when they differ in length."""
    array = np.empty(len(sequences), dtype=object)
    array[:] = sequences
    return array


KINDS = {
    "vectors": ({"features": 3}, lambda t: RNG.normal(size=(t, 3)).astype(np.float32)),
    "ids": ({"tokens": 9}, lambda t: RNG.integers(9, size=t)),
    "a model that says nothing": ({}, lambda t: RNG.integers(9, size=t)),
}


@pytest.mark.parametrize(("settings", "draw"), KINDS.values(), ids=KINDS)
def test_an_array_of_objects_is_refused_with_what_to_do(settings, draw):
    sequences = [draw(t) for t in (2, 3, 4)]
    check_sequences("x", sequences, settings, None)
    with pytest.raises(TypeError, match=r"^x: .* got an array of objects; \[np\.asarray\(row\) "):
        check_sequences("x", ragged(*sequences), settings, None)
    check_sequences("x", [np.asarray(row) for row in ragged(*sequences)], settings, None)


@pytest.mark.parametrize("kind", ["vectors", "ids"])
@pytest.mark.parametrize("rows", [list, np.array])
def test_a_task_refuses_an_array_of_objects_at_once(kind, rows):
    settings, draw = KINDS[kind]
    x = ragged(*(rows(draw(t)) for t in (2, 3, 4, 5)))
    model = SequenceClassifier(classes=2, hidden=4, **settings)
    with pytest.raises(TypeError, match=r"parts\['train'\]\.x: expected .* array of objects"):
        Classify(model, {"train": Labelled(x, np.arange(4) % 2)}, batch=2)


@pytest.mark.parametrize("mask", [True, False])
def test_what_is_hidden_is_not_trained_on(mask):
    x = np.ma.array(np.zeros((4, 5, 3)), mask=False)
    x[1, 2, 0] = np.ma.masked if mask else 1.0
    message = "expected a NumPy array, got MaskedArray"
    with pytest.raises(TypeError, match=rf"^x: {message}"):
        check_sequences("x", x, {"features": 3}, None)
    with pytest.raises(TypeError, match=rf"^x\[1\]: {message}"):
        check_sequences("x", [np.zeros((2, 3)), x[1]], {"features": 3}, None)
    with pytest.raises(TypeError, match=rf"^arrays: {message}"):
        fingerprint([np.zeros(3), x])
    with pytest.raises(TypeError, match=rf"^arrays: {message}"):
        check_apart({"train": x})


def test_no_fingerprint_is_taken_of_places_in_the_memory():
    for array in (ragged([1], [2, 3]), np.array([1, 2], dtype=object)):
        with pytest.raises(TypeError, match=r"^arrays: expected numbers or text, got object$"):
            fingerprint([array])
    with pytest.raises(ValueError, match=r"^arrays: expected rows of one length"):
        fingerprint([[[1], [2, 3]]])
