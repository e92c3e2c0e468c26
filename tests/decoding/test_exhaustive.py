"""Exhaustive search looks at every text, and refuses where there are too many."""

import numpy as np
import pytest

from course_pkg.decoding import exhaustive
from course_pkg.decoding.beam import beam_score
from course_pkg.decoding.exhaustive import exhaustive_search
from tests.decoding.scorers import RandomTree, Tree, best_texts, log_probs_of

SETTINGS = [(None, 0.0), (0, 0.0), (0, 0.6), (0, 1.0), (2, 2.0)]  # stop, alpha


@pytest.mark.parametrize("block", [1, 4, 1024])
@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
def test_it_finds_the_best_of_all_texts(stop, alpha, block, monkeypatch):
    monkeypatch.setattr(exhaustive, "BLOCK", block)
    for seed in range(6):
        scorer = RandomTree(seed, 3)
        best = best_texts(scorer, [1, 2], 4, alpha=alpha, stop=stop)[:9]
        found = exhaustive_search(scorer, [1, 2], 4, alpha=alpha, stop=stop, n_best=9)
        assert [tuple(text.ids) for text in found] == [ids for _, ids in best]
        for text, (score, ids) in zip(found, best, strict=True):
            assert beam_score(text.log_probs, alpha) == pytest.approx(score, abs=1e-12)
            np.testing.assert_array_equal(text.log_probs, log_probs_of(scorer, [1, 2], ids))


@pytest.mark.parametrize("block", [2, 1024])
def test_of_equal_texts_the_shorter_comes_first_and_then_lower_ids(block, monkeypatch):
    monkeypatch.setattr(exhaustive, "BLOCK", block)
    # 3 is the stop token: [3] has 1/4, and the other three go on for sure to two equal ones.
    tree = Tree(4, {(0,): [0.25] * 4, **{(0, token): [0, 0, 0, 1] for token in range(3)}})
    found = exhaustive_search(tree, [0], 2, stop=3, n_best=9)
    assert [text.ids.tolist() for text in found] == [[3], [0, 3], [1, 3], [2, 3]]
    found = exhaustive_search(Tree(3, {}), [0], 3, n_best=27)
    assert [tuple(text.ids) for text in found] == sorted(tuple(text.ids) for text in found)
    assert len(found) == 27


def test_forbidden_tokens_and_those_of_probability_0_are_in_no_text():
    halves = Tree(4, {(0,): [0.5, 0.5, 0.0, 0.0]})
    found = exhaustive_search(halves, [0], 2, n_best=50, forbidden=[3])
    assert {tuple(text.ids) for text in found} == {(a, b) for a in (0, 1) for b in range(3)}


def test_a_million_texts_are_not_too_many_and_one_more_is():
    exhaustive._check_texts(10, 6, None)
    with pytest.raises(ValueError, match="length: expected at most 1,000,000 texts, got more"):
        exhaustive._check_texts(10, 7, None)
    # Of 3 tokens, one of them the last: 1 + 2 + ... + 2^18 end, and 2^19 go on; 2^20 - 1 at length
    # 20 are more than a million.
    exhaustive._check_texts(3, 18, 0)
    for U, length in ((3, 19), (3, 10**12)):
        with pytest.raises(ValueError, match="texts, got more of 3 tokens"):
            exhaustive._check_texts(U, length, 0)
    with pytest.raises(ValueError, match="texts, got more of 9 tokens"):
        exhaustive_search(Tree(10, {}), [0], 7, forbidden=[4])


@pytest.mark.parametrize("U", [1, 2, 3, 5])
@pytest.mark.parametrize("stop", [None, 0])
def test_the_texts_are_counted_right(U, stop, monkeypatch):
    number = len(exhaustive_search(Tree(U, {}), [0], 4, stop=stop, n_best=10**6))
    assert number == (U**4 if stop is None else sum((U - 1) ** n for n in range(4)) + (U - 1) ** 4)
    monkeypatch.setattr(exhaustive, "MOST", number)
    exhaustive._check_texts(U, 4, stop)
    monkeypatch.setattr(exhaustive, "MOST", number - 1)
    with pytest.raises(ValueError, match="length: expected at most"):
        exhaustive._check_texts(U, 4, stop)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"length": 0}, ValueError, "length: expected an integer of at least 1, got 0"),
        ({"n_best": 0}, ValueError, "n_best: expected an integer of at least 1, got 0"),
        ({"alpha": -1}, ValueError, r"alpha: expected a number in \[0, inf\), got -1"),
        ({"prompt": []}, ValueError, "prompt: expected at least one token"),
        ({"stop": 3}, ValueError, r"stop: expected an id in 0\.\.2, got 3"),
        ({"forbidden": [0, 1, 2]}, ValueError, "forbidden: expected a set that leaves a text"),
        ({"scorer": None}, TypeError, "scorer: expected an object with tokens"),
    ],
)
def test_bad_input_is_refused(options, error, message):
    given = {"scorer": Tree(3, {}), "prompt": [0], "length": 3} | options
    with pytest.raises(error, match=message):
        exhaustive_search(**given)
