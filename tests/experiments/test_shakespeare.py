"""The recipe for Tiny Shakespeare and its n-grams, made short, on another text."""

import numpy as np

from course_pkg.data.registry import load_text
from course_pkg.reference.baselines.ngrams import KneserNey
from experiments import shakespeare

SHORT = {
    "data.name": "agreement",
    "model.hidden": "8",
    "model.embedding": "8",
    "training.epochs": "1",
    "threads": "1",
}


def test_the_counts_are_those_of_the_package():
    row = shakespeare.row_of_counts("python-text", 3)
    corpus = load_text("python-text", "char")
    letters = sorted(set(corpus.train))
    number = {letter: i for i, letter in enumerate(letters, start=1)}
    train, test = (
        np.array([number.get(letter, 0) for letter in part]) for part in (corpus.train, corpus.test)
    )
    counted = KneserNey.fit(train, len(letters) + 1, order=3)
    assert row["model"] == "3-gram"
    assert row["test_bits"] == f"{-counted.log_probs(test).mean() / np.log(2):.4f}"


def test_the_recipe_is_trained_and_measured_on_both_parts():
    found = shakespeare.row_of_recipe(shakespeare.RECIPE, 3, SHORT)
    assert found["seed"] == 3
    assert 1 < float(found["valid_bits"]) < np.log2(26)
    assert found["valid_bits"] != found["test_bits"]
    assert found == {
        **shakespeare.row_of_recipe(shakespeare.RECIPE, 3, SHORT),
        "seconds": found["seconds"],
    }
