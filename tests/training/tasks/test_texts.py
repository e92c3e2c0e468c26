"""The task ``classify`` on texts: which are used, what they are read with, what is refused."""

import numpy as np
import pytest
import torch

from course_pkg.data.registry import load_labelled
from course_pkg.data.text.byte_pairs import BytePairs
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.recipes.config import ConfigError
from course_pkg.training.tasks import classify
from course_pkg.training.tasks.registry import build, config_from
from course_pkg.training.tasks.texts import to_ids


def config(data=(), model=(), training=()):
    return config_from(
        {
            "task": "classify",
            "data": {"name": "docstrings", **dict(data)},
            "model": {"hidden": 8, "embedding": 8, **dict(model)},
            "training": {"epochs": 1, **dict(training)},
        }
    )


def training_part(built):
    return built.task._parts["train"]


def test_a_budget_of_labels_is_spent_evenly():
    texts = load_labelled("docstrings")
    built = build(config({"labels": 42, "max_length": 9}))
    x, labels = training_part(built)
    assert isinstance(x, list)
    assert np.bincount(labels).tolist() == [7] * 6
    assert max(map(len, x)) == 9
    assert built.sizes == {
        "train": "42 texts",
        "valid": f"{len(texts.valid)} texts",
        "test": f"{len(texts.test)} texts",
    }
    assert built.task.model.settings["classes"] == 6
    other = training_part(build(config({"labels": 42, "draw_seed": 1, "max_length": 9})))
    assert not all(map(np.array_equal, x, other.x))


def test_the_vocabulary_knows_the_training_texts_that_are_used_and_no_others():
    (vocabulary,) = build(config({"labels": 42})).vocabularies.values()
    assert vocabulary.level == "word"
    texts = load_labelled("docstrings")
    used = training_part(build(config({"labels": 42}))).x
    assert not any((ids == vocabulary.id(UNKNOWN)).any() for ids in used)
    every = {word for text, _ in texts.train for word in words(text)}
    assert set(vocabulary.tokens[1:]) < every
    (characters,) = build(config({"labels": 42, "level": "char"})).vocabularies.values()
    assert max(map(len, characters.tokens[1:])) == 1


def test_the_vocabulary_of_a_base_run_is_used_as_it_is():
    text = words("the a of and to . if is , for file test thread message number")
    base = Vocabulary.build(text, level="word", specials=[UNKNOWN])
    built = classify.build(config({"labels": 12}), base)
    assert list(built.vocabularies.values()) == [base]
    assert built.task.model.settings["tokens"] == 16
    assert built.task.identity()["vocabulary"] == base.sha256
    ids = np.concatenate(training_part(built).x)
    assert 0.3 < (ids == 0).mean() < 0.9


def test_byte_pairs_are_learned_from_the_texts_that_are_used():
    built = build(config({"labels": 42, "merges": 50}))
    (pairs,) = built.vocabularies.values()
    texts = [pairs.decode(ids) for ids in training_part(built).x]
    assert len(pairs) == built.task.model.settings["tokens"] == 306
    assert set(texts) <= {text for text, _ in load_labelled("docstrings").train}
    assert pairs == BytePairs.train(texts, 50)


def test_texts_are_cut_into_the_words_that_a_text_of_words_has():
    vocabulary = Vocabulary.build(words("(a, b)"), level="word", specials=[UNKNOWN])
    ids, labels = to_ids([("(a, b)", 3)], vocabulary, None)
    assert vocabulary.decode(ids[0]) == "( a , b )"
    assert labels.tolist() == [3]
    with pytest.raises(ValueError, match=r"texts\[1\]: expected at least one token, got ' '"):
        to_ids([("a", 0), (" ", 1)], vocabulary, None)


def test_it_learns_the_texts():
    torch.manual_seed(0)
    settings = {"epochs": 12, "lr": 2e-2, "evaluate_every": 10**6}
    built = build(
        config({"labels": 60, "batch": 20, "max_length": 30}, {"pooling": "concat"}, settings)
    )
    built.task.parts = ("train", "valid")
    before = evaluate(built.task, "train")
    fit(built.task, config(training=settings).training)
    after = evaluate(built.task, "train")
    assert before["accuracy"] < 0.5 < 0.9 < after["accuracy"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"name": "python-text"}, r"data.name: expected images or labelled texts, one of .*'docs"),
        ({"labels": 0}, "data.labels: expected an integer of at least 1"),
        ({"level": "sentence"}, "data.level: expected one of 'char', 'word'"),
        ({"name": "digits", "labels": 3}, "data.labels: expected none with images, got 3"),
        ({"merges": 9, "level": "word"}, "data.level: expected none beside merges, got 'word'"),
        ({"merges": 9, "min_count": 2}, "data.min_count: expected none beside merges, got 2"),
        ({"draw_seed": -1}, "data.draw_seed: expected an integer of at least 0"),
    ],
)
def test_a_wrong_table_is_refused(data, message):
    with pytest.raises(ConfigError, match=message):
        config(data)


def test_more_labels_than_there_are_is_refused():
    with pytest.raises(ConfigError, match=r"data.labels: expected .* examples of class . among"):
        build(config({"labels": 2400}))
