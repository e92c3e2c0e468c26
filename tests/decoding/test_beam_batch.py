"""Many beams side by side find what each finds alone, in fewer steps."""

import numpy as np
import pytest

from course_pkg.decoding.beam import beam_score, beam_search
from course_pkg.decoding.beam_batch import beam_search_batch
from course_pkg.decoding.exhaustive import exhaustive_search
from course_pkg.decoding.greedy import greedy_batch
from course_pkg.decoding.tables import Table
from tests.decoding.scorers import (
    Covering,
    RandomTree,
    SecondOrder,
    Tree,
    log_probs_of,
    random_table,
)

SETTINGS = [(None, 0.0), (0, 0.0), (0, 0.6), (0, 1.0), (2, 2.0)]  # stop, alpha
WIDTHS = [(1, 1), (2, 1), (3, 3), (5, 2), (40, 7)]  # width, n_best


def assert_each_alone(scorer, prompts, length, **options):
    together = beam_search_batch(scorer, prompts, length, **options)
    assert len(together) == prompts.shape[1]
    for prompt, found in zip(prompts.T, together, strict=True):
        alone = beam_search(scorer, prompt, length, **options)
        assert [text.ids.tolist() for text in found] == [text.ids.tolist() for text in alone]
        for text, same in zip(found, alone, strict=True):
            np.testing.assert_array_equal(text.log_probs, same.log_probs)


@pytest.mark.parametrize("keep_greedy", [True, False])
@pytest.mark.parametrize(("width", "n_best"), WIDTHS)
@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
@pytest.mark.parametrize("make", [RandomTree, SecondOrder, random_table])
def test_side_by_side_is_one_after_another(make, stop, alpha, width, n_best, keep_greedy):
    for seed in range(3 if make is RandomTree else 8):
        prompts = np.random.default_rng(seed).integers(5, size=(3, 7))
        assert_each_alone(
            make(seed, 5),
            prompts,
            6,
            width=width,
            alpha=alpha,
            stop=stop,
            n_best=n_best,
            keep_greedy=keep_greedy,
        )


@pytest.mark.parametrize("forbidden", [[3], [1, 2, 4], np.array([4])])
def test_forbidden_tokens_are_in_no_text(forbidden):
    for seed in range(8):
        prompts = np.random.default_rng(seed).integers(5, size=(2, 6))
        options = {"width": 3, "n_best": 3, "stop": 0, "forbidden": forbidden}
        assert_each_alone(SecondOrder(seed, 5), prompts, 6, **options)


@pytest.mark.parametrize("width", [1, 2, 4, 7])
@pytest.mark.parametrize("stop", [None, 0, 5])
def test_ties_are_decided_as_for_one_alone(stop, width):
    fair = Tree(6, {})
    assert_each_alone(fair, np.array([[0, 3]]), 4, width=width, stop=stop, n_best=width)
    for seed in range(20):  # few values: within a text, and between texts
        rng = np.random.default_rng(seed)
        halves = 2.0 ** -rng.integers(1, 4, size=(6, 6)) * (rng.random((6, 6)) < 0.8)
        halves[:, 5] += halves.sum(axis=1) == 0  # a row of zeros is none
        with np.errstate(divide="ignore"):
            table = Table(np.log(halves / halves.sum(axis=1, keepdims=True)))
        assert_each_alone(table, np.array([[0, 3, 5, 1]]), 5, width=width, stop=stop, n_best=width)


def test_no_prompt_and_no_order_of_prompts_matters_for_another():
    scorer, prompts = SecondOrder(1, 5), np.random.default_rng(0).integers(5, size=(2, 12))
    order = np.random.default_rng(1).permutation(12)
    options = {"width": 4, "alpha": 0.7, "stop": 0, "n_best": 2}
    found = beam_search_batch(scorer, prompts, 8, **options)
    shuffled = beam_search_batch(scorer, prompts[:, order], 8, **options)
    for place, b in enumerate(order):
        for text, same in zip(found[b], shuffled[place], strict=True):
            np.testing.assert_array_equal(text.ids, same.ids)


@pytest.mark.parametrize("make", [RandomTree, SecondOrder])
@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
def test_a_beam_that_holds_all_texts_is_exhaustive_search(make, stop, alpha):
    for seed in range(5):
        scorer = make(seed, 3)
        prompts = np.array([[0, 1, 2]])
        options = {"alpha": alpha, "stop": stop, "n_best": 6}
        for b, found in enumerate(beam_search_batch(scorer, prompts, 4, width=27, **options)):
            wanted = exhaustive_search(scorer, prompts[:, b], 4, **options)
            assert len(found) == 6
            for text, best in zip(found, wanted, strict=True):  # the scores: chains have ties
                score = beam_score(best.log_probs, alpha)
                assert beam_score(text.log_probs, alpha) == pytest.approx(score, abs=1e-12)
            assert len({tuple(text.ids) for text in found}) == 6
            assert make is SecondOrder or found[0].ids.tolist() == wanted[0].ids.tolist()


