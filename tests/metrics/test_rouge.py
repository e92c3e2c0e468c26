"""`course_pkg.metrics.rouge` on the examples of Lin (2004), by hand, and at its edges."""

import pytest

from course_pkg.metrics.rouge import Rouge, rouge_l, rouge_n

REFERENCE = ["police", "killed", "the", "gunman"]


# Section 3.1 of the paper; S1 is the reference.
@pytest.mark.parametrize(
    ("hypothesis", "rouge_2", "longest"),
    [
        ("police kill the gunman", 1 / 3, 3 / 4),  # S2
        ("the gunman kill police", 1 / 3, 2 / 4),  # S3: the same bigrams, another meaning
        ("the gunman police killed", 2 / 3, 2 / 4),  # S4: one of the two halves alone counts
    ],
)
def test_examples_of_the_paper(hypothesis, rouge_2, longest):
    assert rouge_n(hypothesis.split(), REFERENCE, 2).recall == pytest.approx(rouge_2, rel=1e-12)
    assert rouge_l(hypothesis.split(), REFERENCE).recall == pytest.approx(longest, rel=1e-12)


def test_by_hand_with_clipping():
    # the 2, cat 1, mat 1 against the 1, cat 1, sat 1, on 1, a 1, mat 1: the, cat and mat
    hypothesis, reference = ["the", "the", "cat", "mat"], ["the", "cat", "sat", "on", "a", "mat"]
    assert rouge_n(hypothesis, reference, 1) == Rouge(3 / 4, 3 / 6, 6 / 10)
    assert rouge_n(hypothesis, reference, 2) == Rouge(1 / 3, 1 / 5, 2 / 8)  # the cat
    assert rouge_l(hypothesis, reference) == Rouge(3 / 4, 3 / 6, 6 / 10)


def test_f1_is_the_harmonic_mean():
    a, b = ["a", "b", "c", "a"], ["d", "a", "c"]
    for found in (rouge_n(a, b, 1), rouge_l(a, b)):
        p, r, f1 = found
        assert f1 == pytest.approx(2 * p * r / (p + r), rel=1e-12)


def test_to_swap_the_two_swaps_precision_and_recall():
    a, b = ["a", "b", "c", "a"], ["c", "a", "b"]
    for found, swapped in ((rouge_n(a, b, 2), rouge_n(b, a, 2)), (rouge_l(a, b), rouge_l(b, a))):
        assert swapped == Rouge(found.recall, found.precision, found.f1)
        assert found.precision != found.recall


@pytest.mark.parametrize("measure", [rouge_l, lambda a, b: rouge_n(a, b, 2)])
def test_edges(measure):
    assert measure(REFERENCE, REFERENCE) == Rouge(1, 1, 1)
    assert measure([], REFERENCE) == measure(REFERENCE, []) == measure([], []) == Rouge(0, 0, 0)
    assert measure(["x"], REFERENCE) == Rouge(0, 0, 0)


def test_messages():
    with pytest.raises(TypeError, match="hypothesis: expected a list of tokens, got str; cut it"):
        rouge_n("a b", ["a"], 1)
    with pytest.raises(TypeError, match="reference: expected a list of tokens, got str; cut it"):
        rouge_l(["a"], "a b")
    with pytest.raises(ValueError, match="n: expected an integer of at least 1, got 0"):
        rouge_n(["a"], ["a"], 0)
    with pytest.raises(TypeError, match=r"reference: expected a string, a list, .* got dict"):
        rouge_l(["a"], {})
