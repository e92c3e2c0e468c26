"""`course_pkg.reference.baselines.naive_bayes` by hand, and beside scikit-learn."""

import numpy as np
import pytest
from sklearn.naive_bayes import MultinomialNB

from course_pkg.reference.baselines.naive_bayes import NaiveBayes

TEXTS = [["good", "film"], ["good", "good"], ["bad", "film"]]


def test_by_hand():
    model = NaiveBayes.fit(TEXTS, [1, 1, 0])
    # Three words. Class 0: bad and film once each, of 2; class 1: good 3 times, film once, of 4.
    joint = np.array([1 / 3 * (0 + 1) / 5 * (1 + 1) / 5, 2 / 3 * (3 + 1) / 7 * (1 + 1) / 7])
    found = np.exp(model.log_probabilities(["good", "film", "unknown"]))
    assert found == pytest.approx(joint / joint.sum(), rel=1e-12)
    assert model.predict(["bad"]) == 0
    assert model.predict([]) == 1  # the more frequent class


@pytest.mark.parametrize("smoothing", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_equals_scikit_learn(seed, smoothing):
    rng = np.random.default_rng(seed)
    words = np.array(list("abcdefgh"))
    texts = [list(map(str, rng.choice(words, rng.integers(1, 9)))) for _ in range(30)]
    labels = [*range(3), *map(int, rng.integers(3, size=27))]
    counts = np.array([[text.count(word) for word in words] for text in texts])
    theirs = MultinomialNB(alpha=smoothing).fit(counts, labels).predict_log_proba(counts)
    model = NaiveBayes.fit(texts, labels, smoothing=smoothing)
    ours = np.array([model.log_probabilities(text) for text in texts])
    assert abs(ours - theirs).max() < 1e-10


def test_the_order_of_words_does_not_count():
    model = NaiveBayes.fit(TEXTS, [1, 1, 0])
    a = model.log_probabilities(["not", "good", "bad"])
    assert (a == model.log_probabilities(["not", "bad", "good"])).all()


def test_a_long_text_neither_overflows_nor_vanishes():
    model = NaiveBayes.fit(TEXTS, [1, 1, 0])
    assert np.isfinite(model.log_probabilities(["good"] * 100_000)).all()


@pytest.mark.parametrize(
    ("texts", "labels", "options", "error", "message"),
    [
        ("good film", [1], {}, TypeError, "texts: expected a list of texts, got str"),
        ([], [], {}, ValueError, "texts: expected at least one"),
        (["good film"], [0], {}, TypeError, r"texts\[0\]: expected a list of words, got str"),
        (TEXTS, [1, 0], {}, ValueError, "labels: expected 3 of them, one for each text, got 2"),
        (TEXTS, [2, 0, 0], {}, ValueError, r"labels: expected all of 0..2, got \[0, 2\]"),
        (TEXTS, [-1, 0, 1], {}, ValueError, "labels: expected all of 0..1"),
        (TEXTS, [0.0, 1.0, 1.0], {}, TypeError, "labels: expected an integer"),
        (TEXTS, [0, 1, 1], {"smoothing": 0.0}, ValueError, "smoothing: "),
    ],
)
def test_bad_input(texts, labels, options, error, message):
    with pytest.raises(error, match=message):
        NaiveBayes.fit(texts, labels, **options)


def test_bad_text():
    model = NaiveBayes.fit(TEXTS, [1, 1, 0])
    with pytest.raises(TypeError, match="text: expected a list of words, got str"):
        model.predict("good")