@pytest.mark.parametrize("width", [2, 3, 5])
@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
def test_the_best_text_never_scores_below_the_greedy_one(stop, alpha, width):
    for seed in range(20):
        scorer = RandomTree(seed, 6, spread=1.0)
        prompts = np.arange(6)[None]
        options = {"width": width, "alpha": alpha, "stop": stop}
        found = beam_search_batch(scorer, prompts, 6, **options)
        for (best,), text in zip(found, greedy_batch(scorer, prompts, 6, stop=stop), strict=True):
            assert beam_score(best.log_probs, alpha) >= beam_score(text.log_probs, alpha)


def trap(V, length):
    """Return a model whose plain beam of 2 to V - 1 loses to greedy, after each prompt.

    The greedy token 0 is followed by even chances and then by certainty. The others, each a little
    less likely, are followed by two halves, which fill the beam, and then by even chances.
    """
    first, halves = np.r_[1.1, np.ones(V - 1)], np.r_[0, 0.5, 0.5, np.zeros(V - 3)]
    given = {}
    for start in range(V):
        given[start,] = first / first.sum()
        for n in range(1, length):
            given[(start, *[0] * (n + 1))] = np.eye(V)[0]
        for token in range(1, V):
            given[start, token] = halves
    return Tree(V, given)


@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_where_the_plain_beam_loses_to_greedy_the_greedy_text_is_returned(width):
    scorer, prompts = trap(6, 5), np.arange(6)[None]
    plain = beam_search_batch(scorer, prompts, 5, width=width, keep_greedy=False)
    found = beam_search_batch(scorer, prompts, 5, width=width)
    written = greedy_batch(scorer, prompts, 5)
    for (lost,), (best,), text in zip(plain, found, written, strict=True):
        assert text.ids.tolist() == [0] * 5
        assert lost.log_probs.sum() < text.log_probs.sum() - 1  # by far
        np.testing.assert_array_equal(best.ids, text.ids)
    assert_each_alone(scorer, prompts, 5, width=width, n_best=2)


def plain_with_coverage(scorer, prompt, length, width, alpha, beta, stop):
    """Search as the description says, one text after another, and never end early."""
    going, finished = [()], []
    for n in range(1, length + 1):
        longer = [(*ids, token) for ids in going for token in range(scorer.tokens)]
        longer.sort(key=lambda ids: -log_probs_of(scorer, prompt, ids).sum())
        ended = [ids for ids in longer[:width] if ids[-1] == stop or n == length]
        for ids in ended:
            score = beam_score(log_probs_of(scorer, prompt, ids), alpha)
            finished.append((score + beta * scorer.covered((*prompt, *ids[:-1])), ids))
        going = [ids for ids in longer[:width] if ids not in ended]
    return [ids for _, ids in sorted(finished, reverse=True)]


@pytest.mark.parametrize("width", [1, 3, 64])
@pytest.mark.parametrize(("alpha", "beta"), [(0.0, 0.3), (0.8, 0.1), (1.0, 2.0)])
@pytest.mark.parametrize("stop", [None, 0])
def test_coverage_is_added_to_the_score_of_a_finished_text(stop, alpha, beta, width):
    changed = 0
    for seed in range(6):
        scorer, prompts = Covering(seed, 4), np.array([[1, 2], [3, 0]])
        options = {"width": width, "alpha": alpha, "stop": stop, "keep_greedy": False}
        together = beam_search_batch(scorer, prompts, 4, **options, beta=beta)
        without = beam_search_batch(scorer, prompts, 4, **options)
        for prompt, (best,), (other,) in zip(prompts.T, together, without, strict=True):
            wanted = plain_with_coverage(scorer, prompt.tolist(), 4, width, alpha, beta, stop)
            assert tuple(best.ids) == wanted[0]
            changed += best.ids.tolist() != other.ids.tolist()
    assert changed or width == 1


