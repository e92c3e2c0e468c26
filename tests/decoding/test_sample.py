"""Sampling draws from the filtered distribution, and from the scorer's answer to its own words."""

import math

import numpy as np
import pytest
import torch

from course_pkg.decoding.sample import draw, sample
from course_pkg.decoding.tables import Table
from tests.decoding.scorers import RandomTree, SecondOrder, log_probs_of, log_softmax, random_table
from tests.decoding.test_filters import GRID, by_definition

PROBS = [0.28, 0.05, 0.22, 0.17, 0.13, 0.03, 0.12]
MEMORYLESS = Table(np.log(np.tile(PROBS, (7, 1))))
DRAWS = 1000


def statistic(counts, p):
    """Return Pearson's chi-squared and its degrees of freedom; rare tokens are counted as one."""
    expected = counts.sum(axis=-1, keepdims=True) * p
    rare = expected.reshape(-1, len(p))[0] < 5
    pooled = [
        np.concatenate([x[..., ~rare], x[..., rare].sum(axis=-1, keepdims=True)], axis=-1)
        for x in (counts, expected)
    ]
    some = pooled[1].reshape(-1, pooled[1].shape[-1])[0] > 0
    counts, expected = (x[..., some] for x in pooled)
    return ((counts - expected) ** 2 / expected).sum(axis=-1), int(some.sum()) - 1


def threshold(freedom, rate):
    """Return an x that a chi-squared variable of d degrees exceeds at a rate of ``rate`` at most.

    Proof. Its moment generating function is (1 - 2s)^(-d/2), so by Markov's inequality
    P(X >= x) <= exp(-s x) (1 - 2s)^(-d/2) for every s in (0, 1/2). With s = (1 - d/x) / 2 this is
    (x/d)^(d/2) exp((d - x) / 2), which falls with x > d. Bisection finds where it is ``rate``.
    """
    low, high = float(freedom), 1000.0
    for _ in range(60):
        x = (low + high) / 2
        bound = freedom / 2 * math.log(x / freedom) + (freedom - x) / 2
        low, high = (x, high) if bound > math.log(rate) else (low, x)
    return high


def alarms(counts_of, rate):
    """Test every setting of the grid, and return which of them raise an alarm.

    Each of the m settings is tested at the rate ``rate / m``, so by the union bound a right
    sampler raises an alarm anywhere in the grid with a probability of ``rate`` at most.
    """
    found = []
    for number, setting in enumerate(GRID):
        p = by_definition(PROBS, *setting)
        counts = counts_of(number, setting)
        possible = (counts[..., p == 0] == 0).all(axis=-1)
        x, freedom = statistic(counts, p)
        found.append(~possible | (freedom > 0 and x > threshold(freedom, rate / len(GRID))))
    return np.array(found)


def test_frequencies_agree_with_the_definition_over_the_full_grid():
    def counts_of(number, setting):
        temperature, top_k, top_p = setting
        written = sample(
            MEMORYLESS,
            [0],
            DRAWS,
            np.random.default_rng([7, number]),
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
        )
        return np.bincount(written.ids, minlength=7)

    found = alarms(counts_of, rate=1e-4)
    assert not found.any(), [GRID[i] for i in np.flatnonzero(found)]


def test_a_right_sampler_raises_a_false_alarm_as_rarely_as_was_proved():
    # The chi-squared law holds for many draws. Here it is measured for this number of draws, with
    # NumPy's own sampler, on 2000 grids at a rate that one can measure.
    rng = np.random.default_rng(0)
    found = alarms(
        lambda _, setting: rng.multinomial(DRAWS, by_definition(PROBS, *setting), 2000), 0.01
    )
    assert found.any(axis=0).mean() < 0.01


@pytest.mark.parametrize("mistake", ["p before k", "temperature last", "not renormalised"])
def test_a_wrong_sampler_raises_an_alarm(mistake):
    rng = np.random.default_rng(1)

    def counts_of(_, setting):
        temperature, k, top_p = setting
        if mistake == "p before k":
            p = by_definition(by_definition(PROBS, temperature, None, top_p).tolist(), 1.0, k)
        elif mistake == "temperature last":
            p = by_definition(by_definition(PROBS, 1.0, k, top_p).tolist(), temperature)
        else:  # what was removed goes to the last token that was kept
            kept = np.where(by_definition(PROBS, *setting) > 0, PROBS, 0)
            p = kept.copy()
            p[np.flatnonzero(kept)[-1]] += 1 - kept.sum()
        return rng.multinomial(DRAWS, p)

    assert alarms(counts_of, rate=1e-4).any()


@pytest.mark.parametrize("make", [RandomTree, SecondOrder, random_table])
def test_the_log_probs_are_the_models_for_its_own_words(make):
    for seed in range(10):
        scorer = make(seed, 5)
        written = sample(
            scorer,
            [3, 1],
            12,
            np.random.default_rng(seed),
            temperature=0.7,
            top_k=4,
            top_p=0.9,
            penalty=1.1,
        )
        np.testing.assert_array_equal(
            written.log_probs, log_probs_of(scorer, [3, 1], written.ids.tolist())
        )


