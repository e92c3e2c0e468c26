"""Greedy decoding takes the most probable token, tells of each at once, and stops in time."""

import numpy as np
import pytest

from course_pkg.decoding.greedy import greedy, greedy_batch
from course_pkg.decoding.sample import sample
from course_pkg.decoding.tables import Table
from tests.decoding.scorers import RandomTree, SecondOrder, Tree, log_probs_of


def test_every_token_is_the_most_probable_one_after_those_before():
    for seed in range(20):
        scorer, text = RandomTree(seed, 6), [5, 2]
        written = greedy(scorer, [5, 2], 15)
        for token in written.ids.tolist():
            assert token == scorer.after(tuple(text)).argmax()
            text.append(token)
        np.testing.assert_array_equal(written.log_probs, log_probs_of(scorer, [5, 2], text[2:]))


def test_it_is_the_limit_of_sampling_at_temperature_0():
    for seed in range(20):
        scorer, rng = RandomTree(seed, 6), np.random.default_rng(seed)
        wanted = greedy(scorer, [1], 15).ids
        for options in ({"temperature": 1e-300}, {"top_k": 1}, {"top_p": 1e-300}):
            np.testing.assert_array_equal(sample(scorer, [1], 15, rng, **options).ids, wanted)


def test_among_equal_tokens_the_lowest_id_is_taken():
    assert greedy(Tree(4, {}), [3], 3).ids.tolist() == [0, 0, 0]
    assert greedy(Tree(4, {}), [3], 3, forbidden=[0, 1]).ids.tolist() == [2, 2, 2]


def test_the_stop_token_ends_the_text_and_is_its_last():
    tree = Tree(3, {(0,): [0.1, 0.8, 0.1], (0, 1): [0.1, 0.1, 0.8]})
    for decode in (greedy, lambda *a, **k: sample(*a, np.random.default_rng(0), top_k=1, **k)):
        written = decode(tree, [0], 10, stop=2)
        assert written.ids.tolist() == [1, 2]
        np.testing.assert_allclose(written.log_probs, np.log([0.8, 0.8]))
        assert len(decode(tree, [0], 2, stop=0).ids) == 2


def test_a_stop_token_in_the_prompt_ends_nothing():
    assert len(greedy(Tree(3, {}), [2, 2], 5, stop=2).ids) == 5


class Watched(RandomTree):
    """Notes when it is asked."""

    def __init__(self):
        super().__init__(0, 4)
        self.events = []

    def step(self, ids, state):
        self.events.append(("read", int(ids[0])))
        return super().step(ids, state)


@pytest.mark.parametrize("decode", ["greedy", "sample"])
def test_a_token_is_told_before_the_next_one_is_computed(decode):
    scorer = Watched()
    options = {"on_token": lambda token: scorer.events.append(("told", token))}
    if decode == "greedy":
        ids = greedy(scorer, [0, 1], 3, **options).ids
    else:
        ids = sample(scorer, [0, 1], 3, np.random.default_rng(0), **options).ids
    a, b, c = ids.tolist()
    assert scorer.events == [  # and the last one is not read, for nothing would come of it
        *[("read", 0), ("read", 1)],
        *[("told", a), ("read", a), ("told", b), ("read", b), ("told", c)],
    ]
    assert all(type(token) is int for _, token in scorer.events)


def test_an_error_of_the_callback_reaches_the_caller():
    def broken(token):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        greedy(Tree(3, {}), [0], 3, on_token=broken)


@pytest.mark.parametrize("make", [RandomTree, SecondOrder])
@pytest.mark.parametrize("stop", [None, 0])
def test_side_by_side_is_one_after_another(make, stop):
    for seed in range(10):
        scorer = make(seed, 5)
        prompts = np.random.default_rng(seed).integers(5, size=(3, 7))
        together = greedy_batch(scorer, prompts, 9, stop=stop)
        assert len(together) == 7
        for prompt, written in zip(prompts.T, together, strict=True):
            alone = greedy(scorer, prompt, 9, stop=stop)
            np.testing.assert_array_equal(written.ids, alone.ids)
            np.testing.assert_array_equal(written.log_probs, alone.log_probs)


