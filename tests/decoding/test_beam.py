"""A beam that is wide enough finds what exhaustive search finds; a narrow one need not."""

import numpy as np
import pytest

from course_pkg.decoding.beam import beam_score, beam_search
from course_pkg.decoding.beam_batch import beam_search_batch
from course_pkg.decoding.greedy import greedy
from tests.decoding.scorers import RandomTree, SecondOrder, Tree, best_texts, log_probs_of

V, LENGTH = 3, 4
SETTINGS = [(None, 0.0), (0, 0.0), (0, 0.6), (0, 1.0), (2, 2.0)]


@pytest.mark.parametrize("width", [V ** (LENGTH - 1), V**LENGTH, 10 * V**LENGTH])
@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
@pytest.mark.parametrize("make", [RandomTree, SecondOrder])
def test_a_beam_that_holds_all_texts_is_exhaustive_search(make, stop, alpha, width):
    for seed in range(12):
        scorer = make(seed, V)
        best = best_texts(scorer, [1, 2], LENGTH, alpha=alpha, stop=stop)[:7]
        found = beam_search(scorer, [1, 2], LENGTH, width=width, alpha=alpha, stop=stop, n_best=7)
        assert [tuple(written.ids) for written in found] == [ids for _, ids in best]
        for written, (score, _) in zip(found, best, strict=True):
            assert beam_score(written.log_probs, alpha) == pytest.approx(score, abs=1e-12)


def plain_beam_search(scorer, prompt, length, width, alpha, stop, n_best):
    """Search as the description says, one text after another, and never end early."""
    going, finished = [()], []
    for _ in range(length):
        longer = [(*ids, token) for ids in going for token in range(scorer.tokens)]
        longer.sort(key=lambda ids: -log_probs_of(scorer, prompt, ids).sum())
        finished += [ids for ids in longer[:width] if ids[-1] == stop]
        going = [ids for ids in longer[:width] if ids[-1] != stop]
    scored = [
        (beam_score(log_probs_of(scorer, prompt, ids), alpha), ids) for ids in finished + going
    ]
    return sorted(scored, reverse=True)[:n_best]


@pytest.mark.parametrize(("width", "n_best"), [(1, 1), (2, 1), (3, 3), (5, 2)])
@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
def test_a_narrow_beam_does_what_is_described_and_ending_early_changes_nothing(
    stop, alpha, width, n_best
):
    for seed in range(12):
        scorer = RandomTree(seed, 4)
        wanted = plain_beam_search(scorer, [1], 5, width, alpha, stop, n_best)
        found = beam_search(
            scorer,
            [1],
            5,
            width=width,
            alpha=alpha,
            stop=stop,
            n_best=n_best,
            keep_greedy=False,
        )
        assert [tuple(written.ids) for written in found] == [ids for _, ids in wanted]
        for written in found:
            wanted_nats = log_probs_of(scorer, [1], written.ids.tolist())
            np.testing.assert_allclose(written.log_probs, wanted_nats, atol=1e-14)


class Counted(Tree):
    """Counts how often it is asked."""

    steps = 0

    def step(self, ids, state):
        self.steps += 1
        return super().step(ids, state)


def test_the_search_ends_early_only_where_nothing_can_come_of_it():
    sure = {(0,): [0.01, 0.01, 0.98]}
    counted = Counted(3, sure)
    (best,) = beam_search(counted, [0], 50, width=3, stop=2)
    assert best.ids.tolist() == [2]
    assert counted.steps == 1  # 0.98 is out of reach of the 0.01 that goes on

    # The mean of 50 tokens may rise above log 0.98 = -0.020 where log 0.01 / 50 = -0.092 may not.
    counted = Counted(3, sure)
    beam_search(counted, [0], 50, width=3, stop=2, alpha=1.0)
    assert counted.steps == 1
    # Of 500 tokens it may, with log 0.01 / 500 = -0.009, and here it does.
    certain = {(0, *[1] * n): [0.0, 1.0, 0.0] for n in range(1, 500)}
    counted = Counted(3, sure | certain)
    (best,) = beam_search(counted, [0], 500, width=3, stop=2, alpha=1.0)
    assert best.ids.tolist() == [1] * 500


