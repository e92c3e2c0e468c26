"""The bag of words learns words and not their order, and only from the labels that it is given."""

import numpy as np
import pytest

from course_pkg.data.sets.labelled import LabelledTexts
from course_pkg.data.sets.word_kinds import WORD_KINDS_CARD, load_word_kinds
from experiments import bag_of_words


def test_it_learns_from_words_and_more_labels_help():
    texts = load_word_kinds(train=2_000, held_out=500, noise=0)
    few, many, every = (bag_of_words.run(texts, count, seed=0) for count in (40, 1_000, None))
    assert (few["labels"], many["labels"], every["labels"]) == (40, 1_000, 2_000)
    assert 0.5 < few["accuracy"] < 0.75 < many["accuracy"]
    assert many["accuracy"] > 0.9
    assert many["parameters"] == 160 + 1


def test_it_does_not_know_the_order_of_words():
    rng = np.random.default_rng(0)
    examples = [("Yes no" if label else "no yes", int(label)) for label in rng.random(200) < 0.5]
    texts = LabelledTexts(examples, examples, examples, ("a", "b"), "word", WORD_KINDS_CARD)
    assert abs(bag_of_words.run(texts, 100, seed=0)["accuracy"] - 0.5) < 0.2


def test_the_test_part_is_not_learned_from():
    texts = load_word_kinds(train=100, held_out=100)
    turned = texts._replace(test=[(text, 1 - label) for text, label in texts.test])
    first, second = (bag_of_words.run(part, 100, seed=0) for part in (texts, turned))
    assert first["accuracy"] + second["accuracy"] == pytest.approx(1)


def test_a_run_is_recorded(tmp_path):
    path = tmp_path / "bag.csv"
    arguments = ["word-kinds", "--labels", "40", "--seeds", "3", "4", "--part", "valid"]
    assert bag_of_words.main([*arguments, "--csv", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    assert "# command: python -m experiments.bag_of_words word-kinds --labels 40" in text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines[0] == "labels,seed,part,accuracy,parameters"
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["40", "3", "valid"],
        ["40", "4", "valid"],
    ]