def test_side_by_side_ends_when_the_last_text_has_ended():
    cycle = Table(np.log(np.roll(np.eye(5), 1, axis=1) * (1 - 5e-9) + 1e-9))  # i, then i + 1
    asked = []
    step = cycle.step
    cycle.step = lambda ids, state: asked.append(ids.tolist()) or step(ids, state)
    first, second = greedy_batch(cycle, np.array([[3, 1]]), 20, stop=4)
    assert (first.ids.tolist(), second.ids.tolist()) == ([4], [2, 3, 4])
    assert asked == [[3, 1], [4, 2], [0, 3]]


class Broken(Tree):
    """Returns something else after two tokens."""

    def __init__(self, wrong, late=True):
        super().__init__(3, {})
        self.wrong, self.late = wrong, late

    def step(self, ids, state):
        log_probs, state = super().step(ids, state)
        return (self.wrong if len(state[0]) == (2 if self.late else 1) else log_probs), state


FAIR = Tree(3, {})
NAN = np.array([[np.nan, 0.0, 0.0]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: greedy(FAIR, [], 5), ValueError, "prompt: expected at least one token, because"),
        (lambda: greedy(FAIR, [3], 5), ValueError, r"prompt: expected ids in 0\.\.2, got 3"),
        (lambda: greedy(FAIR, [-1], 5), ValueError, r"prompt: expected ids in 0\.\.2, got -1"),
        (lambda: greedy(FAIR, [0.5], 5), TypeError, "prompt: expected an integer, got float"),
        (lambda: greedy(FAIR, "ab", 5), TypeError, "prompt: expected a NumPy array, got str"),
        (lambda: greedy(FAIR, np.zeros((1, 1), int), 5), ValueError, "prompt: expected shape"),
        (lambda: greedy(FAIR, [0], 0), ValueError, "length: expected an integer of at least 1"),
        (lambda: greedy(FAIR, [0], 5, stop=3), ValueError, r"stop: expected an id in 0\.\.2, got"),
        (lambda: greedy(FAIR, [0], 5, stop=1.0), TypeError, "stop: expected an integer, got floa"),
        (lambda: greedy(FAIR, [0], 5, forbidden=[3]), ValueError, r"forbidden: expected ids in 0"),
        (lambda: greedy(FAIR, [0], 5, forbidden=[1], stop=1), ValueError, "stop: expected a toke"),
        (lambda: greedy(FAIR, [0], 5, forbidden=[0, 1, 2]), ValueError, "got none left after 0 t"),
        (lambda: greedy(FAIR, [0], 5, no_repeat=1), ValueError, "got none left after 2 tokens"),
        (lambda: greedy(FAIR, [0], 5, no_repeat=-1), ValueError, "no_repeat: expected an integer"),
        (lambda: greedy(FAIR, [0], 5, penalty=0), ValueError, "penalty: expected a number in"),
        (lambda: greedy(FAIR, [0], 5, on_token=1), TypeError, "on_token: expected a function of"),
        (lambda: greedy("gpt", [0], 5), TypeError, "scorer: expected an object with tokens, star"),
        (lambda: greedy(Broken(NAN), [0], 5), ValueError, "scorer: expected no NaN and no"),
        (lambda: greedy(Broken(NAN + np.inf, False), [0], 5), ValueError, "scorer: expected no Na"),
        (lambda: greedy(Broken(np.zeros((1, 3)), False), [0], 5), ValueError, "got the sum 3"),
        (lambda: greedy(Broken(np.zeros(3), False), [0], 5), ValueError, r"= \(1, 3\), got \(3,\)"),
        (lambda: greedy_batch(FAIR, np.zeros(3, int), 5), ValueError, r"prompts: expected shape "),
        (lambda: greedy_batch(FAIR, np.full((1, 2), 3), 5), ValueError, "prompts: expected ids in"),
        (lambda: greedy_batch(Broken(NAN), np.zeros((1, 1), int), 5), ValueError, "scorer: expect"),
        (lambda: Table(np.log([[0.5, 0.5]])), ValueError, r"expected shape \(V, V\), got \(1, 2\)"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
