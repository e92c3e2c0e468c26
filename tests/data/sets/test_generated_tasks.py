"""The generated tasks: what is marked, what is asked, and what a constant answer scores."""

import numpy as np
import pytest

from course_pkg.data.sets.adding import ADDING_BASELINE, adding_problem
from course_pkg.data.sets.counting import counting_batch
from course_pkg.data.sets.neighbours import neighbours_batch


@pytest.mark.parametrize("T", [2, 3, 7, 50])
def test_adding_marks_one_step_in_each_half_and_asks_for_their_sum(T):
    x, target = adding_problem(T, 200, np.random.default_rng(1))
    assert x.shape == (T, 200, 2)
    assert target.shape == (200, 1)
    numbers, marks = x[:, :, 0], x[:, :, 1]
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks[: T // 2].sum(axis=0) == 1).all()
    assert (marks[T // 2 :].sum(axis=0) == 1).all()
    np.testing.assert_allclose((numbers * marks).sum(axis=0), target[:, 0], atol=1e-7)


def test_each_place_of_each_half_is_marked_at_some_time():
    x, _ = adding_problem(7, 2000, np.random.default_rng(2))
    assert (x[:, :, 1].sum(axis=1) > 0).all()


def test_the_baseline_is_the_error_of_always_answering_one():
    _, target = adding_problem(4, 100_000, np.random.default_rng(3))
    assert np.mean((target - 1) ** 2) == pytest.approx(ADDING_BASELINE, abs=0.003)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1, 2, np.random.default_rng(0)), ValueError, "T: expected at least 2"),
        ((0, 2, np.random.default_rng(0)), ValueError, "T: expected an integer of at least 1"),
        ((4.0, 2, np.random.default_rng(0)), TypeError, "T: expected an integer, got float"),
        ((4, 0, np.random.default_rng(0)), ValueError, "B: expected an integer of at least 1"),
        ((4, 2, 0), TypeError, "rng: expected a numpy.random.Generator"),
    ],
)
def test_adding_refuses_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        adding_problem(*arguments)


def test_counting_spells_each_string_and_its_continuation():
    counts = [3, 1, 5]
    x, targets, determined, lengths = counting_batch(counts)
    assert x.shape == (10, 3, 2)
    np.testing.assert_array_equal(lengths, [6, 2, 10])
    for b, n in enumerate(counts):
        word = "a" * n + "b" * n
        read = "".join("ab"[symbol.argmax()] for symbol in x[: 2 * n, b])
        asked = "".join("ab$"[symbol] for symbol in targets[: 2 * n, b])
        assert read == word
        assert asked == word[1:] + "$"
        assert (x[2 * n :, b] == 0).all()
        assert (targets[2 * n :, b] == -1).all()
        np.testing.assert_array_equal(
            determined[:, b], [False] * n + [True] * n + [False] * (10 - 2 * n)
        )


@pytest.mark.parametrize(
    ("counts", "error", "message"),
    [
        ([], ValueError, "counts: expected at least one count, got none"),
        ([2, 0], ValueError, "counts: expected an integer of at least 1, got 0"),
        ([1.5], TypeError, "counts: expected an integer, got float"),
    ],
)
def test_counting_refuses_bad_input(counts, error, message):
    with pytest.raises(error, match=message):
        counting_batch(counts)


@pytest.mark.parametrize("question", ["behind", "before"])
@pytest.mark.parametrize("first", [True, False])
def test_neighbours_ask_for_a_letter_beside_the_only_mark(question, first):
    options = {"letters": 4, "T": 6, "question_first": first}
    x, labels = neighbours_batch(300, question, np.random.default_rng(4), **options)
    assert x.shape == (7, 300)
    asked, line = (x[0], x[1:]) if first else (x[-1], x[:-1])
    assert (asked == {"behind": 5, "before": 6}[question]).all()
    assert ((line == 4).sum(axis=0) == 1).all()
    for word, label in zip(line.T.tolist(), labels, strict=True):
        place = word.index(4)
        assert 0 < place < 5
        assert label == word[place + 1 if question == "behind" else place - 1] < 4
    assert set(np.argmax(line == 4, axis=0)) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((0, "before"), {}, ValueError, "B: expected an integer of at least 1"),
        ((1, "after"), {}, ValueError, "question: expected one of 'behind', 'before'"),
        ((1, "before"), {"T": 2}, ValueError, "T: expected at least 3"),
        ((1, "before"), {"letters": 0}, ValueError, "letters: expected an integer of at least 1"),
        ((1, "before"), {"question_first": 1}, TypeError, "question_first: expected True or False"),
    ],
)
def test_neighbours_refuse_bad_input(arguments, options, error, message):
    with pytest.raises(error, match=message):
        neighbours_batch(*arguments, np.random.default_rng(0), **options)