@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
def test_width_1_is_greedy_decoding(stop, alpha):
    for seed in range(30):
        for scorer in (RandomTree(seed, 5), SecondOrder(seed, 5)):
            (found,) = beam_search(scorer, [1, 3], 8, width=1, stop=stop, alpha=alpha)
            wanted = greedy(scorer, [1, 3], 8, stop=stop)
            np.testing.assert_array_equal(found.ids, wanted.ids)
            np.testing.assert_array_equal(found.log_probs, wanted.log_probs)


# Greedy takes 0, whose text is held back (1/3) and then certain: 0.4 / 3 = 0.133. Two texts that
# begin with 1 look better after two steps (0.175 each), fill the beam, and then fall to 0.058.
TRAP = Tree(
    3,
    {
        (0,): [0.4, 0.35, 0.25],
        (0, 1): [0.5, 0.5, 0.0],
        (0, 0, 0): [1.0, 0.0, 0.0],
    },
)


def test_a_wider_plain_beam_can_be_worse_than_greedy_and_an_exhaustive_one_cannot():
    scores = {
        width: beam_score(beam_search(TRAP, [0], 3, width=width, keep_greedy=False)[0].log_probs)
        for width in (1, 2, 9)
    }
    assert np.exp(scores[1]) == pytest.approx(0.4 / 3)
    assert np.exp(scores[2]) == pytest.approx(0.35 / 6)
    assert scores[9] >= scores[1]
    for seed in range(30):
        scorer = RandomTree(seed, 3)
        (best,) = beam_search(scorer, [0], 5, width=3**4, keep_greedy=False)
        assert best.log_probs.sum() >= greedy(scorer, [0], 5).log_probs.sum() - 1e-12


def test_the_greedy_text_is_not_lost():
    (best,) = beam_search(TRAP, [0], 3, width=2)
    assert best.ids.tolist() == [0, 0, 0]
    first, second = beam_search(TRAP, [0], 3, width=2, n_best=2)  # the beam's own comes after it
    assert first.ids.tolist() == [0, 0, 0]
    assert np.exp(second.log_probs.sum()) == pytest.approx(0.35 / 6)


@pytest.mark.parametrize("n_best", [1, 2])
@pytest.mark.parametrize(("stop", "alpha"), SETTINGS)
def test_the_result_is_the_best_of_the_plain_beam_and_the_greedy_text(stop, alpha, n_best):
    lost = 0
    for seed in range(100):
        scorer = RandomTree(seed, 6, spread=0.3)  # nearly even: many beginnings fall out
        options = {"width": 2, "alpha": alpha, "stop": stop, "n_best": n_best}
        plain = beam_search(scorer, [1], 8, **options, keep_greedy=False)
        written = greedy(scorer, [1], 8, stop=stop)
        wanted = {tuple(text.ids): beam_score(text.log_probs, alpha) for text in [*plain, written]}
        found = beam_search(scorer, [1], 8, **options)
        scores = [beam_score(text.log_probs, alpha) for text in found]
        assert [tuple(text.ids) for text in found] == sorted(wanted, key=wanted.get)[::-1][:n_best]
        assert scores[0] >= beam_score(written.log_probs, alpha)
        lost += scores[0] > beam_score(plain[0].log_probs, alpha)
    assert lost > 0  # else the seeds would show nothing


def test_where_greedy_runs_into_a_dead_end_the_beam_goes_on():
    dead = Tree(
        4,
        {
            (0,): [0.0, 0.6, 0.4, 0.0],
            (0, 1): [0.0, 0.0, 0.0, 1.0],
            (0, 2): [0.3, 0.7, 0.0, 0.0],
        },
    )
    with pytest.raises(ValueError, match="got none left after 1 tokens"):
        greedy(dead, [0], 2, forbidden=[3])
    (best,) = beam_search(dead, [0], 2, width=2, forbidden=[3])
    assert best.ids.tolist() == [2, 1]
    (best,) = beam_search_batch(dead, np.array([[0]]), 2, width=2, forbidden=[3])[0]
    assert best.ids.tolist() == [2, 1]


