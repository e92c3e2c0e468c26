"""`metrics.spans` by hand, and against seqeval."""

import warnings

import numpy as np
import pytest
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

from course_pkg.metrics.spans import Span, span_scores, spans

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def random_tags(seed, count):
    """Return sentences of random tags, most of them such as no person would write."""
    rng = np.random.default_rng(seed)
    return [list(map(str, rng.choice(TAGS, size=rng.integers(1, 12)))) for _ in range(count)]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["O", "O"], []),
        (["B-PER"], [("PER", 0, 0)]),
        (["B-PER", "I-PER", "I-PER"], [("PER", 0, 2)]),
        (["B-PER", "B-PER"], [("PER", 0, 0), ("PER", 1, 1)]),
        (["B-PER", "I-LOC"], [("PER", 0, 0), ("LOC", 1, 1)]),
        (["O", "I-PER", "I-PER"], [("PER", 1, 2)]),
        (["I-PER", "B-PER", "I-PER"], [("PER", 0, 0), ("PER", 1, 2)]),
        (["B-a-b", "I-a-b"], [("a-b", 0, 1)]),
        ([], []),
    ],
)
def test_by_hand(tags, expected):
    assert spans(tags) == [Span(*each) for each in expected]


def test_equals_seqeval_on_random_sequences():
    for tags in random_tags(0, 200):
        assert [tuple(span) for span in spans(tags)] == get_entities(tags)


def test_scores_equal_seqeval():
    references = random_tags(1, 200)
    rng = np.random.default_rng(2)
    hypotheses = [
        [str(rng.choice(TAGS)) if rng.random() < 0.3 else tag for tag in tags]
        for tags in references
    ]
    for number in (1, 5, 200):
        ours = span_scores(hypotheses[:number], references[:number])
        pair = references[:number], hypotheses[:number]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where it divides by 0
            theirs = precision_score(*pair), recall_score(*pair), f1_score(*pair)
        assert ours[:3] == pytest.approx(theirs, abs=1e-12)


def test_kinds_add_up():
    references, hypotheses = random_tags(3, 50), [*random_tags(3, 50)[:49], ["O"]]
    references[-1] = ["B-PER"]
    every = span_scores(hypotheses, references)
    assert every.support == sum(
        span_scores(hypotheses, references, kind=kind).support for kind in ("PER", "LOC")
    )
    assert span_scores(hypotheses, references, kind="nothing") == (0.0, 0.0, 0.0, 0)
    assert every.precision == 1 > every.recall


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: spans(["PER"]), ValueError, r"tags\[0\]: expected O, B-kind or I-kind, got 'PER'"),
        (lambda: spans(["O", "B-"]), ValueError, r"tags\[1\]: "),
        (lambda: spans(["O-PER"]), ValueError, r"tags\[0\]: "),
        (lambda: spans([0]), TypeError, r"tags\[0\]: expected str, got int"),
        (lambda: span_scores([["O"]], [["O", "O"]]), ValueError, r"hypotheses\[0\]: expected 2"),
        (lambda: span_scores([], []), ValueError, "hypotheses|references"),
        (lambda: span_scores([["O"]], []), ValueError, "hypotheses|references"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