def test_with_coverage_too_the_greedy_text_takes_part():
    for seed in range(20):
        scorer, prompts = Covering(seed, 5), np.array([[1, 2, 3]])
        found = beam_search_batch(scorer, prompts, 5, width=3, beta=0.5, stop=0)
        written = greedy_batch(scorer, prompts, 5, stop=0)
        for start, (best,), text in zip(prompts[0].tolist(), found, written, strict=True):
            scores = [
                one.log_probs.sum() + 0.5 * scorer.covered((start, *one.ids[:-1].tolist()))
                for one in (best, text)
            ]
            assert scores[0] >= scores[1] - 1e-12


class Rows(Tree):
    """Notes how many rows it reads each time."""

    def __init__(self, V, given):
        super().__init__(V, given)
        self.rows = []

    def step(self, ids, state):
        self.rows.append(len(ids))
        return super().step(ids, state)


def test_a_sentence_that_has_ended_is_read_no_more_and_no_text_that_is_out_of_reach():
    # After 0 comes the stop token 3 almost surely; after 1 only three others, evenly, and then it.
    sure = {(0,): [0.004, 0.003, 0.003, 0.99], (1,): [0.4, 0.3, 0.3, 0.0]}
    sure |= {(1, token): [0.0, 0.0, 0.0, 1.0] for token in range(3)}
    scorer = Rows(4, sure)
    plain = beam_search_batch(scorer, np.array([[0, 1]]), 9, width=3, stop=3, keep_greedy=False)
    assert [best.ids.tolist() for (best,) in plain] == [[3], [0, 3]]
    assert scorer.rows == [2, 3]
    scorer.rows.clear()
    beam_search_batch(scorer, np.array([[0, 1]]), 9, width=3, stop=3)
    assert scorer.rows == [2, 1, 1]  # greedy reads one; then 0.4 is all that reaches its 0.4


def test_arguments_are_left_as_they_are():
    table = random_table(0, 5)
    before = table._log_probs.copy()
    prompts = np.array([[0, 1, 2]])
    beam_search_batch(table, prompts, 6, width=3, stop=0, forbidden=[2])
    np.testing.assert_array_equal(table._log_probs, before)
    np.testing.assert_array_equal(prompts, [[0, 1, 2]])


def test_a_text_holds_nothing_but_itself():
    ((best,),) = beam_search_batch(random_table(0, 5), np.array([[0]]), 6, width=3)
    assert best.ids.base is None
    assert best.log_probs.base is None


FAIR, COVERING = Tree(3, {}), Covering(0, 3)


def covering(values):
    scorer = Covering(0, 3)
    scorer.coverage = lambda state: values
    return scorer


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"width": 0}, ValueError, "width: expected an integer of at least 1, got 0"),
        ({"length": 0}, ValueError, "length: expected an integer of at least 1, got 0"),
        ({"n_best": 3}, ValueError, "n_best: expected at most the width 2, got 3"),
        ({"alpha": -0.1}, ValueError, r"alpha: expected a number in \[0, inf\), got -0.1"),
        ({"beta": -0.1}, ValueError, r"beta: expected a number in \[0, inf\), got -0.1"),
        ({"beta": 0.1}, TypeError, "beta: expected 0, because Tree has no method coverage"),
        ({"keep_greedy": "no"}, TypeError, "keep_greedy: expected True or False, got 'no'"),
        ({"prompts": np.zeros(3, int)}, ValueError, r"prompts: expected shape \(N, B\) with"),
        ({"prompts": np.full((1, 2), 3)}, ValueError, r"prompts: expected ids in 0\.\.2, got 3"),
        ({"prompts": np.zeros((1, 2))}, TypeError, "prompts: expected integers, got float64"),
        ({"stop": 3}, ValueError, r"stop: expected an id in 0\.\.2, got 3"),
        ({"forbidden": [0, 1, 2]}, ValueError, "got none left after prompt 0"),
        ({"scorer": None}, TypeError, "scorer: expected an object with tokens"),
        (
            {"scorer": covering(np.array([0.0, 0.1])), "beta": 1.0},
            ValueError,
            "scorer.coverage: expected values of at most 0, got 0.1",
        ),
        (
            {"scorer": covering(np.array([0.0, np.nan])), "beta": 1.0},
            ValueError,
            "scorer.coverage: expected values of at most 0, got nan",
        ),
        (
            {"scorer": covering(np.zeros(3)), "beta": 1.0},
            ValueError,
            r"scorer.coverage: expected shape \(B,\) = \(2,\), got \(3,\)",
        ),
    ],
)
def test_bad_input_is_refused(options, error, message):
    given = {"scorer": FAIR, "prompts": np.zeros((1, 2), int), "length": 3, "width": 2}
    with pytest.raises(error, match=message):
        beam_search_batch(**(given | options))