def test_alpha_makes_longer_texts_win():
    lengths = []
    for alpha in (0.0, 0.5, 1.0, 2.0):
        found = [
            beam_search(RandomTree(seed, 4), [0], 6, width=4**5, stop=3, alpha=alpha)[0]
            for seed in range(8)
        ]
        lengths.append([len(written.ids) for written in found])
    # A longer text that beats a shorter one, |s| / n^alpha < |s'| / n'^alpha with n > n', beats it
    # at each larger alpha, too. So for no scorer does the best text become shorter.
    assert (np.diff(lengths, axis=0) >= 0).all()
    assert np.mean(lengths[-1]) > np.mean(lengths[0])


def test_forbidden_tokens_and_those_of_probability_0_are_in_no_text():
    halves = Tree(4, {(0,): [0.5, 0.5, 0.0, 0.0]})
    found = beam_search(halves, [0], 2, width=50, n_best=50, forbidden=[3])
    assert {tuple(written.ids) for written in found} == {(a, b) for a in (0, 1) for b in range(3)}
    narrow = beam_search(RandomTree(0, 4), [0], 5, width=2, n_best=2, forbidden=[1, 2])
    assert all(set(written.ids) <= {0, 3} for written in narrow)


def test_the_score_is_that_of_its_definition():
    nats = np.log([0.5, 0.25, 0.125])
    assert beam_score(nats) == pytest.approx(np.log(1 / 64))
    assert beam_score(nats, 1.0) == pytest.approx(nats.mean())
    assert beam_score(nats, 0.5) == pytest.approx(np.log(1 / 64) / np.sqrt(3))


FAIR = Tree(3, {})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"width": 0}, ValueError, "width: expected an integer of at least 1, got 0"),
        ({"width": 2.0}, TypeError, "width: expected an integer, got float"),
        ({"length": 0}, ValueError, "length: expected an integer of at least 1, got 0"),
        ({"n_best": 0}, ValueError, "n_best: expected an integer of at least 1, got 0"),
        ({"n_best": 3}, ValueError, "n_best: expected at most the width 2, got 3"),
        ({"alpha": -0.1}, ValueError, r"alpha: expected a number in \[0, inf\), got -0.1"),
        ({"alpha": np.nan}, ValueError, "alpha: expected a number in"),
        ({"prompt": []}, ValueError, "prompt: expected at least one token"),
        ({"prompt": [3]}, ValueError, r"prompt: expected ids in 0\.\.2, got 3"),
        ({"stop": 3}, ValueError, r"stop: expected an id in 0\.\.2, got 3"),
        ({"forbidden": [0, 1, 2]}, ValueError, "forbidden: expected a set that leaves a text"),
        ({"keep_greedy": 1}, TypeError, "keep_greedy: expected True or False, got 1"),
        ({"scorer": None}, TypeError, "scorer: expected an object with tokens"),
    ],
)
def test_bad_input_is_refused(options, error, message):
    given = {"scorer": FAIR, "prompt": [0], "length": 3, "width": 2} | options
    with pytest.raises(error, match=message):
        beam_search(**given)


@pytest.mark.parametrize(
    ("log_probs", "alpha", "error", "message"),
    [
        (np.empty(0), 0.0, ValueError, r"log_probs: expected shape \(N,\) with N >= 1, got \(0,\)"),
        ([-1.0], 0.0, TypeError, "log_probs: expected a NumPy array, got list"),
        (np.array([-1.0]), -1, ValueError, "alpha: expected a number in"),
    ],
)
def test_a_bad_score_is_refused(log_probs, alpha, error, message):
    with pytest.raises(error, match=message):
        beam_score(log_probs, alpha)