def test_pairs_of_words_are_drawn_by_the_chain_rule():
    scorer = SecondOrder(0, 3)
    rng = np.random.default_rng(2)
    counts = np.zeros((3, 3))
    for _ in range(3000):
        counts[tuple(sample(scorer, [2], 2, rng).ids)] += 1
    p = np.exp([[log_probs_of(scorer, [2], [a, b]).sum() for b in range(3)] for a in range(3)])
    x, freedom = statistic(counts.reshape(-1), p.reshape(-1))
    assert x < threshold(freedom, 1e-4)


class TorchTable:
    """The same function as a table, computed by PyTorch, with other rounding."""

    def __init__(self, logits):
        self.logits, self.tokens = torch.from_numpy(logits), len(logits)

    def start(self, B):
        return None

    def step(self, ids, state):
        return torch.log_softmax(self.logits[torch.from_numpy(ids)], dim=-1).numpy(), None

    def pick(self, state, rows):
        return None


OPTIONS = [
    {},
    {"temperature": 0.6},
    {"temperature": 1.5, "top_k": 12},
    {"top_p": 0.9},
    {"temperature": 0.8, "top_k": 20, "top_p": 0.8, "penalty": 1.2, "no_repeat": 3},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_numpy_and_torch_write_the_same_text_from_the_same_seed(options):
    logits = 2 * np.random.default_rng(3).normal(size=(40, 40))
    # NumPy's way takes the logarithm of the sum, and another one would round differently, too.
    ours = Table(np.log(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)))
    theirs = TorchTable(logits)
    assert (ours.step(np.arange(40), None)[0] != theirs.step(np.arange(40), None)[0]).any()
    texts = set()
    for seed in range(10):
        a, b = (sample(s, [0], 200, np.random.default_rng(seed), **options) for s in (ours, theirs))
        np.testing.assert_array_equal(a.ids, b.ids)
        texts.add(tuple(a.ids))
    assert len(texts) == 10  # the seed matters


class Fixed(np.random.Generator):
    """A generator whose numbers are all the same."""

    def __init__(self, u):
        super().__init__(np.random.PCG64(0))
        self.u = u

    def random(self):
        return self.u


@pytest.mark.parametrize("spread", [0.1, 3.0, 300.0])
def test_no_removed_token_is_drawn_at_either_end_of_the_line(spread):
    rng = np.random.default_rng(4)
    for _ in range(2000):
        logits = spread * rng.normal(size=6)
        logits[[0, 4, 5]] = -np.inf
        logits[[1, 3]] = logits.max()  # so that neither is too small to count
        log_probs = log_softmax(logits)
        assert draw(log_probs, Fixed(np.nextafter(1, 0))) == 3
        assert draw(log_probs, Fixed(0.0)) == 1


def test_a_token_of_tiny_probability_is_drawn_where_only_such_tokens_may_be():
    table = Table(np.array([[0.0, -800.0, -801.0]] * 3))
    written = sample(table, [0], 500, np.random.default_rng(6), forbidden=[0])
    assert np.exp(-800.0) == 0
    assert 0.68 < (written.ids == 1).mean() < 0.78  # 1 / (1 + 1/e) = 0.731, give or take 2.5 sd
    assert set(written.ids) == {1, 2}


def test_one_number_is_drawn_for_each_token():
    rng, same = np.random.default_rng(5), np.random.default_rng(5)
    sample(MEMORYLESS, [0, 1], 7, rng, top_k=1)
    same.random(7)
    assert rng.random() == same.random()


def test_the_table_is_not_changed():
    table = random_table(0, 5)
    before = table.step(np.arange(5), None)[0].copy()
    options = {"temperature": 0.5, "top_k": 3, "top_p": 0.5, "penalty": 2.0, "forbidden": [1]}
    sample(table, [0], 20, np.random.default_rng(0), **options)
    np.testing.assert_array_equal(table.step(np.arange(5), None)[0], before)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"temperature": 0}, ValueError, r"temperature: expected a number in \(0, inf\), got 0"),
        ({"temperature": -1}, ValueError, "temperature: expected a number in"),
        ({"temperature": np.nan}, ValueError, "temperature: expected a number in"),
        ({"top_k": 0}, ValueError, r"top_k: expected an integer in 1\.\.7, the number of tokens"),
        ({"top_k": 8}, ValueError, "top_k: expected an integer in"),
        ({"top_p": 0}, ValueError, r"top_p: expected a number in \(0, 1\], got 0"),
        ({"top_p": 1.5}, ValueError, "top_p: expected a number in"),
        ({"rng": 0}, TypeError, "rng: expected a numpy.random.Generator, got int"),
    ],
)
def test_bad_input_is_refused(options, error, message):
    given = {"rng": np.random.default_rng(0)} | options
    with pytest.raises(error, match=message):
        sample(MEMORYLESS, [0], 5, **given)


def test_draw_takes_one_distribution():
    with pytest.raises(ValueError, match=r"log_probs: expected shape \(V,\), got \(1, 2\)"):
        draw(np.log([[0.5, 0.5]]), np.random.default_rng(0))
